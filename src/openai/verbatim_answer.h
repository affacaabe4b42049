#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "openai/usage_meter.h"
#include "weir/openai/answer.h"

namespace weir::openai {

/// An answer that reaches the client as it came, whatever it is: audio, JSON, events.
///
/// Output   What came, as it comes.
/// Errors   A body that breaks off. What of it has not been consumed by then is withheld only while
///          the client has seen nothing, so that it can be told with a status; afterwards the
///          output ends where it broke, and the owner must see to it that the client notices.
/// Memory   What the owner does not consume.
/// Threads  None; no I/O, no clock.
class verbatim_answer final : public answer {
 public:
  void feed(std::string_view bytes) override;
  [[nodiscard]] bool keeps_coding() const override { return true; }
  void fail(const error& why) override;

  [[nodiscard]] state current() const override { return state_; }
  [[nodiscard]] const error* failure() const override { return failure_ ? &*failure_ : nullptr; }
  [[nodiscard]] std::string_view output() const override {
    return std::string_view(out_).substr(consumed_);
  }
  void consume(std::size_t bytes) override;
  [[nodiscard]] std::uint64_t payload_frames() const override { return pieces_; }
  [[nodiscard]] std::uint64_t events() const override { return meter_.events(); }
  [[nodiscard]] std::optional<usage> last_usage() const override { return meter_.last(); }

 private:
  void on_end(bool lost) override;

  std::string out_;
  std::size_t consumed_ = 0;  // of out_
  std::uint64_t pieces_ = 0;
  bool seen_ = false;  // something was consumed
  state state_ = state::open;
  std::optional<error> failure_;
  usage_meter meter_;
};

}  // namespace weir::openai
