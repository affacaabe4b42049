#include "quota/limiter.h"

namespace weir::quota {

reservation& reservation::operator=(reservation&& other) noexcept {
  std::swap(of_, other.of_);
  std::swap(accounts_, other.accounts_);
  std::swap(worst_, other.worst_);
  std::swap(began_, other.began_);
  return *this;
}

reservation::~reservation() {
  if (open()) settle({}, began_);
}

void reservation::settle(const meter::taking& really, micros now) {
  if (!open()) return;
  for (const auto& account : accounts_) {
    account->with([&](meter::account& a) { a.settle(worst_, really, began_, now); });
    of_->on_settled(account);
  }
  of_ = nullptr;
}

void reservation::undo(micros now) {
  if (!open()) return;
  for (const auto& account : accounts_) {
    account->with([&](meter::account& a) { a.undo(worst_, began_, now); });
    of_->on_settled(account);
  }
  of_ = nullptr;
}

std::shared_ptr<shared_account> limiter::open(const std::string& id, const meter::allowance& may,
                                              micros now) {
  std::shared_ptr<shared_account> found;
  {
    const std::lock_guard lock(guard_);
    std::shared_ptr<shared_account>& entry = accounts_[id];
    if (!entry) entry = std::make_shared<shared_account>(id);
    found = entry;
  }
  found->with([&](meter::account& a) { a.allow(may, now); });
  return found;
}

limiter::verdict limiter::take(const account_list& accounts, const meter::taking& worst,
                               micros now) {
  for (std::size_t i = 0; i < accounts.size(); ++i) {
    auto why = accounts[i]->with([&](meter::account& a) { return a.take(worst, now); });
    if (!why) continue;
    for (std::size_t before = 0; before < i; ++before)
      accounts[before]->with([&](meter::account& a) { a.undo(worst, now, now); });
    return {{}, std::move(why), accounts[i]};
  }
  return {reservation(*this, accounts, worst, now), std::nullopt, nullptr};
}

std::optional<limiter::verdict> limiter::admit(const account_list& accounts,
                                               const meter::taking& worst, micros now,
                                               const answer&) {
  return take(accounts, worst, now);
}

account_list limiter::all() {
  const std::lock_guard lock(guard_);
  account_list out;
  for (const auto& [id, account] : accounts_) out.push_back(account);
  return out;
}

}  // namespace weir::quota
