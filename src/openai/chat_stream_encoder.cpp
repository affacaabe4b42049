#include "weir/openai/chat_stream_encoder.h"

namespace weir::openai {

void chat_stream_encoder::write_said(const chat_event& event, std::string& out) const {
  const auto add = [&out](const auto&... parts) { (out.append(parts), ...); };
  add("\"index\":", std::to_string(event.choice), ",\"delta\":{");
  switch (event.what) {
    case chat_event::kind::role:
      out += "\"role\":\"assistant\"";
      if (!event.value.empty()) add(",\"content\":", event.value);
      out += ",\"refusal\":null";
      break;
    case chat_event::kind::delta:
      if (event.payload == delta_kind::tool)
        add("\"tool_calls\":[", event.value, "]");
      else
        add("\"", event.key, "\":", event.value);
      if (!event.second_key.empty()) add(",\"", event.second_key, "\":", event.value);
      break;
    default:
      break;  // a finish has nothing in its delta (CHAT-12)
  }
  out += "}";
}

}  // namespace weir::openai
