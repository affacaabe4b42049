#pragma once
#include <string>
#include <string_view>

#include "weir/json/reader.h"
#include "weir/openai/repairs.h"

namespace weir::openai {

/// `logprobs` as CHAT-28 and contract 3.1 have them: both lists, and of every token all members.
class logprobs_form {
 public:
  /// Null, absent, or right as it is.
  [[nodiscard]] static bool regular(json::value logprobs);

  /// Its text, mended where needed; "" for null and for lists without a token. The view lives as
  /// long as the document and until the next call.
  [[nodiscard]] std::string_view of(json::value logprobs, repair_counts& repairs);

 private:
  void append_list(json::value list);

  std::string own_;
};

}  // namespace weir::openai
