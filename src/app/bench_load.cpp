#include "app/bench_load.h"

#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "http/h1_decoder.h"
#include "net/event_loop.h"
#include "net/socket_connector.h"

namespace weir::app {

namespace {

constexpr millis pause_behind_failure{100};
constexpr millis between_progress{500};

/// CLOCK_MONOTONIC, which the emitter's times are by.
std::uint64_t now_ns() {
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(
                                        std::chrono::steady_clock::now().time_since_epoch())
                                        .count());
}

double cpu_seconds() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  return static_cast<double>(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
         static_cast<double>(used.ru_utime.tv_usec + used.ru_stime.tv_usec) * 1e-6;
}

class worker;

/// One place for a request: asks, reads, asks again.
///   idle --> connecting --> answering --> idle      or, behind a failure, a pause before the next
class client final : private net::connection_handler {
 public:
  client(worker& owner, const bench_plan& plan);

  void next();
  /// Leaves what is under way; true when something was.
  bool leave();
  void time_is_up() { answer_.time_is_up(); }

 private:
  using status = http::h1_response_decoder::status;

  void begin(std::unique_ptr<net::connection> made);
  void send();
  void on_data(std::string_view bytes) override;
  void on_end() override;
  void on_failure(const net::io_error& error) override;
  void on_drained() override {}
  /// `bytes` are what came behind the answer.
  void complete(std::string_view bytes);
  void fail(const bench_fault& why);
  void disconnect();

  worker& owner_;
  const bench_plan& plan_;
  bench_answer answer_;
  net::timer silence_;
  net::timer pause_;
  bool open_ = false;
  std::unique_ptr<net::connecting> connecting_;
  std::unique_ptr<net::connection> connection_;
  std::optional<http::h1_response_decoder> decoder_;
};

/// A loop with its share of the clients. Built where it is destroyed; `run` is a thread's.
class worker {
 public:
  worker(const bench_plan& plan, std::uint64_t clients, std::optional<std::uint64_t> requests)
      : plan_(plan),
        request_(request_bytes(plan.request)),
        network_(loop_),
        time_up_(loop_, [this] { end_of_time(); }),
        left_(requests) {
    for (std::uint64_t i = 0; i < clients; ++i)
      clients_.push_back(std::make_unique<client>(*this, plan));
  }

  void run() {
    begun_ns_ = now_ns();
    if (plan_.duration) time_up_.start(*plan_.duration);
    for (const auto& one : clients_) one->next();
    stop_if_over();
    loop_.run();
    if (ended_ns_ == 0) ended_ns_ = now_ns();
    clients_.clear();  // on this thread: what they hold belongs to its loop
  }

  /// From any thread: leaves what is under way.
  void interrupt() {
    loop_.post([this] { leave_all(); });
  }

  // What clients use.
  [[nodiscard]] net::event_loop& loop() { return loop_; }
  [[nodiscard]] net::socket_connector& network() { return network_; }
  [[nodiscard]] const std::string& request() const { return request_; }
  [[nodiscard]] bench_counts& counts() { return counts_; }
  /// Whether another request is to be made.
  [[nodiscard]] bool take_request() {
    if (ending_ || (left_ && *left_ == 0)) return false;
    if (left_) --*left_;
    ++open_;
    shown_open.store(open_, std::memory_order_relaxed);
    return true;
  }
  void request_over() {
    --open_;
    shown_open.store(open_, std::memory_order_relaxed);
    shown_ok.store(counts_.ok, std::memory_order_relaxed);
    shown_failed.store(counts_.failed, std::memory_order_relaxed);
    stop_if_over();
  }
  void answered() { answered_ = true; }
  /// Where nothing has ever answered, one try of each client is enough.
  void unreachable() {
    if (answered_ || ++failed_to_connect_ < clients_.size()) return;
    unreachable_ = true;
    leave_all();
  }

  // Once its thread is over, but for the numbers that are shown meanwhile.
  [[nodiscard]] const bench_counts& result() const { return counts_; }
  [[nodiscard]] std::uint64_t lasted_ns() const { return ended_ns_ - begun_ns_; }
  [[nodiscard]] bool gave_up() const { return unreachable_; }
  std::atomic<std::uint64_t> shown_ok{0};
  std::atomic<std::uint64_t> shown_failed{0};
  std::atomic<std::uint64_t> shown_open{0};

 private:
  void end_of_time() {
    ended_ns_ = now_ns();
    ending_ = true;
    for (const auto& one : clients_) one->time_is_up();
    stop_if_over();
  }
  void leave_all() {
    if (ended_ns_ == 0) ended_ns_ = now_ns();
    ending_ = true;
    for (const auto& one : clients_)
      if (one->leave()) ++counts_.unfinished;
    open_ = 0;
    loop_.stop();
  }
  void stop_if_over() {
    if (open_ == 0 && (ending_ || (left_ && *left_ == 0))) loop_.stop();
  }

  const bench_plan& plan_;
  std::string request_;
  net::event_loop loop_;
  net::socket_connector network_;
  net::timer time_up_;
  std::optional<std::uint64_t> left_;
  bench_counts counts_;
  std::uint64_t begun_ns_ = 0;
  std::uint64_t ended_ns_ = 0;
  std::uint64_t open_ = 0;
  std::uint64_t failed_to_connect_ = 0;
  bool ending_ = false;
  bool answered_ = false;
  bool unreachable_ = false;
  std::vector<std::unique_ptr<client>> clients_;
};

client::client(worker& owner, const bench_plan& plan)
    : owner_(owner),
      plan_(plan),
      answer_(plan.want, owner.counts()),
      silence_(owner.loop(),
               [this] {
                 fail({"late", "no bytes in time"});
               }),
      pause_(owner.loop(), [this] { next(); }) {}

void client::next() {
  if (!owner_.take_request()) return disconnect();
  open_ = true;
  answer_.begin(now_ns());
  silence_.start(plan_.silence);
  if (connection_) return send();
  connecting_ = owner_.network().connect(
      way_to(plan_.request), plan_.request.connect_timeout, [this](auto made) {
        if (made) return begin(std::move(made).value());
        const net::io_error& error = made.error();
        fail({"no connection",
              error.detail.empty() ? std::string(net::fault_name(error.what)) : error.detail});
        owner_.unreachable();
      });
}

void client::begin(std::unique_ptr<net::connection> made) {
  connection_ = std::move(made);
  connection_->set_handler(this);
  decoder_.emplace();
  send();
}

void client::send() {
  decoder_->expect(plan_.request.method);
  connection_->write(owner_.request());
}

void client::on_data(std::string_view bytes) {
  if (!open_) return disconnect();  // nobody asked for it
  silence_.start(plan_.silence);
  const std::uint64_t now = now_ns();
  for (;;) {
    switch (decoder_->parse(bytes)) {
      case status::need_input:
        return;
      case status::head:
        owner_.answered();
        answer_.head(decoder_->head().status, decoder_->head().headers.get("content-type"));
        break;
      case status::body:
        if (const auto fault = answer_.body(decoder_->body(), now)) return fail(*fault);
        break;
      case status::end:
        return complete(bytes);
      case status::error:
        return fail({"no HTTP", std::string(decoder_->error().reason)});
    }
  }
}

void client::complete(std::string_view bytes) {
  if (const auto fault = answer_.end(now_ns())) return fail(*fault);
  silence_.stop();
  open_ = false;
  if (plan_.new_connections || !decoder_->keep_alive() || !bytes.empty())
    disconnect();
  else
    decoder_->next_message();
  owner_.request_over();
  next();
}

void client::on_end() {
  if (!open_) return disconnect();
  if (decoder_->finish() == status::end) return complete({});
  fail({"lost", "the connection ended inside the answer"});
}

void client::on_failure(const net::io_error& error) {
  if (!open_) return disconnect();
  fail({"lost", error.detail.empty() ? std::string(net::fault_name(error.what)) : error.detail});
}

void client::fail(const bench_fault& why) {
  owner_.counts().fail(why.kind, why.detail);
  silence_.stop();
  open_ = false;
  disconnect();
  pause_.start(pause_behind_failure);
  owner_.request_over();
}

bool client::leave() {
  silence_.stop();
  pause_.stop();
  disconnect();
  return std::exchange(open_, false);
}

void client::disconnect() {
  connecting_.reset();
  connection_.reset();
}

}  // namespace

bench_result run_bench(const bench_plan& plan,
                       const std::function<void(const bench_progress&)>& told) {
  std::uint64_t streams = plan.streams;
  if (plan.requests) streams = std::min(streams, *plan.requests);
  const std::uint64_t threads = std::clamp<std::uint64_t>(plan.threads, 1, streams);
  const auto share = [&](std::uint64_t whole, std::uint64_t i) {
    return whole / threads + (i < whole % threads ? 1 : 0);
  };
  std::vector<std::unique_ptr<worker>> workers;
  for (std::uint64_t i = 0; i < threads; ++i) {
    std::optional<std::uint64_t> requests;
    if (plan.requests) requests = share(*plan.requests, i);
    workers.push_back(std::make_unique<worker>(plan, share(streams, i), requests));
  }

  bench_result out;
  net::event_loop loop;
  for (const int number : {SIGINT, SIGTERM})
    loop.on_signal(number, [&](int) {
      out.interrupted = true;
      for (const auto& one : workers) one->interrupt();
    });
  const std::uint64_t begun = now_ns();
  const double cpu_before = cpu_seconds();
  std::unique_ptr<net::timer> tick;
  tick = std::make_unique<net::timer>(loop, [&] {
    bench_progress now;
    now.seconds = static_cast<double>(now_ns() - begun) * 1e-9;
    for (const auto& one : workers) {
      now.ok += one->shown_ok.load(std::memory_order_relaxed);
      now.failed += one->shown_failed.load(std::memory_order_relaxed);
      now.open += one->shown_open.load(std::memory_order_relaxed);
    }
    told(now);
    tick->start(between_progress);
  });
  tick->start(between_progress);

  std::uint64_t running = threads;
  std::vector<std::thread> running_threads;
  running_threads.reserve(threads);
  for (const auto& one : workers)
    running_threads.emplace_back([&, worker = one.get()] {
      worker->run();
      loop.post([&] {
        if (--running == 0) loop.stop();
      });
    });
  loop.run();
  for (std::thread& one : running_threads) one.join();

  out.cpu_seconds = cpu_seconds() - cpu_before;
  std::uint64_t longest = 0;
  bool all_gave_up = true;
  for (const auto& one : workers) {
    out.counts.add(one->result());
    longest = std::max(longest, one->lasted_ns());
    all_gave_up = all_gave_up && one->gave_up();
  }
  out.seconds = static_cast<double>(longest) * 1e-9;
  out.unreachable = all_gave_up;
  return out;
}

}  // namespace weir::app
