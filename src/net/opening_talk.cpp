#include "net/opening_talk.h"

#include <sys/socket.h>

#include <array>
#include <cerrno>

#include "net/socket_address.h"
#include "weir/base/limits.h"

namespace weir::net {

namespace {

bool would_block(int error) { return error == EAGAIN || error == EWOULDBLOCK; }

transfer lost(const char* operation, int error) {
  return {0, io_status::failed, {fault::proxy_failed, error_of_transfer(operation, error).detail}};
}

}  // namespace

transfer opening_talk::advance(int fd) {
  transfer sent = send_rest(fd);
  return sent.status == io_status::done ? read_some(fd) : std::move(sent);
}

transfer opening_talk::send_rest(int fd) {
  const std::string_view request = what_->request();
  while (sent_ < request.size()) {
    const ssize_t n = ::send(fd, request.data() + sent_, request.size() - sent_, 0);
    if (n >= 0)
      sent_ += static_cast<std::size_t>(n);
    else if (would_block(errno))
      return {0, io_status::want_write, {}};
    else if (errno != EINTR)
      return lost("send", errno);
  }
  return {};
}

transfer opening_talk::read_some(int fd) {
  std::array<char, limits::opening_read_bytes> buffer;  // NOLINT: recv fills it
  while (true) {
    const ssize_t n = ::recv(fd, buffer.data(), buffer.size(), MSG_PEEK);
    if (n == 0) return {0, io_status::failed, what_->closed()};
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && would_block(errno)) return {0, io_status::want_read, {}};
    if (n < 0) return lost("recv", errno);
    opening::progress step = what_->read({buffer.data(), static_cast<std::size_t>(n)});
    if (step.error) return {0, io_status::failed, *std::move(step.error)};
    // They are there: this neither blocks nor comes up short.
    while (::recv(fd, buffer.data(), step.taken, 0) < 0 && errno == EINTR) {
    }
    if (step.open) return {step.taken, io_status::done, {}};
  }
}

}  // namespace weir::net
