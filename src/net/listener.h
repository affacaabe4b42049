#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "net/connection.h"
#include "net/event_loop.h"
#include "net/file_descriptor.h"
#include "net/tls_server.h"
#include "weir/base/limits.h"
#include "weir/base/result.h"
#include "weir/base/units.h"

namespace weir::net {

/// Accepts connections on one loop: of TCP, where several workers listen on one address
/// (SO_REUSEPORT), or of a Unix socket, which several share.
/// When file descriptors run out it pauses for a moment instead of spinning.
class listener {
 public:
  struct options {
    std::string host = "127.0.0.1";
    std::uint16_t port = 0;  ///< 0: any free port, see port()
    /// Of a Unix socket, in place of host and port; "": TCP. Whoever is of its owner or its group
    /// may connect. What a process that is gone has left there is replaced; it is not removed at
    /// the end, because a successor may listen on it by then.
    std::string path = {};
    int backlog = 1024;
    /// How long the output of an accepted connection may make no progress (fault::stalled).
    millis stalled_after = limits::stalled_reader;
  };
  /// A socket that listens there, for `open`.
  [[nodiscard]] static result<file_descriptor> bind(const options& where);

  /// `peer` is the client's address, for the log; `unix:` where clients have none.
  using accept_callback = std::function<void(std::unique_ptr<connection>, const std::string& peer)>;

  [[nodiscard]] static result<std::unique_ptr<listener>> open(event_loop& loop,
                                                              const options& where,
                                                              accept_callback on_accept);
  /// On a stream socket that listens already, does not block, and is this one's from now on.
  [[nodiscard]] static result<std::unique_ptr<listener>> open(event_loop& loop,
                                                              file_descriptor socket,
                                                              millis stalled_after,
                                                              accept_callback on_accept);
  /// Stops accepting. Where others have the socket as well, clients that wait there are theirs.
  ~listener();

  /// TLS for the connections to come; null: none.
  void use_tls(std::shared_ptr<const tls_server> tls);

  [[nodiscard]] const std::string& host() const;  ///< its address, without brackets; "" of a path
  [[nodiscard]] std::uint16_t port() const;       ///< 0 of a path
  [[nodiscard]] const std::string& path() const;  ///< "" of an address
  [[nodiscard]] int socket() const;

 private:
  struct implementation;
  explicit listener(std::unique_ptr<implementation> inside);
  std::unique_ptr<implementation> implementation_;
};

/// The port a bound TCP socket has; 0 when it has none.
[[nodiscard]] std::uint16_t port_of(int socket);

}  // namespace weir::net
