// The fields of section 5.1 of the contract. In which order the API reports faults was not
// measured.
#include "openai/completion_request_fields.h"

#include "openai/common_fields.h"

namespace weir::openai {
namespace {

using common::penalty;
using shapes::boolean;
using shapes::decimal;
using shapes::either;
using shapes::integer;
using shapes::list_of;
using shapes::object;
using shapes::optional;
using shapes::required;
using shapes::text;

shape request() {
  return object({
      required("model", text()).in_minimal(),  // REQ-3
      optional("suffix", text()),
      optional("max_tokens", integer().at_least(0)),
      optional("temperature", decimal().within(0, 2)),
      optional("top_p", decimal().within(0, 1)),
      common::n(),
      optional("best_of", integer()).in_minimal(),
      optional("best_of", integer().within(0, 20)),
      optional("echo", boolean()),
      optional("logprobs", integer().within(0, 5)),
      common::stop(),
      optional("presence_penalty", penalty()),
      optional("frequency_penalty", penalty()),
      common::logit_bias(),
      common::seed(),
      common::stream(),
      common::stream_options(),
      optional("user", text()),
  });
}

shape with_prompt(shape prompt) { return object({optional("prompt", std::move(prompt))}); }

}  // namespace

const shape& completion_request_shape() {
  static const shape table = request();
  return table;
}

const shape& prompt_shape(json::value prompt) {
  static const shape texts = with_prompt(either(text(), list_of(text()).at_least(1)));
  static const shape tokens = with_prompt(list_of(integer()).at_least(1));
  static const shape lists = with_prompt(list_of(list_of(integer()).at_least(1)).at_least(1));
  switch (prompt.at(0).kind()) {
    case json::type::number:
      return tokens;
    case json::type::array:
      return lists;
    default:
      return texts;
  }
}

}  // namespace weir::openai
