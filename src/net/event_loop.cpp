#include "net/event_loop.h"

#include <algorithm>
#include <cassert>
#include <chrono>
#include <csignal>
#include <stdexcept>
#include <utility>

#include "net/loop_internals.h"
#include "weir/base/limits.h"

namespace weir::net {

namespace {

micros read_monotonic_clock() { return micros(static_cast<std::int64_t>(uv_hrtime() / 1000)); }

event_loop::implementation& loop_of(void* data) {
  return *static_cast<event_loop::implementation*>(data);
}

template <class Handle>
void close_handle(Handle& handle) {
  uv_close(reinterpret_cast<uv_handle_t*>(&handle), nullptr);
}

}  // namespace

struct event_loop::implementation::signal_watch {
  uv_signal_t handle{};
  event_loop::implementation* loop = nullptr;
  std::function<void(int)> call;
};

event_loop::implementation::implementation()
    : wheel_(read_monotonic_clock()),
      read_buffer_(new char[limits::read_buffer_bytes + limits::read_buffer_padding]()) {
  // A peer that went away is an error of the write, not a reason to die; OpenSSL's writes have no
  // flag for that.
  std::signal(SIGPIPE, SIG_IGN);
  // These fail only when the process is out of memory or file descriptors at start-up.
  if (uv_loop_init(&loop) != 0) throw std::runtime_error("cannot create an event loop");
  loop.data = this;
  wakeup_.data = idle_.data = timer_.data = this;
  if (uv_async_init(&loop, &wakeup_,
                    [](uv_async_t* handle) { loop_of(handle->data).run_posted(); }) != 0) {
    uv_loop_close(&loop);
    throw std::runtime_error("cannot create the wake-up of an event loop");
  }
  uv_idle_init(&loop, &idle_);
  uv_timer_init(&loop, &timer_);
}

event_loop::implementation::~implementation() {
  assert(!in_turn_);
  // What queued calls hold may be connections, whose end may queue again.
  while (true) {
    std::vector<std::function<void()>> calls = std::exchange(deferred_, {});
    std::vector<std::function<void()>> posted;
    {
      const std::lock_guard lock(mutex_);
      accepting_posts_ = false;
      posted = std::exchange(posted_, {});
    }
    auto orphans = std::exchange(adopted_, {});
    if (calls.empty() && posted.empty() && orphans.empty()) break;
  }
  for (const auto& watch : signals_) close_handle(watch->handle);
  close_handle(timer_);
  close_handle(idle_);
  close_handle(wakeup_);
  // Lets the close callbacks run, and name look-ups that cannot be cancelled come to an end.
  uv_run(&loop, UV_RUN_DEFAULT);
  [[maybe_unused]] const int closed = uv_loop_close(&loop);
  assert(closed == 0 && "something outlives its event loop");
}

void event_loop::implementation::begin_turn() {
  assert(!in_turn_);
  in_turn_ = true;
  now_known_ = wall_clock_known_ = false;
}

void event_loop::implementation::end_turn() {
  for (int round = 0; round < limits::max_turn_end_rounds; ++round) {
    if (deferred_.empty() && turn_end_tasks_.empty()) break;
    for (const auto& call : std::exchange(deferred_, {})) call();
    intrusive_list<task> tasks;
    tasks.take_all(turn_end_tasks_);
    while (task* const t = tasks.pop_front()) t->run();
  }
  while (!dead_.empty()) std::exchange(dead_, {}).clear();
  in_turn_ = false;
  if (!deferred_.empty() || !turn_end_tasks_.empty()) start_idle();
}

micros event_loop::implementation::now() {
  if (!in_turn_) return read_clock();
  if (!now_known_) now_ = read_clock();
  now_known_ = true;
  return now_;
}

micros event_loop::implementation::read_clock() const {
  return held_clock_ ? *held_clock_ : read_monotonic_clock();
}

void event_loop::implementation::hold_clock() { held_clock_ = read_monotonic_clock(); }

void event_loop::implementation::let_pass(millis time) {
  *held_clock_ += time;
  run_timers();
}

bool event_loop::implementation::has_work() {
  const std::lock_guard lock(mutex_);
  return !posted_.empty() || !deferred_.empty() || !turn_end_tasks_.empty() ||
         !later_tasks_.empty();
}

bool event_loop::implementation::settle() {
  for (std::size_t pass = 0; pass < limits::max_settling_passes; ++pass) {
    if (!has_work()) return true;
    uv_run(&loop, UV_RUN_NOWAIT);
  }
  return false;
}

micros event_loop::implementation::wall_clock() {
  const auto read = [] {
    return std::chrono::duration_cast<micros>(std::chrono::system_clock::now().time_since_epoch());
  };
  if (!in_turn_) return read();
  if (!wall_clock_known_) wall_clock_ = read();
  wall_clock_known_ = true;
  return wall_clock_;
}

void event_loop::implementation::at_turn_end(task& t) {
  if (t.linked()) return;
  turn_end_tasks_.push_back(t);
  if (!in_turn_) start_idle();
}

void event_loop::implementation::in_later_turn(task& t) {
  if (t.linked()) return;
  later_tasks_.push_back(t);
  start_idle();
}

void event_loop::implementation::defer(std::function<void()> call) {
  deferred_.push_back(std::move(call));
  if (!in_turn_) start_idle();
}

void event_loop::implementation::post(std::function<void()> call) {
  const std::lock_guard lock(mutex_);
  if (stopping_ || !accepting_posts_) return;
  posted_.push_back(std::move(call));
  // Under the lock, so that the destructor cannot close the handle in between.
  uv_async_send(&wakeup_);
}

void event_loop::implementation::stop() {
  stopping_ = true;
  const std::lock_guard lock(mutex_);
  if (!accepting_posts_) return;
  uv_async_send(&wakeup_);
}

void event_loop::implementation::run_posted() {
  std::vector<std::function<void()>> calls;
  {
    const std::lock_guard lock(mutex_);
    calls = std::exchange(posted_, {});
  }
  for (auto& call : calls) {
    const turn t(*this);
    call();
    call = nullptr;  // what it holds belongs to this turn
  }
  if (stopping_) uv_stop(&loop);
}

void event_loop::implementation::start_idle() {
  uv_idle_start(&idle_, [](uv_idle_t* handle) { loop_of(handle->data).run_idle(); });
}

void event_loop::implementation::run_idle() {
  uv_idle_stop(&idle_);
  intrusive_list<task> tasks;
  tasks.take_all(later_tasks_);
  do {
    const turn t(*this);  // its end also does what was left over or asked for outside of a turn
    if (task* const next = tasks.pop_front()) next->run();
  } while (!tasks.empty());
}

void event_loop::implementation::bury(std::unique_ptr<mortal> dead) {
  if (in_turn_) dead_.push_back(std::move(dead));
}

void event_loop::implementation::adopt(std::unique_ptr<mortal> orphan) {
  mortal* const key = orphan.get();
  adopted_.emplace(key, std::move(orphan));
}

void event_loop::implementation::bury_adopted(mortal* orphan) {
  const auto found = adopted_.find(orphan);
  assert(found != adopted_.end());
  std::unique_ptr<mortal> dead = std::move(found->second);
  adopted_.erase(found);
  bury(std::move(dead));
}

void event_loop::implementation::on_signal(int signal_number, std::function<void(int)> call) {
  auto watch = std::make_unique<signal_watch>();
  watch->loop = this;
  watch->call = std::move(call);
  watch->handle.data = watch.get();
  uv_signal_init(&loop, &watch->handle);
  uv_signal_start(
      &watch->handle,
      [](uv_signal_t* handle, int number) {
        const auto& self = *static_cast<signal_watch*>(handle->data);
        const turn t(*self.loop);
        self.call(number);
      },
      signal_number);
  signals_.push_back(std::move(watch));
}

event_loop::event_loop() : implementation_(std::make_unique<implementation>()) {}
event_loop::~event_loop() = default;

void event_loop::run() {
  if (implementation_->stopping_) return;
  uv_run(&implementation_->loop, UV_RUN_DEFAULT);
}

void event_loop::run_once() { uv_run(&implementation_->loop, UV_RUN_ONCE); }

void event_loop::stop() { implementation_->stop(); }
void event_loop::post(std::function<void()> call) { implementation_->post(std::move(call)); }
void event_loop::defer(std::function<void()> call) { implementation_->defer(std::move(call)); }
micros event_loop::now() const { return implementation_->now(); }
micros event_loop::wall_clock() const { return implementation_->wall_clock(); }

void event_loop::on_signal(int signal_number, std::function<void(int)> call) {
  implementation_->on_signal(signal_number, std::move(call));
}

}  // namespace weir::net
