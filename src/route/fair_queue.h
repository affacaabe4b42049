#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <iterator>
#include <list>
#include <unordered_map>
#include <utility>

namespace weir::route {

/// A bounded queue in which keys take turns: of each key the first comes first, and nobody waits
/// for more than one of every other key.
///
/// Memory   At most `capacity` values.
/// Cost     O(1); `erase` O(values of all keys).
/// Threads  None.
template <class T>
class fair_queue {
 public:
  explicit fair_queue(std::size_t capacity) : capacity_(capacity) {}

  /// False when it is full.
  [[nodiscard]] bool push(std::uint64_t key, T value) {
    if (size_ >= capacity_) return false;
    const auto found = lines_.find(key);
    if (found != lines_.end()) {
      found->second->values.push_back(std::move(value));
    } else {
      turns_.push_back({key, {}});
      turns_.back().values.push_back(std::move(value));
      lines_.emplace(key, std::prev(turns_.end()));
    }
    ++size_;
    return true;
  }
  /// Whose turn it is; null when nobody waits.
  [[nodiscard]] const T* front() const {
    return turns_.empty() ? nullptr : &turns_.front().values.front();
  }
  /// Removes the front: its key goes behind the others.
  void pop() {
    if (turns_.empty()) return;
    turns_.front().values.pop_front();
    --size_;
    if (turns_.front().values.empty()) {
      lines_.erase(turns_.front().key);
      turns_.pop_front();
    } else {
      turns_.splice(turns_.end(), turns_, turns_.begin());
    }
  }
  /// Removes a value wherever it is; at the front as `pop` does. False when it is not there.
  bool erase(const T& value) {
    if (!turns_.empty() && turns_.front().values.front() == value) {
      pop();
      return true;
    }
    for (auto turn = turns_.begin(); turn != turns_.end(); ++turn) {
      const auto found = std::find(turn->values.begin(), turn->values.end(), value);
      if (found == turn->values.end()) continue;
      turn->values.erase(found);
      --size_;
      if (turn->values.empty()) {
        lines_.erase(turn->key);
        turns_.erase(turn);
      }
      return true;
    }
    return false;
  }
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  struct line {
    std::uint64_t key = 0;
    std::deque<T> values;
  };
  std::size_t capacity_;
  std::size_t size_ = 0;
  std::list<line> turns_;  ///< the front is next; none is empty
  std::unordered_map<std::uint64_t, typename std::list<line>::iterator> lines_;
};

}  // namespace weir::route
