#pragma once
#include <memory>
#include <string_view>
#include <vector>

#include "openai/text_part.h"
#include "weir/openai/stream_settings.h"

namespace weir::openai {

/// The opt-in rules for the content of one choice, in the order in which they are applied:
///
///   strip_tokens    (is this delta one control token? decided here, obeyed last)   C5
///   think_tags      a leading <think>...</think> is reasoning                      CHAT-22, G6, G7
///   tools_in_text   a call written as text is a call                               K29
///   strip_tokens    a control token is left out when calls or the end follow       C5
///
/// What the order and the cases in doubt are for: docs/adr/0014.
///
/// Input    Decoded UTF-8, one call of `take` a delta, without what only repeats (`cumulative`).
///          `strip_tokens` is about whole deltas; to the other rules it makes no difference where
///          the text is cut.
/// Output   Appended pieces, none of them empty. What no rule changes or holds is one piece equal
///          to the input.
/// Memory   Nothing when no rule is on. Else limits::max_text_call_bytes for what may become a
///          call, and a few bytes for what may become a tag.
/// Threads  None.
class text_rules {
 public:
  /// `tools`, the request's list as JSON where it is at hand, must outlive the rules: only a
  /// function that it names is called, and a parameter gets the type it was declared with.
  explicit text_rules(const stream_settings& settings, bool offers_tools,
                      std::string_view tools = {});
  ~text_rules();
  text_rules(text_rules&&) noexcept;
  text_rules& operator=(text_rules&&) noexcept;

  /// Whether any rule is on; if not, the content need not come here.
  [[nodiscard]] bool active() const { return chain_ != nullptr; }

  void take(std::string_view decoded, std::vector<text_piece>& out);
  /// The text is over, because the choice ends or because something else than text follows (calls):
  /// what was held comes out. More text may still come.
  void finish(std::vector<text_piece>& out);

 private:
  struct chain;
  std::unique_ptr<chain> chain_;
};

}  // namespace weir::openai
