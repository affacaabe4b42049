#pragma once
#include <spdlog/sinks/base_sink.h>

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string_view>

namespace weir::observe {

/// Writes the lines of one logger to a descriptor, in its logger's thread. It waits for a reader
/// that is slow, until `hurry()`: from then on it waits for limits::log_farewell in all, and what
/// is left is lost.
///
/// spdlog's own console sinks share one lock for stdout and stderr, so that a full pipe behind one
/// would silence the other, and they never give up.
class line_sink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit line_sink(int descriptor) : descriptor_(descriptor) {}

  /// The program ends: do not wait for ever. Any thread.
  void hurry() { hurried_ = true; }
  /// Lines that could not be written. Any thread.
  [[nodiscard]] std::uint64_t lost() const { return lost_; }

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override;
  void flush_() override {}

 private:
  [[nodiscard]] bool write_all(std::string_view text);
  [[nodiscard]] bool wait_for_reader();

  int descriptor_;
  bool gone_ = false;       ///< the reader closed its end or was given up
  int hurried_rounds_ = 0;  ///< of waiting since `hurry()`
  std::atomic<bool> hurried_{false};
  std::atomic<std::uint64_t> lost_{0};
};

}  // namespace weir::observe
