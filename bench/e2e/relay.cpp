// The least that can stand between a client and an upstream: each connection gets one of its own to
// --upstream, and bytes go both ways as they come. What a gateway costs above this is what it does.
//
//   relay --port 0 --upstream PORT --threads 2
//
// One epoll and one listener (SO_REUSEPORT) per thread, one buffer per thread. It knows no HTTP.
#include <sys/socket.h>

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "e2e/options.h"
#include "e2e/system.h"

namespace weir::bench {
namespace {

constexpr std::uint32_t listener_index = 0xffffffff;
constexpr std::size_t most_waiting = std::size_t{64} << 10;

/// One of the two sides of a pair: what it could not take yet waits with it.
struct side {
  int socket = -1;
  std::string waiting;
};

/// Side 2n is the client's, side 2n + 1 the upstream's.
class relay {
 public:
  relay(int listener, std::uint16_t upstream) : listener_(listener), upstream_(upstream) {
    poller_.add(listener_, listener_index, EPOLLIN);
  }

  [[noreturn]] void run() {
    for (;;) {
      poller_.wait_until(now_ns() + 1'000'000'000,
                         [this](std::uint32_t index, std::uint32_t events) {
                           if (index == listener_index) return accept_all();
                           if ((events & EPOLLOUT) != 0) flush(index);
                           if ((events & ~EPOLLOUT) != 0) pass_on(index);
                         });
      free_.insert(free_.end(), left_.begin(), left_.end());
      left_.clear();  // only now: events of this turn may still name them
    }
  }

 private:
  void accept_all() {
    for (;;) {
      const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (client < 0) return;
      const int upstream = check(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
      const sockaddr_in address = loopback(upstream_);
      if (::connect(upstream, generic(address), sizeof address) < 0) {
        ::close(upstream);
        ::close(client);
        continue;
      }
      std::uint32_t pair = static_cast<std::uint32_t>(sides_.size() / 2);
      if (free_.empty()) {
        sides_.resize(sides_.size() + 2);
      } else {
        pair = free_.back();
        free_.pop_back();
      }
      add(2 * pair, client);
      add(2 * pair + 1, upstream);
    }
  }

  void add(std::uint32_t index, int socket) {
    prepare_stream_socket(socket);
    sides_[index] = side{socket, {}};
    poller_.add(socket, index, EPOLLIN);
  }

  void pass_on(std::uint32_t index) {
    side& from = sides_[index];
    side& to = sides_[index ^ 1U];
    if (from.socket < 0) return;
    const ssize_t count = ::recv(from.socket, buffer_.data(), buffer_.size(), 0);
    if (count < 0 && errno == EAGAIN) return;
    if (count <= 0) return drop(index / 2);
    const std::string_view bytes(buffer_.data(), static_cast<std::size_t>(count));
    if (!to.waiting.empty()) {
      to.waiting += bytes;
    } else {
      const ssize_t sent = ::send(to.socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent < 0 && errno != EAGAIN) return drop(index / 2);
      const std::size_t taken = sent < 0 ? 0 : static_cast<std::size_t>(sent);
      if (taken == bytes.size()) return;
      to.waiting = bytes.substr(taken);
    }
    watch(index ^ 1U);
    watch(index);
  }

  void flush(std::uint32_t index) {
    side& to = sides_[index];
    if (to.socket < 0 || to.waiting.empty()) return;
    const ssize_t count = ::send(to.socket, to.waiting.data(), to.waiting.size(), MSG_NOSIGNAL);
    if (count < 0 && errno == EAGAIN) return;
    if (count < 0) return drop(index / 2);
    to.waiting.erase(0, static_cast<std::size_t>(count));
    watch(index);
    watch(index ^ 1U);
  }

  /// A side is read while the other does not have too much waiting.
  void watch(std::uint32_t index) {
    const bool reads = sides_[index ^ 1U].waiting.size() < most_waiting;
    const bool writes = !sides_[index].waiting.empty();
    std::uint32_t interest = 0;
    if (reads) interest |= EPOLLIN;
    if (writes) interest |= EPOLLOUT;
    poller_.change(sides_[index].socket, index, interest);
  }

  void drop(std::uint32_t pair) {
    for (const std::uint32_t index : {2 * pair, 2 * pair + 1}) {
      ::close(sides_[index].socket);
      sides_[index] = side{};
    }
    left_.push_back(pair);
  }

  int listener_;
  std::uint16_t upstream_;
  poller poller_;
  std::vector<side> sides_;
  std::vector<std::uint32_t> free_;
  std::vector<std::uint32_t> left_;
  std::array<char, std::size_t{64} << 10> buffer_{};
};

int serve(options given) {
  auto port = static_cast<std::uint16_t>(given.number("port", 0));
  const auto upstream = static_cast<std::uint16_t>(given.number("upstream", 0));
  const std::uint64_t threads = given.number("threads", 2);
  given.finish();
  if (upstream == 0 || threads == 0) given.refuse("--upstream and --threads are above 0");
  std::vector<std::unique_ptr<relay>> relays;
  for (std::uint64_t i = 0; i < threads; ++i) {
    const bound_listener made = listen_on(port, true);
    port = made.port;
    relays.push_back(std::make_unique<relay>(made.socket, upstream));
  }
  std::printf("listening on %u\n", static_cast<unsigned>(port));
  std::fflush(stdout);
  std::vector<std::thread> others;
  for (std::size_t i = 1; i < relays.size(); ++i)
    others.emplace_back([&one = *relays[i]] { one.run(); });
  relays.front()->run();
}

}  // namespace
}  // namespace weir::bench

int main(int count, char** words) { return weir::bench::serve(weir::bench::options(count, words)); }
