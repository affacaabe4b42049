#include "openai/json_request.h"

#include "openai/request_shape.h"
#include "weir/base/limits.h"
#include "weir/json/patch.h"
#include "weir/json/writer.h"

namespace weir::openai {

using json::type;

std::string_view without_mark(std::string_view body) {
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  return body.starts_with(byte_order_mark) ? body.substr(byte_order_mark.size()) : body;
}

std::optional<error> read_object(std::string_view body, json::reader& reader) {
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

result<std::string, error> read_model(json::value root) {
  const json::value model = root["model"];
  if (!model.given()) return std::string();
  if (!model.is(type::string)) return errors::invalid_type("model", "a string", type_words(model));
  // The name may stand in every chunk of the answer (CHAT-4).
  if (model.text().size() > limits::max_envelope_bytes)
    return errors::string_too_long("model", limits::max_envelope_bytes, model.text().size());
  return model.decoded();
}

std::string with_model(std::string_view body, json::value root, std::string_view model) {
  json::patch patch(without_mark(body));
  std::size_t given = 0;
  for (const auto member : root.members()) given += member.key.equals("model") ? 1U : 0U;
  const std::string kept = root["model"].decoded();
  const std::string_view wanted = model.empty() ? std::string_view(kept) : model;
  // Of several names the route was found for the last. A server that takes the first must not
  // serve another model than that.
  if (given > 1 || kept != wanted) patch.set(root, "model", json::quoted(wanted));
  return patch.apply();
}

}  // namespace weir::openai
