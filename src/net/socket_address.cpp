#include "net/socket_address.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <system_error>

#include "weir/base/limits.h"

namespace weir::net {

socket_address::socket_address(const sockaddr* address, socklen_t length)
    : length_(std::min<socklen_t>(length, sizeof storage_)) {
  std::memcpy(&storage_, address, length_);
}

std::optional<socket_address> socket_address::from_literal(const std::string& host) {
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  if (inet_pton(AF_INET, host.c_str(), &v4.sin_addr) == 1)
    return socket_address(reinterpret_cast<const sockaddr*>(&v4), sizeof v4);
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  if (inet_pton(AF_INET6, host.c_str(), &v6.sin6_addr) == 1)
    return socket_address(reinterpret_cast<const sockaddr*>(&v6), sizeof v6);
  return std::nullopt;
}

std::optional<socket_address> socket_address::from_path(const std::string& path) {
  sockaddr_un local{};
  static_assert(limits::max_socket_path_bytes < sizeof local.sun_path, "and a NUL");
  if (path.empty() || path.size() > limits::max_socket_path_bytes ||
      path.find('\0') != std::string::npos)
    return std::nullopt;
  local.sun_family = AF_UNIX;
  std::memcpy(local.sun_path, path.data(), path.size());
  const std::size_t size = offsetof(sockaddr_un, sun_path) + path.size() + 1;
  return socket_address(reinterpret_cast<const sockaddr*>(&local), static_cast<socklen_t>(size));
}

void socket_address::set_port(std::uint16_t port) {
  if (family() == AF_INET) reinterpret_cast<sockaddr_in*>(&storage_)->sin_port = htons(port);
  if (family() == AF_INET6) reinterpret_cast<sockaddr_in6*>(&storage_)->sin6_port = htons(port);
}

std::uint16_t socket_address::port() const {
  if (family() == AF_INET) return ntohs(reinterpret_cast<const sockaddr_in*>(&storage_)->sin_port);
  if (family() == AF_INET6)
    return ntohs(reinterpret_cast<const sockaddr_in6*>(&storage_)->sin6_port);
  return 0;
}

std::string socket_address::host() const {
  char text[INET6_ADDRSTRLEN] = "";
  const void* address = nullptr;
  if (family() == AF_INET) address = &reinterpret_cast<const sockaddr_in*>(&storage_)->sin_addr;
  if (family() == AF_INET6) address = &reinterpret_cast<const sockaddr_in6*>(&storage_)->sin6_addr;
  if (address != nullptr) inet_ntop(family(), address, text, sizeof text);
  return text;
}

std::string socket_address::path() const {
  constexpr std::size_t begin = offsetof(sockaddr_un, sun_path);
  if (family() != AF_UNIX || length_ <= begin) return "";
  const auto* const local = reinterpret_cast<const sockaddr_un*>(&storage_);
  return {local->sun_path, ::strnlen(local->sun_path, length_ - begin)};
}

std::string socket_address::text() const {
  if (family() == AF_UNIX) return "unix:" + path();
  const std::string name = family() == AF_INET6 ? '[' + host() + ']' : host();
  return name + ':' + std::to_string(port());
}

std::string client_network(const std::string& host) {
  const auto address = socket_address::from_literal(host);
  if (!address) return "";
  if (address->family() == AF_INET) return host;
  in6_addr network = reinterpret_cast<const sockaddr_in6*>(address->data())->sin6_addr;
  char text[INET6_ADDRSTRLEN] = "";
  if (IN6_IS_ADDR_V4MAPPED(&network)) {
    inet_ntop(AF_INET, &network.s6_addr[12], text, sizeof text);
    return text;
  }
  std::fill_n(&network.s6_addr[8], 8, std::uint8_t{0});
  inet_ntop(AF_INET6, &network, text, sizeof text);
  return std::string(text) + "/64";
}

const sockaddr* socket_address::data() const {
  return reinterpret_cast<const sockaddr*>(&storage_);
}

bool make_nonblocking(int fd) {
  const int flags = ::fcntl(fd, F_GETFL);
  return flags >= 0 && ::fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0 &&
         ::fcntl(fd, F_SETFD, FD_CLOEXEC) == 0;
}

file_descriptor make_stream_socket(int family) {
#if defined(SOCK_NONBLOCK) && defined(SOCK_CLOEXEC)
  return file_descriptor(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
#else
  file_descriptor fd(::socket(family, SOCK_STREAM, 0));
  if (fd.valid() && !make_nonblocking(fd.get())) return {};
  return fd;
#endif
}

void set_stream_options(int fd) {
  // A kernel that refuses costs speed, not correctness.
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ::setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
}

std::string errno_text(int error) { return std::generic_category().message(error); }

fault fault_of_connect(int error) {
  switch (error) {
    case ECONNREFUSED:
    case EAGAIN:  // of a Unix socket: too many wait to be accepted
      return fault::refused;
    case ENETUNREACH:
    case EHOSTUNREACH:
    case ENETDOWN:
    case EHOSTDOWN:
    case EADDRNOTAVAIL:
    case EAFNOSUPPORT:
    case ENOENT:  // no such Unix socket
      return fault::unreachable;
    case ETIMEDOUT:
      return fault::connect_timeout;
    case ECONNRESET:
      return fault::reset;
    default:
      return fault::io_error;
  }
}

io_error error_of_transfer(const char* operation, int error) {
  const bool reset = error == ECONNRESET || error == EPIPE || error == ENOTCONN;
  return {reset ? fault::reset : fault::io_error,
          std::string(operation) + ": " + errno_text(error)};
}

}  // namespace weir::net
