#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "net/connection.h"
#include "net/opening.h"
#include "weir/base/result.h"
#include "weir/base/units.h"

namespace weir::net {

/// A proxy on the way to an endpoint.
struct relay {
  std::string host;  ///< name, IPv4 or IPv6 address without brackets
  std::uint16_t port = 0;
  /// What is said to it before TLS or the first byte; null: nothing, it reads requests itself.
  std::shared_ptr<opening> opens{};

  friend bool operator==(const relay&, const relay&) = default;
};

/// Where an upstream listens.
struct endpoint {
  std::string host;  ///< name, IPv4 or IPv6 address without brackets
  std::uint16_t port = 0;
  bool tls = false;
  std::string ca_file{};       ///< PEM bundle to trust instead of the system's; "" = the system's
  std::string socket_path{};   ///< of a Unix socket, in place of host and port
  std::optional<relay> via{};  ///< what is connected to, in place of host and port

  friend bool operator==(const endpoint&, const endpoint&) = default;
};

/// An attempt to connect under way; destroying it cancels it and its callback is never called.
class connecting {
 public:
  virtual ~connecting() = default;
};

/// Makes connections: sockets in the program, something in memory in tests.
class connector {
 public:
  using callback = std::function<void(result<std::unique_ptr<connection>, io_error>)>;

  virtual ~connector() = default;
  /// Calls `done` once, never from inside this call. `timeout` covers name look-up, TCP, the
  /// opening of a relay, and TLS (HTTP-11 `connect`).
  [[nodiscard]] virtual std::unique_ptr<connecting> connect(const endpoint& to, millis timeout,
                                                            callback done) = 0;
};

}  // namespace weir::net
