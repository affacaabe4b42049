#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "weir/openai/answer.h"
#include "weir/openai/chat_context.h"

namespace weir::openai {

/// A chat answer: an upstream's in whatever shape in, the bytes of a legal stream -- or of one
/// legal JSON document -- out. Decoder, machine and encoder of the chat dialect behind one door;
/// `weir repair`, the gateway and the fuzz target all use it.
///
/// Source   contract sections 1.2, 1.3, 3, 4; content codings F33, F34 (docs/clauses.md).
/// Input    Bytes split anywhere: no split changes the output (P2).
/// Output   Whole events (stream), or the whole document once the state is `complete`.
/// Errors   Once the client has seen an event, or after commit(), the error frame and [DONE] are in
///          the output (CHAT-30).
/// Memory   Bounded by the limits of SSE-9, counted after inflating; a non-stream answer is held
///          whole.
/// Threads  None; no I/O, no clock.
class chat_answer final : public answer {
 public:
  explicit chat_answer(const chat_context& context);
  ~chat_answer() override;

  void feed(std::string_view bytes) override;
  [[nodiscard]] bool has_more() const override;
  void go_on() override;
  void fail(const error& why) override;
  void on_wait_over() override;
  void commit() override;

  [[nodiscard]] state current() const override;
  [[nodiscard]] wait waiting() const override;
  [[nodiscard]] const error* failure() const override;

  [[nodiscard]] std::string_view output() const override;
  void consume(std::size_t bytes) override;

  [[nodiscard]] std::size_t held() const override;

  [[nodiscard]] std::uint64_t payload_frames() const override;
  [[nodiscard]] said_size said() const override;
  [[nodiscard]] std::uint64_t events() const override;
  [[nodiscard]] std::optional<usage> last_usage() const override;
  [[nodiscard]] std::string_view finish_reason() const override;
  [[nodiscard]] std::string_view native_finish() const override;
  [[nodiscard]] repair_counts repairs() const override;

 private:
  void on_end(bool lost) override;

  struct implementation;
  std::unique_ptr<implementation> implementation_;
};

}  // namespace weir::openai
