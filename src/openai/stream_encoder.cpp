#include "weir/openai/stream_encoder.h"

#include <string_view>

#include "openai/dialect_rules.h"
#include "weir/openai/chat_stream_encoder.h"
#include "weir/openai/completion_stream_encoder.h"

namespace weir::openai {

namespace {

template <class... Parts>
void append(std::string& out, const Parts&... parts) {
  (out.append(parts), ...);
}

}  // namespace

stream_encoder::stream_encoder(const chat_context& context)
    : context_(context), dialect_(rules_of(context.dialect)) {}

void stream_encoder::on_event(const chat_event& event, const chat_envelope& envelope) {
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

void stream_encoder::write_head(const chat_envelope& envelope) {
  // Tier and fingerprint may become known after the first chunk (CHAT-3).
  const std::size_t tiers = envelope.service_tier.size() + envelope.system_fingerprint.size();
  if (head_.empty() || tiers != head_tiers_) {
    head_tiers_ = tiers;
    head_.clear();
    append(head_, "{\"id\":", envelope.id, ",\"object\":\"", dialect_.chunk_object,
           "\",\"created\":", envelope.created, ",\"model\":", envelope.model);
    if (!envelope.service_tier.empty()) append(head_, ",\"service_tier\":", envelope.service_tier);
    if (!envelope.system_fingerprint.empty())
      append(head_, ",\"system_fingerprint\":", envelope.system_fingerprint);
    head_ += ",\"choices\":[";
  }
  out_ += head_;
}

void stream_encoder::write_choice(const chat_event& event) {
  if (event.what == chat_event::kind::usage || event.what == chat_event::kind::moderation) return;
  out_ += '{';
  write_said(event, out_);
  append(out_, ",\"logprobs\":", event.logprobs.empty() ? "null" : event.logprobs);
  if (event.what == chat_event::kind::finish)
    append(out_, ",\"finish_reason\":\"", event.finish, "\"");
  else
    out_ += ",\"finish_reason\":null";
  append(out_, event.choice_vendor, "}");
}

void stream_encoder::write_tail(const chat_event& event) {
  out_ += "]";
  if (event.what == chat_event::kind::moderation) append(out_, ",\"moderation\":", event.value);
  if (event.what == chat_event::kind::usage)
    append(out_, ",\"usage\":", event.value);
  else if (context_.include_usage)
    out_ += ",\"usage\":null";  // CHAT-24
  append(out_, event.top_vendor, "}");
}

std::unique_ptr<stream_encoder> make_stream_encoder(const chat_context& context) {
  if (context.dialect == dialect::chat) return std::make_unique<chat_stream_encoder>(context);
  return std::make_unique<completion_stream_encoder>(context);
}

}  // namespace weir::openai
