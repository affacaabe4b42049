#include "quota/redis_limiter.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace weir::quota {
namespace {

using kind = meter::quota;

constexpr std::uint64_t slices = 20;

bool is_rate(kind what) { return what == kind::requests || what == kind::tokens; }

/// How much of `what` a taking is, `requests` of them together.
std::uint64_t amount_in(kind what, const meter::taking& all, std::uint64_t requests) {
  switch (what) {
    case kind::requests:
    case kind::concurrent:
      return requests;
    case kind::tokens:
      return all.tokens;
    case kind::day:
    case kind::month:
      return all.cost.value < 0 ? 0 : static_cast<std::uint64_t>(all.cost.value);
  }
  return 0;
}

std::int64_t ticks(std::chrono::steady_clock::time_point at) {
  return at.time_since_epoch().count();
}

}  // namespace

redis_limiter::redis_limiter(options how) : how_(std::move(how)) {
  thread_ = std::thread([this] { run(); });
}

redis_limiter::~redis_limiter() { redis_limiter::stop(); }

void redis_limiter::stop() {
  {
    const std::lock_guard lock(guard_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

std::shared_ptr<shared_account> redis_limiter::open(const std::string& id,
                                                    const meter::allowance& may, micros now) {
  auto account = limiter::open(id, may, now);
  // Whoever changes the state afterwards finds it among all.
  const bool leased = state_ != state::away || how_.away == when_away::refuse;
  account->with([&](meter::account& a) { a.lease(leased, now); });
  return account;
}

void redis_limiter::mark(const std::shared_ptr<shared_account>& account) {
  if (account->marked.exchange(true)) return;
  {
    const std::lock_guard lock(guard_);
    marked_.push_back(account);
  }
  changed_.notify_all();
}

std::optional<limiter::verdict> redis_limiter::admit(const account_list& accounts,
                                                     const meter::taking& worst, micros now,
                                                     const answer& later) {
  verdict here = take(accounts, worst, now);
  if (here.granted.open()) {
    for (const auto& account : accounts) {
      account->used = true;
      if (account->with([&](meter::account& a) { return a.runs_low(slices, now); })) mark(account);
    }
    return here;
  }
  if (state_ == state::away) {
    if (how_.away == when_away::refuse) return verdict{};
    return here;
  }
  const bool dry = here.by->dry_until > ticks(clock::now());
  if (dry || (here.refused && here.refused->requested > here.refused->limit)) return here;
  {
    const std::lock_guard lock(guard_);
    if (stopping_ || waiting_.size() >= limits::max_quota_waiting) return verdict{};
    waiting_.push_back({accounts, worst, later});
  }
  changed_.notify_all();
  return std::nullopt;
}

/// Much that lies idle here is somebody else's soon.
void redis_limiter::on_settled(const std::shared_ptr<shared_account>& account) {
  account->used = true;
  if (state_ == state::there &&
      account->with([&](meter::account& a) { return a.has_plenty(slices, how_.wall_clock()); }))
    mark(account);
}

// ---------------------------------------------------------------------------------------------
// The thread

void redis_limiter::run() {
  std::unique_lock lock(guard_);
  for (;;) {
    changed_.wait_for(lock, how_.lease_time / 6, [this] {
      return stopping_ || !waiting_.empty() || !marked_.empty() || state_ != state::there;
    });
    const bool ending = stopping_;
    std::deque<waiting> asked = std::exchange(waiting_, {});
    std::vector<std::shared_ptr<shared_account>> accounts = std::exchange(marked_, {});
    lock.unlock();
    for (const auto& account : accounts) account->marked = false;
    if (connected()) {
      for (const auto& account : ending ? all() : due()) accounts.push_back(account);
      for (const waiting& one : asked)
        accounts.insert(accounts.end(), one.accounts.begin(), one.accounts.end());
      std::sort(accounts.begin(), accounts.end());
      accounts.erase(std::unique(accounts.begin(), accounts.end()), accounts.end());
      if (const auto done = sync(accounts, asked, ending); !done)
        enter(state::away, done.error().message);
    }
    answer_all(asked);
    lock.lock();
    if (ending) break;
    if (state_ == state::away) {
      const auto until = next_attempt_;
      changed_.wait_until(lock, until, [this] { return stopping_; });
    }
  }
  // Who came last is told, too.
  std::deque<waiting> late = std::exchange(waiting_, {});
  lock.unlock();
  answer_all(late);
}

/// Connects when it is time to.
bool redis_limiter::connected() {
  if (redis_) return true;
  if (clock::now() < next_attempt_) return false;
  auto made = redis_connection::connect(how_.at, how_.connect_time, how_.answer_time);
  if (!made) {
    enter(state::away, made.error().message);
    return false;
  }
  redis_ = std::move(made).value();
  enter(state::there);
  return true;
}

void redis_limiter::enter(state now, const std::string& why) {
  if (now == state::away) {
    redis_.reset();
    pause_ = std::clamp(2 * pause_, limits::redis_retry, limits::redis_retry_most);
    next_attempt_ = clock::now() + pause_;
  } else {
    pause_ = millis{0};
  }
  const state before = state_.exchange(now);
  if (before == now) return;
  const bool leased = now == state::there || how_.away == when_away::refuse;
  for (const auto& account : all()) {
    account->dry_until = 0;
    account->with([&](meter::account& a) { a.lease(leased, how_.wall_clock()); });
  }
  if (now == state::away && how_.told_away) how_.told_away(why);
  if (now == state::there && before == state::away && how_.told_back) how_.told_back();
}

/// Those that were used, or hold something, once in a while: so their leases do not end.
std::vector<std::shared_ptr<shared_account>> redis_limiter::due() {
  std::vector<std::shared_ptr<shared_account>> out;
  if (clock::now() < next_renewal_) return out;
  next_renewal_ = clock::now() + how_.lease_time / 6;
  for (const auto& account : all()) {
    const bool holds = account->with([&](meter::account& a) { return a.holds(how_.wall_clock()); });
    if (holds || account->used) out.push_back(account);
  }
  return out;
}

result<bool> redis_limiter::sync(const std::vector<std::shared_ptr<shared_account>>& accounts,
                                 const std::deque<waiting>& asked, bool ending) {
  struct need {
    meter::taking sum;
    std::uint64_t requests = 0;
  };
  std::unordered_map<const shared_account*, need> needs;
  for (const waiting& one : asked)
    for (const auto& account : one.accounts) {
      need& n = needs[account.get()];
      n.sum.tokens += one.worst.tokens;
      n.sum.cost += one.worst.cost;
      ++n.requests;
    }
  struct question {
    std::shared_ptr<shared_account> account;
    kind what;
    std::int64_t period;
  };
  std::size_t next = 0;
  while (next < accounts.size()) {
    std::vector<question> questions;
    for (; next < accounts.size() && questions.size() < limits::redis_pipeline; ++next) {
      const auto& account = accounts[next];
      const need wanted = needs[account.get()];
      const bool active = !ending && (account->used.exchange(false) || wanted.requests != 0);
      const auto states =
          account->with([&](meter::account& a) { return a.leases(how_.wall_clock()); });
      for (const meter::account::lease_state& s : states) {
        const std::uint64_t slice = active ? s.limit / slices : 0;
        std::uint64_t wish = amount_in(s.what, wanted.sum, wanted.requests) + slice;
        if (is_rate(s.what)) {
          const std::int64_t more = static_cast<std::int64_t>(wish) - s.free;
          if (more <= 0) continue;
          wish = static_cast<std::uint64_t>(more);
        }
        redis_->add(lease_command({account->id(), s, std::min(wish, s.limit)}, how_.process,
                                  how_.lease_time));
        questions.push_back({account, s.what, s.period});
      }
    }
    const auto answers = redis_->run();
    if (!answers) return answers.error();
    for (std::size_t i = 0; i < questions.size(); ++i) {
      const redis_connection::numbers& got = (*answers)[i];
      if (got.size() != 2 || got[0] < 0 || got[1] < 0)
        return failure{"redis: an answer that is none of ours"};
      questions[i].account->with([&](meter::account& a) {
        a.grant(questions[i].what, questions[i].period, static_cast<std::uint64_t>(got[0]),
                static_cast<std::uint64_t>(got[1]), how_.wall_clock());
      });
    }
  }
  return true;
}

void redis_limiter::answer_all(std::deque<waiting>& asked) {
  for (waiting& one : asked) {
    verdict said = take(one.accounts, one.worst, how_.wall_clock());
    if (!said.granted.open()) {
      // Who asks again at once need not ask Redis again.
      if (said.refused && said.by) {
        const micros wait =
            std::min<micros>(said.refused->wait.value_or(limits::quota_dry), limits::quota_dry);
        said.by->dry_until = ticks(clock::now() + wait);
      }
      if (state_ == state::away && how_.away == when_away::refuse) said = {};
    }
    one.later(std::move(said));
  }
}

}  // namespace weir::quota
