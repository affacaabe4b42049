#pragma once
#include <memory>

#include "net/file_descriptor.h"
#include "net/loop_internals.h"

namespace weir::net {

/// A socket and its readiness on the loop (uv_poll_t). Level-triggered: what is not consumed is
/// told again. Destroying it closes the socket at once; no call comes afterwards.
class socket_watch {
 public:
  class observer {
   public:
    /// In a turn of its own. `error`: the socket has failed; the next system call says how.
    virtual void on_ready(bool readable, bool writable, bool error) = 0;
    /// The peer has ended its side. In a turn of its own.
    virtual void on_hangup() {}

   protected:
    ~observer() = default;
  };

  /// Null when the socket cannot be watched (it is closed then).
  [[nodiscard]] static std::unique_ptr<socket_watch> make(event_loop::implementation& loop,
                                                          file_descriptor socket);
  ~socket_watch();
  socket_watch(const socket_watch&) = delete;
  socket_watch& operator=(const socket_watch&) = delete;

  void set_observer(observer* o) { observer_ = o; }
  struct interest {
    bool readable = false;
    bool writable = false;
    bool hangup = false;  ///< for those who do not read; who reads finds the end
  };
  void wait_for(interest in);
  [[nodiscard]] int fd() const { return socket_.get(); }

 private:
  struct handle;
  socket_watch(handle* h, file_descriptor socket);
  static void on_poll(handle& h, int status, int events);

  handle* handle_;  // freed by its close callback
  file_descriptor socket_;
  observer* observer_ = nullptr;
  int waiting_for_ = 0;
};

}  // namespace weir::net
