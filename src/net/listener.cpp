#include "net/listener.h"

#include <netdb.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <utility>

#include "net/loop_internals.h"
#include "net/socket_address.h"
#include "net/socket_connection.h"
#include "net/socket_watch.h"
#include "weir/base/limits.h"

namespace weir::net {

namespace {

result<socket_address> address_to_bind(const listener::options& where) {
  std::optional<socket_address> address = socket_address::from_literal(where.host);
  if (!address) {
    // A name ("localhost"): looked up at start-up only, so it may block.
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    const int error = ::getaddrinfo(where.host.c_str(), nullptr, &hints, &found);
    if (error != 0) return failure{where.host + ": " + ::gai_strerror(error)};
    address.emplace(found->ai_addr, found->ai_addrlen);
    ::freeaddrinfo(found);
  }
  address->set_port(where.port);
  return *address;
}

result<file_descriptor> listen_on(const socket_address& address, int backlog) {
  const auto failed = [&] { return failure{address.text() + ": " + errno_text(errno)}; };
  file_descriptor fd = make_stream_socket(address.family());
  if (!fd.valid()) return failed();
  const int on = 1;
  // Each worker listens by itself and the kernel spreads the connections.
  if (::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
      ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) != 0 ||
      ::bind(fd.get(), address.data(), address.size()) != 0 || ::listen(fd.get(), backlog) != 0)
    return failed();
  return fd;
}

/// Whether a process listens at `address`.
bool answers(const socket_address& address) {
  const file_descriptor probe = make_stream_socket(address.family());
  // EAGAIN: its queue is full.
  return ::connect(probe.get(), address.data(), address.size()) == 0 || errno == EAGAIN;
}

result<file_descriptor> listen_at(const std::string& path, int backlog) {
  const auto failed = [&](const std::string& why) { return failure{"unix:" + path + ": " + why}; };
  const auto address = socket_address::from_path(path);
  if (!address) return failed("the path is too long for a socket");
  struct stat there {};
  if (::lstat(path.c_str(), &there) == 0) {
    if (!S_ISSOCK(there.st_mode)) return failed("there is something that is no socket");
    if (answers(*address)) return failed("it is in use (another weir?)");
    if (::unlink(path.c_str()) != 0) return failed(errno_text(errno));
  }
  file_descriptor fd = make_stream_socket(address->family());
  // Until chmod nobody but the owner can connect, whatever the mask for new files says.
  const mode_t mask = ::umask(0177);
  const bool bound = fd.valid() && ::bind(fd.get(), address->data(), address->size()) == 0;
  const int error = errno;
  ::umask(mask);
  if (!bound) return failed(errno_text(error));
  if (::chmod(path.c_str(), 0660) != 0 || ::listen(fd.get(), backlog) != 0)
    return failed(errno_text(errno));
  return fd;
}

/// Nothing when the system does not say; errno says why.
std::optional<socket_address> bound_address(int socket) {
  sockaddr_storage bound{};
  socklen_t size = sizeof bound;
  auto* const address = reinterpret_cast<sockaddr*>(&bound);
  if (::getsockname(socket, address, &size) != 0) return std::nullopt;
  return socket_address(address, size);
}

/// Of clients that have no address.
const std::string local_peer = "unix:";

struct accepted {
  file_descriptor fd;
  socket_address peer;
};

accepted accept_one(int listening) {
  sockaddr_storage peer{};
  socklen_t size = sizeof peer;
  auto* const address = reinterpret_cast<sockaddr*>(&peer);
#if defined(SOCK_NONBLOCK) && defined(SOCK_CLOEXEC)
  file_descriptor fd(::accept4(listening, address, &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
#else
  file_descriptor fd(::accept(listening, address, &size));
  if (fd.valid() && !make_nonblocking(fd.get())) return {};
#endif
  if (!fd.valid()) return {};
  return {std::move(fd), socket_address(address, size)};
}

}  // namespace

struct listener::implementation final : mortal, socket_watch::observer {
  implementation(event_loop& l, millis patience, accept_callback call)
      : loop(l),
        on_accept(std::move(call)),
        stalled_after(patience),
        pause(l, [this] { watch->wait_for({.readable = true}); }) {}

  void on_ready(bool, bool, bool) override {
    for (std::size_t i = 0; i < limits::max_accepts_per_wakeup && watch; ++i) {
      accepted got = accept_one(watch->fd());
      if (got.fd.valid()) {
        take(std::move(got));
        continue;
      }
      switch (errno) {
        case EINTR:
        case ECONNABORTED:
        case EPROTO:
          continue;  // that client is gone, others may wait
        case EMFILE:
        case ENFILE:
        case ENOBUFS:
        case ENOMEM:
          // The clients stay in the backlog; asking again at once would spin.
          watch->wait_for({});
          pause.start(limits::accept_pause);
          return;
        default:
          watch->wait_for({.readable = true});  // after an error libuv has stopped waiting
          return;
      }
    }
  }

  void take(accepted got) {
    if (path.empty()) set_stream_options(got.fd.get());
    std::unique_ptr<tls_channel> channel = tls ? tls->open(got.fd.get()) : nullptr;
    if (tls && !channel) return;  // no memory for it
    std::unique_ptr<socket_watch> socket = socket_watch::make(loop.internals(), std::move(got.fd));
    if (!socket) return;
    on_accept(make_socket_connection(loop, std::move(socket), std::move(channel), stalled_after),
              path.empty() ? got.peer.host() : local_peer);
  }

  event_loop& loop;
  accept_callback on_accept;
  millis stalled_after;
  std::unique_ptr<socket_watch> watch;
  timer pause;
  std::string host;
  std::uint16_t port = 0;
  std::string path;
  std::shared_ptr<const tls_server> tls;
};

result<file_descriptor> listener::bind(const options& where) {
  if (!where.path.empty()) return listen_at(where.path, where.backlog);
  result<socket_address> address = address_to_bind(where);
  if (!address) return address.error();
  return listen_on(*address, where.backlog);
}

result<std::unique_ptr<listener>> listener::open(event_loop& loop, const options& where,
                                                 accept_callback on_accept) {
  result<file_descriptor> socket = bind(where);
  if (!socket) return socket.error();
  return open(loop, std::move(socket).value(), where.stalled_after, std::move(on_accept));
}

result<std::unique_ptr<listener>> listener::open(event_loop& loop, file_descriptor socket,
                                                 millis stalled_after, accept_callback on_accept) {
  const std::optional<socket_address> bound = bound_address(socket.get());
  if (!bound) return failure{"a listening socket: " + errno_text(errno)};
  auto inside = std::make_unique<implementation>(loop, stalled_after, std::move(on_accept));
  inside->host = bound->host();
  inside->port = bound->port();
  inside->path = bound->path();
  inside->watch = socket_watch::make(loop.internals(), std::move(socket));
  if (!inside->watch) return failure{bound->text() + ": cannot be watched"};
  inside->watch->set_observer(inside.get());
  inside->watch->wait_for({.readable = true});
  return std::unique_ptr<listener>(new listener(std::move(inside)));
}

std::uint16_t port_of(int socket) {
  const std::optional<socket_address> bound = bound_address(socket);
  return bound ? bound->port() : 0;
}

listener::listener(std::unique_ptr<implementation> inside) : implementation_(std::move(inside)) {}

listener::~listener() {
  // It may be its own callback that destroys it.
  event_loop& loop = implementation_->loop;
  implementation_->watch.reset();
  implementation_->pause.stop();
  loop.internals().bury(std::move(implementation_));
}

void listener::use_tls(std::shared_ptr<const tls_server> tls) {
  implementation_->tls = std::move(tls);
}

const std::string& listener::path() const { return implementation_->path; }
const std::string& listener::host() const { return implementation_->host; }
int listener::socket() const { return implementation_->watch->fd(); }
std::uint16_t listener::port() const { return implementation_->port; }

}  // namespace weir::net
