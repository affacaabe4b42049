#include "openai/text_rules.h"

#include "openai/control_tokens.h"
#include "openai/text_calls.h"
#include "openai/think_tags.h"

namespace weir::openai {

namespace {

/// The end of the chain: pieces of one kind that follow each other are one.
class piece_list final : public text_sink {
 public:
  void append_to(std::vector<text_piece>& out) {
    out_ = &out;
    first_ = out.size();
  }

  void take(const text_part& part) override {
    if (part.what == text_piece::kind::call) {
      out_->push_back({part.what, {}, std::string(part.text), std::string(part.arguments)});
    } else if (out_->size() > first_ && out_->back().what == part.what) {
      out_->back().text += part.text;
    } else {
      out_->push_back({part.what, std::string(part.text), {}, {}});
    }
  }
  void finish() override {}

 private:
  std::vector<text_piece>* out_ = nullptr;
  std::size_t first_ = 0;  // pieces before it are the caller's own
};

text_sink& when(bool on, text_sink& rule, text_sink& next) { return on ? rule : next; }

}  // namespace

/// Every rule is there; those that are off are not in the way.
struct text_rules::chain {
  chain(const stream_settings& settings, bool finds_calls, std::string_view offered)
      : strips(settings.strip_tokens),
        tools(offered),
        behind_calls(when(strips, tokens, pieces)),
        calls(tools, behind_calls),
        behind_thought(when(finds_calls, calls, behind_calls)),
        thought(settings.think_opened, behind_thought),
        first(when(settings.think_tags, thought, behind_thought)) {}

  const bool strips;
  offered_tools tools;
  piece_list pieces;  // from here on backwards: each member names the one before it
  control_tokens tokens{pieces};
  text_sink& behind_calls;
  text_calls calls;
  text_sink& behind_thought;
  think_tags thought;
  text_sink& first;
};

text_rules::text_rules(const stream_settings& settings, bool offers_tools, std::string_view tools) {
  const bool calls = settings.tools_in_text && offers_tools;
  if (settings.strip_tokens || settings.think_tags || calls)
    chain_ = std::make_unique<chain>(settings, calls, tools);
}

text_rules::~text_rules() = default;
text_rules::text_rules(text_rules&&) noexcept = default;
text_rules& text_rules::operator=(text_rules&&) noexcept = default;

void text_rules::take(std::string_view decoded, std::vector<text_piece>& out) {
  if (chain_ == nullptr) {
    if (!decoded.empty()) out.push_back({text_piece::kind::text, std::string(decoded), {}, {}});
    return;
  }
  if (decoded.empty()) return;
  text_part part;
  part.text = decoded;
  part.control_token = chain_->strips && is_control_token(part.text);
  chain_->pieces.append_to(out);
  chain_->first.take(part);
}

void text_rules::finish(std::vector<text_piece>& out) {
  if (chain_ == nullptr) return;
  chain_->pieces.append_to(out);
  chain_->first.finish();
}

}  // namespace weir::openai
