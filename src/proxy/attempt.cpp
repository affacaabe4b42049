#include "proxy/attempt.h"

#include <cassert>
#include <chrono>
#include <utility>

#include "proxy/request_headers.h"
#include "proxy/retry_rules.h"
#include "proxy/upstream_error.h"
#include "weir/base/limits.h"

namespace weir::proxy {

using wait = openai::answer::wait;

namespace {

/// Whether a body may be what it would be without its coding: JSON, an event stream or HTML. What
/// encoders of brotli begin with does not look so.
bool begins_like_an_answer(std::string_view body) {
  return std::string_view("{:deir<").find(body.front()) != std::string_view::npos;
}

}  // namespace

attempt::attempt(worker_context& context, attempt_order order,
                 std::unique_ptr<openai::answer> answer, attempt_owner& owner)
    : context_(context),
      order_(std::move(order)),
      owner_(owner),
      answer_(std::move(answer)),
      error_body_(coding::content_decoder(), limits::max_relayed_error_bytes),
      self_(std::make_shared<attempt*>(this)),
      timer_(context.loop, [this] { on_clock(); }),
      wait_timer_(context.loop, [this] {
        wait_ = wait::none;
        answer_->on_wait_over();
        look_at_answer();
        owner_.on_attempt_moved(*this);
      }) {}

attempt::~attempt() { take(input::cancelled); }

void attempt::start() {
  sent_at_ = context_.loop.now();
  if (order_.request.empty()) return give_up(openai::errors::internal(), blame::nobody);
  // An open request cannot be sent again, should a reused connection turn out to be stale.
  if (!order_.fresh_connection && !order_.request_open) {
    if (auto lease = upstream().pool->take_idle()) {
      lease_ = std::move(*lease);
      return take(input::connected);
    }
  }
  connecting_ = upstream().pool->dial(
      context_.config->timeouts.connect,
      [this](result<upstream_lease, net::io_error> made) { on_connected(std::move(made)); });
}

void attempt::on_connected(result<upstream_lease, net::io_error> made) {
  // The caller of this call may live inside.
  context_.loop.defer([done = std::shared_ptr<net::connecting>(std::move(connecting_))] {});
  context_.board->reached(order_.upstream, made.ok());
  if (made) {
    lease_ = std::move(made).value();
    return take(input::connected);
  }
  failure_ = connect_error(upstream().settings, made.error());
  take(input::connect_failed);
  owner_.on_attempt_moved(*this);
}

void attempt::send() {
  sent_at_ = context_.loop.now();
  if (order_.request_open)
    lease_->begin("POST", order_.request, *this);
  else
    lease_->send("POST", order_.request, *this);
  order_.request = std::string();  // the owner can make it again
  if (paused_) lease_->pause_reading();
  if (!order_.request_open) return run_clock(clock::first_byte);
  if (request_queued() <= limits::high_watermark_bytes) owner_.on_request_drained();
}

void attempt::send_more(std::string_view bytes) {
  assert(order_.request_open);
  if (outcome_ != outcome::running) return;
  if (phase_ == phase::connecting)
    order_.request += bytes;
  else
    lease_->send_more(bytes);
}

void attempt::end_request() {
  order_.request_open = false;
  if (outcome_ != outcome::running || phase_ == phase::connecting) return;
  lease_->end_request();
  if (phase_ == phase::awaiting_head) run_clock(clock::first_byte);
}

std::size_t attempt::request_queued() {
  return phase_ == phase::connecting ? order_.request.size() : lease_ ? lease_->queued() : 0;
}

void attempt::on_response_head(const http::response_head& head) {
  const std::string_view id = head.headers.get("x-request-id");
  if (valid_request_id(id)) upstream_request_id_ = id;
  rate_limits_ = rate_limits_of(head.headers);
  const bool good = head.status < 300;
  if (!coding_of(head.headers) && !(good && answer_->keeps_coding()))
    unknown_coding_ = head.headers.get("content-encoding");
  if (good) {
    owner_.on_answer_head(head);
    take(input::head_good);
  } else {
    refusal_.status = head.status;
    refusal_.pause = retry_after(head.headers, context_.loop.wall_clock());
    take(input::head_error);
  }
}

void attempt::on_response_body(std::string_view bytes) {
  if (!unknown_coding_.empty()) {
    if (!begins_like_an_answer(bytes)) return refuse_coding();
    unknown_coding_.clear();  // relays pass on a label that is not true any more (SSE-10)
  }
  answer_bytes_ += bytes.size();
  if (phase_ != phase::reading_error) return answer_->feed(bytes);
  if (error_body_.add(bytes) == gathered_body::state::open) return;
  take(input::message_end);  // EMAP-1: nobody reads more of an error than that
  owner_.on_attempt_moved(*this);
}

void attempt::refuse_coding() {
  if (phase_ == phase::reading_error) return;  // its status says enough
  failure_ = unusable_answer(
      upstream().settings,
      "compressed its answer in a way that weir does not read: " + unknown_coding_ + ".");
  take(input::answer_failed);
  owner_.on_attempt_moved(*this);
}

void attempt::on_response_end() { take_end(input::message_end); }

void attempt::on_response_progress() {
  if (phase_ == phase::reading_error) return;
  look_at_answer();
  if (answer_->has_more()) read_on_later();
  owner_.on_attempt_moved(*this);
}

void attempt::on_response_lost(const response_loss& loss) {
  failure_ = loss_error(upstream().settings, loss);
  take_end(loss.why == response_loss::cause::stale ? input::stale : input::lost);
}

/// The end of the body comes behind what the answer has not read of it.
void attempt::take_end(input in) {
  if (answer_->has_more()) {
    end_ = in;
    read_on_later();
  } else {
    take(in);
  }
  owner_.on_attempt_moved(*this);
}

/// HTTP-13: the other exchanges have their turn, and the client's queue shows what is too much.
void attempt::read_on_later() {
  if (lease_) lease_->pause_reading();
  if (reading_on_later_ || paused_) return;
  reading_on_later_ = true;
  context_.loop.post([weak = std::weak_ptr<attempt*>(self_)] {
    if (const auto self = weak.lock()) (*self)->read_on();
  });
}

void attempt::read_on() {
  reading_on_later_ = false;
  if (paused_ || outcome_ != outcome::running) return;
  answer_->go_on();
  look_at_answer();
  if (answer_->has_more())
    read_on_later();
  else if (end_)
    take(*end_);
  else if (lease_)
    lease_->resume_reading();
  owner_.on_attempt_moved(*this);
}

void attempt::look_at_answer() {
  const bool advanced = watch_progress();
  if (!answer_->output().empty()) take(input::event_ready);
  if (answer_->current() == openai::answer::state::complete) return take(input::answer_whole);
  if (answer_->current() == openai::answer::state::failed) return take(input::answer_failed);
  const wait wanted = answer_->waiting();
  // More payload after a finish says that the finish came too soon: the silence begins again.
  if (wanted == wait_ && !(advanced && wanted == wait::after_finish)) return;
  wait_ = wanted;
  run_wait();
}

void attempt::run_wait() {
  wait_timer_.stop();
  if (paused_ || wait_ == wait::none) return;
  wait_timer_.start(wait_ == wait::after_finish ? limits::finish_hold : limits::late_usage_wait);
}

void attempt::take(input in) {
  const step s = advance(phase_, in);
  phase_ = s.next;
  switch (s.what) {
    case action::none:
      return;
    case action::send_request:
      return send();
    case action::read_answer:
      return run_clock(clock::first_token);
    case action::read_error:
      return;  // the clock goes on: head and body of an error have one time together
    case action::end_answer:
    case action::cut_answer:
      answer_->end(s.what == action::cut_answer, whereabouts());
      look_at_answer();
      assert(phase_ == phase::closed);
      return;
    case action::finish:
      lease_.release();
      return over(outcome::finished);
    case action::report_error:
      return report_refusal();
    case action::retry:
      lease_.abandon();
      return over(outcome::retry_fresh);
    case action::fail:
    case action::error_event:
      lease_.abandon();
      if (answer_->current() == openai::answer::state::open && failure_) answer_->fail(*failure_);
      // An answer that only waited for its usage is whole all the same.
      return over(answer_->current() == openai::answer::state::complete ? outcome::finished
                                                                        : outcome::failed);
    case action::abandon:
      connecting_.reset();
      lease_.abandon();
      return;
  }
}

void attempt::report_refusal() {
  static_cast<void>(error_body_.end());  // whole or not: what has come says why
  refusal_.body = error_body_.take();
  lease_.release();
  if (owner_.asks_differently_after(order_.upstream, refusal_))
    return over(outcome::ask_differently);
  answer_->fail(relayed_error(upstream().settings, refusal_.status, refusal_.pause, refusal_.body));
  over(outcome::failed);
}

void attempt::over(outcome how) {
  outcome_ = how;
  timer_.stop();
  wait_timer_.stop();
  clock_ = clock::none;
  wait_ = wait::none;
  const micros now = context_.loop.now();
  if (how == outcome::finished) return order_.place.leave(upstream_board::verdict::good, now);
  if (how != outcome::failed || blame_ != blame::upstream || answer_->failure() == nullptr) return;
  const openai::error& why = *answer_->failure();
  context_.metrics.upstream_error(upstream().settings.name, why.category);
  if (upstream().settings.kind == config::upstream_kind::demo) return;  // it fails on purpose
  order_.place.leave(verdict_of(why), now);
}

micros attempt::wait_for_payload() const {
  return first_payload_.value_or(context_.loop.now()) - sent_at_;
}

/// Which leg it is and how far the answer had come, for the client of a broken one.
std::string attempt::whereabouts() const {
  return "Upstream `" + upstream().settings.name + "`, after " + std::to_string(answer_bytes_) +
         (answer_bytes_ == 1 ? " byte of its answer." : " bytes of its answer.");
}

void attempt::give_up(const openai::error& why, blame whose) {
  if (outcome_ != outcome::running) return;
  blame_ = whose;
  failure_ = why;
  // In every phase the answer tells the owner's reason, and the upstream is let go.
  phase_ = phase_ == phase::streaming ? phase::streaming : phase::awaiting_event;
  connecting_.reset();
  take(input::timed_out);
  owner_.on_attempt_moved(*this);
}

void attempt::pause() {
  if (paused_) return;
  paused_ = true;
  timer_.stop();
  wait_timer_.stop();
  if (lease_) lease_->pause_reading();
}

void attempt::resume() {
  if (!paused_) return;
  paused_ = false;
  if (answer_->has_more())
    read_on_later();
  else if (lease_)
    lease_->resume_reading();
  if (clock_ != clock::none) run_clock(clock_);
  run_wait();
}

bool attempt::watch_progress() {
  if (answer_->payload_frames() == payload_frames_) return false;
  payload_frames_ = answer_->payload_frames();
  last_payload_ = context_.loop.now();
  if (!first_payload_) {
    first_payload_ = last_payload_;
    if (order_.timed)
      context_.board->first_token(order_.upstream, wait_for_payload(), last_payload_);
  }
  if (clock_ == clock::first_token) run_clock(clock::idle);
  return true;
}

void attempt::run_clock(clock which) {
  const config::timeouts& times = context_.config->timeouts;
  clock_ = which;
  last_payload_ = context_.loop.now();
  if (paused_) return;
  timer_.start(which == clock::first_byte    ? times.first_byte
               : which == clock::first_token ? times.first_token
                                             : times.idle);
}

void attempt::on_clock() {
  if (clock_ == clock::idle) {
    // Restarting the timer for every event would cost more than looking once it fires.
    const micros silent = context_.loop.now() - last_payload_;
    const millis limit = context_.config->timeouts.idle;
    if (silent < limit) return timer_.start(std::chrono::ceil<millis>(limit - silent));
  }
  failure_ = openai::errors::upstream_timeout(clock_ == clock::first_byte    ? "first_byte"
                                              : clock_ == clock::first_token ? "first_token"
                                                                             : "idle",
                                              whereabouts());
  take(input::timed_out);
  owner_.on_attempt_moved(*this);
}

}  // namespace weir::proxy
