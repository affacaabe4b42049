#pragma once
#include <condition_variable>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <utility>

#include "store/ledger.h"

namespace weir::store {

/// A ledger in memory that fails, or does not answer, when a test wants it to.
class fake_ledger final : public ledger {
 public:
  result<done> open() override { return check(); }
  result<std::size_t> ingest(std::span<const ledger_entry> batch) override {
    auto well = check();
    if (!well) return well.error();
    const std::lock_guard held(lock_);
    if (batch.size() > limits::max_ledger_batch) return failure{"too many"};
    if (batches_left_ == 0) return failure{"away"};
    --batches_left_;
    std::size_t fresh = 0;
    for (const ledger_entry& each : batch) {
      ids_.emplace_back(each.what.request_id);
      fresh += places_.emplace(std::string(each.id.segment), each.id.offset).second ? 1U : 0U;
    }
    return fresh;
  }
  result<std::vector<usage_row>> usage(const usage_query&) override {
    return std::vector<usage_row>{};
  }
  result<std::size_t> retain(std::uint32_t days, std::uint64_t) override {
    return retained_ == 0 ? (retained_ = days, limits::ledger_delete_batch) : std::size_t{1};
  }
  result<int> schema_version() override { return 2; }
  void interrupt() override {
    const std::lock_guard held(lock_);
    interrupted_ = true;
    changed_.notify_all();
  }

  void fail_after(std::size_t batches) {
    const std::lock_guard held(lock_);
    batches_left_ = batches;
  }
  /// Calls hang until they are interrupted.
  void hang() {
    const std::lock_guard held(lock_);
    hanging_ = true;
  }
  /// Of all records as they came, also of those that came twice.
  std::vector<std::string> ids() const {
    const std::lock_guard held(lock_);
    return ids_;
  }

 private:
  result<done> check() {
    std::unique_lock held(lock_);
    changed_.wait(held, [this] { return !hanging_ || interrupted_; });
    if (interrupted_) return failure{"interrupted"};
    return done{};
  }

  mutable std::mutex lock_;
  std::condition_variable changed_;
  std::vector<std::string> ids_;
  std::set<std::pair<std::string, std::uint64_t>> places_;
  std::size_t batches_left_ = SIZE_MAX;
  std::size_t retained_ = 0;
  bool hanging_ = false;
  bool interrupted_ = false;
};

}  // namespace weir::store
