#include "weir/openai/completion_request.h"

#include <algorithm>

#include "openai/completion_request_fields.h"
#include "openai/json_request.h"
#include "openai/request_body.h"
#include "weir/base/limits.h"

namespace weir::openai {
namespace {

using json::type;
using json::value;

/// How many prompts a list is. Numbers are the tokens of one.
std::size_t prompts_in(value list) {
  return list.is(type::array) && !list.at(0).is(type::number) ? list.size() : 1;
}

/// CMPL-2: vLLM answers to ready embeddings as to prompts, beside those that are text.
std::size_t prompts_of(value root) {
  std::size_t all = 0;
  for (const value prompt : {root["prompt"], root["prompt_embeds"]})
    if (prompt.given()) all += prompts_in(prompt);
  return std::max<std::size_t>(all, 1);
}

fault check_prompt(value root, validation profile) {
  const value prompt = root["prompt"];
  if (!prompt.given()) return std::nullopt;  // the API has a default
  if (!prompt.is(type::string) && !prompt.is(type::array))
    return errors::invalid_type("prompt", "one of a string or array of strings",
                                type_words(prompt));
  if (prompt.is(type::array) && prompt.size() == 0) return errors::empty_array("prompt");
  if (profile == validation::minimal) return std::nullopt;
  return check_request(prompt_shape(prompt), root, profile);
}

fault check(value root, validation profile) {
  if (fault wrong = check_fields(completion_request_shape(), root, profile)) return wrong;
  if (fault wrong = check_prompt(root, profile)) return wrong;
  const std::int64_t n = root["n"].integer().value_or(1);
  const std::size_t most = limits::max_prompt_choices / static_cast<std::size_t>(n);
  if (prompts_of(root) > most) return errors::array_too_long("prompt", most, prompts_of(root));
  if (profile == validation::full && root["best_of"].integer().value_or(n) < n)
    return errors::below_minimum("best_of", std::to_string(n), root["best_of"].raw());
  return std::nullopt;
}

bool asks_for_more_than_one(value best_of) { return best_of.integer().value_or(1) > 1; }
bool is_true(value flag) { return flag.boolean().value_or(false); }
bool is_given(value v) { return v.given(); }
bool is_no_text(value prompt) { return !prompt.is(type::string); }

}  // namespace

std::optional<error> check_for_chat(value root) {
  static constexpr struct {
    std::string_view key;
    bool (*in_the_way)(value);
  } members[] = {{"prompt", is_no_text},
                 {"suffix", is_given},
                 {"echo", is_true},
                 {"best_of", asks_for_more_than_one},
                 {"logprobs", is_given}};
  for (const auto& [key, in_the_way] : members)
    if (in_the_way(root[key])) return errors::unsupported_parameter(key);
  return std::nullopt;
}

result<chat_request, error> read_completion_request(std::string_view body, json::reader& reader,
                                                    validation profile) {
  if (fault wrong = read_object(body, reader)) return *std::move(wrong);
  const value root = reader.root();
  if (fault wrong = check(root, profile)) return *std::move(wrong);
  chat_request request = read_common(root);
  request.dialect = dialect::completions;
  request.n *= static_cast<std::uint32_t>(prompts_of(root));
  return request;
}

}  // namespace weir::openai
