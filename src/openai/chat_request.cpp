#include "weir/openai/chat_request.h"

#include <algorithm>
#include <array>
#include <optional>

#include "weir/base/limits.h"
#include "weir/json/patch.h"
#include "weir/json/writer.h"

namespace weir::openai {
namespace {

using json::type;
using json::value;

using fault = std::optional<error>;

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

std::string_view without_mark(std::string_view body) {
  return body.starts_with(byte_order_mark) ? body.substr(byte_order_mark.size()) : body;
}

/// The words of section 2.3 for what a value is.
std::string_view type_words(value v) {
  switch (v.kind()) {
    case type::boolean:
      return "a boolean";
    case type::number:
      return v.raw().find_first_of(".eE") == std::string_view::npos ? "an integer"
                                                                    : "a decimal number";
    case type::string:
      return "a string";
    case type::array:
      return "an array";
    case type::object:
      return "an object";
    case type::absent:
    case type::null:
      break;
  }
  return "null";
}

fault wrong_type(std::string_view param, std::string_view expected, value got) {
  return errors::invalid_type(param, expected, type_words(got));
}

fault read_body(std::string_view body, json::reader& reader) {
  const std::string_view text = without_mark(body);
  const std::size_t mark = body.size() - text.size();
  switch (reader.parse(text)) {
    case json::reader::status::ok:
      break;
    case json::reader::status::empty:
      return errors::not_json(body.size(), "the body is empty");
    case json::reader::status::invalid:
    case json::reader::status::too_deep:
      return errors::not_json(mark + reader.fault(), reader.reason());
  }
  if (!reader.rest().empty()) {
    return errors::not_json(body.size() - reader.rest().size(),
                            "the document is over, but the body goes on");
  }
  if (!reader.root().is(type::object)) {  // REQ-1
    const std::size_t begin = static_cast<std::size_t>(reader.root().raw().data() - body.data());
    return errors::not_json(
        begin, "expected an object, but got " + std::string(type_words(reader.root())));
  }
  return std::nullopt;
}

// REQ-3
fault read_model(chat_request& request, value root) {
  const value model = root["model"];
  if (!model.given() || model.equals("")) return errors::model_missing();
  if (!model.is(type::string)) return wrong_type("model", "a string", model);
  // The name may stand in every chunk of the answer (CHAT-4).
  if (model.text().size() > limits::max_envelope_bytes)
    return errors::string_too_long("model", limits::max_envelope_bytes, model.text().size());
  request.model = model.decoded();
  return std::nullopt;
}

// REQ-4
fault check_messages(value root) {
  static constexpr std::array<std::string_view, 6> roles = {"system",   "assistant", "user",
                                                            "function", "tool",      "developer"};
  const value messages = root["messages"];
  if (!messages.given()) return errors::missing_parameter("messages");
  if (!messages.is(type::array)) return wrong_type("messages", "an array of objects", messages);
  if (messages.size() == 0) return errors::empty_array("messages");
  std::size_t number = 0;
  for (const value message : messages.elements()) {
    const std::string path = "messages[" + std::to_string(number++) + "]";  // ERR-35
    if (!message.is(type::object)) return wrong_type(path, "an object", message);
    const value role = message["role"];
    if (!role.given()) return errors::missing_parameter(path + ".role");
    if (!role.is(type::string)) return wrong_type(path + ".role", "a string", role);
    const bool known = std::any_of(roles.begin(), roles.end(),
                                   [&](std::string_view name) { return role.equals(name); });
    if (!known) {
      return errors::invalid_value(
          path + ".role", role.decoded(),
          "'system', 'assistant', 'user', 'function', 'tool', and 'developer'");
    }
  }
  return std::nullopt;
}

// REQ-7
fault read_n(chat_request& request, value root) {
  const value n = root["n"];
  if (!n.given()) return std::nullopt;
  if (!n.is(type::number) || type_words(n) != "an integer") return wrong_type("n", "an integer", n);
  const std::optional<std::int64_t> number = n.integer();
  const bool negative = n.raw().starts_with('-');
  if (negative || number == 0) return errors::below_minimum("n", "1", n.raw());
  if (!number || *number > limits::max_choices) {
    return errors::above_maximum("n", std::to_string(limits::max_choices), n.raw());
  }
  request.n = static_cast<std::uint32_t>(*number);
  return std::nullopt;
}

/// A boolean where there is one; `target` keeps its default where there is none.
fault read_flag(bool& target, value v, std::string_view param) {
  if (!v.given()) return std::nullopt;
  const std::optional<bool> flag = v.boolean();
  if (!flag) return wrong_type(param, "a boolean", v);
  target = *flag;
  return std::nullopt;
}

// REQ-5, REQ-6
fault read_stream(chat_request& request, value root) {
  if (fault f = read_flag(request.stream, root["stream"], "stream")) return f;
  const value options = root["stream_options"];
  if (!options.given()) return std::nullopt;
  if (!options.is(type::object)) return wrong_type("stream_options", "an object", options);
  if (!request.stream) return errors::stream_options_without_stream();
  if (fault f = read_flag(request.include_usage, options["include_usage"],
                          "stream_options.include_usage")) {
    return f;
  }
  return read_flag(request.include_obfuscation, options["include_obfuscation"],
                   "stream_options.include_obfuscation");
}

void read_tools(chat_request& request, value root) {
  request.offers_tools = root["tools"].is(type::array) && root["tools"].size() > 0;
  const value choice = root["tool_choice"];
  request.names_tool =
      choice["function"]["name"].is(type::string) || choice["custom"]["name"].is(type::string);
}

}  // namespace

result<chat_request, error> read_chat_request(std::string_view body, json::reader& reader) {
  if (fault f = read_body(body, reader)) return *std::move(f);
  const value root = reader.root();
  chat_request request;
  // The order is ERR-34's.
  if (fault f = read_model(request, root)) return *std::move(f);
  if (fault f = check_messages(root)) return *std::move(f);
  if (fault f = read_n(request, root)) return *std::move(f);
  if (fault f = read_stream(request, root)) return *std::move(f);
  read_tools(request, root);
  return request;
}

std::string upstream_body(std::string_view body, value root, const chat_request& request,
                          const body_edits& edits) {
  const std::string_view text = without_mark(body);
  json::patch patch(text);
  if (!edits.model.empty() && edits.model != request.model) {
    patch.set(root, "model", json::quoted(edits.model));
  }
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
