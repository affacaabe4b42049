#include "app/http_client.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <vector>

#include "http/h1_decoder.h"
#include "http/h1_encoder.h"
#include "weir/base/limits.h"

namespace weir::app {

namespace {

class socket_handle {
 public:
  explicit socket_handle(int fd) : fd_(fd) {}
  ~socket_handle() {
    if (fd_ >= 0) ::close(fd_);
  }
  socket_handle(const socket_handle&) = delete;
  socket_handle& operator=(const socket_handle&) = delete;
  [[nodiscard]] int fd() const { return fd_; }

 private:
  int fd_;
};

failure errno_failure(std::string what) { return {std::move(what) + ": " + std::strerror(errno)}; }

/// Waits until the socket is ready for `events`; false when the time is over.
bool wait_for(int fd, short events, millis most) {
  pollfd entry{fd, events, 0};
  const int timeout = most.count() == 0 ? -1 : static_cast<int>(most.count());
  int ready = 0;
  do {
    ready = ::poll(&entry, 1, timeout);
  } while (ready < 0 && errno == EINTR);
  return ready > 0;
}

result<int> connect_to(const http_call& what) {
  sockaddr_storage address{};
  socklen_t length = 0;
  auto* v4 = reinterpret_cast<sockaddr_in*>(&address);
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&address);
  if (::inet_pton(AF_INET, what.host.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(what.port);
    length = sizeof(sockaddr_in);
  } else if (::inet_pton(AF_INET6, what.host.c_str(), &v6->sin6_addr) == 1) {
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(what.port);
    length = sizeof(sockaddr_in6);
  } else {
    return failure{what.host + " is not an IP address"};
  }
  const int fd = ::socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return errno_failure("socket");
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), length) == 0) return fd;
  int problem = errno;
  if (problem == EINPROGRESS) {
    socklen_t size = sizeof(problem);
    problem = ETIMEDOUT;
    if (wait_for(fd, POLLOUT, what.connect_timeout))
      ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &problem, &size);
    if (problem == 0) return fd;
  }
  ::close(fd);
  errno = problem;
  return errno_failure(what.host + ":" + std::to_string(what.port));
}

bool send_all(int fd, std::string_view bytes, millis silence) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno != EINTR && (errno != EAGAIN || !wait_for(fd, POLLOUT, silence))) {
      return false;
    }
  }
  return true;
}

}  // namespace

result<http_answer> call(const http_call& what,
                         const std::function<void(std::string_view)>& on_body) {
  const result<int> connected = connect_to(what);
  if (!connected) return connected.error();
  const socket_handle socket(*connected);

  std::string request;
  const std::string host = what.host + ":" + std::to_string(what.port);
  const std::string length = std::to_string(what.body.size());
  std::vector<http::field> fields = {{"Host", host}, {"Connection", "close"}};
  if (!what.body.empty()) {
    fields.push_back({"Content-Type", "application/json"});
    fields.push_back({"Content-Length", length});
  }
  if (!http::write_request_head(request, what.method, what.target, fields))
    return failure{what.target + " cannot be asked for"};
  request += what.body;
  if (!send_all(socket.fd(), request, what.silence)) return errno_failure("send");

  http_answer answer;
  http::h1_response_decoder decoder;
  decoder.expect(what.method);
  using status = http::h1_response_decoder::status;
  std::array<char, 64 * limits::kib> buffer{};
  for (;;) {
    if (!wait_for(socket.fd(), POLLIN, what.silence)) return failure{"no answer in time"};
    const ssize_t got = ::recv(socket.fd(), buffer.data(), buffer.size(), 0);
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (got < 0) return errno_failure("receive");
    std::string_view input(buffer.data(), static_cast<std::size_t>(got));
    const auto take = [&](status step) -> bool {
      if (step == status::head) {
        answer.status = decoder.head().status;
        answer.content_type = decoder.head().headers.get("content-type");
      } else if (step == status::body) {
        if (on_body && answer.status / 100 == 2)
          on_body(decoder.body());
        else if (answer.body.size() + decoder.body().size() <= limits::max_body_bytes)
          answer.body += decoder.body();
      }
      return step == status::head || step == status::body;
    };
    status step = status::need_input;
    if (got == 0) {
      step = decoder.finish();
    } else {
      do {
        step = decoder.parse(input);
      } while (take(step));
    }
    if (step == status::end) return answer;
    if (step == status::error) return failure{std::string(decoder.error().reason)};
  }
}

}  // namespace weir::app
