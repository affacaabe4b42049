#pragma once
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

namespace weir::bench {

/// The few system calls both programs need. A failure that is not the peer's doing ends the
/// program.
[[noreturn]] inline void die(const char* what) {
  std::perror(what);
  std::exit(1);
}
inline int check(int result, const char* what) {
  if (result < 0) die(what);
  return result;
}

/// CLOCK_MONOTONIC, which all processes of one machine share: that makes one-way delays measurable.
[[nodiscard]] inline std::uint64_t now_ns() {
  timespec t{};
  ::clock_gettime(CLOCK_MONOTONIC, &t);
  return static_cast<std::uint64_t>(t.tv_sec) * 1'000'000'000 +
         static_cast<std::uint64_t>(t.tv_nsec);
}

[[nodiscard]] inline sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}
[[nodiscard]] inline const sockaddr* generic(const sockaddr_in& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

/// For a socket whose reads and writes must not wait, and whose small writes must not either.
inline void prepare_stream_socket(int socket) {
  const int on = 1;
  check(::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on), "TCP_NODELAY");
  check(::fcntl(socket, F_SETFL, O_NONBLOCK), "O_NONBLOCK");
}

struct bound_listener {
  int socket;
  std::uint16_t port;
};
/// Listens on `port` of the loopback interface (0: any free one).
[[nodiscard]] inline bound_listener listen_on(std::uint16_t port, bool shared) {
  const int listener =
      check(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), "socket");
  const int on = 1;
  check(::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on), "SO_REUSEADDR");
  if (shared) check(::setsockopt(listener, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on), "REUSEPORT");
  sockaddr_in address = loopback(port);
  check(::bind(listener, generic(address), sizeof address), "bind");
  check(::listen(listener, 4096), "listen");
  socklen_t size = sizeof address;
  check(::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size), "getsockname");
  return {listener, ntohs(address.sin_port)};
}

/// epoll by index: what a program keeps about a socket stands in a vector.
class poller {
 public:
  poller() : epoll_(check(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1")) {
    // Timeouts as exact as the kernel can; by default it adds up to 50 us.
    check(::prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL), "PR_SET_TIMERSLACK");
  }
  ~poller() { ::close(epoll_); }
  poller(const poller&) = delete;
  poller& operator=(const poller&) = delete;

  void add(int socket, std::uint32_t index, std::uint32_t interest) {
    control(EPOLL_CTL_ADD, socket, index, interest);
  }
  void change(int socket, std::uint32_t index, std::uint32_t interest) {
    control(EPOLL_CTL_MOD, socket, index, interest);
  }

  /// Calls `handle(index, events)` for what is ready, at the latest at `deadline_ns`.
  template <class Handler>
  void wait_until(std::uint64_t deadline_ns, const Handler& handle) {
    const std::uint64_t now = now_ns();
    const std::uint64_t wait = deadline_ns > now ? deadline_ns - now : 0;
    timespec timeout{};
    timeout.tv_sec = static_cast<time_t>(wait / 1'000'000'000);
    timeout.tv_nsec = static_cast<long>(wait % 1'000'000'000);
    epoll_event ready[256];
    const int count = ::epoll_pwait2(epoll_, ready, 256, &timeout, nullptr);
    if (count < 0 && errno != EINTR) die("epoll_pwait2");
    for (int i = 0; i < count; ++i) handle(ready[i].data.u32, ready[i].events);
  }

 private:
  void control(int operation, int socket, std::uint32_t index, std::uint32_t interest) {
    epoll_event event{};
    event.events = interest;
    event.data.u32 = index;
    check(::epoll_ctl(epoll_, operation, socket, &event), "epoll_ctl");
  }

  int epoll_;
};

}  // namespace weir::bench
