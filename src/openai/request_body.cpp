#include "openai/request_body.h"

#include <string>

#include "weir/base/limits.h"

namespace weir::openai {

using json::type;
using json::value;

std::string_view without_mark(std::string_view body) {
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  return body.starts_with(byte_order_mark) ? body.substr(byte_order_mark.size()) : body;
}

fault read_object(std::string_view body, json::reader& reader) {
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

fault check_fields(const shape& table, value root, validation profile) {
  const value model = root["model"];
  if (!model.given() || model.equals("")) return errors::model_missing();  // ERR-4
  if (fault wrong = check_request(table, root, profile)) return wrong;
  // The name may stand in every chunk of the answer (CHAT-4).
  if (model.text().size() > limits::max_envelope_bytes)
    return errors::string_too_long("model", limits::max_envelope_bytes, model.text().size());
  return std::nullopt;
}

chat_request read_common(value root) {
  chat_request request;
  for (const auto [key, member] : root.members()) {
    if (key.equals("model")) {
      request.model = member.decoded();
    } else if (key.equals("stream")) {
      request.stream = member.boolean().value_or(false);
    } else if (key.equals("n")) {
      request.n = static_cast<std::uint32_t>(member.integer().value_or(1));
    } else if (key.equals("stream_options")) {
      request.include_usage = member["include_usage"].boolean().value_or(false);
      request.include_obfuscation = member["include_obfuscation"].boolean().value_or(true);
    }
  }
  return request;
}

}  // namespace weir::openai
