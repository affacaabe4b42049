#include "app/clerk.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <utility>

#include "config/values.h"
#include "weir/base/limits.h"

namespace weir::app {

result<std::unique_ptr<clerk>> clerk::open(parts from) {
  const auto secret = hashing_key(from.config->keys, from.where);
  if (!secret) return failure{"keys: " + secret.error().message};
  std::unique_ptr<clerk> made(new clerk(std::move(from), store::key_hasher(*secret)));
  if (made->from_.where) {
    const store::ledger_options how{.survive_power_loss = true};
    auto keys = store::make_key_store(made->from_.where->ledger, how);
    auto ledger = store::make_ledger(made->from_.where->ledger, how);
    if (!keys) return failure{"store.ledger: " + keys.error().message};
    if (!ledger) return failure{"store.ledger: " + ledger.error().message};
    made->keys_ = std::move(keys).value();
    made->ledger_ = std::move(ledger).value();
    // A server may take its time, or come later; until then there may be keys we do not know.
    made->complete_ = false;
    if (made->from_.where->ledger.starts_with("sqlite:")) made->look();
  }
  if (!made->ring_) made->build();
  return made;
}

void clerk::start() {
  {
    const std::lock_guard lock(guard_);
    started_ = true;
  }
  if (keys_) thread_ = std::thread([this] { run(); });
}

clerk::~clerk() {
  {
    const std::lock_guard lock(guard_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (keys_) keys_->interrupt();
  if (ledger_) ledger_->interrupt();
  if (thread_.joinable()) thread_.join();
}

std::shared_ptr<const proxy::key_ring> clerk::ring() {
  const std::lock_guard lock(guard_);
  return ring_;
}

void clerk::use_config(std::shared_ptr<const config::config> config) {
  {
    const std::lock_guard lock(building_);
    from_.config = std::move(config);
  }
  build();
}

/// What is known, as a ring for the workers.
void clerk::build() {
  std::vector<std::string> warnings;
  std::shared_ptr<const proxy::key_ring> made;
  {
    const std::lock_guard lock(building_);
    made = make_key_ring(
        {*from_.config, content_, complete_, hash_, from_.limits, from_.wall_clock()}, warnings);
    for (const std::string& one : warnings)
      if (std::find(warned_.begin(), warned_.end(), one) == warned_.end())
        from_.log.say(observe::level::warning, one);
    warned_ = std::move(warnings);
  }
  {
    const std::lock_guard lock(guard_);
    ring_ = made;
    if (!started_) return;
  }
  from_.publish(std::move(made));
}

void clerk::run() {
  std::unique_lock lock(guard_);
  while (!stopping_) {
    if (waiting_.empty()) {
      lock.unlock();
      look();
      lock.lock();
      changed_.wait_for(lock, limits::keys_look, [this] { return stopping_ || !waiting_.empty(); });
      continue;
    }
    waiting next = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    next.reply(answer(next.request));
    lock.lock();
  }
}

bool clerk::ask(proxy::office_request request, std::function<void(proxy::office_answer)> reply) {
  {
    const std::lock_guard lock(guard_);
    if (stopping_ || waiting_.size() >= limits::max_office_requests) return false;
    waiting_.push_back({std::move(request), std::move(reply)});
  }
  changed_.notify_all();
  return true;
}

/// What has changed meanwhile.
void clerk::look() {
  const auto version = keys_->version();
  if (!version) return tell(version.error().message);
  if (!complete_ || *version != content_.version) read_keys();
  const auto began = std::chrono::steady_clock::now();
  if (began < next_spending_ || !anybody_has_a_budget()) return;
  look_at_spending();
  // A ledger with many records of a month takes its time: so much of it, at most.
  const auto ended = std::chrono::steady_clock::now();
  next_spending_ = ended + std::max<std::chrono::steady_clock::duration>(
                               limits::spending_look, limits::spending_share * (ended - began));
}

bool clerk::anybody_has_a_budget() {
  for (const auto& account : from_.limits.all())
    if (account->with([](meter::account& a) {
          return a.may().usd_per_day.has_value() || a.may().usd_per_month.has_value();
        }))
      return true;
  return false;
}

void clerk::read_keys() {
  auto read = keys_->read();
  if (!read) return tell(read.error().message);
  tell("");
  {
    const std::lock_guard lock(building_);
    content_ = std::move(read).value();
    complete_ = true;
  }
  build();
}

void clerk::tell(const std::string& fault) {
  const bool away = !fault.empty();
  if (away && !away_) from_.log.say(observe::level::error, "keys cannot be read: " + fault);
  if (!away && away_) from_.log.say(observe::level::info, "keys can be read again");
  away_ = away;
}

/// The sums of this day and this month, of keys and of the groups they are in.
void clerk::look_at_spending() {
  using namespace std::chrono;
  const micros now = from_.wall_clock();
  const sys_days today = floor<days>(sys_time<micros>(now));
  const year_month_day date{today};
  const sys_days first{date.year() / date.month() / day{1}};
  std::map<std::string, meter::nano_usd> of_day;
  std::map<std::string, meter::nano_usd> of_month;
  for (const auto& [since, into] : {std::pair{today, &of_day}, std::pair{first, &of_month}}) {
    store::usage_query query;
    query.by = {store::usage_group::key};
    query.since = static_cast<std::uint64_t>(micros(since.time_since_epoch()).count());
    const auto rows = ledger_->usage(query);
    if (!rows) return;  // the bookkeeper tells of it
    for (const store::usage_row& row : *rows) (*into)[row.group.front()] += row.cost;
  }
  std::map<std::string, std::vector<std::string>> members;
  const std::lock_guard lock(building_);
  const auto belongs = [&](const std::string& name, const std::string& group) {
    members["key:" + name].push_back(name);
    if (!group.empty()) members["group:" + group].push_back(name);
  };
  for (const config::client_entry& entry : from_.config->keys.clients)
    belongs(entry.name, entry.group);
  for (const meter::client_key& key : content_.keys) belongs(key.name, key.group);
  for (const auto& account : from_.limits.all()) {
    meter::nano_usd day_sum;
    meter::nano_usd month_sum;
    for (const std::string& name : members[account->id()]) {
      day_sum += of_day[name];
      month_sum += of_month[name];
    }
    account->with([&](meter::account& a) { a.know_spent(day_sum, month_sum, now); });
  }
}

}  // namespace weir::app
