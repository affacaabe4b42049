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
inline lint_request named_tool() {
  lint_request r;
  r.names_tool = true;
  return r;
}

inline std::set<std::string> clauses(const std::vector<finding>& findings) {
  std::set<std::string> out;
  for (const finding& f : findings) out.insert(std::string(f.clause));
  return out;
}

inline std::string told(const std::vector<finding>& findings) {
  std::ostringstream out;
  for (const finding& f : findings) {
    out << f.clause << " event " << f.event << " at " << f.offset << ": " << f.detail << '\n';
  }
  return out.str();
}

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

struct breach {
  std::string_view name;
  events stream;
  lint_request request;
  std::string_view clause;
};

/// Each breach gives findings of its clause and of no other.
inline void expect_just_these(const std::vector<breach>& breaches) {
  for (const breach& b : breaches) {
    const std::vector<finding> found = lint_chat_stream(joined(b.stream), b.request);
    EXPECT_EQ(clauses(found), std::set<std::string>{std::string(b.clause)}) << b.name << '\n'
                                                                            << told(found);
  }
}

}  // namespace weir::openai::lint_streams
