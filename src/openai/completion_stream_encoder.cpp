#include "weir/openai/completion_stream_encoder.h"

namespace weir::openai {

void completion_stream_encoder::write_said(const chat_event& event, std::string& out) const {
  // The machine says the last text before a finish that it has written anew.
  const bool text = event.what == chat_event::kind::delta;
  out.append("\"text\":").append(text ? event.value : "\"\"");
  out.append(",\"index\":").append(std::to_string(event.choice));
}

}  // namespace weir::openai
