// One row for each side of each line of section 2.2, and of the rules over several fields.
#include <gtest/gtest.h>

#include "openai/chat_request_rows.h"

namespace weir::openai {
namespace {

namespace er = errors;

constexpr std::string_view text_or_parts = "one of a string or array of objects";
constexpr std::string_view content_path = "messages[0].content";

std::string message(std::string_view role, std::string_view members) {
  return R"([{"role":")" + std::string(role) + "\"" + (members.empty() ? "" : ",") +
         std::string(members) + "}]";
}
std::string user_part(std::string_view part) {
  return message("user", R"("content":[)" + std::string(part) + "]");
}
std::string assistant(std::string_view members) { return message("assistant", members); }

constexpr std::string_view call_a =
    R"({"id":"a","type":"function","function":{"name":"f","arguments":"{}"}})";
constexpr std::string_view call_b =
    R"({"id":"b","type":"custom","custom":{"name":"f","input":"x"}})";

/// An assistant message with these calls.
std::string calling(std::string_view calls) {
  return R"({"role":"assistant","tool_calls":[)" + std::string(calls) + "]}";
}
std::string answering(std::string_view id) {
  return R"({"role":"tool","tool_call_id":")" + std::string(id) + R"(","content":"x"})";
}
constexpr std::string_view hello = R"({"role":"user","content":"x"})";

std::string list(std::initializer_list<std::string_view> messages) {
  std::string out;
  for (const std::string_view one : messages) out += (out.empty() ? "" : ",") + std::string(one);
  return "[" + out + "]";
}

/// A message whose only fault is in its one tool call.
std::string with_call(std::string_view call) {
  return assistant(R"("tool_calls":[)" + std::string(call) + "]");
}

}  // namespace

std::vector<request_row> message_rows() {
  const std::string call = "messages[0].tool_calls[0]";
  const std::string part = "messages[0].content[0]";
  const std::string_view roles =
      "'system', 'assistant', 'user', 'function', 'tool', and 'developer'";
  return {
      saying("7", not_type("messages", "an array of objects", "an integer")),
      saying("null", not_type("messages", "an array of objects", "null")),
      saying("[]", er::empty_array("messages")),
      saying("[7]", not_type("messages[0]", "an object", "an integer")),
      saying("[{}]", er::missing_parameter("messages[0].role")),
      saying(R"([{"role":null}])",
             not_type("messages[0].role",
                      "one of 'system', 'assistant', 'user', 'function', 'tool', or 'developer'",
                      "null")),
      saying(R"([{"role":"bot"}])", er::invalid_value("messages[0].role", "bot", roles)),

      saying(message("system", R"("content":"","name":"n","x":{"y":1})")),
      saying(message("system", R"("content":[{"type":"text","text":"x"}])")),
      saying(message("system", R"("content":[])"), er::empty_array(content_path)),
      saying(message("system", R"("content":7)"),
             not_type(content_path, text_or_parts, "an integer")),
      saying(message("system", R"("content":[{"type":"image_url"}])"),
             er::invalid_value(part + ".type", "image_url", "'text'")),
      saying(message("system", R"("content":"x","name":7)"),
             not_type("messages[0].name", "a string", "an integer")),

      saying(message("developer", R"("content":"x","name":"n")")),
      saying(message("developer", R"("content":[{"type":"text","text":"x"}])")),
      saying(message("developer", ""), er::missing_parameter(content_path)),
      saying(message("developer", R"("content":null)"),
             not_type(content_path, text_or_parts, "null")),
      saying(message("developer", R"("content":[])"), er::empty_array(content_path)),
      saying(message("developer", R"("content":"x","name":[])"),
             not_type("messages[0].name", "a string", "an array")),

      saying(message("user", R"("content":"x","name":"n")")),
      saying(message("user", R"("content":"x","name":7)"),
             not_type("messages[0].name", "a string", "an integer")),
      saying(message("user", R"("content":[])"), er::empty_array(content_path)),
      saying(message("user", R"("content":{})"),
             not_type(content_path, text_or_parts, "an object")),
      saying(user_part("7"), not_type(part, "an object", "an integer")),
      saying(user_part("{}"), er::missing_parameter(part + ".type")),
      saying(
          user_part(R"({"type":"x"})"),
          er::invalid_value(part + ".type", "x", "'text', 'image_url', 'input_audio', and 'file'")),
      saying(user_part(R"({"type":"text","text":"x","cache_control":{"type":"ephemeral"}})")),
      saying(user_part(R"({"type":"text"})"), er::missing_parameter(part + ".text")),
      saying(user_part(R"({"type":"text","text":7})"),
             not_type(part + ".text", "a string", "an integer")),
      saying(
          user_part(R"({"type":"text","text":"x","prompt_cache_breakpoint":{"mode":"explicit"}})")),
      saying(user_part(R"({"type":"text","text":"x","prompt_cache_breakpoint":true})"),
             not_type(part + ".prompt_cache_breakpoint", "an object", "a boolean")),
      saying(user_part(R"({"type":"text","text":"x","prompt_cache_breakpoint":{}})"),
             er::missing_parameter(part + ".prompt_cache_breakpoint.mode")),
      saying(user_part(R"({"type":"text","text":"x","prompt_cache_breakpoint":{"mode":"x"}})"),
             er::invalid_value(part + ".prompt_cache_breakpoint.mode", "x", "'explicit'")),
      saying(user_part(R"({"type":"image_url","image_url":{"url":"u","detail":"low"}})")),
      saying(user_part(R"({"type":"image_url"})"), er::missing_parameter(part + ".image_url")),
      saying(user_part(R"({"type":"image_url","image_url":"u"})"),
             not_type(part + ".image_url", "an object", "a string")),
      saying(user_part(R"({"type":"image_url","image_url":{}})"),
             er::missing_parameter(part + ".image_url.url")),
      saying(user_part(R"({"type":"image_url","image_url":{"url":7}})"),
             not_type(part + ".image_url.url", "a string", "an integer")),
      saying(user_part(R"({"type":"image_url","image_url":{"url":"u","detail":"x"}})"),
             er::invalid_value(part + ".image_url.detail", "x", "'auto', 'low', and 'high'")),
      saying(user_part(R"({"type":"input_audio","input_audio":{"data":"d","format":"wav"}})")),
      saying(user_part(R"({"type":"input_audio"})"), er::missing_parameter(part + ".input_audio")),
      saying(user_part(R"({"type":"input_audio","input_audio":{"format":"wav"}})"),
             er::missing_parameter(part + ".input_audio.data")),
      saying(user_part(R"({"type":"input_audio","input_audio":{"data":7,"format":"wav"}})"),
             not_type(part + ".input_audio.data", "a string", "an integer")),
      saying(user_part(R"({"type":"input_audio","input_audio":{"data":"d","format":"flac"}})"),
             er::invalid_value(part + ".input_audio.format", "flac", "'wav' and 'mp3'")),
      saying(user_part(R"({"type":"file","file":{"filename":"n","file_data":"d","file_id":"i"}})")),
      saying(user_part(R"({"type":"file"})"), er::missing_parameter(part + ".file")),
      saying(user_part(R"({"type":"file","file":{"filename":7}})"),
             not_type(part + ".file.filename", "a string", "an integer")),
      saying(user_part(R"({"type":"file","file":{"file_data":7}})"),
             not_type(part + ".file.file_data", "a string", "an integer")),
      saying(user_part(R"({"type":"file","file":{"file_id":7}})"),
             not_type(part + ".file.file_id", "a string", "an integer")),
      saying(user_part(R"({"type":"video_url","video_url":{"url":"u"}})")),  // REQ-10
      saying(user_part(R"({"type":"audio_url","audio_url":{"url":"u"}})")),

      saying(assistant(R"("content":"x","refusal":null,"name":"n","reasoning_content":"r")")),
      saying(assistant(R"("content":[])")),
      saying(assistant(R"("content":[{"type":"text","text":"a"},{"type":"text","text":"b"}])")),
      saying(assistant(R"("content":[{"type":"refusal","refusal":"no"}])")),
      saying(
          assistant(R"("content":[{"type":"refusal","refusal":"no"},{"type":"text","text":"b"}])"),
          er::array_too_long(content_path, 1, 2)),
      saying(assistant(R"("content":[{"type":"refusal"}])"),
             er::missing_parameter(part + ".refusal")),
      saying(assistant(R"("content":[{"type":"refusal","refusal":7}])"),
             not_type(part + ".refusal", "a string", "an integer")),
      saying(assistant(R"("content":[{"type":"file"}])"),
             er::invalid_value(part + ".type", "file", "'text' and 'refusal'")),
      saying(assistant(R"("content":7,"tool_calls":[])"),
             not_type(content_path, text_or_parts, "an integer")),
      saying(assistant(R"("content":"x","refusal":7)"),
             not_type("messages[0].refusal", "a string", "an integer")),
      saying(assistant(R"("content":"x","name":7)"),
             not_type("messages[0].name", "a string", "an integer")),
      saying(assistant(R"("content":"x","audio":{"id":"a"})")),
      saying(assistant(R"("content":"x","audio":"a")"),
             not_type("messages[0].audio", "an object", "a string")),
      saying(assistant(R"("content":"x","audio":{})"),
             er::missing_parameter("messages[0].audio.id")),
      saying(assistant(R"("content":"x","audio":{"id":7})"),
             not_type("messages[0].audio.id", "a string", "an integer")),
      saying(assistant(R"("content":"x","tool_calls":"x")"),
             not_type("messages[0].tool_calls", "an array of objects", "a string")),
      saying(assistant(R"("content":"x","tool_calls":[])"),
             er::empty_array("messages[0].tool_calls")),
      saying(with_call("7"), not_type(call, "an object", "an integer")),
      saying(with_call("{}"), er::missing_parameter(call + ".type")),
      saying(with_call(R"({"type":"x"})"),
             er::invalid_value(call + ".type", "x", "'function' and 'custom'")),
      saying(with_call(R"({"type":"function","function":{}})"),
             er::missing_parameter(call + ".id")),
      saying(with_call(R"({"id":7,"type":"function","function":{}})"),
             not_type(call + ".id", "a string", "an integer")),
      saying(with_call(R"({"id":"a","type":"function"})"),
             er::missing_parameter(call + ".function")),
      saying(with_call(R"({"id":"a","type":"function","function":[]})"),
             not_type(call + ".function", "an object", "an array")),
      saying(with_call(R"({"id":"a","type":"function","function":{"arguments":"{}"}})"),
             er::missing_parameter(call + ".function.name")),
      saying(with_call(R"({"id":"a","type":"function","function":{"name":7,"arguments":""}})"),
             not_type(call + ".function.name", "a string", "an integer")),
      saying(with_call(R"({"id":"a","type":"function","function":{"name":"f"}})"),
             er::missing_parameter(call + ".function.arguments")),
      saying(with_call(R"({"id":"a","type":"function","function":{"name":"f","arguments":{}}})"),
             not_type(call + ".function.arguments", "a string", "an object")),
      saying(with_call(R"({"type":"custom","custom":{}})"), er::missing_parameter(call + ".id")),
      saying(with_call(R"({"id":"a","type":"custom"})"), er::missing_parameter(call + ".custom")),
      saying(with_call(R"({"id":"a","type":"custom","custom":{"name":7,"input":"x"}})"),
             not_type(call + ".custom.name", "a string", "an integer")),
      saying(with_call(R"({"id":"a","type":"custom","custom":{"name":"f","input":{}}})"),
             not_type(call + ".custom.input", "a string", "an object")),
      saying(assistant(R"("function_call":{"name":"f","arguments":"{}"})")),
      saying(assistant(R"("function_call":"f")"),
             not_type("messages[0].function_call", "an object", "a string")),
      saying(assistant(R"("function_call":{"arguments":"{}"})"),
             er::missing_parameter("messages[0].function_call.name")),
      saying(assistant(R"("function_call":{"name":7,"arguments":"{}"})"),
             not_type("messages[0].function_call.name", "a string", "an integer")),
      saying(assistant(R"("function_call":{"name":"f","arguments":7})"),
             not_type("messages[0].function_call.arguments", "a string", "an integer")),

      saying(message("tool", R"("content":"x")"),
             er::missing_parameter("messages[0].tool_call_id")),
      saying(message("tool", R"("content":"x","tool_call_id":7)"),
             not_type("messages[0].tool_call_id", "a string", "an integer")),
      saying(message("tool", R"("content":7,"tool_call_id":"a")"),
             not_type(content_path, text_or_parts, "an integer")),
      saying(message("tool", R"("content":[{"type":"file"}],"tool_call_id":"a")"),
             er::invalid_value(part + ".type", "file", "'text'")),

      saying(message("function", R"("name":"f","content":"x")")),
      saying(message("function", R"("name":"f","content":null)")),
      saying(message("function", R"("content":"x")"), er::missing_parameter("messages[0].name")),
      saying(message("function", R"("name":7,"content":"x")"),
             not_type("messages[0].name", "a string", "an integer")),
      saying(message("function", R"("name":"f","content":[])"),
             not_type(content_path, "a string", "an array")),
  };
}

std::vector<request_row> rule_rows() {
  const std::string both = std::string(call_a) + "," + std::string(call_b);
  const auto no_call = [](std::size_t at) { return er::orphan_tool_message(at); };
  return {
      // The note on `audio`.
      with(R"("modalities":["text","audio"],"audio":{"voice":"alloy","format":"wav"})"),
      with(R"("modalities":["text","audio"])", er::missing_parameter("audio")),
      with(R"("modalities":["audio"],"audio":null)", er::missing_parameter("audio")),

      // ERR-20
      {body_of(list({hello}), R"("response_format":{"type":"json_object"})"),
       er::word_json_missing()},
      {body_of(list({R"({"role":"user","content":"as JsOn!"})"}),
               R"("response_format":{"type":"json_object"})"),
       std::nullopt},
      {body_of(list({R"({"role":"user","content":[{"type":"text","text":"\u004ason"}]})"}),
               R"("response_format":{"type":"json_object"})"),
       std::nullopt},
      {body_of(list({R"({"role":"user","content":"x","note":"json"})"}),
               R"("response_format":{"type":"json_object"})"),
       er::word_json_missing()},
      {body_of(list({hello}),
               R"("response_format":{"type":"json_schema","json_schema":{"name":"n"}})"),
       std::nullopt},

      // ERR-16
      saying(list({answering("a")}), no_call(0)),
      saying(list({hello, answering("a")}), no_call(1)),
      saying(list({hello, calling(call_a), answering("z")}), no_call(2)),
      saying(list({calling(call_a), answering("a"), calling(call_b), answering("a")}), no_call(3)),
      // ERR-17
      saying(list({hello, calling(both), answering("b"), answering("a"), hello})),
      saying(list({calling(call_a), answering("a"), calling(call_b), answering("b")})),
      saying(list({calling(both), answering("a"), answering("a"), answering("b")})),
      saying(list({calling(call_a), hello}), er::unanswered_calls("a", 1)),
      saying(list({calling(both), answering("b"), hello, answering("a")}),
             er::unanswered_calls("a", 2)),
      saying(list({calling(call_a), calling(call_b)}), er::unanswered_calls("a", 1)),
      saying(list({hello, calling(both)}), er::unanswered_calls("a, b", std::nullopt)),
      saying(list({calling(both), answering("a")}), er::unanswered_calls("b", std::nullopt)),

      // ERR-18
      saying(list({hello, R"({"role":"user"})"}), er::content_missing(1)),
      saying(list({R"({"role":"user","content":null})"}), er::content_missing(0)),
      saying(list({R"({"role":"system"})"}), er::content_missing(0)),
      saying(list({R"({"role":"user","refusal":"no"})"}), er::content_missing(0)),
      saying(list({calling(call_a), R"({"role":"tool","tool_call_id":"a"})"}),
             er::content_missing(1)),
      saying(list({R"({"role":"assistant"})"}), er::content_missing(0)),
      saying(list({R"({"role":"assistant","content":null})"}), er::content_missing(0)),
      saying(list({R"({"role":"assistant","refusal":null,"audio":null})"}), er::content_missing(0)),
      saying(list({R"({"role":"assistant","refusal":"no"})"})),
      saying(list({R"({"role":"assistant","content":null,"audio":{"id":"a"}})"})),
      saying(list({R"({"role":"assistant","function_call":{"name":"f","arguments":""}})"})),
      saying(list({calling(call_a), answering("a")})),
  };
}

TEST(ChatRequestMessages, EachMemberIsAcceptedAndRefusedByItsRow) {
  expect_verdicts(message_rows());
}

TEST(ChatRequestRules, EachIsKeptAndBroken) { expect_verdicts(rule_rows()); }

}  // namespace weir::openai
