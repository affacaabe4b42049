#include "meter/account.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>

namespace weir::meter {
namespace {

constexpr double micros_in_minute = 60e6;

constexpr quota rate_quotas[] = {quota::requests, quota::tokens};
constexpr quota money_quotas[] = {quota::day, quota::month};

/// Which day or month of UTC it is, counted from some beginning.
std::int64_t period_of(quota what, micros now) {
  const auto day = std::chrono::floor<std::chrono::days>(std::chrono::sys_time<micros>(now));
  if (what == quota::day) return day.time_since_epoch().count();
  const std::chrono::year_month_day date{day};
  return std::int64_t{static_cast<int>(date.year())} * 12 + static_cast<unsigned>(date.month());
}

std::uint64_t amount_of(nano_usd money) {
  return money.value < 0 ? 0 : static_cast<std::uint64_t>(money.value);
}

std::optional<std::uint64_t> amount_of(std::optional<nano_usd> money) {
  return money ? std::optional(amount_of(*money)) : std::nullopt;
}

void take_from(std::uint64_t& of, std::uint64_t what) { of -= std::min(of, what); }

std::uint64_t whole(double amount) { return amount <= 0 ? 0 : static_cast<std::uint64_t>(amount); }

}  // namespace

void account::fill(rate& r, micros now) const {
  const micros passed = now - r.at;
  r.at = std::max(r.at, now);
  if (!r.limit || leased_ || passed.count() <= 0) return;
  const auto most = static_cast<double>(*r.limit);
  r.level = std::min(most, r.level + static_cast<double>(passed.count()) * most / micros_in_minute);
}

/// What begins anew with another day or month does so; a clock that is set back changes nothing.
void account::turn(micros now) {
  for (const quota what : rate_quotas) fill(of_rate(what), now);
  for (const quota what : money_quotas) {
    pool& p = of(what);
    const std::int64_t period = period_of(what, now);
    if (period <= p.period) continue;
    // What still runs counts for the period it began in.
    p.period = period;
    p.taken = p.held = p.elsewhere = p.before = 0;
    p.allowed = leased_ ? 0 : p.limit.value_or(0);
  }
}

void account::set_limit(rate& r, std::optional<std::uint64_t> limit, micros now) const {
  fill(r, now);
  if (limit == r.limit) return;
  if (limit && !leased_) {
    const auto most = static_cast<double>(*limit);
    r.level = r.limit ? std::min(most, r.level + most - static_cast<double>(*r.limit)) : most;
  }
  r.limit = limit;
}

void account::set_limit(pool& p, std::optional<std::uint64_t> limit) const {
  if (limit == p.limit) return;
  p.limit = limit;
  p.allowed = leased_ ? std::min(p.allowed, limit.value_or(0)) : limit.value_or(0);
}

void account::allow(const allowance& may, micros now) {
  turn(now);
  may_ = may;
  set_limit(of_rate(quota::requests), may.requests_per_minute, now);
  set_limit(of_rate(quota::tokens), may.tokens_per_minute, now);
  set_limit(of(quota::concurrent), may.max_concurrent);
  set_limit(of(quota::day), amount_of(may.usd_per_day));
  set_limit(of(quota::month), amount_of(may.usd_per_month));
}

/// Why `wanted` cannot be had; nothing when it can.
std::optional<refusal> account::lack(quota what, std::uint64_t wanted) {
  if (what == quota::requests || what == quota::tokens) {
    const rate& r = of_rate(what);
    if (!r.limit || static_cast<double>(wanted) <= r.level) return std::nullopt;
    const double left = r.level + r.elsewhere;
    const auto most = static_cast<double>(*r.limit);
    refusal why{what, *r.limit, whole(std::ceil(most - left)), wanted, std::nullopt};
    if (wanted <= *r.limit)
      why.wait = micros(static_cast<micros::rep>(
          std::ceil(std::max(0.0, static_cast<double>(wanted) - left) * micros_in_minute / most)));
    return why;
  }
  const pool& p = of(what);
  // What was granted is ours, whatever others have.
  const std::uint64_t most = leased_ ? p.allowed : *p.limit;
  const std::uint64_t used = leased_ ? p.here() : p.all();
  if (used <= most && wanted <= most - used) return std::nullopt;
  refusal why{what, *p.limit, p.all(), wanted, std::nullopt};
  if (what == quota::concurrent) why.wait = seconds(1);
  return why;
}

std::optional<refusal> account::take(const taking& worst, micros now) {
  turn(now);
  const std::uint64_t money = amount_of(worst.cost);
  if (auto why = lack(quota::requests, 1)) return why;
  if (worst.tokens != 0)
    if (auto why = lack(quota::tokens, worst.tokens)) return why;
  if (of(quota::concurrent).limit)
    if (auto why = lack(quota::concurrent, 1)) return why;
  // What costs nothing is never too much, also when the money is spent.
  for (const quota what : money_quotas)
    if (money != 0 && of(what).limit)
      if (auto why = lack(what, money)) return why;
  if (of_rate(quota::requests).limit) of_rate(quota::requests).level -= 1;
  if (of_rate(quota::tokens).limit)
    of_rate(quota::tokens).level -= static_cast<double>(worst.tokens);
  ++of(quota::concurrent).held;
  for (const quota what : money_quotas) of(what).held += money;
  return std::nullopt;
}

/// It does not run any more: gives back what was only set aside.
void account::end(const taking& worst, micros began) {
  take_from(of(quota::concurrent).held, 1);
  for (const quota what : money_quotas)
    if (period_of(what, began) == of(what).period) take_from(of(what).held, amount_of(worst.cost));
}

void account::undo(const taking& worst, micros began, micros now) {
  turn(now);
  end(worst, began);
  for (const quota what : rate_quotas) {
    rate& r = of_rate(what);
    if (!r.limit) continue;
    const double taken = what == quota::requests ? 1 : static_cast<double>(worst.tokens);
    r.level = std::min(static_cast<double>(*r.limit), r.level + taken);
  }
}

void account::settle(const taking& worst, const taking& really, micros began, micros now) {
  turn(now);
  end(worst, began);
  rate& tokens = of_rate(quota::tokens);
  if (tokens.limit)
    tokens.level = std::min(
        static_cast<double>(*tokens.limit),
        tokens.level + static_cast<double>(worst.tokens) - static_cast<double>(really.tokens));
  for (const quota what : money_quotas)
    if (period_of(what, began) == of(what).period) of(what).taken += amount_of(really.cost);
}

void account::know_spent(nano_usd day, nano_usd month, micros now) {
  turn(now);
  for (const auto& [what, known] : {std::pair{quota::day, day}, std::pair{quota::month, month}}) {
    pool& p = of(what);
    const std::uint64_t all = amount_of(known);
    if (all > p.taken) p.before = std::max(p.before, all - p.taken);
  }
}

std::optional<rate_standing> account::standing(quota what, micros now) {
  turn(now);
  const rate& r = of_rate(what);
  if (!r.limit) return std::nullopt;
  const auto most = static_cast<double>(*r.limit);
  const double left = std::min(most, r.level + r.elsewhere);
  return rate_standing{
      *r.limit, whole(left),
      micros(static_cast<micros::rep>((most - left) * micros_in_minute / std::max(most, 1.0)))};
}

std::optional<rate_standing> account::requests(micros now) {
  return standing(quota::requests, now);
}

std::optional<rate_standing> account::tokens(micros now) { return standing(quota::tokens, now); }

nano_usd account::spent(quota period, micros now) {
  turn(now);
  return {static_cast<std::int64_t>(of(period).all())};
}

void account::lease(bool on, micros now) {
  turn(now);
  if (on == leased_) return;
  leased_ = on;
  for (rate& r : rates_) {
    // What is in hand is as good as a grant; alone again, it fills from there.
    r.elsewhere = 0;
    r.at = now;
    if (on) r.level = std::min(r.level, 0.0);
  }
  for (pool& p : pools_) p.allowed = on ? p.here() : p.limit.value_or(0);
}

std::vector<account::lease_state> account::leases(micros now) {
  turn(now);
  std::vector<lease_state> out;
  for (const quota what : rate_quotas) {
    const rate& r = of_rate(what);
    if (r.limit)
      out.push_back({what, *r.limit, 0, 0, 0, 0, static_cast<std::int64_t>(std::floor(r.level))});
  }
  for (const quota what : {quota::concurrent, quota::day, quota::month}) {
    const pool& p = of(what);
    if (p.limit)
      out.push_back({what, *p.limit, p.period, p.taken, p.held, p.taken + p.before,
                     static_cast<std::int64_t>(p.allowed) - static_cast<std::int64_t>(p.here())});
  }
  return out;
}

bool account::runs_low(std::uint64_t slices, micros now) {
  turn(now);
  if (!leased_) return false;
  const auto half = [&](std::uint64_t limit) { return limit / slices / 2; };
  for (const rate& r : rates_)
    if (r.limit && r.level < static_cast<double>(half(*r.limit))) return true;
  return std::any_of(pools_.begin(), pools_.end(),
                     [&](const pool& p) { return p.limit && p.free() < half(*p.limit); });
}

bool account::has_plenty(std::uint64_t slices, micros now) {
  turn(now);
  return leased_ && std::any_of(pools_.begin(), pools_.end(), [&](const pool& p) {
           return p.limit && p.free() > 2 * (*p.limit / slices);
         });
}

bool account::holds(micros now) {
  turn(now);
  return std::any_of(pools_.begin(), pools_.end(),
                     [](const pool& p) { return p.limit && (p.held != 0 || p.free() != 0); });
}

void account::grant(quota what, std::int64_t period, std::uint64_t amount, std::uint64_t elsewhere,
                    micros now) {
  turn(now);
  if (!leased_) return;
  if (what == quota::requests || what == quota::tokens) {
    rate& r = of_rate(what);
    if (!r.limit) return;
    r.level = std::min(static_cast<double>(*r.limit), r.level + static_cast<double>(amount));
    r.elsewhere = static_cast<double>(elsewhere);
    return;
  }
  pool& p = of(what);
  if (!p.limit || p.period != period) return;
  p.allowed = amount;
  p.elsewhere = elsewhere;
}

}  // namespace weir::meter
