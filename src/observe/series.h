#pragma once
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weir::observe {

/// Values of the labels of one series, in the order of the family's label names.
using label_values = std::vector<std::string>;

/// The series of one family of metrics in one shard, by label values.
///
/// Threads  One writer; `visit` from any thread. The map is changed by the writer only and under
///          the mutex; the writer reads it without, so a known series costs no lock.
/// Memory   Series are never removed; the caller bounds their number with `size()` (OBS-4).
template <class Series>
class series_map {
 public:
  /// The series with these labels; nothing when it does not exist yet.
  [[nodiscard]] Series* find(const label_values& labels) {
    const auto found = series_.find(labels);
    return found == series_.end() ? nullptr : found->second.get();
  }
  [[nodiscard]] Series& add(label_values labels) {
    auto made = std::make_unique<Series>();
    Series& out = *made;
    const std::lock_guard lock(mutex_);
    series_.emplace(std::move(labels), std::move(made));
    return out;
  }
  [[nodiscard]] std::size_t size() const { return series_.size(); }

  /// Calls `f(labels, series)` in the order of the labels.
  template <class F>
  void visit(F&& f) const {
    const std::lock_guard lock(mutex_);
    for (const auto& [labels, series] : series_) f(labels, std::as_const(*series));
  }

 private:
  mutable std::mutex mutex_;
  std::map<label_values, std::unique_ptr<Series>> series_;
};

}  // namespace weir::observe
