#include "weir/openai/chat_aggregate.h"

#include <algorithm>
#include <cstdlib>

#include "openai/json_tree.h"
#include "weir/base/limits.h"

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

}  // namespace

struct chat_aggregate::choice {
  json_tree message;  ///< members beside role, content and refusal, in order of appearance
  std::string content;
  std::string refusal;
  bool has_content = false;
  bool has_refusal = false;
  json_tree logprobs;
  json_tree vendor;
  std::string finish;
};

chat_aggregate::chat_aggregate() : top_vendor_(std::make_unique<json_tree>()) {}
chat_aggregate::~chat_aggregate() = default;

chat_aggregate::choice& chat_aggregate::at(std::uint32_t index) {
  std::unique_ptr<choice>& slot = choices_[index];
  if (!slot) slot = std::make_unique<choice>();
  return *slot;
}

void chat_aggregate::on_event(const chat_event& event, const chat_envelope& envelope) {
  const auto take_vendor = [&](json_tree& into, std::string_view members) {
    if (members.empty()) return;
    const std::string object = "{" + std::string(members.substr(1)) + "}";
    if (reader_.parse(object) != json::reader::status::ok) return;
    for (const auto [key, val] : reader_.root().members())
      if (val.given() || !into.member(key.text()).present())
        into.member(key.text()) = json_tree::of(val);  // contract 4.1: the last value
  };
  take_vendor(*top_vendor_, event.top_vendor);
  switch (event.what) {
    case chat_event::kind::role: {
      choice& into = at(event.choice);
      take_vendor(into.vendor, event.choice_vendor);
      into.has_content = event.value == "\"\"";
      break;
    }
    case chat_event::kind::delta: {
      choice& into = at(event.choice);
      take_vendor(into.vendor, event.choice_vendor);
      add_delta(into, event);
      break;
    }
    case chat_event::kind::finish: {
      choice& into = at(event.choice);
      take_vendor(into.vendor, event.choice_vendor);
      into.finish = event.finish;
      break;
    }
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

void chat_aggregate::add_delta(choice& into, const chat_event& event) {
  folded_ += event.value.size() + event.logprobs.size();
  if (!event.logprobs.empty() && reader_.parse(event.logprobs) == json::reader::status::ok)
    merge(into.logprobs, json_tree::of(reader_.root()));
  const auto inside = [&] { return event.value.substr(1, event.value.size() - 2); };
  switch (event.payload) {
    case delta_kind::text:
      into.has_content = true;
      into.content += inside();
      break;
    case delta_kind::refusal:
      into.has_refusal = true;
      into.refusal += inside();
      break;
    case delta_kind::tool:
      add_tool(into, event.value);
      break;
    default:
      if (reader_.parse(event.value) != json::reader::status::ok) return;
      merge(into.message.member(event.key), json_tree::of(reader_.root()));
      if (!event.second_key.empty())
        merge(into.message.member(event.second_key), json_tree::of(reader_.root()));
  }
}

/// By `index`; the first id and name, the last type, pieces of arguments concatenated (4.1).
void chat_aggregate::add_tool(choice& into, std::string_view raw) {
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

void chat_aggregate::write(const chat_envelope& envelope) {
  std::string& out = document_;
  out = "{\"id\":" + envelope.id;
  append_member(out, "object", "\"chat.completion\"");
  append_member(out, "created", envelope.created);
  append_member(out, "model", envelope.model);
  out += ",\"choices\":[";
  bool first = true;
  for (const auto& [index, slot] : choices_) {
    choice& c = *slot;
    if (!first) out += ',';
    first = false;
    json_tree* calls = c.message.find("tool_calls");
    if (calls != nullptr)
      for (json_tree& call : calls->children) call.erase("index");
    const bool spoke_otherwise =
        calls != nullptr || c.message.find("function_call") != nullptr || !c.refusal.empty();
    // AGG-1: beside a call or a refusal an empty content is no content.
    const bool null_content = !c.has_content || (c.content.empty() && spoke_otherwise);
    out += "{\"index\":" + std::to_string(index) + ",\"message\":{\"role\":\"assistant\"";
    append_member(out, "content", null_content ? "null" : '"' + c.content + '"');
    append_member(out, "refusal", c.has_refusal ? '"' + c.refusal + '"' : "null");
    c.message.append_members_to(out, false);
    out += "},\"logprobs\":";
    c.logprobs.append_to(out);
    append_member(out, "finish_reason", '"' + c.finish + '"');
    c.vendor.append_members_to(out, false);
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

}  // namespace weir::openai
