#include "proxy/quota_gate.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>

#include "config/values.h"

namespace weir::proxy {
namespace {

using kind = meter::quota;

struct quota_words {
  std::string_view key;   ///< in the configuration
  std::string_view on;    ///< ERR-24
  std::string_view type;  ///< of the error
};
/// In the order of meter::quota.
constexpr std::array<quota_words, meter::quota_count> words = {{
    {"requests_per_minute", "requests per min (RPM)", "requests"},
    {"tokens_per_minute", "tokens per min (TPM)", "tokens"},
    {"max_concurrent", "concurrent requests", "requests"},
    {"usd_per_day", "a day", ""},
    {"usd_per_month", "a month", ""},
}};

std::string usd(std::uint64_t nano) {
  return meter::to_text(meter::nano_usd{static_cast<std::int64_t>(nano)}) + " USD";
}

/// `2026-11-28`, when the money of this period is there again.
std::string next_period(kind what, micros now) {
  const std::chrono::sys_days today =
      std::chrono::floor<std::chrono::days>(std::chrono::sys_time<micros>(now));
  std::chrono::year_month_day next{today + std::chrono::days(1)};
  if (what == kind::month) {
    const std::chrono::year_month_day date{today};
    next = (date.year() / date.month() + std::chrono::months(1)) / std::chrono::day(1);
  }
  return config::day_text(seconds(std::chrono::sys_days(next).time_since_epoch()).count());
}

/// `key:alice` is the key 'alice'.
std::string owner_in_words(const std::string& id) {
  const std::size_t colon = id.find(':');
  return "The " + id.substr(0, colon) + " '" + id.substr(colon + 1) + "'";
}

}  // namespace

quota_gate::quota_gate(net::event_loop& loop, std::shared_ptr<const ring_key> key,
                       quota::limiter& limits)
    : loop_(loop),
      key_(std::move(key)),
      limits_(limits),
      self_(std::make_shared<quota_gate*>(this)) {}

quota_gate::~quota_gate() = default;

void quota_gate::begin(const meter::taking& worst, std::string model, outcome then) {
  model_ = std::move(model);
  then_ = std::move(then);
  auto verdict = limits_.admit(
      key_->accounts, worst, loop_.wall_clock(),
      [&loop = loop_, self = std::weak_ptr<quota_gate*>(self_)](quota::limiter::verdict late) {
        const auto kept = std::make_shared<quota::limiter::verdict>(std::move(late));
        loop.post([self, kept, &loop] {
          if (const auto there = self.lock())
            (*there)->conclude(std::move(*kept));
          else
            kept->granted.undo(loop.wall_clock());
        });
      });
  if (verdict) conclude(std::move(*verdict));
}

void quota_gate::conclude(quota::limiter::verdict verdict) {
  taken_ = std::move(verdict.granted);
  const outcome then = std::exchange(then_, {});
  if (taken_.open()) return then(std::nullopt);
  then(told(verdict));
}

void quota_gate::settle(const meter::taking& really) { taken_.settle(really, loop_.wall_clock()); }

openai::error quota_gate::told(const quota::limiter::verdict& why) {
  if (!why.refused || !why.by)
    return openai::errors::overloaded("The limits of keys cannot be looked at at the moment.");
  const meter::refusal& r = *why.refused;
  const quota_words& say = words[static_cast<std::size_t>(r.what)];
  limit_ = say.key;
  const std::string& id = why.by->id();
  if (r.what == kind::day || r.what == kind::month)
    return openai::errors::quota_exceeded(
        owner_in_words(id) + " may spend " + usd(r.limit) + ' ' + std::string(say.on) + "; " +
        usd(r.used) + " are spent or set aside, and this request may come to " + usd(r.requested) +
        ". The next one begins on " + next_period(r.what, loop_.wall_clock()) + " (UTC).");
  const std::string owner = id.substr(id.find(':') + 1);
  const openai::errors::used_quota what{model_, owner, say.on, r.limit, r.used, r.requested};
  if (!r.wait) return openai::errors::request_above_rate(what, say.type);
  return openai::errors::rate_limited(what, say.type, std::chrono::ceil<millis>(*r.wait));
}

rate_limit_list rate_limit_fields(const quota::account_list& accounts, micros wall_clock) {
  std::optional<meter::rate_standing> requests;
  std::optional<meter::rate_standing> tokens;
  const auto tighter = [](std::optional<meter::rate_standing>& of,
                          const std::optional<meter::rate_standing>& other) {
    if (other && (!of || other->remaining < of->remaining)) of = other;
  };
  for (const auto& account : accounts)
    account->with([&](meter::account& a) {
      tighter(requests, a.requests(wall_clock));
      tighter(tokens, a.tokens(wall_clock));
    });
  rate_limit_list out;
  if (requests) {
    out.emplace_back("x-ratelimit-limit-requests", std::to_string(requests->limit));
    out.emplace_back("x-ratelimit-remaining-requests", std::to_string(requests->remaining));
    out.emplace_back("x-ratelimit-reset-requests", go_duration(requests->reset));
  }
  if (tokens) {
    out.emplace_back("x-ratelimit-limit-tokens", std::to_string(tokens->limit));
    out.emplace_back("x-ratelimit-remaining-tokens", std::to_string(tokens->remaining));
    out.emplace_back("x-ratelimit-reset-tokens", go_duration(tokens->reset));
  }
  return out;
}

std::string go_duration(micros span) {
  const auto total = std::max<millis::rep>(std::chrono::ceil<millis>(span).count(), 0);
  if (total == 0) return "0s";
  if (total < 1000) return std::to_string(total) + "ms";
  std::string text;
  const auto in_seconds = total / 1000;
  if (in_seconds >= 3600) text += std::to_string(in_seconds / 3600) + 'h';
  if (in_seconds >= 60) text += std::to_string(in_seconds / 60 % 60) + 'm';
  text += std::to_string(in_seconds % 60);
  if (const auto rest = total % 1000; rest != 0) {
    text += '.' + std::to_string(1000 + rest).substr(1);
    while (text.back() == '0') text.pop_back();
  }
  return text + 's';
}

}  // namespace weir::proxy
