#pragma once

#include <sys/types.h>

#include <atomic>
#include <functional>
#include <memory>

#include "app/effective_config.h"
#include "app/reloader.h"
#include "app/server.h"
#include "config/config.h"
#include "weir/base/result.h"

namespace weir::app {

/// What an operator, a terminal and a service manager say to a running gateway, and what it says
/// back (docs/operation.md):
///
///   SIGTERM, SIGINT  it drains; once more: it ends now       STOPPING=1
///   SIGHUP           it looks at its configuration, or ends when its terminal is gone
///   SIGUSR2          it starts a successor and hands over    READY=1, MAINPID of the successor
///
/// Threads  `start` and `serve` from one; the signals arrive on a loop's.
class operation {
 public:
  explicit operation(config_source source);

  /// With the sockets that were handed down, if there are any.
  [[nodiscard]] result<std::unique_ptr<server>> start(std::shared_ptr<const config::config> config);
  /// Until it has ended. `announce` is called once signals are heard.
  void serve(server& running, const config::config& config, const std::function<void()>& announce);

 private:
  void on_hangup();
  void on_hand_over();
  void on_child();

  const config_source source_;
  const bool had_terminal_;
  // There are none before it serves.
  std::atomic<reloader*> reloader_{nullptr};
  std::atomic<server*> server_{nullptr};
  pid_t successor_ = 0;  ///< the thread of the signals
};

}  // namespace weir::app
