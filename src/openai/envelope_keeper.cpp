#include "openai/envelope_keeper.h"

#include <cstdint>
#include <string>

#include "weir/base/limits.h"
#include "weir/json/writer.h"

namespace weir::openai {

namespace {

bool same_json(json::value v, const std::string& raw) {
  if (v.raw() == raw) return true;
  // Another spelling of the same string is the same value.
  return v.is(json::type::string) && raw.size() >= 2 && raw.front() == '"' &&
         v.equals(json::unescaped(std::string_view(raw).substr(1, raw.size() - 2)));
}

/// Every chunk repeats it: a long one would make short frames into long chunks.
bool fits(json::value v) { return v.raw().size() <= limits::max_envelope_bytes; }

/// The upstream's non-empty string, or "".
std::string_view usable_text(json::value v) {
  return v.is(json::type::string) && !v.text().empty() && fits(v) ? v.raw() : std::string_view{};
}

void learn_once(std::string& into, json::value from) {
  if (into.empty() && from.is(json::type::string) && fits(from)) into = from.raw();
}

}  // namespace

void envelope_keeper::learn(const chat_frame& frame) {
  learn_once(envelope_.service_tier, frame.service_tier);
  learn_once(envelope_.system_fingerprint, frame.system_fingerprint);
  if (settled_) return;
  if (envelope_.id.empty()) {
    envelope_.id = usable_text(frame.id);
    if (frame.id.is(json::type::number) && fits(frame.id))
      envelope_.id = json::quoted(frame.id.raw());
  }
  if (envelope_.model.empty()) envelope_.model = usable_text(frame.model);
  if (envelope_.created.empty()) {
    // CHAT-2: a float is truncated; zero, text and nothing become the arrival time.
    constexpr double beyond_any_date = 1e15;
    if (const auto whole = frame.created.integer(); whole && *whole > 0)
      envelope_.created = frame.created.raw();
    else if (const auto real = frame.created.real(); real && *real >= 1 && *real < beyond_any_date)
      envelope_.created = std::to_string(static_cast<std::int64_t>(*real));
  }
}

void envelope_keeper::settle(repair_counts& repairs) {
  if (settled_) return;
  settled_ = true;
  if (envelope_.id.empty()) {
    envelope_.id = json::quoted(ids_.alphanumeric(dialect_.id_prefix, 29));
    repairs.add(clause::chat_2);
  }
  if (envelope_.created.empty()) {
    envelope_.created = std::to_string(static_cast<std::int64_t>(context_.arrival));
    repairs.add(clause::chat_2);
  }
  if (context_.settings.echo_model == stream_settings::model_echo::alias) {
    envelope_.model = json::quoted(context_.requested_model);
  } else if (envelope_.model.empty()) {
    envelope_.model = json::quoted(context_.requested_model);
    repairs.add(clause::chat_4);
  }
}

bool envelope_keeper::matches(const chat_frame& frame, repair_counts& repairs) {
  settle(repairs);
  bool same = true;
  const auto check = [&](bool holds, clause broken) {
    if (holds) return;
    same = false;
    if (!frame.synthetic) repairs.add(broken);
  };
  check(frame.object.equals(dialect_.chunk_object), clause::chat_1);
  check(same_json(frame.id, envelope_.id), clause::chat_2);
  check(frame.created.raw() == envelope_.created, clause::chat_2);
  if (context_.settings.echo_model == stream_settings::model_echo::alias)
    same = same && same_json(frame.model, envelope_.model);  // our wish, not their fault
  else
    check(same_json(frame.model, envelope_.model), clause::chat_4);
  const auto repeats = [](json::value own, const std::string& all) {
    return all.empty() ? !own.given() : same_json(own, all);
  };
  check(repeats(frame.service_tier, envelope_.service_tier), clause::chat_3);
  check(repeats(frame.system_fingerprint, envelope_.system_fingerprint), clause::chat_3);
  return same;
}

}  // namespace weir::openai
