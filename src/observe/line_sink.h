#pragma once
#include <spdlog/sinks/base_sink.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

namespace weir::observe {

/// Writes the lines of one logger to a descriptor, in its logger's thread. Those that come within
/// limits::log_gather go out together: a system call for each of them would cost more than they
/// do. It waits for a reader that is slow, until `hurry()`: from then on it waits for
/// limits::log_farewell in all, and what is left is lost.
///
/// spdlog's own console sinks share one lock for stdout and stderr, so that a full pipe behind one
/// would silence the other, and they never give up.
class line_sink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit line_sink(int descriptor) : descriptor_(descriptor) {}

  /// `waits` tells whether more lines wait for this one; before the first line.
  void gather_while(std::function<bool()> waits) { more_ = std::move(waits); }
  /// The program ends: do not wait for ever. Any thread.
  void hurry() { hurried_ = true; }
  /// What was gathered; its logger's thread has ended.
  void finish() { write_gathered(); }
  /// Lines that could not be written. Any thread.
  [[nodiscard]] std::uint64_t lost() const { return lost_; }

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override;
  void flush_() override {}

 private:
  void write_gathered();
  [[nodiscard]] bool write_all(std::string_view text);
  [[nodiscard]] bool wait_for_reader();

  int descriptor_;
  std::function<bool()> more_;
  std::string gathered_;
  std::uint64_t gathered_lines_ = 0;
  bool gone_ = false;       ///< the reader closed its end or was given up
  int hurried_rounds_ = 0;  ///< of waiting since `hurry()`
  std::atomic<bool> hurried_{false};
  std::atomic<std::uint64_t> lost_{0};
};

}  // namespace weir::observe
