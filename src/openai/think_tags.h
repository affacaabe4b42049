#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "openai/text_part.h"

namespace weir::openai {

/// Tells the thought that `<think>` and `</think>` enclose at the start of a text from the text
/// (CHAT-22, G6). Nothing is left out but the two tags; space in front of the first belongs to the
/// thought, so that no text comes before it. Anywhere else the tags are text.
///
/// A `</think>` whose other half the chat template wrote into the prompt (G7) is known only at the
/// very start of the text, or when `opened` says that every text begins inside a thought: to wait
/// for it would keep back answers that have none.
///
/// Memory   A tag that is not whole, and limits::max_held_space_bytes before it.
class think_tags final : public text_sink {
 public:
  think_tags(bool opened, text_sink& next) : opened_(opened), next_(next) {}

  void take(const text_part& part) override;
  void finish() override;

 private:
  enum class place : std::uint8_t { start, thought, answer };

  [[nodiscard]] std::string_view leave_start(std::string_view text);
  [[nodiscard]] std::string_view leave_thought(std::string_view text);
  void pass(text_piece::kind what, std::string_view text);
  void release();

  const bool opened_;
  text_sink& next_;
  place at_ = place::start;
  std::string held_;
};

}  // namespace weir::openai
