#include "openai/request_body.h"

#include <string>

#include "weir/base/limits.h"

namespace weir::openai {

using json::value;

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
