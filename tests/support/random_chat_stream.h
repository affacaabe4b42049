#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/upstream_stream.h"
#include "weir/base/ids.h"
#include "weir/json/writer.h"

namespace weir::testing {

/// Makes legal streams of chat (CHAT-36) of all that a chunk can carry.
class random_chat_stream {
 public:
  explicit random_chat_stream(std::uint64_t seed) : random_(seed) {}

  [[nodiscard]] upstream_stream make() {
    constexpr std::uint64_t mostly_one = 3;
    s_.n = one_in(random_, mostly_one) ? 2 + static_cast<std::uint32_t>(below(random_, 2)) : 1;
    s_.include_usage = one_in(random_, 2);
    head_ = R"({"id":")" + random_.alphanumeric("chatcmpl-", 8) +
            R"(","object":"chat.completion.chunk","created":)" +
            std::to_string(1700000000 + below(random_, 100000000)) + R"(,"model":")" +
            std::string(any_of_these(random_, models)) + "\"";
    if (one_in(random_, 3)) head_ += R"(,"service_tier":"default","system_fingerprint":"fp_7")";
    std::vector<std::vector<tree>> all;
    for (std::uint32_t i = 0; i < s_.n; ++i) all.push_back(choice(i));
    interleave(std::move(all));
    if (s_.include_usage) {
      s_.usage = usage();
      s_.frames.push_back(parsed(head_ + R"(,"choices":[],"usage":)" + s_.usage + "}"));
    }
    return std::move(s_);
  }

  /// What the upstream counts.
  [[nodiscard]] std::string usage() {
    const std::size_t prompt = 1 + below(random_, 1000);
    const std::size_t completion = 1 + below(random_, 1000);
    return R"({"prompt_tokens":)" + std::to_string(prompt) + R"(,"completion_tokens":)" +
           std::to_string(completion) + R"(,"total_tokens":)" +
           std::to_string(prompt + completion) +
           (one_in(random_, 2) ? R"(,"prompt_tokens_details":{"cached_tokens":1}})" : "}");
  }

 private:
  static constexpr std::string_view models[] = {"m", "Qwen/Qwen3-8B", "gpt \\\"x\\\""};
  /// Insides of JSON strings: what is a mark of something elsewhere, and characters of all lengths.
  static constexpr std::string_view words[] = {"a",
                                               " the",
                                               "na",
                                               "na",
                                               "Hel",
                                               "lo",
                                               "\\n",
                                               "\\t",
                                               "\\\"",
                                               "\\\\",
                                               "é",
                                               "中文",
                                               "\xF0\x9F\x98\x80",
                                               "\\u00e9",
                                               "\\u2028",
                                               "\\ud83d\\ude00",
                                               "'",
                                               "{",
                                               "}",
                                               "[DONE]",
                                               "data: ",
                                               "null",
                                               "None",
                                               ": ",
                                               "<b>",
                                               "0",
                                               " ",
                                               "\\/",
                                               "\xEF\xBF\xBD",
                                               "\\n\\n",
                                               "event: x",
                                               "stop",
                                               "\\\\n"};

  std::string text(std::size_t most) {
    std::string out;
    for (std::size_t i = 0; i <= below(random_, most); ++i) out += any_of_these(random_, words);
    return out;
  }

  std::string mark() {
    s_.marks.push_back("mark-" + std::to_string(s_.marks.size()) + "-");
    return s_.marks.back();
  }

  /// A value of a vendor's, with a mark in it.
  std::string vendor_value() {
    switch (below(random_, 3)) {
      case 0:
        return "\"" + mark() + "\"";
      case 1:
        return R"({"a":[1,2.50,1e3,12345678901234567890,null],"b":")" + mark() + "\"}";
      default:
        return "[\"" + mark() + "\",true]";
    }
  }
  std::string vendor_name() { return "x_" + std::to_string(++vendors_); }

  /// The text of a JSON object. What is nested has other names than what is around it: arguments
  /// whose first piece begins the next one anew (`{"a":`, `{"a":1}`) cannot be told from K18.
  std::string object(std::string_view names, int depth) {
    std::string out = "{";
    for (std::size_t i = 0; i < below(random_, 4); ++i) {
      if (out.size() > 1) out += one_in(random_, 2) ? ", " : ",";
      out += "\"" + std::string(1, names[i]) + "\":";
      switch (below(random_, depth == 0 ? 4 : 5)) {
        case 0:
          out += "\"" + text(4) + "\"";
          break;
        case 1:
          out += std::to_string(below(random_, 10000));
          break;
        case 2:
          out += any_of_these(random_, std::vector<std::string_view>{"true", "null", "-1.50e2"});
          break;
        case 3:
          out += "[1,\"" + text(2) + "\",{}]";
          break;
        default:
          out += object("uvwxy", depth - 1);
      }
    }
    return out + "}";
  }

  /// The inside of a JSON string in pieces that cut nothing. Where choices take turns, `{}` comes
  /// in two: whole it would wait for the next chunk of its choice (CHAT-17), and others might pass
  /// it.
  std::vector<std::string> in_pieces(std::string_view inside) {
    std::vector<std::string> out;
    while (!inside.empty()) {
      const std::size_t most = inside == "{}" && s_.n > 1 ? 1 : 1 + below(random_, 24);
      const std::size_t n = json::split_point(inside, most);
      out.emplace_back(inside.substr(0, n));
      inside.remove_prefix(n);
    }
    return out;
  }

  tree chunk(std::uint32_t index, std::string_view delta, std::string_view finish,
             std::string_view logprobs = "null") {
    std::string out = head_ + R"(,"choices":[{"index":)" + std::to_string(index) + R"(,"delta":)";
    out.append(delta).append(R"(,"logprobs":)").append(logprobs);
    out.append(R"(,"finish_reason":)").append(finish);
    if (one_in(random_, 16)) out += ",\"" + vendor_name() + "\":" + vendor_value();
    out += "}]";
    if (s_.include_usage && one_in(random_, 2)) out += R"(,"usage":null)";
    if (one_in(random_, 16)) out += ",\"" + vendor_name() + "\":" + vendor_value();
    return parsed(out + "}");
  }

  std::string logprobs() {
    return R"({"content":[{"token":")" + mark() +
           R"(","logprob":-0.250,"bytes":[104,105],"top_logprobs":[]}],"refusal":null})";
  }

  void say_texts(std::vector<tree>& out, std::uint32_t index, std::string_view name, bool tokens) {
    for (std::size_t i = 0; i <= below(random_, 4); ++i) {
      const std::string delta = "{\"" + std::string(name) + "\":\"" + text(3) + "\"}";
      out.push_back(chunk(index, delta, "null", tokens ? logprobs() : "null"));
    }
  }

  void say_call(std::vector<tree>& out, std::uint32_t index, std::size_t k) {
    static constexpr std::string_view names[] = {"get_weather", "get_time", "f"};
    const std::string at = R"({"tool_calls":[{"index":)" + std::to_string(k) + ",";
    std::string opening = at + R"("id":")" + random_.alphanumeric("call_", 6) +
                          R"(","type":"function","function":{"name":")" +
                          std::string(any_of_these(random_, names)) + R"(","arguments":""})";
    if (one_in(random_, 8)) opening += R"(,"extra_content":)" + vendor_value();
    out.push_back(chunk(index, opening + "}]}", "null"));
    const std::string arguments = json::quoted(object("abcde", 2));
    for (const std::string& piece :
         in_pieces(std::string_view(arguments).substr(1, arguments.size() - 2)))
      out.push_back(chunk(index, at + R"("function":{"arguments":")" + piece + "\"}}]}", "null"));
  }

  std::vector<tree> choice(std::uint32_t index) {
    std::vector<tree> out;
    const bool calls = one_in(random_, 2);
    const bool refuses = !calls && one_in(random_, 12);
    std::string role = R"({"role":"assistant","content":)";
    role += calls && one_in(random_, 2) ? "null" : "\"\"";
    out.push_back(chunk(index, role + (one_in(random_, 2) ? R"(,"refusal":null})" : "}"), "null"));
    if (one_in(random_, 3))
      say_texts(out, index, one_in(random_, 2) ? "reasoning_content" : "reasoning", false);
    if (!refuses && !(calls && one_in(random_, 2)) && !one_in(random_, 8))
      say_texts(out, index, "content", one_in(random_, 4));
    if (refuses) say_texts(out, index, "refusal", false);
    if (one_in(random_, 12))
      out.push_back(chunk(
          index,
          R"({"annotations":[{"type":"url_citation","url_citation":{"title":")" + mark() + "\"}}]}",
          "null"));
    if (one_in(random_, 12))
      out.push_back(chunk(index, "{\"" + vendor_name() + "\":" + vendor_value() + "}", "null"));
    if (calls) {
      s_.offers_tools = true;
      for (std::size_t k = 0; k <= below(random_, 3); ++k) say_call(out, index, k);
    }
    static constexpr std::string_view cut_short[] = {"\"length\"", "\"content_filter\""};
    const std::string_view finish = one_in(random_, 5) ? any_of_these(random_, cut_short)
                                    : calls            ? "\"tool_calls\""
                                                       : "\"stop\"";
    out.push_back(chunk(index, "{}", finish));
    return out;
  }

  void interleave(std::vector<std::vector<tree>> all) {
    for (std::vector<tree>& one : all) std::reverse(one.begin(), one.end());
    while (!all.empty()) {
      const auto at = all.begin() + static_cast<std::ptrdiff_t>(below(random_, all.size()));
      s_.frames.push_back(std::move(at->back()));
      at->pop_back();
      if (at->empty()) all.erase(at);
    }
  }

  id_source random_;
  upstream_stream s_;
  std::string head_;
  int vendors_ = 0;
};

}  // namespace weir::testing
