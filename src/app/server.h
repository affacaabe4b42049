#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "config/config.h"
#include "net/file_descriptor.h"
#include "observe/config_history.h"
#include "observe/log.h"
#include "weir/base/limits.h"
#include "weir/base/result.h"
#include "weir/base/units.h"

namespace weir::app {

struct server_options {
  /// SIGINT and SIGTERM shut down; the second one at once.
  bool handle_signals = false;
  /// With `handle_signals`: others, and what they call on a loop's thread.
  std::vector<std::pair<int, std::function<void()>>> on_signal;
  /// Listening sockets that were handed down; without any it listens where the configuration says.
  std::vector<net::file_descriptor> sockets;
  /// How often `on_alive` is called, as long as every loop turns; nothing: never.
  std::optional<millis> alive_period;
  std::function<void()> on_alive;
  std::function<void()> on_end;  ///< it begins to end
  bool access_lines = true;
  bool keep_records = false;  ///< as `store:` says
};

/// The gateway: one worker per core, each with its loop and its thread, listening on one address.
///
/// Threads  Everything from the thread that started it.
class server {
 public:
  /// Listens and serves; the failure says what could not be done.
  [[nodiscard]] static result<std::unique_ptr<server>> start(
      std::shared_ptr<const config::config> config, server_options options = {});
  ~server();  ///< shuts down at once
  server(const server&) = delete;
  server& operator=(const server&) = delete;

  [[nodiscard]] const std::string& host() const;
  [[nodiscard]] std::uint16_t port() const;
  [[nodiscard]] const std::string& path() const;  ///< of a Unix socket, in place of both
  /// What it listens on, for a successor; none once it shuts down. From the thread of `on_signal`.
  [[nodiscard]] std::vector<int> sockets() const;
  [[nodiscard]] std::size_t workers() const;
  [[nodiscard]] observe::log& log();
  [[nodiscard]] observe::config_history& history();
  /// Another configuration for the requests to come; those under way keep theirs. When a setting
  /// differs that holds as long as the program runs, nothing happens and that is what it says. One
  /// thread at a time.
  [[nodiscard]] std::optional<std::string> reload(std::shared_ptr<const config::config> next);

  /// Stops accepting; running exchanges may finish within `limit`, then end with an error. Returns
  /// when all is over.
  void shut_down(millis limit);
  /// Until a signal, or `shut_down`, has ended it.
  void wait();

 private:
  struct implementation;
  explicit server(std::unique_ptr<implementation> made);
  std::unique_ptr<implementation> implementation_;
};

}  // namespace weir::app
