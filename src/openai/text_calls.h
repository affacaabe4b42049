#pragma once
#include <cstddef>
#include <string>
#include <string_view>

#include "openai/text_call_parser.h"
#include "openai/text_part.h"

namespace weir::openai {

/// Makes calls of what was written as calls into the text, anywhere in it (K29). Only what reads
/// whole as one of the forms of `text_call_parser` becomes calls; everything else stays text, to
/// the byte and in its place. Space that only stands between calls, or behind the last one, is part
/// of how they were written.
///
/// Memory   What may become calls, at most limits::max_text_call_bytes; longer, it is text.
class text_calls final : public text_sink {
 public:
  text_calls(offered_tools& tools, text_sink& next) : parser_(tools), next_(next) {}

  void take(const text_part& part) override;
  void finish() override;

 private:
  void settle();
  [[nodiscard]] bool settle_text();
  [[nodiscard]] bool settle_calls();
  void pass(std::size_t bytes);
  void release();

  text_call_parser parser_;
  text_sink& next_;
  std::string held_;
  std::size_t at_ = 0;        // of held_ that is not settled; 0 between two parts
  bool open_ = false;         // what begins there reads as calls so far
  bool behind_call_ = false;  // nothing but space since
};

}  // namespace weir::openai
