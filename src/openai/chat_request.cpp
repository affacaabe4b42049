#include "weir/openai/chat_request.h"

#include "openai/chat_request_fields.h"
#include "openai/chat_request_rules.h"
#include "openai/json_request.h"
#include "openai/request_body.h"
#include "weir/json/patch.h"
#include "weir/json/writer.h"

namespace weir::openai {
namespace {

using json::type;
using json::value;

fault check(value root, validation profile) {
  if (fault wrong = check_fields(chat_request_shape(), root, profile)) return wrong;
  return profile == validation::full ? check_chat_rules(root) : std::nullopt;
}

bool is_filled_list(value v) { return v.is(type::array) && v.size() > 0; }

/// `root` has been checked: what is there is of its type. Of members with one key the last counts.
chat_request read(value root) {
  chat_request request = read_common(root);
  value choice;
  value legacy_choice;
  for (const auto [key, member] : root.members()) {
    if (key.equals("tools")) {
      request.offers_tools = is_filled_list(member);
      request.tools = member.raw();
    } else if (key.equals("functions")) {
      request.offers_functions = is_filled_list(member);
    } else if (key.equals("tool_choice")) {
      choice = member;
    } else if (key.equals("function_call")) {
      legacy_choice = member;
    }
  }
  for (const value named : {choice["function"], choice["custom"], legacy_choice})
    request.names_tool = request.names_tool || named["name"].is(type::string);
  return request;
}

// REQ-12
void name_token_limit(json::patch& patch, value root, token_limit_field wanted) {
  if (wanted == token_limit_field::as_is) return;
  constexpr std::string_view old_name = "max_tokens";
  constexpr std::string_view new_name = "max_completion_tokens";
  const bool keep_old = wanted == token_limit_field::max_tokens;
  const std::string_view kept = keep_old ? old_name : new_name;
  const std::string_view dropped = keep_old ? new_name : old_name;
  if (!root[dropped].present()) return;
  const value limit = root[new_name].given() ? root[new_name] : root[old_name];
  patch.remove(root, dropped);
  if (limit.given()) patch.set(root, kept, limit.raw());
}

/// CMPL-5: the prompt becomes the one message. What `check_for_chat` let pass of the members that
/// chat does not know asks for nothing.
void as_chat(json::patch& patch, value root) {
  patch.set(root, "messages",
            R"([{"role":"user","content":)" + std::string(root["prompt"].raw()) + "}]");
  for (const std::string_view key : {"prompt", "suffix", "echo", "best_of", "logprobs"})
    patch.remove(root, key);
}

}  // namespace

result<chat_request, error> read_chat_request(std::string_view body, json::reader& reader,
                                              validation profile) {
  if (fault wrong = read_object(body, reader)) return *std::move(wrong);
  if (fault wrong = check(reader.root(), profile)) return *std::move(wrong);
  return read(reader.root());
}

chat_context context_of(const chat_request& request, const stream_settings& settings) {
  chat_context context;
  context.settings = settings;
  if (settings.tools_in_text) context.tools = request.tools;
  context.dialect = request.dialect;
  context.stream = request.stream;
  context.n = request.n;
  context.include_usage = request.include_usage;
  context.include_obfuscation = request.include_obfuscation;
  context.names_tool = request.names_tool;
  context.offers_tools = request.offers_tools;
  context.offers_functions = request.offers_functions;
  context.requested_model = request.model;
  return context;
}

std::string upstream_body(std::string_view body, value root, const chat_request& request,
                          const body_edits& edits) {
  const std::string_view text = without_mark(body);
  json::patch patch(text);
  if (!edits.model.empty() && edits.model != request.model) {
    patch.set(root, "model", json::quoted(edits.model));
  }
  const bool translated =
      request.dialect == dialect::completions && edits.completions == completions_form::chat;
  if (translated) as_chat(patch, root);
  // Completions have but one name for it.
  const bool goes_as_chat = translated || request.dialect == dialect::chat;
  if (goes_as_chat) name_token_limit(patch, root, edits.max_tokens_field);
  if (edits.drop_stream_options) {
    patch.remove(root, "stream_options");
  } else if (edits.ask_for_usage && request.stream && !request.include_usage) {
    const value options = root["stream_options"];
    if (options.is(type::object)) {
      patch.set(options, "include_usage", "true");
    } else {
      patch.set(root, "stream_options", R"({"include_usage":true})");
    }
  }
  return patch.apply();
}

bool refuses_stream_options(unsigned status, std::string_view body) {
  if (status != 400 && status != 422) return false;
  const auto named_in = [](std::string_view text) {
    return text.find("stream_options") != std::string_view::npos ||
           text.find("include_usage") != std::string_view::npos;
  };
  json::reader reader;
  if (reader.parse(body) != json::reader::status::ok) return named_in(body);
  // Some servers send the whole request back with the error: only what they say of it counts.
  const error e = read_error(reader.root(), status);
  return named_in(e.message) || named_in(e.param);
}

}  // namespace weir::openai
