#include "openai/dialect_rules.h"

#include "openai/logprobs_form.h"

namespace weir::openai {

const dialect_rules& rules_of(dialect d) {
  static const dialect_rules chat = {
      .chunk_object = "chat.completion.chunk",
      .document_object = "chat.completion",
      .id_prefix = "chatcmpl-",
      .odd_choice = clause::chat_35,
      .says_text = false,
      .opens_with_role = true,
      .empty_says_nothing = true,
      .finish_alone = true,
      .moderates = true,
      .logprobs = chat_logprobs(),
      .odd_logprobs = clause::chat_28,
  };
  static const dialect_rules completions = {
      .chunk_object = "text_completion",
      .document_object = "text_completion",
      .id_prefix = "cmpl-",
      .odd_choice = clause::cmpl_1,
      .says_text = true,
      .opens_with_role = false,
      .empty_says_nothing = false,
      .finish_alone = false,
      .moderates = false,
      .logprobs = completion_logprobs(),
      .odd_logprobs = clause::cmpl_1,
  };
  return d == dialect::chat ? chat : completions;
}

}  // namespace weir::openai
