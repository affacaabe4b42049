#pragma once
#include <string_view>
#include <vector>

#include "openai/text_part.h"

namespace weir::openai {

/// A token by which models say that they are through, and which a client should never see.
[[nodiscard]] bool is_control_token(std::string_view text);

/// Leaves out control tokens that were a whole delta and behind which calls follow or the choice
/// ends; where text follows, they are text after all (C5).
///
/// Memory   limits::max_held_tokens of them wait; more are text.
class control_tokens final : public text_sink {
 public:
  explicit control_tokens(text_sink& next) : next_(next) {}

  void take(const text_part& part) override;
  void finish() override;

 private:
  struct token {
    text_piece::kind what;
    std::string_view text;  // one of the known ones
  };

  text_sink& next_;
  std::vector<token> held_;
};

}  // namespace weir::openai
