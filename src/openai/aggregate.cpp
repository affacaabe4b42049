#include "weir/openai/aggregate.h"

#include <algorithm>
#include <cstdlib>

#include "openai/dialect_rules.h"
#include "openai/folded_choice.h"
#include "openai/json_tree.h"
#include "openai/logprobs_form.h"
#include "weir/base/limits.h"
#include "weir/openai/chat_aggregate.h"
#include "weir/openai/completion_aggregate.h"

namespace weir::openai {

namespace {

void append_member(std::string& out, std::string_view key, std::string_view raw) {
  out += ",\"";
  out += key;
  out += "\":";
  out += raw;
}

std::int64_t index_of(json_tree& call) {
  const json_tree* index = call.find("index");
  return index == nullptr ? 0 : std::strtoll(index->scalar.c_str(), nullptr, 10);
}

bool has_text(const json_tree* member) {
  return member != nullptr && member->kind == json::type::string && !member->scalar.empty();
}

std::string_view inside_of(std::string_view quoted) { return quoted.substr(1, quoted.size() - 2); }

}  // namespace

aggregate::aggregate(dialect d)
    : dialect_(rules_of(d)), top_vendor_(std::make_unique<json_tree>()) {}
aggregate::~aggregate() = default;

folded_choice& aggregate::at(std::uint32_t index) {
  std::unique_ptr<folded_choice>& slot = choices_[index];
  if (!slot) {
    slot = std::make_unique<folded_choice>();
    slot->index = index;
  }
  return *slot;
}

void aggregate::on_event(const chat_event& event, const chat_envelope& envelope) {
  take_members(*top_vendor_, event.top_vendor);
  switch (event.what) {
    case chat_event::kind::role:
    case chat_event::kind::delta:
    case chat_event::kind::finish:
      take_choice(event);
      break;
    case chat_event::kind::usage:
      usage_ = event.value;
      break;
    case chat_event::kind::moderation:
      moderation_ = event.value;
      break;
    case chat_event::kind::error:
      break;
    case chat_event::kind::done:
      write(envelope);
      break;
  }
}

/// Unknown members, as `,"key":value...`: the last value counts (contract 4.1).
void aggregate::take_members(json_tree& into, std::string_view members) {
  if (members.empty()) return;
  const std::string object = "{" + std::string(members.substr(1)) + "}";
  if (reader_.parse(object) != json::reader::status::ok) return;
  for (const auto [key, val] : reader_.root().members())
    if (val.given() || !into.member(key.text()).present())
      into.member(key.text()) = json_tree::of(val);
}

void aggregate::take_choice(const chat_event& event) {
  folded_choice& into = at(event.choice);
  take_members(into.vendor, event.choice_vendor);
  if (event.what == chat_event::kind::role) {
    into.has_content = event.value == "\"\"";
    return;
  }
  folded_ += event.value.size() + event.logprobs.size();
  if (!event.logprobs.empty() && reader_.parse(event.logprobs) == json::reader::status::ok)
    dialect_.logprobs.append(into.logprobs, json_tree::of(reader_.root()));
  if (event.what == chat_event::kind::delta) {
    take_delta(into, event);
    return;
  }
  if (!event.value.empty()) into.content += inside_of(event.value);  // CMPL-1
  into.finish = event.finish;
}

void aggregate::take_delta(folded_choice& into, const chat_event& event) {
  switch (event.payload) {
    case delta_kind::text:
      into.has_content = true;
      into.content += inside_of(event.value);
      break;
    case delta_kind::refusal:
      into.has_refusal = true;
      into.refusal += inside_of(event.value);
      break;
    case delta_kind::tool:
      take_call(into, event.value);
      break;
    default:
      if (reader_.parse(event.value) != json::reader::status::ok) return;
      merge(into.message.member(event.key), json_tree::of(reader_.root()));
      if (!event.second_key.empty())
        merge(into.message.member(event.second_key), json_tree::of(reader_.root()));
  }
}

/// By `index`; the first id and name, the last type, pieces of arguments concatenated (4.1).
void aggregate::take_call(folded_choice& into, std::string_view raw) {
  if (reader_.parse(raw) != json::reader::status::ok) return;
  json_tree piece = json_tree::of(reader_.root());
  json_tree& calls = into.message.member("tool_calls");
  calls.kind = json::type::array;
  const std::int64_t index = index_of(piece);
  const auto at = std::find_if(calls.children.begin(), calls.children.end(),
                               [&](json_tree& call) { return index_of(call) >= index; });
  if (at == calls.children.end() || index_of(*at) != index) {
    if (calls.children.size() < limits::max_tool_calls) calls.children.insert(at, std::move(piece));
    return;
  }
  if (has_text(at->find("id"))) piece.erase("id");
  for (const char* kind : {"function", "custom"}) {
    json_tree* known = at->find(kind);
    json_tree* more = piece.find(kind);
    if (known != nullptr && more != nullptr && has_text(known->find("name"))) more->erase("name");
  }
  merge(*at, piece);
}

void aggregate::write(const chat_envelope& envelope) {
  std::string& out = document_;
  out = "{\"id\":" + envelope.id;
  append_member(out, "object", '"' + std::string(dialect_.document_object) + '"');
  append_member(out, "created", envelope.created);
  append_member(out, "model", envelope.model);
  out += ",\"choices\":[";
  bool first = true;
  for (const auto& [index, choice] : choices_) {
    out += first ? "{" : ",{";
    first = false;
    write_said(*choice, out);
    out += ",\"logprobs\":";
    choice->logprobs.append_to(out);
    append_member(out, "finish_reason", '"' + choice->finish + '"');
    choice->vendor.append_members_to(out, false);
    out += '}';
  }
  out += ']';
  if (!usage_.empty()) append_member(out, "usage", usage_);
  if (!envelope.service_tier.empty()) append_member(out, "service_tier", envelope.service_tier);
  if (!envelope.system_fingerprint.empty())
    append_member(out, "system_fingerprint", envelope.system_fingerprint);
  if (!moderation_.empty()) append_member(out, "moderation", moderation_);
  top_vendor_->erase("obfuscation");
  top_vendor_->append_members_to(out, false);
  out += '}';
}

std::unique_ptr<aggregate> make_aggregate(dialect d) {
  if (d == dialect::chat) return std::make_unique<chat_aggregate>();
  return std::make_unique<completion_aggregate>();
}

}  // namespace weir::openai
