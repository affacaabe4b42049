#pragma once
#include <gtest/gtest.h>

#include <cstddef>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "weir/base/limits.h"
#include "weir/openai/chat_lint.h"

/// Small legal streams, and the minimal changes that break them.
namespace weir::openai::lint_streams {

// --- Streams in short ------------------------------------------------------------------------

using events = std::vector<std::string>;

inline std::string joined(const events& e) {
  std::string out;
  for (const std::string& one : e) out += one;
  return out;
}

inline std::string sse(std::string_view data) { return "data: " + std::string(data) + "\n\n"; }

inline const std::string done = sse("[DONE]");

inline constexpr std::string_view head =
    R"({"id":"chatcmpl-1","object":"chat.completion.chunk","created":1760000000,"model":"m-1",)";

inline std::string frame(std::string_view rest) {
  return sse(std::string(head) + std::string(rest) + "}");
}

/// A chunk of one choice. `more` stands behind the list of choices.
inline std::string chunk(std::string_view delta, std::string_view finish = "null", int index = 0,
                         std::string_view more = "", std::string_view logprobs = "null") {
  std::string out = R"("choices":[{"index":)" + std::to_string(index) + R"(,"delta":)";
  out.append(delta).append(R"(,"logprobs":)").append(logprobs);
  out.append(R"(,"finish_reason":)").append(finish).append("}]").append(more);
  return frame(out);
}

inline constexpr std::string_view role = R"({"role":"assistant","content":"","refusal":null})";
inline constexpr std::string_view role_for_calls =
    R"({"role":"assistant","content":null,"refusal":null})";

inline std::string quoted(std::string_view s) { return "\"" + std::string(s) + "\""; }
inline std::string finish(std::string_view reason, int index = 0, std::string_view more = "") {
  return chunk("{}", quoted(reason), index, more);
}
inline std::string call(std::string_view fragment) {
  return chunk(R"({"tool_calls":[)" + std::string(fragment) + "]}");
}
inline std::string opening(int k, std::string_view id, std::string_view name) {
  return call(R"({"index":)" + std::to_string(k) + R"(,"id":")" + std::string(id) +
              R"(","type":"function","function":{"name":")" + std::string(name) +
              R"(","arguments":""}})");
}
inline std::string arguments(int k, std::string_view text) {
  return call(R"({"index":)" + std::to_string(k) + R"(,"function":{"arguments":")" +
              std::string(text) + R"("}})");
}

inline constexpr std::string_view usage_object =
    R"({"prompt_tokens":9,"completion_tokens":2,"total_tokens":11})";
inline const std::string usage_chunk =
    frame(R"("choices":[],"usage":)" + std::string(usage_object));

// --- Changing ---------------------------------------------------------------------------------

inline std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from << " is not in " << text;
  if (at != std::string::npos) text.replace(at, from.size(), to);
  return text;
}

inline events replaced(events e, std::size_t event, std::string_view from, std::string_view to) {
  e.at(event) = replaced(e.at(event), from, to);
  return e;
}
inline events inserted(events e, std::size_t before, std::string text) {
  e.insert(e.begin() + static_cast<std::ptrdiff_t>(before), std::move(text));
  return e;
}
inline events without(events e, std::size_t event) {
  e.erase(e.begin() + static_cast<std::ptrdiff_t>(event));
  return e;
}
inline events swapped(events e, std::size_t a, std::size_t b) {
  std::swap(e.at(a), e.at(b));
  return e;
}

// --- Small streams ----------------------------------------------------------------------------

inline events text_stream() {
  return {chunk(role), chunk(R"({"content":"Hel"})"), chunk(R"({"content":"lo"})"), finish("stop"),
          done};
}
inline events usage_stream() {
  constexpr std::string_view null_usage = R"(,"usage":null)";
  return {chunk(role, "null", 0, null_usage), chunk(R"({"content":"Hi"})", "null", 0, null_usage),
          finish("stop", 0, null_usage), usage_chunk, done};
}
inline events tool_stream() {
  return {chunk(role_for_calls),      opening(0, "call_a", "f"),
          arguments(0, R"({\"x\":)"), arguments(0, "1}"),
          opening(1, "call_b", "g"),  arguments(1, "{}"),
          finish("tool_calls"),       done};
}
inline events two_choices() {
  return {chunk(role),
          chunk(R"({"content":"A"})"),
          chunk(role, "null", 1),
          chunk(R"({"content":"B"})", "null", 1),
          finish("stop", 1),
          chunk(R"({"content":"a"})"),
          finish("length"),
          done};
}
inline events error_stream() {
  return {chunk(role), chunk(R"({"content":"Hel"})"),
          sse(R"({"error":{"message":"m","type":"server_error","param":null,"code":null}})"), done};
}
inline events function_stream() {
  return {chunk(role_for_calls), chunk(R"({"function_call":{"name":"f","arguments":""}})"),
          chunk(R"({"function_call":{"arguments":"{}"}})"), finish("function_call"), done};
}
inline events custom_stream() {
  return {chunk(role_for_calls),
          call(R"({"index":0,"id":"call_c","type":"custom","custom":{"name":"f","input":""}})"),
          call(R"({"index":0,"custom":{"input":"x"}})"), finish("tool_calls"), done};
}
inline events reasoning_stream(std::string_view delta) {
  return inserted(text_stream(), 1, chunk(delta));
}
inline events tier_stream() {
  events e = text_stream();
  for (std::size_t i = 0; i + 1 < e.size(); ++i) {
    e[i].insert(e[i].find(R"("choices")"),
                R"("service_tier":"default","system_fingerprint":"fp_1",)");
  }
  return e;
}

// --- Asking ----------------------------------------------------------------------------------

inline lint_request with_usage() {
  lint_request r;
  r.include_usage = true;
  return r;
}
inline lint_request for_two() {
  lint_request r;
  r.n = 2;
  return r;
}
inline lint_request no_obfuscation() {
  lint_request r;
  r.include_obfuscation = false;
  return r;
}
inline lint_request reasoning_as(stream_settings::reasoning_name name) {
  lint_request r;
  r.reasoning_field = name;
  return r;
}
inline lint_request without_reasoning() {
  lint_request r;
  r.include_reasoning = false;
  return r;
}
inline lint_request with_tools() {
  lint_request r;
  r.offers_tools = true;
  return r;
}
inline lint_request with_functions() {
  lint_request r;
  r.offers_functions = true;
  return r;
}
inline lint_request named_tool() {
  lint_request r;
  r.names_tool = true;
  return r;
}

/// The clauses of the faults.
inline std::set<std::string> clauses(const std::vector<finding>& findings) {
  std::set<std::string> out;
  for (const finding& f : findings)
    if (f.severity == severity::fault) out.insert(std::string(f.clause));
  return out;
}

/// The rules of the faults, or of the hints: `role-missing role-word`.
inline std::string rules(const std::vector<finding>& findings, severity which) {
  std::set<std::string_view> names;
  for (const finding& f : findings)
    if (f.severity == which) names.insert(f.rule);
  std::string out;
  for (const std::string_view name : names) out += (out.empty() ? "" : " ") + std::string(name);
  return out;
}

inline std::string told(const std::vector<finding>& findings) {
  std::ostringstream out;
  for (const finding& f : findings) {
    out << f.rule << " (" << f.clause << ") event " << f.event << " at " << f.offset << ": "
        << f.detail << '\n';
  }
  return out.str();
}

struct breach {
  std::string_view name;
  events stream;
  lint_request request;
  std::string_view clause;
  std::string_view rules;
};

/// Each breach gives faults of its clause and rules, and of no other.
inline void expect_just_these(const std::vector<breach>& breaches) {
  for (const breach& b : breaches) {
    const std::vector<finding> found = lint_chat_stream(joined(b.stream), b.request);
    EXPECT_EQ(clauses(found), std::set<std::string>{std::string(b.clause)}) << b.name << '\n'
                                                                            << told(found);
    EXPECT_EQ(rules(found, severity::fault), b.rules) << b.name << '\n' << told(found);
  }
}

// The tables of the tests, each in its file; chat_lint_rules_test.cpp sees that they miss no rule.
std::vector<breach> frame_breaches();
std::vector<breach> stream_breaches();
std::vector<breach> call_breaches();
std::vector<breach> hinted_streams();

/// A change of one document.
struct document_breach {
  std::string body;
  std::string_view clause;
  std::string_view rules;
};
std::vector<document_breach> completion_breaches();
std::vector<document_breach> error_breaches();
std::vector<breach> text_breaches();
std::vector<document_breach> text_document_breaches();

}  // namespace weir::openai::lint_streams
