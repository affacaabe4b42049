#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace weir::openai {

/// The clauses whose violation by an upstream is repaired and counted
/// (`weir_stream_repairs_total{clause}`, OBS-3).
enum class clause : std::uint8_t {
  sse_7,
  sse_10,
  sse_11,
  sse_12,
  sse_13,
  sse_15,
  chat_1,
  chat_2,
  chat_3,
  chat_4,
  chat_5,
  chat_6,
  chat_7,
  chat_8,
  chat_11,
  chat_12,
  chat_13,
  chat_14,
  chat_15,
  chat_16,
  chat_17,
  chat_18,
  chat_19,
  chat_20,
  chat_22,
  chat_24,
  chat_25,
  chat_26,
  chat_27,
  chat_28,
  chat_29,
  chat_30,
  chat_31,
  chat_32,
  chat_33,
  chat_34,
  chat_35,
  chat_36,
  cmpl_1,
  gen_8,
  emb_1,
  count_,
};

/// `CHAT-8`.
[[nodiscard]] std::string_view clause_name(clause c);

/// How often each clause was repaired in one answer.
class repair_counts {
 public:
  void add(clause c, std::uint32_t times = 1) { counts_[static_cast<std::size_t>(c)] += times; }
  [[nodiscard]] std::uint32_t of(clause c) const { return counts_[static_cast<std::size_t>(c)]; }
  [[nodiscard]] std::uint32_t total() const {
    std::uint32_t sum = 0;
    for (std::uint32_t n : counts_) sum += n;
    return sum;
  }
  /// Calls `f(clause, count)` for each clause repaired at least once, in the order of the enum.
  template <class F>
  void for_each(F&& f) const {
    for (std::size_t i = 0; i < counts_.size(); ++i)
      if (counts_[i] != 0) f(static_cast<clause>(i), counts_[i]);
  }

 private:
  std::array<std::uint32_t, static_cast<std::size_t>(clause::count_)> counts_{};
};

}  // namespace weir::openai
