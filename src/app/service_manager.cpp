#include "app/service_manager.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <string>
#include <utility>

#include "weir/base/limits.h"

namespace weir::app {
namespace {

std::string variable(const char* name) {
  const char* const text = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): start-up
  return text == nullptr ? "" : text;
}

std::optional<long> number(const std::string& text) {
  long value = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || stop != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

/// Why `fd` cannot be listened on; "" when it can.
std::string fault_of(int fd) {
  int family = 0;
  int type = 0;
  int listening = 0;
  socklen_t size = sizeof(int);
  if (::getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &size) != 0) return "is no socket";
  size = sizeof(int);
  if (::getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) != 0 || type != SOCK_STREAM ||
      (family != AF_INET && family != AF_INET6 && family != AF_UNIX))
    return "is no stream socket";
  size = sizeof(int);
  if (::getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) != 0 || listening == 0)
    return "does not listen";
  return "";
}

}  // namespace

result<std::vector<net::file_descriptor>> inherited_sockets() {
  const bool from_manager = number(variable("LISTEN_PID")) == static_cast<long>(::getpid());
  const auto count = number(variable(from_manager ? "LISTEN_FDS" : "WEIR_SOCKETS")).value_or(0);
  // NOLINTBEGIN(concurrency-mt-unsafe): start-up
  for (const char* name : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES", "WEIR_SOCKETS"})
    ::unsetenv(name);
  // NOLINTEND(concurrency-mt-unsafe)
  std::vector<net::file_descriptor> out;
  for (int fd = first_inherited; fd < first_inherited + count; ++fd) {
    if (count > limits::max_workers) return failure{"too many sockets were handed down"};
    const std::string fault = fault_of(fd);
    if (!fault.empty())
      return failure{"descriptor " + std::to_string(fd) + ", which was handed down, " + fault};
    const int flags = ::fcntl(fd, F_GETFL);
    if (::fcntl(fd, F_SETFD, FD_CLOEXEC) != 0 || flags < 0 ||
        ::fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0)
      return failure{"descriptor " + std::to_string(fd) + ", which was handed down, is unusable"};
    out.emplace_back(fd);
  }
  return out;
}

void tell_manager(std::string_view state) {
  const std::string path = variable("NOTIFY_SOCKET");
  sockaddr_un address{};
  if (path.empty() || path.size() >= sizeof address.sun_path) return;
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  if (path.front() == '@') address.sun_path[0] = '\0';  // the abstract namespace
  const net::file_descriptor fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd.valid()) return;
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
  // A manager that does not listen is no reason to stop serving.
  (void)::sendto(fd.get(), state.data(), state.size(), MSG_NOSIGNAL,
                 reinterpret_cast<const sockaddr*>(&address), size);
}

std::optional<millis> watchdog_period() {
  const auto whole = number(variable("WATCHDOG_USEC"));
  const std::string pid = variable("WATCHDOG_PID");
  if (!whole || *whole < 2000 || (!pid.empty() && number(pid) != static_cast<long>(::getpid())))
    return std::nullopt;
  return millis(*whole / 2000);
}

}  // namespace weir::app
