#include "app/check_request.h"

#include <algorithm>
#include <cstdint>

#include "weir/base/limits.h"
#include "weir/json/reader.h"

namespace weir::app {

namespace {

using json::type;
using json::value;

std::uint32_t count_of(value n) {
  const std::int64_t asked = n.integer().value_or(1);
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(asked, 1, limits::max_choices));
}

/// CMPL-2: an array of texts or of token lists is that many prompts, one of numbers is one.
std::uint32_t prompts(value prompt) {
  if (!prompt.is(type::array) || prompt.at(0).is(type::number)) return 1;
  return static_cast<std::uint32_t>(std::clamp<std::size_t>(prompt.size(), 1, limits::max_choices));
}

bool is_list(value v) { return v.is(type::array) && v.size() != 0; }

}  // namespace

result<asked> read_asked(std::string_view body) {
  json::reader reader;
  if (reader.parse(body) != json::reader::status::ok)
    return failure{"not JSON: byte " + std::to_string(reader.fault()) + ", " +
                   std::string(reader.reason())};
  const value root = reader.root();
  if (!root.is(type::object) || !reader.rest().empty()) return failure{"not one JSON object"};
  asked out;
  out.completions = root["prompt"].present() && !root["messages"].present();
  if (!out.completions && !root["messages"].present())
    return failure{"neither `messages` nor `prompt` is there: no request of a chat or completion"};
  out.stream = root["stream"].boolean().value_or(false);
  out.model = root["model"].decoded();
  out.answer.n = count_of(root["n"]) * (out.completions ? prompts(root["prompt"]) : 1);
  const value options = root["stream_options"];
  out.answer.include_usage = options["include_usage"].boolean().value_or(false);
  out.answer.include_obfuscation = options["include_obfuscation"].boolean().value_or(true);
  out.answer.offers_tools = is_list(root["tools"]);
  out.answer.offers_functions = is_list(root["functions"]);
  // CHAT-14, CHAT-20: one of them was named.
  const value choice = root["tool_choice"];
  out.answer.names_tool = choice["function"].given() || choice["custom"].given() ||
                          root["function_call"]["name"].given();
  out.answer.usage_may_be_missing = true;  // CHAT-26: nobody knows whether the server has any
  return out;
}

}  // namespace weir::app
