#include "quota/lease_scripts.h"

namespace weir::quota {
namespace {

using meter::quota;

// KEYS: the bucket. ARGV: limit, wish.
constexpr const char* rate_script = R"(
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local limit, wish = tonumber(ARGV[1]), tonumber(ARGV[2])
local held = redis.call('HMGET', KEYS[1], 'level', 'at')
local level, at = tonumber(held[1]) or limit, tonumber(held[2]) or now
level = math.min(limit, level + math.max(0, now - at) * limit / 60000)
local amount = math.max(0, math.min(wish, math.floor(level)))
level = level - amount
redis.call('HSET', KEYS[1], 'level', string.format('%.3f', level), 'at', now)
redis.call('PEXPIRE', KEYS[1], 120000)
return {amount, math.floor(level)}
)";

// KEYS: what processes have of it. ARGV: process, limit, taken, held, known, wish, lease and life
// in milliseconds.
constexpr const char* pool_script = R"(
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local limit, taken, held = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local known, wish = tonumber(ARGV[5]), tonumber(ARGV[6])
local others, spent = 0, taken
local all = redis.call('HGETALL', KEYS[1])
for i = 1, #all, 2 do
  if all[i] ~= ARGV[1] then
    local took, may, till = string.match(all[i + 1], '^(%d+):(%d+):(%d+)$')
    took, may = tonumber(took), tonumber(may)
    spent = spent + took
    if tonumber(till) > now then
      others = others + math.max(took, may)
    elseif took == 0 then
      redis.call('HDEL', KEYS[1], all[i])
    else
      others = others + took
    end
  end
end
others = others + math.max(0, known - spent)
local allowed = taken + held + math.max(0, math.min(wish, limit - others - taken - held))
redis.call('HSET', KEYS[1], ARGV[1], string.format('%.0f:%.0f:%.0f', taken, allowed, now + ARGV[7]))
redis.call('PEXPIRE', KEYS[1], ARGV[8])
return {allowed, others}
)";

constexpr std::chrono::days life_of_day{2};
constexpr std::chrono::days life_of_month{33};

std::string word_of(quota what) {
  switch (what) {
    case quota::requests:
      return "requests";
    case quota::tokens:
      return "tokens";
    case quota::concurrent:
      return "concurrent";
    case quota::day:
      return "day";
    case quota::month:
      return "month";
  }
  return "";
}

/// So long Redis keeps what nobody speaks of any more.
millis life_of(quota what, millis lease_time) {
  if (what == quota::day) return life_of_day;
  if (what == quota::month) return life_of_month;
  return 2 * lease_time;
}

}  // namespace

std::vector<std::string> lease_command(const lease_wish& wish, const std::string& process,
                                       millis lease_time) {
  const meter::account::lease_state& of = wish.state;
  std::string name = "weir:{" + wish.account + "}:" + word_of(of.what);
  if (of.what == quota::requests || of.what == quota::tokens)
    return {"EVAL", rate_script, "1", name, std::to_string(of.limit), std::to_string(wish.free)};
  if (of.period != 0) name += ':' + std::to_string(of.period);
  return {"EVAL",
          pool_script,
          "1",
          name,
          process,
          std::to_string(of.limit),
          std::to_string(of.taken),
          std::to_string(of.held),
          std::to_string(of.known),
          std::to_string(wish.free),
          std::to_string(lease_time.count()),
          std::to_string(life_of(of.what, lease_time).count())};
}

}  // namespace weir::quota
