#pragma once
#include <sys/socket.h>

#include <cstdint>
#include <optional>
#include <string>

#include "net/connection.h"
#include "net/file_descriptor.h"

namespace weir::net {

/// An IPv4 or IPv6 address with a port, or the path of a Unix socket.
class socket_address {
 public:
  socket_address() = default;
  socket_address(const sockaddr* address, socklen_t length);

  /// Of "127.0.0.1" or "::1"; nothing for a name.
  [[nodiscard]] static std::optional<socket_address> from_literal(const std::string& host);

  /// Of a Unix socket; nothing for a path that is empty, holds a zero byte or is longer than
  /// limits::max_socket_path_bytes.
  [[nodiscard]] static std::optional<socket_address> from_path(const std::string& path);

  void set_port(std::uint16_t port);
  [[nodiscard]] std::uint16_t port() const;
  /// "127.0.0.1" or "::1"
  [[nodiscard]] std::string host() const;
  /// Of a Unix socket, else "".
  [[nodiscard]] std::string path() const;
  /// "127.0.0.1:80", "[::1]:80" or "unix:/run/weir.sock"
  [[nodiscard]] std::string text() const;

  [[nodiscard]] int family() const { return storage_.ss_family; }
  [[nodiscard]] const sockaddr* data() const;
  [[nodiscard]] socklen_t size() const { return length_; }

 private:
  sockaddr_storage storage_{};
  socklen_t length_ = 0;
};

/// What clients are counted by where one must not count as many: an IPv4 address, or the network of
/// an IPv6 one (/64: whoever has one has all its addresses). "" for a client without an address.
[[nodiscard]] std::string client_network(const std::string& host);

/// A stream socket that does not block and is closed on exec; invalid when there is none to be had
/// (errno says why).
[[nodiscard]] file_descriptor make_stream_socket(int family);
/// Sets both for sockets that come from accept.
[[nodiscard]] bool make_nonblocking(int fd);
/// TCP_NODELAY (we coalesce ourselves) and SO_KEEPALIVE (dead peers of idle connections); of a
/// Unix socket nothing.
void set_stream_options(int fd);

[[nodiscard]] std::string errno_text(int error);
/// What a failed connect means.
[[nodiscard]] fault fault_of_connect(int error);
/// What a failed read or write means.
[[nodiscard]] io_error error_of_transfer(const char* operation, int error);

}  // namespace weir::net
