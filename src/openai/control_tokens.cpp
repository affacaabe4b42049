#include "openai/control_tokens.h"

#include <algorithm>

#include "weir/base/limits.h"

namespace weir::openai {

namespace {

constexpr std::string_view known_tokens[] = {
    "<|im_end|>",             // Qwen, ChatML
    "<|endoftext|>",          // Qwen, GLM, GPT-2
    "</s>",                   // Llama 2, Mistral
    "<eos>",                  // Gemma
    "<end_of_turn>",          // Gemma
    "<|eot_id|>",             // Llama 3
    "<|eom_id|>",             // Llama 3
    "<|end_of_text|>",        // Llama 3, Granite
    "<|eot|>",                // Llama 4
    "<|eom|>",                // Llama 4
    "<|end|>",                // Phi, gpt-oss
    "<|return|>",             // gpt-oss
    "<|call|>",               // gpt-oss
    "<|EOT|>",                // DeepSeek Coder
    "<|end_of_turn|>",        // OpenChat
    "<|END_OF_TURN_TOKEN|>",  // Command R
    "<|user|>",               // GLM stops where the user would speak
    "<|observation|>",        // GLM
    "<\xEF\xBD\x9C"
    "end\xE2\x96\x81of\xE2\x96\x81sentence\xEF\xBD\x9C>",  // DeepSeek
};

/// The known token equal to `text`, or nothing.
std::string_view known_token(std::string_view text) {
  const auto found = std::find(std::begin(known_tokens), std::end(known_tokens), text);
  return found == std::end(known_tokens) ? std::string_view{} : *found;
}

}  // namespace

bool is_control_token(std::string_view text) { return !known_token(text).empty(); }

void control_tokens::take(const text_part& part) {
  if (part.control_token && held_.size() < limits::max_held_tokens) {
    held_.push_back({part.what, known_token(part.text)});
    return;
  }
  if (part.what != text_piece::kind::call)
    for (const token& held : held_) next_.take({held.what, held.text, {}, false});
  held_.clear();
  next_.take(part);
}

void control_tokens::finish() {
  held_.clear();
  next_.finish();
}

}  // namespace weir::openai
