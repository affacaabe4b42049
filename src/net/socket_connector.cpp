#include "net/socket_connector.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "net/address_order.h"
#include "net/loop_internals.h"
#include "net/opening_talk.h"
#include "net/resolver.h"
#include "net/socket_address.h"
#include "net/socket_connection.h"
#include "net/socket_watch.h"
#include "net/tls_client.h"

namespace weir::net {

namespace {

/// What the attempts of one connector share.
struct shared_state {
  shared_state(event_loop& l, const socket_connector::options& o)
      : loop(l), stalled_after(o.stalled_after), names(l.internals()) {
    for (const auto& [name, literals] : o.hosts) {
      address_list addresses;
      for (const std::string& literal : literals)
        if (const auto address = socket_address::from_literal(literal))
          addresses.push_back(*address);
      names.fix(name, std::move(addresses));
    }
  }

  /// One context per ca_file. One that failed to load is tried again: the file may be mended.
  [[nodiscard]] result<std::shared_ptr<tls_client>, io_error> client_for(
      const std::string& ca_file) {
    if (const auto found = clients.find(ca_file); found != clients.end()) return found->second;
    result<std::shared_ptr<tls_client>, io_error> made = tls_client::make(ca_file);
    if (made) clients.emplace(ca_file, *made);
    return made;
  }

  event_loop& loop;
  millis stalled_after;
  resolver names;
  std::unordered_map<std::string, std::shared_ptr<tls_client>> clients;
  std::uint64_t resumed = 0;
};

/// One attempt.
///
///   starting --> resolving --> dialing --> opening --> handshaking --> finished
///       \________________________^
///
/// opening  A relay is asked to lead on, where there is one that has to be asked.
/// dialing  The addresses race (RFC 8305): the next one joins when one has failed, or none has
///          answered within limits::connect_stagger or its share of the time; the first wins.
/// Any phase may finish by a failure, by the timeout, or by its owner's loss of interest.
class attempt final : public mortal,
                      private task,
                      private socket_watch::observer,
                      private resolver::waiter {
 public:
  attempt(std::shared_ptr<shared_state> shared, const endpoint& to, millis timeout,
          connector::callback done)
      : shared_(std::move(shared)),
        loop_(shared_->loop.internals()),
        to_(to),
        deadline_(loop_.now() + timeout),
        done_(std::move(done)),
        overall_(shared_->loop, [this] { on_timeout(); }),
        stagger_(shared_->loop, [this] { dial_next(); }) {
    overall_.start(timeout);
    loop_.at_turn_end(*this);
  }

  static void cancel(std::unique_ptr<attempt> a) {
    a->become_finished();
    a->done_ = nullptr;
    event_loop::implementation& loop = a->loop_;
    loop.bury(std::move(a));
  }

 private:
  enum class phase : std::uint8_t { starting, resolving, dialing, opening, handshaking, finished };

  [[nodiscard]] const std::string& dialed_host() const {
    return to_.via ? to_.via->host : to_.host;
  }
  [[nodiscard]] std::uint16_t dialed_port() const { return to_.via ? to_.via->port : to_.port; }

  void run() override {
    if (!to_.socket_path.empty()) {
      dial_path();
      return;
    }
    if (const address_list* const known = shared_->names.known(dialed_host())) {
      addresses_ = interleaved(*known);
      dial_next();
      return;
    }
    phase_ = phase::resolving;
    if (const auto error = shared_->names.look_up(dialed_host(), *this)) fail_to_reach(*error);
  }

  void on_resolved(const result<address_list, io_error>& answer) override {
    if (!answer) {
      fail_to_reach(answer.error());
      return;
    }
    addresses_ = interleaved(*answer);
    dial_next();
  }

  void dial_path() {
    if (const auto address = socket_address::from_path(to_.socket_path))
      addresses_.push_back(*address);
    else
      last_error_.detail = "no path of a Unix socket";
    dial_next();
  }

  /// An address that connects.
  struct racer final : socket_watch::observer {
    racer(attempt& owner_in, const socket_address& to) : owner(owner_in), address(to) {}
    void on_ready(bool, bool, bool) override { owner.on_dialed(*this); }
    attempt& owner;
    const socket_address address;
    std::unique_ptr<socket_watch> watch;
  };

  void dial_next() {
    phase_ = phase::dialing;
    while (next_ < addresses_.size()) {
      socket_address& address = addresses_[next_++];
      address.set_port(dialed_port());
      if (const int error = dial(address); error != 0) {
        note(fault_of_connect(error), address, errno_text(error));
        continue;
      }
      const auto left = static_cast<std::int64_t>(addresses_.size() - next_);
      if (left != 0) stagger_.start(std::min(limits::connect_stagger, rest() / (left + 1)));
      return;
    }
    if (racing_.empty()) fail_to_reach(last_error_);
  }

  /// What is left of the time.
  [[nodiscard]] millis rest() const {
    return std::chrono::duration_cast<millis>(std::max(deadline_ - loop_.now(), micros{0}));
  }

  /// Begins to connect; 0 or why it could not.
  int dial(const socket_address& address) {
    file_descriptor fd = make_stream_socket(address.family());
    if (!fd.valid()) return errno;
    if (address.family() != AF_UNIX) set_stream_options(fd.get());
    if (::connect(fd.get(), address.data(), address.size()) != 0 && errno != EINPROGRESS &&
        errno != EINTR)
      return errno;
    auto one = std::make_unique<racer>(*this, address);
    one->watch = socket_watch::make(loop_, std::move(fd));
    if (!one->watch) return ENOMEM;
    one->watch->set_observer(one.get());
    one->watch->wait_for({.writable = true});
    racing_.push_back(std::move(one));
    return 0;
  }

  void on_ready(bool, bool, bool) override { phase_ == phase::opening ? talk() : shake_hands(); }

  void on_dialed(racer& one) {
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(one.watch->fd(), SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) {
      note(fault_of_connect(error), one.address, errno_text(error));
      std::erase_if(racing_, [&one](const auto& r) { return r.get() == &one; });
      stagger_.stop();
      dial_next();
      return;
    }
    connected_ = one.address;
    watch_ = std::move(one.watch);
    racing_.clear();
    stagger_.stop();
    watch_->set_observer(this);
    if (!to_.via || !to_.via->opens) {
      begin_stream();
      return;
    }
    talk_.emplace(to_.via->opens);
    phase_ = phase::opening;
    talk();
  }

  void talk() {
    const transfer step = talk_->advance(watch_->fd());
    if (step.status == io_status::done)
      begin_stream();
    else if (step.status == io_status::failed)
      finish(io_error{step.error.what, who() + ": " + step.error.detail});
    else
      wait_for(step.status);
  }

  /// The connection leads to where it shall.
  void begin_stream() {
    if (!to_.tls) {
      succeed();
      return;
    }
    result<std::shared_ptr<tls_client>, io_error> client = shared_->client_for(to_.ca_file);
    if (!client) {
      finish(client.error());
      return;
    }
    result<std::unique_ptr<tls_channel>, io_error> channel =
        (*client)->open(watch_->fd(), to_.host, to_.port);
    if (!channel) {
      finish(channel.error());
      return;
    }
    tls_ = std::move(*channel);
    phase_ = phase::handshaking;
    shake_hands();
  }

  void shake_hands() {
    const transfer step = tls_->handshake();
    switch (step.status) {
      case io_status::want_read:
      case io_status::want_write:
        wait_for(step.status);
        return;
      case io_status::done:
        if (tls_->resumed()) ++shared_->resumed;
        succeed();
        return;
      case io_status::ended:
      case io_status::failed:
        finish(io_error{step.error.what, connected_.text() + ": " + step.error.detail});
        return;
    }
  }

  void wait_for(io_status what) {
    watch_->wait_for(
        {.readable = what == io_status::want_read, .writable = what == io_status::want_write});
  }

  void on_timeout() {
    const char* const doing = phase_ == phase::handshaking ? "TLS handshake"
                              : phase_ == phase::opening   ? "opening of the tunnel"
                              : phase_ == phase::dialing   ? "TCP connect"
                                                           : "name look-up";
    for (const auto& one : racing_) note(fault::connect_timeout, one->address, "no answer");
    std::string detail = who() + ": timeout in " + doing;
    if (!last_error_.detail.empty()) detail += " (before: " + last_error_.detail + ')';
    finish(io_error{fault::connect_timeout, std::move(detail)});
  }

  /// Whom it is about, for the log.
  [[nodiscard]] std::string who() const {
    return to_.via                   ? "proxy " + to_.via->host
           : to_.socket_path.empty() ? to_.host
                                     : to_.socket_path;
  }

  /// What is dialed cannot be reached. A proxy is not the endpoint: that it is at fault, is told.
  void fail_to_reach(io_error error) {
    if (to_.via)
      error = {error.what == fault::connect_timeout ? error.what : fault::proxy_unreachable,
               who() + ": " + std::string(fault_name(error.what)) + ": " + error.detail};
    finish(std::move(error));
  }

  /// Remembers a failed address; the last one's fault is the attempt's, all are in the detail.
  void note(fault what, const socket_address& address, const std::string& why) {
    last_error_.what = what;
    if (!last_error_.detail.empty()) last_error_.detail += "; ";
    last_error_.detail += address.text() + ": " + why;
  }

  void succeed() {
    watch_->set_observer(nullptr);
    watch_->wait_for({});
    finish(make_socket_connection(shared_->loop, std::move(watch_), std::move(tls_),
                                  shared_->stalled_after));
  }

  void become_finished() {
    phase_ = phase::finished;
    task::unlink();
    resolver::waiter::unlink();
    overall_.stop();
    stagger_.stop();
    tls_.reset();
    watch_.reset();
    racing_.clear();
  }

  /// The owner may destroy the attempt from inside `done`; its memory lasts until the turn's end.
  void finish(result<std::unique_ptr<connection>, io_error> outcome) {
    become_finished();
    const connector::callback done = std::exchange(done_, nullptr);
    done(std::move(outcome));
  }

  std::shared_ptr<shared_state> shared_;
  event_loop::implementation& loop_;
  const endpoint to_;
  const micros deadline_;
  connector::callback done_;
  timer overall_;
  timer stagger_;
  phase phase_ = phase::starting;
  std::optional<opening_talk> talk_;
  address_list addresses_;
  std::size_t next_ = 0;
  io_error last_error_{fault::unreachable, ""};
  std::vector<std::unique_ptr<racer>> racing_;
  socket_address connected_;
  std::unique_ptr<socket_watch> watch_;
  std::unique_ptr<tls_channel> tls_;
};

class socket_connecting final : public connecting {
 public:
  explicit socket_connecting(std::unique_ptr<attempt> a) : attempt_(std::move(a)) {}
  ~socket_connecting() override { attempt::cancel(std::move(attempt_)); }

 private:
  std::unique_ptr<attempt> attempt_;
};

}  // namespace

struct socket_connector::implementation : shared_state {
  using shared_state::shared_state;
};

socket_connector::socket_connector(event_loop& loop) : socket_connector(loop, options{}) {}

socket_connector::socket_connector(event_loop& loop, const options& how)
    : implementation_(std::make_shared<implementation>(loop, how)) {}

socket_connector::~socket_connector() = default;

std::unique_ptr<connecting> socket_connector::connect(const endpoint& to, millis timeout,
                                                      callback done) {
  return std::make_unique<socket_connecting>(
      std::make_unique<attempt>(implementation_, to, timeout, std::move(done)));
}

std::uint64_t socket_connector::resumed_sessions() const { return implementation_->resumed; }

}  // namespace weir::net
