#pragma once
#include <string_view>

#include "weir/openai/dialect.h"
#include "weir/openai/repairs.h"

namespace weir::openai {

class logprobs_form;

/// In what the clauses of the dialects differ. Whatever is not named here holds for each of them;
/// how their documents and chunks are written is the encoders' and the folds' to know.
struct dialect_rules {
  std::string_view chunk_object;     ///< `object` of a chunk (CHAT-1, contract 5.1)
  std::string_view document_object;  ///< and of a document
  std::string_view id_prefix;        ///< of an id that the upstream owes (CHAT-2)
  clause odd_choice;                 ///< broken by a choice that speaks as in another dialect
  bool says_text;                    ///< a choice has `text`, not `delta` or `message` (CMPL-1)
  bool opens_with_role;              ///< CHAT-8: before its first chunk a choice may say nothing
  bool empty_says_nothing;           ///< CHAT-11: an empty text is no payload
  bool finish_alone;                 ///< CHAT-12: else the last text may come with it (CMPL-1)
  bool moderates;                    ///< CHAT-34: `moderation` has a chunk of its own
  const logprobs_form& logprobs;
  clause odd_logprobs;  ///< broken by those of another form
};

[[nodiscard]] const dialect_rules& rules_of(dialect d);

}  // namespace weir::openai
