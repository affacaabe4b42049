#include "weir/openai/chat_stream_encoder.h"

#include <array>
#include <charconv>

namespace weir::openai {

namespace {

template <class... Parts>
void append(std::string& out, const Parts&... parts) {
  (out.append(parts), ...);
}

std::string_view decimal(std::uint32_t n, std::array<char, 10>& room) {
  const auto written = std::to_chars(room.data(), room.data() + room.size(), n);
  return {room.data(), static_cast<std::size_t>(written.ptr - room.data())};
}

}  // namespace

void chat_stream_encoder::on_event(const chat_event& event, const chat_envelope& envelope) {
  ++events_;
  out_ += "data: ";
  if (event.what == chat_event::kind::done) {
    out_ += "[DONE]";
  } else if (event.what == chat_event::kind::error) {
    out_ += to_json(*event.failure);  // CHAT-30
  } else if (!event.source.empty()) {
    out_ += event.source;
  } else {
    write_head(envelope);
    write_choice(event);
    write_tail(event);
  }
  out_ += "\n\n";
}

void chat_stream_encoder::write_head(const chat_envelope& envelope) {
  // Tier and fingerprint may become known after the first chunk (CHAT-3).
  const std::size_t tiers = envelope.service_tier.size() + envelope.system_fingerprint.size();
  if (head_.empty() || tiers != head_tiers_) {
    head_tiers_ = tiers;
    head_.clear();
    append(head_, "{\"id\":", envelope.id,
           ",\"object\":\"chat.completion.chunk\",\"created\":", envelope.created,
           ",\"model\":", envelope.model);
    if (!envelope.service_tier.empty()) append(head_, ",\"service_tier\":", envelope.service_tier);
    if (!envelope.system_fingerprint.empty())
      append(head_, ",\"system_fingerprint\":", envelope.system_fingerprint);
    head_ += ",\"choices\":[";
  }
  out_ += head_;
}

void chat_stream_encoder::write_choice(const chat_event& event) {
  if (event.what == chat_event::kind::usage || event.what == chat_event::kind::moderation) return;
  std::array<char, 10> room{};
  append(out_, "{\"index\":", decimal(event.choice, room), ",\"delta\":{");
  switch (event.what) {
    case chat_event::kind::role:
      out_ += "\"role\":\"assistant\"";
      if (!event.value.empty()) append(out_, ",\"content\":", event.value);
      out_ += ",\"refusal\":null";
      break;
    case chat_event::kind::delta:
      if (event.payload == delta_kind::tool)
        append(out_, "\"tool_calls\":[", event.value, "]");
      else
        append(out_, "\"", event.key, "\":", event.value);
      if (!event.second_key.empty()) append(out_, ",\"", event.second_key, "\":", event.value);
      break;
    default:
      break;  // a finish has nothing in its delta (CHAT-12)
  }
  append(out_, "},\"logprobs\":", event.logprobs.empty() ? "null" : event.logprobs);
  if (event.what == chat_event::kind::finish)
    append(out_, ",\"finish_reason\":\"", event.finish, "\"");
  else
    out_ += ",\"finish_reason\":null";
  append(out_, event.choice_vendor, "}");
}

void chat_stream_encoder::write_tail(const chat_event& event) {
  out_ += "]";
  if (event.what == chat_event::kind::moderation) append(out_, ",\"moderation\":", event.value);
  if (event.what == chat_event::kind::usage)
    append(out_, ",\"usage\":", event.value);
  else if (context_.include_usage)
    out_ += ",\"usage\":null";  // CHAT-24
  append(out_, event.top_vendor, "}");
}

}  // namespace weir::openai
