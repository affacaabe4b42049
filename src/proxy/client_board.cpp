#include "proxy/client_board.h"

namespace weir::proxy {

bool client_board::share::resize(std::uint64_t amount, std::uint64_t limit) {
  if (of_ == nullptr) return true;  // of nothing
  if (amount <= held_) {
    of_->fetch_sub(held_ - amount);
    held_ = amount;
    return true;
  }
  const std::uint64_t more = amount - held_;
  std::uint64_t before = of_->load();
  do {
    if (limit != 0 && before + more > limit) return false;
  } while (!of_->compare_exchange_weak(before, before + more));
  held_ = amount;
  return true;
}

void client_board::share::release() {
  if (of_ != nullptr) of_->fetch_sub(std::exchange(held_, 0));
}

client_board::guest::~guest() {
  if (board_ != nullptr && !address_.empty()) board_->leave(address_);
}

client_board::verdict client_board::enter(const std::string& address,
                                          const config::client_limits& limits, guest& as) {
  share connection(connections_);
  if (!connection.resize(1, limits.connections)) return verdict::too_many;
  guest made;
  made.board_ = this;
  made.connection_ = std::move(connection);
  if (!address.empty()) {
    // Counted without a limit, too: one may come with a reload.
    const std::lock_guard lock(guard_);
    std::uint32_t& open = of_address_[address];
    if (limits.connections_per_address != 0 && open >= limits.connections_per_address)
      return verdict::too_many_of_address;
    ++open;
    made.address_ = address;
  }
  as = std::move(made);
  return verdict::welcome;
}

void client_board::leave(const std::string& address) {
  const std::lock_guard lock(guard_);
  const auto found = of_address_.find(address);
  if (found != of_address_.end() && --found->second == 0) of_address_.erase(found);
}

}  // namespace weir::proxy
