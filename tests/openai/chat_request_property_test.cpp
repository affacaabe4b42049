// What holds for every request, shown on all rows of the two tables.
#include <gtest/gtest.h>

#include <regex>
#include <set>

#include "openai/chat_request_fields.h"
#include "openai/chat_request_rows.h"
#include "weir/json/patch.h"

namespace weir::openai {
namespace {

using json::value;

std::vector<request_row> all_rows() {
  std::vector<request_row> out;
  for (const auto rows : {field_rows, message_rows, rule_rows})
    for (request_row& row : rows()) out.push_back(std::move(row));
  return out;
}

/// Calls `visit` for the value and everything in it.
template <class F>
void for_each_value(value v, F visit) {
  visit(v);
  for (const value element : v.elements()) for_each_value(element, visit);
  for (const auto [key, member] : v.members()) for_each_value(member, visit);
}

value parsed(json::reader& reader, std::string_view body) {
  EXPECT_EQ(reader.parse(body), json::reader::status::ok) << body;
  return reader.root();
}

// Every place of the table is in a row that is refused there.

void list_places(const shape& s, const std::string& at, std::set<std::string>& places);

void list_places(const field_table& fields, const std::string& at, std::set<std::string>& places) {
  for (const field& f : fields.rows()) {
    const std::string name = at + (at.empty() ? "" : ".") + std::string(f.name);
    places.insert(name);
    list_places(f.is, name, places);
  }
}

void list_places(const shape& s, const std::string& at, std::set<std::string>& places) {
  list_places(s.fields, at, places);
  for (const variant& one : s.variants) list_places(one.fields, at, places);
  if (!s.variants.empty()) places.insert(at + "." + std::string(s.tag));
  const bool map = s.is == shape::form::map;
  const std::string inside = s.is == shape::form::either ? at : at + (map ? ".*" : "[]");
  if (s.is == shape::form::list || map) places.insert(inside);
  for (const shape& part : s.parts) list_places(part, inside, places);
}

TEST(ChatRequestTable, EveryPlaceHasARowThatIsRefusedThere) {
  std::set<std::string> refused;
  for (const request_row& row : all_rows()) {
    if (!row.want) continue;
    std::string place = std::regex_replace(row.want->param, std::regex(R"(\[[0-9]+\])"), "[]");
    place = std::regex_replace(place, std::regex(R"(^(metadata|logit_bias)\..*)"), "$1.*");
    refused.insert(place);
  }
  std::set<std::string> places;
  list_places(chat_request_shape(), "", places);
  EXPECT_GT(places.size(), 100U);
  for (const std::string& place : places) EXPECT_EQ(1U, refused.count(place)) << place;
}

// REQ-2: what `full` accepts, `minimal` accepts. Whatever stands in whatever place.
TEST(ChatRequestProfiles, FullAcceptsNothingThatMinimalRefuses) {
  constexpr std::string_view others[] = {
      "null", "true", "false",     "0",     "1",
      "-1",   "1.5",  "\"\"",      "\"x\"", "[]",
      "[1]",  "{}",   R"("tool")", "[{}]",  R"({"type":"text","text":"x"})"};
  std::size_t both = 0;
  std::size_t full_alone = 0;
  for (const request_row& row : all_rows()) {
    if (row.body.size() > 1000) continue;  // long lists of equal elements
    json::reader reader;
    std::vector<std::string> bodies = {row.body};
    for_each_value(parsed(reader, row.body), [&](value v) {
      for (const std::string_view other : others) {
        json::patch patch(row.body);
        patch.replace(v, other);
        bodies.push_back(patch.apply());
      }
      for (const auto [key, member] : v.members()) {
        json::patch patch(row.body);
        patch.remove(v, key.decoded());
        bodies.push_back(patch.apply());
      }
    });
    for (const std::string& body : bodies) {
      const bool full = verdict(body, validation::full).empty();
      const bool minimal = verdict(body, validation::minimal).empty();
      EXPECT_TRUE(minimal || !full) << body;
      both += full ? 1U : 0U;
      full_alone += minimal && !full ? 1U : 0U;
    }
  }
  EXPECT_GT(both, 1000U);
  EXPECT_GT(full_alone, 1000U);
}

/// Whether every member of the object is a value by itself: there are no unknown ones.
bool is_map(value root, value object) {
  const char* const at = object.raw().data();
  return at == root["metadata"].raw().data() || at == root["logit_bias"].raw().data();
}

// REQ-9, REQ-10
TEST(ChatRequestProfiles, UnknownMembersAnywhereChangeNoVerdict) {
  for (const request_row& row : all_rows()) {
    json::reader reader;
    const value root = parsed(reader, row.body);
    std::vector<std::string> bodies;
    json::patch everywhere(row.body);
    for_each_value(root, [&](value v) {
      if (!v.is(json::type::object) || is_map(root, v)) return;
      json::patch here(row.body);
      for (json::patch* const patch : {&here, &everywhere}) {
        patch->insert(v, "x-vendor", R"({"role":7,"json":[null,1e400]})");
        patch->insert(v, "top_k", "-1");
      }
      bodies.push_back(here.apply());
    });
    bodies.push_back(everywhere.apply());
    for (const validation profile : {validation::minimal, validation::full}) {
      const std::string want = verdict(row.body, profile);
      for (const std::string& body : bodies) EXPECT_EQ(want, verdict(body, profile)) << body;
    }
  }
}

// ERR-34: of two faults the one whose field comes first is told, wherever it stands in the body.
TEST(ChatRequestOrder, TheFirstFaultOfTheMeasuredOrderIsTold) {
  const struct {
    std::string_view param;
    std::string_view wrong;
  } order[] = {
      {"messages", R"("messages":7)"},
      {"functions", R"("functions":7)"},
      {"function_call", R"("function_call":7)"},
      {"tools", R"("tools":7)"},
      {"tool_choice", R"("tool_choice":7)"},
      {"parallel_tool_calls", R"("parallel_tool_calls":7)"},
      {"max_completion_tokens", R"("max_completion_tokens":0)"},
      {"n", R"("n":0)"},
      {"temperature", R"("temperature":"x")"},
      {"top_p", R"("top_p":"x")"},
      {"presence_penalty", R"("presence_penalty":9)"},
      {"frequency_penalty", R"("frequency_penalty":9)"},
      {"logprobs", R"("logprobs":7)"},
      {"top_logprobs", R"("top_logprobs":"x")"},
      {"user", R"("user":7)"},
      {"seed", R"("seed":"x")"},
      {"moderation", R"("moderation":{})"},
      {"safety_identifier", R"("safety_identifier":7)"},
      {"prompt_cache_options", R"("prompt_cache_options":7)"},
      {"prompt_cache_key", R"("prompt_cache_key":7)"},
      {"prompt_cache_retention", R"("prompt_cache_retention":7)"},
      {"response_format", R"("response_format":7)"},
      {"service_tier", R"("service_tier":7)"},
      {"max_tokens", R"("max_tokens":"x")"},
      {"reasoning_effort", R"("reasoning_effort":7)"},
      {"logit_bias", R"("logit_bias":7)"},
      {"stop", R"("stop":7)"},
      {"stream", R"("stream":7)"},
      {"stream_options", R"("stream_options":7)"},
      {"store", R"("store":7)"},
      {"metadata", R"("metadata":7)"},
      {"prediction", R"("prediction":7)"},
      {"verbosity", R"("verbosity":7)"},
      {"temperature", R"("temperature":3)"},
      {"top_p", R"("top_p":3)"},
      {"audio", R"("modalities":["audio"])"},
      {"messages", R"("response_format":{"type":"json_object"})"},
      {"messages.[0].content", R"("messages":[{"role":"user"}])"},
  };
  const std::string fine = R"("messages":[{"role":"user","content":"x"}])";
  const auto param_of = [](std::string_view body) {
    json::reader reader;
    const auto read = read_chat_request(body, reader, validation::full);
    return read.ok() ? std::string("accepted") : read.error().param;
  };
  for (std::size_t first = 0; first < std::size(order); ++first) {
    for (std::size_t later = first; later < std::size(order); ++later) {
      std::string_view one = order[first].wrong;
      std::string_view other = order[later].wrong;
      // One member cannot have two faults.
      if (one != other && one.substr(0, one.find(':')) == other.substr(0, other.find(':')))
        continue;
      // Messages last, or the good ones would hide the bad ones.
      std::string body = R"({"model":"m",)" + fine + "," + std::string(other);
      if (one != other) body += "," + std::string(one);
      // With `functions` first the parameter is that or one of its members.
      const std::string got = param_of(body + "}");
      EXPECT_TRUE(got == order[first].param ||
                  got.starts_with(std::string(order[first].param) + "."))
          << body << "} " << got;
    }
  }
}

TEST(ChatRequestOrder, WhatIsMissingIsToldBeforeWhatIsWrong) {
  EXPECT_EQ(to_json(errors::model_missing()), verdict("{}", validation::full));
  EXPECT_EQ(to_json(errors::missing_parameter("messages")),
            verdict(R"({"model":"m","n":0})", validation::full));
  EXPECT_EQ(to_json(errors::missing_parameter("tools[0].function.name")),
            verdict(with(R"("tools":[{"type":"function","function":{"strict":7}}])").body,
                    validation::full));
}

}  // namespace
}  // namespace weir::openai
