#include "proxy/attempt_series.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "proxy/retry_rules.h"
#include "proxy/upstream_error.h"
#include "route/backoff.h"
#include "weir/base/limits.h"

namespace weir::proxy {
namespace {

using kind = route_plan::decision::kind;

std::uint32_t seconds_until(std::optional<micros> when, micros now) {
  if (!when || *when <= now) return 1;
  const auto wait = std::chrono::ceil<seconds>(*when - now).count();
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(wait, 1, 3600));
}

}  // namespace

attempt_series::attempt_series(const parts& made_of, attempt_series_owner& owner)
    : context_(made_of.context),
      choice_(made_of.choice),
      route_(made_of.route),
      record_(made_of.record),
      owner_(owner),
      client_(made_of.client),
      key_(made_of.key),
      plan_(made_of.choice.targets.size()),
      wait_(made_of.context.loop, [this] { on_wait_over(); }),
      hedge_(made_of.context.loop, [this] { hedge(); }) {}

attempt_series::~attempt_series() { stop_waiting(); }

void attempt_series::start() {
  route_.budget.on_request(context_.loop.now());
  act_on(next());
}

std::string attempt_series::names_of_targets() const {
  std::string out;
  for (std::size_t i = 0; i < choice_.targets.size(); ++i)
    out += (i == 0 ? "`" : ", `") + upstream_name(i) + '`';
  return out;
}

const std::string& attempt_series::upstream_name(std::size_t target) const {
  return context_.config->upstreams[choice_.targets[target].upstream].name;
}

// ---------------------------------------------------------------------------------------------
// Choosing

attempt_series::decision attempt_series::next() {
  return plan_.next(choice_.targets, {*context_.board,
                                      route_.balancer,
                                      route_.pauses,
                                      {context_.ids.next(), key_},
                                      context_.loop.now()});
}

void attempt_series::act_on(decision d) {
  while (d.what == kind::go) {
    auto misfit = owner_.use(choice_.targets[d.target]);
    if (!misfit) return begin_attempt(std::move(d));
    plan_.exclude(d.target);
    misfit_ = std::move(misfit);
    d = next();
  }
  if (d.what == kind::full) return wait_for_room(d.next);
  if (last_failure_ || misfit_) return give_up();
  openai::error why =
      openai::errors::overloaded("Left alone after failures: " + names_of_targets() + '.');
  why.retry_after = seconds_until(d.next, context_.loop.now());
  tell(why);
}

// ---------------------------------------------------------------------------------------------
// Waiting for room

void attempt_series::wait_for_room(std::optional<micros> next) {
  if (!context_.routing.enter(route_, client_, *this)) {
    if (last_failure_) return give_up();
    context_.metrics.queue_refused(record_.model_label);
    openai::error why =
        openai::errors::overloaded("Every upstream for this model is busy, and the queue is full.");
    why.retry_after = seconds_until(next, context_.loop.now());
    return tell(why);
  }
  waiting_ = true;
  record_.queued = true;
  wait_.start(route_.policy.queue_wait);
  if (next) context_.routing.look_at(*next);
}

bool attempt_series::on_room() {
  decision d = next();
  if (d.what == kind::full) {
    if (d.next) context_.routing.look_at(*d.next);
    return false;
  }
  stop_waiting();
  act_on(std::move(d));
  return true;
}

void attempt_series::stop_waiting() {
  wait_.stop();
  if (std::exchange(waiting_, false)) context_.routing.leave(route_, *this);
}

/// Either the queue was too slow, or the pause before the next attempt is over.
void attempt_series::on_wait_over() {
  if (!waiting_) {
    static_cast<void>(plan_.begin_round());
    return act_on(next());
  }
  stop_waiting();
  if (last_failure_) return give_up();
  context_.metrics.queue_refused(record_.model_label);
  openai::error why = openai::errors::overloaded("No upstream for this model had room in time.");
  why.retry_after = 1;
  tell(why);
}

// ---------------------------------------------------------------------------------------------
// Attempts

std::unique_ptr<attempt> attempt_series::make_attempt(std::size_t target,
                                                      upstream_board::place place) {
  ++record_.attempts;
  attempt_series_owner::outgoing out = owner_.outgoing_request();
  attempt_order order;
  order.target = target;
  order.upstream = choice_.targets[target].upstream;
  order.place = std::move(place);
  order.request = std::move(out.bytes);
  order.request_open = out.open;
  order.fresh_connection = std::exchange(fresh_connection_, false);
  order.timed = out.timed;
  timed_ = out.timed;
  return std::make_unique<attempt>(context_, std::move(order), owner_.new_answer(),
                                   static_cast<attempt_owner&>(*this));
}

void attempt_series::begin_attempt(decision d) {
  if (tries_++ != 0) {
    const std::string& name = upstream_name(d.target);
    const bool there_again = attempt_ && choice_.targets[attempt_->target()].upstream ==
                                             choice_.targets[d.target].upstream;
    there_again ? context_.metrics.retried(name) : context_.metrics.fell_back(name);
  }
  drop(attempt_);
  attempt_ = make_attempt(d.target, std::move(d.place));
  attempt_->start();
  if (running()) start_hedge_timer();
}

/// The same request, or another form of it, at the same upstream: nothing has been tried yet.
void attempt_series::ask_again() {
  ++asked_again_;
  fresh_connection_ = attempt_->standing() == attempt::outcome::retry_fresh;
  const std::size_t target = attempt_->target();
  upstream_board::place place = attempt_->take_place();
  drop(attempt_);
  attempt_ = make_attempt(target, std::move(place));
  attempt_->start();
}

bool attempt_series::asks_differently_after(std::size_t upstream, const refusal& why) {
  return owner_.asks_differently_after(upstream, why);
}

void attempt_series::on_attempt_moved(attempt& which) {
  if (over_) return;
  if (rival_) return settle_race(which);
  if (&which == attempt_.get()) settle(which);
}

void attempt_series::settle(attempt& which) {
  const bool again = which.standing() == attempt::outcome::retry_fresh ||
                     which.standing() == attempt::outcome::ask_differently;
  if (again) {
    if (asked_again_ + 1 < limits::max_attempts) return ask_again();
    which.answer().fail(openai::errors::upstream_failed("It kept closing the connection."));
  }
  if (which.first_payload()) {
    hedge_.stop();
    note_first_token(which);
  }
  if (which.answer().failure() == nullptr) return owner_.on_answer_moved();
  note_failure(which, *which.answer().failure());
  if (committed_) return owner_.on_answer_moved();
  on_failure(which);
}

void attempt_series::note_failure(attempt& which, const openai::error& why) {
  hedge_.stop();
  if (const auto pause = which.pause_asked())
    route_.pauses[choice_.targets[which.target()].upstream] = context_.loop.now() + *pause;
  record_.failures.push_back({upstream_name(which.target()), why.category});
}

void attempt_series::note_first_token(attempt& of) {
  if (!timed_ || std::exchange(first_noted_, true)) return;
  route_.first_tokens.add(of.wait_for_payload());
}

void attempt_series::on_failure(attempt& which) {
  held_ = may_replace();
  const std::size_t target = which.target();
  const auto& upstream = context_.config->upstreams[choice_.targets[target].upstream];
  last_failure_ = without_secrets(*which.answer().failure(), upstream);
  // The built-in upstream fails on purpose, to be seen.
  const bool final =
      which.whose_fault() == attempt::blame::nobody || upstream.kind == config::upstream_kind::demo;
  const retry_scope scope = final ? retry_scope::nowhere : retry_scope_of(*last_failure_);
  plan_.failed(target, scope);
  if (scope == retry_scope::nowhere || ending_ || !owner_.can_repeat()) return give_up();
  used_up_ = tries_ > 1;
  if (tries_ >= route_.policy.attempts) return give_up();
  try_elsewhere_or_later();
}

void attempt_series::try_elsewhere_or_later() {
  const micros now = context_.loop.now();
  decision d = next();
  if (d.what != kind::none) {
    if (route_.budget.take(now)) return act_on(std::move(d));
    used_up_ = true;
    return give_up();
  }
  const auto again = plan_.earliest_repeat(choice_.targets, route_.pauses);
  if (!again) return give_up();
  const millis pause =
      route::backoff(route_.policy.backoff, rounds_++, context_.ids.next(), route_.policy.max_wait);
  const millis wait = std::max(pause, std::chrono::ceil<millis>(std::max(*again - now, micros{0})));
  if (wait > route_.policy.max_wait) return give_up();
  used_up_ = true;
  if (!route_.budget.take(now)) return give_up();
  wait_.start(wait);
}

// ---------------------------------------------------------------------------------------------
// Hedging

void attempt_series::start_hedge_timer() {
  const std::uint32_t percentile = route_.policy.hedge.percentile;
  if (percentile == 0 || !timed_ || tries_ != 1 || !plan_.any_left() || !owner_.can_repeat())
    return;
  if (const auto usual = route_.first_tokens.percentile(percentile))
    hedge_.start(std::max(std::chrono::ceil<millis>(*usual), millis{1}));
}

void attempt_series::hedge() {
  if (over_ || committed_ || rival_ || !running() || attempt_->first_payload()) return;
  if (tries_ >= route_.policy.attempts) return;
  decision d = next();
  if (d.what != kind::go) return;
  if (!route_.budget.take(context_.loop.now())) return plan_.put_back(d.target);
  const route_target& mine = choice_.targets[attempt_->target()];
  if (!owner_.use(choice_.targets[d.target])) {
    ++tries_;
    rival_ = make_attempt(d.target, std::move(d.place));
    context_.metrics.hedged(upstream_name(d.target));
    record_.hedged = true;
  } else {
    plan_.exclude(d.target);
  }
  static_cast<void>(owner_.use(mine));
  if (rival_) rival_->start();
}

/// Payload decides. Whoever fails first leaves the other alone.
void attempt_series::settle_race(attempt& which) {
  const bool is_rival = &which == rival_.get();
  const bool running = which.standing() == attempt::outcome::running;
  const bool good = which.standing() == attempt::outcome::finished;
  if (running && !which.first_payload()) return;
  std::unique_ptr<attempt>& loser = (running || good) == is_rival ? attempt_ : rival_;
  if (running || good) {
    // It would have taken at least so long: without this the slow answers would be forgotten.
    if (timed_) route_.first_tokens.add(loser->wait_for_payload());
    if (is_rival) context_.metrics.hedge_won(upstream_name(which.target()));
    record_.failures.push_back({upstream_name(loser->target()), "cancelled"});
  } else {
    const openai::error* const why = loser->answer().failure();
    if (why != nullptr)
      note_failure(*loser, *why);
    else
      record_.failures.push_back({upstream_name(loser->target()), "stale"});
    plan_.failed(loser->target(), why ? retry_scope_of(*why) : retry_scope::anywhere);
  }
  drop(loser);
  if (!attempt_) attempt_ = std::move(rival_);
  static_cast<void>(owner_.use(choice_.targets[attempt_->target()]));
  if (running || good) settle(*attempt_);
}

/// It may be on the call stack; the upstream sees it end now.
void attempt_series::drop(std::unique_ptr<attempt>& which) {
  if (which) context_.loop.defer([old = std::shared_ptr<attempt>(std::move(which))] {});
}

// ---------------------------------------------------------------------------------------------
// Ends

bool attempt_series::may_replace() const {
  if (over_ || committed_ || !owner_.can_repeat()) return false;
  return rival_ || hedge_.running() || (tries_ < route_.policy.attempts && plan_.any_left());
}

void attempt_series::give_up() {
  const bool has_part = attempt_ && !attempt_->answer().output().empty() &&
                        (attempt_->answer().payload_frames() != 0 || !held_);
  if (!has_part) return tell(last_failure_ ? *last_failure_ : *misfit_);
  // What came before it failed is the client's (P1), as it would be had it come alone (P2); the
  // error stands behind it.
  over_ = true;
  owner_.on_answer_moved();
}

void attempt_series::tell(openai::error why) {
  over_ = true;
  stop_waiting();
  hedge_.stop();
  // What an upstream said is told as it was; what weir says names all that was tried.
  if (record_.failures.size() > 1 && why.source.empty()) {
    std::string tried;
    for (const auto& one : record_.failures)
      tried += (tried.empty() ? " Tried: `" : ", `") + one.upstream + "` (" +
               std::string(one.error_class) + ')';
    why.message += tried + '.';
  }
  owner_.on_no_answer(why);
}

void attempt_series::end(const openai::error& why, attempt::blame whose) {
  if (over_) return;
  ending_ = true;
  stop_waiting();
  hedge_.stop();
  drop(rival_);
  if (running()) return attempt_->give_up(why, whose);
  tell(why);
}

}  // namespace weir::proxy
