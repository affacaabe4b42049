#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "net/connection.h"
#include "weir/base/result.h"
#include "weir/base/units.h"

namespace weir::net {

/// Where an upstream listens.
struct endpoint {
  std::string host;  ///< name, IPv4 or IPv6 address without brackets
  std::uint16_t port = 0;
  bool tls = false;
  std::string ca_file{};  ///< PEM bundle to trust instead of the system's; "" = the system's

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
  /// Calls `done` once, never from inside this call. `timeout` covers name look-up, TCP and TLS
  /// (HTTP-11 `connect`).
  [[nodiscard]] virtual std::unique_ptr<connecting> connect(const endpoint& to, millis timeout,
                                                            callback done) = 0;
};

}  // namespace weir::net
