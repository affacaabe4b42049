#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "app/file_watch.h"
#include "app/server.h"
#include "config/config.h"
#include "config/problem.h"
#include "weir/base/result.h"

namespace weir::app {

/// Gives a running server the configuration anew, when asked to and when one of its files changes:
/// all of it or nothing. A refusal is said in the log, shown by `/admin/v1/config` and counted;
/// what was in force stays in force.
///
/// Threads  One of its own, since reading files takes its time; the server's loops never wait.
class reloader {
 public:
  using load_config = std::function<result<config::config, std::vector<config::problem>>()>;

  /// `running` is in force. `to` outlives the reloader.
  reloader(load_config load, const config::config& running, server& to);
  ~reloader();
  reloader(const reloader&) = delete;
  reloader& operator=(const reloader&) = delete;

  /// Soon, whether or not a file has changed. From any thread.
  void ask();

 private:
  void run();
  void reload();
  void refuse(std::vector<std::string> problems);

  const load_config load_;
  server& server_;
  file_watch files_;
  std::mutex guard_;
  std::condition_variable wake_;
  bool asked_ = false;
  bool over_ = false;
  std::thread thread_;
};

}  // namespace weir::app
