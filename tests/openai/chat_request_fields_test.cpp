// One row for each side of each line of section 2.1.
#include <gtest/gtest.h>

#include "openai/chat_request_rows.h"

namespace weir::openai {
namespace {

namespace er = errors;
using er::number;

/// `{"k0":"v","k1":"v",...}`
std::string map_of_size(std::size_t n) {
  std::string out;
  for (std::size_t i = 0; i < n; ++i)
    out += (i == 0 ? "" : ",") + std::string("\"k") + std::to_string(i) + R"(":"v")";
  return "{" + out + "}";
}

std::string tool(std::string_view function) {
  return R"("tools":[{"type":"function","function":)" + std::string(function) + "}]";
}
std::string custom(std::string_view inside) {
  return R"("tools":[{"type":"custom","custom":)" + std::string(inside) + "}]";
}
std::string format(std::string_view schema) {
  return R"("response_format":{"type":"json_schema","json_schema":)" + std::string(schema) + "}";
}
std::string predicted(std::string_view member) {
  return R"("prediction":{"type":"content","content":[{"type":"text","text":"x",)" +
         std::string(member) + "}]}";
}
std::string function_named(std::size_t length) {
  return R"({"name":")" + std::string(length, 'f') + R"("})";
}

}  // namespace

std::vector<request_row> field_rows() {
  const std::string tool_name = "tools[0].function.name";
  const std::string schema_name = "response_format.json_schema.name";
  const std::string format_path = "tools[0].custom.format";
  const std::string grammar = format_path + ".grammar";
  const std::string place = "web_search_options.user_location";
  return {
      with(""),
      {R"({"model":7,"messages":[{"role":"user","content":"x"}]})",
       not_type("model", "a string", "an integer")},
      {R"({})", er::model_missing()},
      {R"({"model":null})", er::model_missing()},
      {R"({"model":"","messages":[]})", er::model_missing()},
      {R"({"model":7})", er::missing_parameter("messages")},

      with(R"("functions":[{"name":"f","description":"d","parameters":{"type":"object"}}])"),
      with(R"("functions":null)"),
      with(R"("functions":"x")", not_type("functions", "an array of objects", "a string")),
      with(R"("functions":[])", er::empty_array("functions")),
      with(R"("functions":[)" + times(128, R"({"name":"f"})", ",") + "]"),
      with(R"("functions":[)" + times(129, R"({"name":"f"})", ",") + "]",
           er::array_too_long("functions", 128, 129)),
      with(R"("functions":[7])", not_type("functions[0]", "an object", "an integer")),
      with(R"("functions":[{}])", er::missing_parameter("functions[0].name")),
      with(R"("functions":[{"name":null}])", not_type("functions[0].name", "a string", "null")),
      with(R"("functions":[{"name":"f","description":1}])",
           not_type("functions[0].description", "a string", "an integer")),
      with(R"("functions":[{"name":"f","parameters":[]}])",
           not_type("functions[0].parameters", "an object", "an array")),

      with(R"("function_call":"auto")"),
      with(R"("function_call":{"name":"f"})"),
      with(R"("function_call":1.5)",
           not_type("function_call", "one of one of 'none' or 'auto' or object",
                    "a decimal number")),
      with(R"("function_call":"any")",
           er::invalid_value("function_call", "any", "'none' and 'auto'")),
      with(R"("function_call":{})", er::missing_parameter("function_call.name")),
      with(R"("function_call":{"name":1})",
           not_type("function_call.name", "a string", "an integer")),

      with(R"("tools":[])"),
      with(R"("tools":{})", not_type("tools", "an array of objects", "an object")),
      with(R"("tools":[)" + times(128, R"({"type":"function","function":{"name":"f"}})", ",") +
           "]"),
      with(R"("tools":[)" + times(129, R"({"type":"function","function":{"name":"f"}})", ",") + "]",
           er::array_too_long("tools", 128, 129)),
      with(R"("tools":[null])", not_type("tools[0]", "an object", "null")),
      with(R"("tools":[{}])", er::missing_parameter("tools[0].type")),
      with(R"("tools":[{"type":1}])",
           not_type("tools[0].type", "one of 'function' or 'custom'", "an integer")),
      with(R"("tools":[{"type":"x"}])",
           er::invalid_value("tools[0].type", "x", "'function' and 'custom'")),
      with(R"("tools":[{"type":"function"}])", er::missing_parameter("tools[0].function")),
      with(tool("7"), not_type("tools[0].function", "an object", "an integer")),
      with(tool("{}"), er::missing_parameter(tool_name)),
      with(tool(R"({"name":""})"), er::empty_string(tool_name)),
      with(tool(function_named(1))),
      with(tool(function_named(64))),
      with(tool(function_named(65)), er::string_too_long(tool_name, 64, 65)),
      with(tool(R"({"name":"a-Z_09"})")),
      with(tool(R"({"name":"a.b"})"), er::not_a_name(tool_name)),
      with(tool(R"({"name":"\u00e4"})"), er::not_a_name(tool_name)),
      with(tool(R"({"name":"f","description":"d","parameters":{},"strict":true})")),
      with(tool(R"({"name":"f","description":null,"parameters":null,"strict":null})")),
      with(tool(R"({"name":"f","description":{}})"),
           not_type("tools[0].function.description", "a string", "an object")),
      with(tool(R"({"name":"f","parameters":"{}"})"),
           not_type("tools[0].function.parameters", "an object", "a string")),
      with(tool(R"({"name":"f","strict":1})"),
           not_type("tools[0].function.strict", "a boolean", "an integer")),
      with(custom(R"({"name":"f","description":"d","format":{"type":"text"}})")),
      with(R"("tools":[{"type":"custom"}])", er::missing_parameter("tools[0].custom")),
      with(custom("[]"), not_type("tools[0].custom", "an object", "an array")),
      with(custom("{}"), er::missing_parameter("tools[0].custom.name")),
      with(custom(R"({"name":"a b"})"), er::not_a_name("tools[0].custom.name")),
      with(custom(R"({"name":"f","description":1})"),
           not_type("tools[0].custom.description", "a string", "an integer")),
      with(custom(R"({"name":"f","format":"text"})"),
           not_type(format_path, "an object", "a string")),
      with(custom(R"({"name":"f","format":{"type":"x"}})"),
           er::invalid_value(format_path + ".type", "x", "'text' and 'grammar'")),
      with(custom(
          R"({"name":"f","format":{"type":"grammar","grammar":{"definition":"d","syntax":"lark"}}})")),
      with(custom(R"({"name":"f","format":{"type":"grammar"}})"), er::missing_parameter(grammar)),
      with(custom(R"({"name":"f","format":{"type":"grammar","grammar":{}}})"),
           er::missing_parameter(grammar + ".definition")),
      with(
          custom(
              R"({"name":"f","format":{"type":"grammar","grammar":{"definition":1,"syntax":"lark"}}})"),
          not_type(grammar + ".definition", "a string", "an integer")),
      with(
          custom(
              R"({"name":"f","format":{"type":"grammar","grammar":{"definition":"d","syntax":"x"}}})"),
          er::invalid_value(grammar + ".syntax", "x", "'lark' and 'regex'")),

      with(R"("tool_choice":"required")"),
      with(R"("tool_choice":7)",
           not_type("tool_choice", "one of one of 'none', 'auto', or 'required' or object",
                    "an integer")),
      with(R"("tool_choice":"any")",
           er::invalid_value("tool_choice", "any", "'none', 'auto', and 'required'")),
      with(R"("tool_choice":{"type":"x"})",
           er::invalid_value("tool_choice.type", "x", "'function', 'custom', and 'allowed_tools'")),
      with(R"("tool_choice":{"type":"function","function":{"name":"f"}})"),
      with(R"("tool_choice":{"type":"function"})", er::missing_parameter("tool_choice.function")),
      with(R"("tool_choice":{"type":"function","function":{"name":1}})",
           not_type("tool_choice.function.name", "a string", "an integer")),
      with(R"("tool_choice":{"type":"custom","custom":{"name":"f"}})"),
      with(R"("tool_choice":{"type":"custom"})", er::missing_parameter("tool_choice.custom")),
      with(R"("tool_choice":{"type":"custom","custom":{}})",
           er::missing_parameter("tool_choice.custom.name")),
      with(
          R"("tool_choice":{"type":"allowed_tools","allowed_tools":{"mode":"auto","tools":[{"x":1}]}})"),
      with(R"("tool_choice":{"type":"allowed_tools"})",
           er::missing_parameter("tool_choice.allowed_tools")),
      with(R"("tool_choice":{"type":"allowed_tools","allowed_tools":{"mode":"none","tools":[]}})",
           er::invalid_value("tool_choice.allowed_tools.mode", "none", "'auto' and 'required'")),
      with(R"("tool_choice":{"type":"allowed_tools","allowed_tools":{"mode":"auto","tools":1}})",
           not_type("tool_choice.allowed_tools.tools", "an array of objects", "an integer")),
      with(R"("tool_choice":{"type":"allowed_tools","allowed_tools":{"mode":"auto","tools":[1]}})",
           not_type("tool_choice.allowed_tools.tools[0]", "an object", "an integer")),

      with(R"("parallel_tool_calls":false)"),
      with(R"("parallel_tool_calls":"no")",
           not_type("parallel_tool_calls", "a boolean", "a string")),

      with(R"("max_completion_tokens":1)"),
      with(R"("max_completion_tokens":99999999999999999999)"),
      with(R"("max_completion_tokens":0)", er::below_minimum("max_completion_tokens", "1", "0")),
      with(R"("max_completion_tokens":1.0)",
           not_type("max_completion_tokens", "an integer", "a decimal number")),

      with(R"("n":1)"),
      with(R"("n":128)"),
      with(R"("n":0)", er::below_minimum("n", "1", "0")),
      with(R"("n":129)", er::above_maximum("n", "128", "129")),
      with(R"("n":"2")", not_type("n", "an integer", "a string")),

      with(R"("temperature":0)"),
      with(R"("temperature":2.0)"),
      with(R"("temperature":1e-999)"),
      with(R"("temperature":0.)" + std::string(400, '0') + "1"),
      with(R"("temperature":-0.1)", er::below_minimum("temperature", "0", "-0.1", number::decimal)),
      with(R"("temperature":3)", er::above_maximum("temperature", "2", "3", number::decimal)),
      with(R"("temperature":2.001)",
           er::above_maximum("temperature", "2", "2.001", number::decimal)),
      with(R"("temperature":1e999)",
           er::above_maximum("temperature", "2", "1e999", number::decimal)),
      with(R"("temperature":0.1E999)",
           er::above_maximum("temperature", "2", "0.1E999", number::decimal)),
      with(R"("temperature":-1e999)",
           er::below_minimum("temperature", "0", "-1e999", number::decimal)),
      with(R"("temperature":99999999999999999999)",
           er::above_maximum("temperature", "2", "99999999999999999999", number::decimal)),
      with(R"("temperature":"hot")", not_type("temperature", "a decimal", "a string")),

      with(R"("top_p":0)"),
      with(R"("top_p":1)"),
      with(R"("top_p":-1)", er::below_minimum("top_p", "0", "-1", number::decimal)),
      with(R"("top_p":1.01)", er::above_maximum("top_p", "1", "1.01", number::decimal)),
      with(R"("top_p":true)", not_type("top_p", "a decimal", "a boolean")),

      with(R"("presence_penalty":-2,"frequency_penalty":2)"),
      with(R"("presence_penalty":2.0,"frequency_penalty":-2.0)"),
      with(R"("presence_penalty":-3)",
           er::below_minimum("presence_penalty", "-2", "-3", number::decimal)),
      with(R"("presence_penalty":2.1)",
           er::above_maximum("presence_penalty", "2", "2.1", number::decimal)),
      with(R"("frequency_penalty":-2.1)",
           er::below_minimum("frequency_penalty", "-2", "-2.1", number::decimal)),
      with(R"("frequency_penalty":3)",
           er::above_maximum("frequency_penalty", "2", "3", number::decimal)),
      with(R"("frequency_penalty":{})", not_type("frequency_penalty", "a decimal", "an object")),

      with(R"("logprobs":true)"),
      with(R"("logprobs":1)", not_type("logprobs", "a boolean", "an integer")),
      with(R"("logprobs":true,"top_logprobs":0)"),
      with(R"("logprobs":true,"top_logprobs":20)"),
      with(R"("logprobs":true,"top_logprobs":-1)", er::below_minimum("top_logprobs", "0", "-1")),
      with(R"("logprobs":true,"top_logprobs":21)", er::above_maximum("top_logprobs", "20", "21")),
      with(R"("top_logprobs":"x")", not_type("top_logprobs", "an integer", "a string")),
      with(R"("top_logprobs":0)", er::only_allowed_with("top_logprobs", "logprobs")),
      with(R"("logprobs":false,"top_logprobs":99)",
           er::only_allowed_with("top_logprobs", "logprobs")),

      with(R"("user":"u")"),
      with(R"("user":7)", not_type("user", "a string", "an integer")),
      with(R"("seed":-9223372036854775808)"),
      with(R"("seed":9223372036854775807)"),
      with(R"("seed":-9223372036854775809)",
           er::below_minimum("seed", "-9223372036854775808", "-9223372036854775809")),
      with(R"("seed":9223372036854775808)",
           er::above_maximum("seed", "9223372036854775807", "9223372036854775808")),
      with(R"("seed":1.5)", not_type("seed", "an integer", "a decimal number")),
      with(R"("moderation":{"model":"m","policy":7})"),
      with(R"("moderation":"m")", not_type("moderation", "an object", "a string")),
      with(R"("moderation":{})", er::missing_parameter("moderation.model")),
      with(R"("moderation":{"model":1})", not_type("moderation.model", "a string", "an integer")),
      with(R"("safety_identifier":")" + std::string(64, 's') + "\""),
      with(R"("safety_identifier":")" + std::string(65, 's') + "\"",
           er::string_too_long("safety_identifier", 64, 65)),
      with(R"("safety_identifier":7)", not_type("safety_identifier", "a string", "an integer")),

      with(R"("prompt_cache_options":{"ttl":"30m","mode":"explicit"})"),
      with(R"("prompt_cache_options":"x")",
           not_type("prompt_cache_options", "an object", "a string")),
      with(R"("prompt_cache_options":{"ttl":"1h"})",
           er::invalid_value("prompt_cache_options.ttl", "1h", "'30m'")),
      with(R"("prompt_cache_options":{"ttl":30})",
           not_type("prompt_cache_options.ttl", "'30m'", "an integer")),
      with(R"("prompt_cache_options":{"mode":"x"})",
           er::invalid_value("prompt_cache_options.mode", "x", "'implicit' and 'explicit'")),
      with(R"("prompt_cache_key":"k","prompt_cache_retention":"24h")"),
      with(R"("prompt_cache_key":7)", not_type("prompt_cache_key", "a string", "an integer")),
      with(R"("prompt_cache_retention":"1h")",
           er::invalid_value("prompt_cache_retention", "1h", "'in_memory' and '24h'")),
      with(R"("prompt_cache_retention":{})",
           not_type("prompt_cache_retention", "one of 'in_memory' or '24h'", "an object")),

      with(R"("response_format":{"type":"text"})"),
      with(R"("response_format":{"type":"json_object"})"),
      with(R"("response_format":"json")", not_type("response_format", "an object", "a string")),
      with(R"("response_format":{})", er::missing_parameter("response_format.type")),
      with(R"("response_format":{"type":"x"})",
           er::invalid_value("response_format.type", "x",
                             "'json_object', 'json_schema', and 'text'")),
      with(R"("response_format":{"type":"json_schema"})",
           er::missing_parameter("response_format.json_schema")),
      with(format(R"({"name":"n","description":"d","schema":{"type":"object"},"strict":true})")),
      with(format(R"({"name":"n","strict":null})")),
      with(format("{}"), er::missing_parameter(schema_name)),
      with(format(R"({"name":")" + std::string(64, 'n') + "\"}")),
      with(format(R"({"name":")" + std::string(65, 'n') + "\"}"),
           er::string_too_long(schema_name, 64, 65)),
      with(format(R"({"name":"a b"})"), er::not_a_name(schema_name)),
      with(format(R"({"name":"n","description":1})"),
           not_type("response_format.json_schema.description", "a string", "an integer")),
      with(format(R"({"name":"n","schema":"{}"})"),
           not_type("response_format.json_schema.schema", "an object", "a string")),
      with(format(R"({"name":"n","strict":"yes"})"),
           not_type("response_format.json_schema.strict", "a boolean", "a string")),

      with(R"("service_tier":"fast")"),
      with(R"("service_tier":"slow")",
           er::invalid_value("service_tier", "slow",
                             "'auto', 'default', 'flex', 'scale', 'priority', and 'fast'")),
      with(R"("max_tokens":0)"),
      with(R"("max_tokens":"1")", not_type("max_tokens", "an integer", "a string")),
      with(R"("reasoning_effort":"xhigh")"),
      with(R"("reasoning_effort":null)"),
      with(R"("reasoning_effort":"extreme")",
           er::invalid_value("reasoning_effort", "extreme",
                             "'none', 'minimal', 'low', 'medium', 'high', 'xhigh', and 'max'")),
      with(R"("logit_bias":{"1":-100,"2":100})"),
      with(R"("logit_bias":[])", not_type("logit_bias", "an object", "an array")),
      with(R"("logit_bias":{"1":-101})", er::below_minimum("logit_bias.1", "-100", "-101")),
      with(R"("logit_bias":{"1":0,"2":101})", er::above_maximum("logit_bias.2", "100", "101")),
      with(R"("logit_bias":{"1":0.5})", not_type("logit_bias.1", "an integer", "a decimal number")),
      with(R"("stop":"x")"),
      with(R"("stop":["a"])"),
      with(R"("stop":["a","b","c","d"])"),
      with(R"("stop":7)", not_type("stop", "one of a string or array of strings", "an integer")),
      with(R"("stop":[])", er::empty_array("stop")),
      with(R"("stop":["a","b","c","d","e"])", er::array_too_long("stop", 4, 5)),
      with(R"("stop":["a",null])", not_type("stop[1]", "a string", "null")),

      with(R"("stream":false)"),
      with(R"("stream":"yes")", not_type("stream", "a boolean", "a string")),
      with(R"("stream":true,"stream_options":{"include_usage":true,"include_obfuscation":false})"),
      with(R"("stream":true,"stream_options":{"continuous_usage_stats":true})"),
      with(R"("stream":true,"stream_options":7)",
           not_type("stream_options", "an object", "an integer")),
      with(R"("stream_options":{})", er::only_allowed_with("stream_options", "stream")),
      with(R"("stream":true,"stream_options":{"include_usage":1})",
           not_type("stream_options.include_usage", "a boolean", "an integer")),
      with(R"("stream":true,"stream_options":{"include_obfuscation":1})",
           not_type("stream_options.include_obfuscation", "a boolean", "an integer")),
      with(R"("store":true)"),
      with(R"("store":"yes")", not_type("store", "a boolean", "a string")),

      with(R"("metadata":)" + map_of_size(16)),
      with(R"("metadata":)" + map_of_size(17), er::too_many_properties("metadata", 16, 17)),
      with(R"("metadata":7)", not_type("metadata", "an object", "an integer")),
      with(R"("metadata":{"k":")" + times(512, "\\u00e4") + "\"}"),
      with(R"("metadata":{"k":")" + std::string(513, 'v') + "\"}",
           er::string_too_long("metadata.k", 512, 513)),
      with(R"("metadata":{"k":7})", not_type("metadata.k", "a string", "an integer")),
      with(R"("metadata":{"k":null})", not_type("metadata.k", "a string", "null")),
      with(R"("metadata":{")" + times(64, "\xC3\xA4") + R"(":"v"})"),
      with(R"("metadata":{")" + std::string(65, 'k') + R"(":"v"})",
           er::property_name_too_long("metadata", std::string(65, 'k'), 64, 65)),

      with(R"("prediction":{"type":"content","content":"x"})"),
      with(R"("prediction":{"type":"content","content":[{"type":"text","text":"x"}]})"),
      with(R"("prediction":[])", not_type("prediction", "an object", "an array")),
      with(R"("prediction":{"type":"x"})", er::invalid_value("prediction.type", "x", "'content'")),
      with(R"("prediction":{"type":1})", not_type("prediction.type", "'content'", "an integer")),
      with(R"("prediction":{"type":"content"})", er::missing_parameter("prediction.content")),
      with(R"("prediction":{"type":"content","content":null})",
           not_type("prediction.content", "one of a string or array of objects", "null")),
      with(R"("prediction":{"type":"content","content":[{"type":"image_url"}]})",
           er::invalid_value("prediction.content[0].type", "image_url", "'text'")),
      with(R"("prediction":{"type":"content","content":[{"type":"text"}]})",
           er::missing_parameter("prediction.content[0].text")),
      with(R"("prediction":{"type":"content","content":[7]})",
           not_type("prediction.content[0]", "an object", "an integer")),
      with(predicted(R"("prompt_cache_breakpoint":{"mode":"explicit"})")),
      with(predicted(R"("prompt_cache_breakpoint":7)"),
           not_type("prediction.content[0].prompt_cache_breakpoint", "an object", "an integer")),
      with(predicted(R"("prompt_cache_breakpoint":{"mode":7})"),
           not_type("prediction.content[0].prompt_cache_breakpoint.mode", "'explicit'",
                    "an integer")),

      with(R"("verbosity":"low")"),
      with(R"("verbosity":"bogus")",
           er::invalid_value("verbosity", "bogus", "'low', 'medium', and 'high'")),
      with(R"("verbosity":7)",
           not_type("verbosity", "one of 'low', 'medium', or 'high'", "an integer")),
      with(R"("modalities":["text"])"),
      with(R"("modalities":"text")", not_type("modalities", "an array of strings", "a string")),
      with(R"("modalities":["video"])",
           er::invalid_value("modalities[0]", "video", "'text' and 'audio'")),
      with(R"("audio":{"voice":"alloy","format":"pcm16"})"),
      with(R"("audio":{"voice":{"id":"v"},"format":"wav"})"),
      with(R"("audio":"alloy")", not_type("audio", "an object", "a string")),
      with(R"("audio":{"format":"wav"})", er::missing_parameter("audio.voice")),
      with(R"("audio":{"voice":1,"format":"wav"})",
           not_type("audio.voice", "one of a string or object", "an integer")),
      with(R"("audio":{"voice":"alloy"})", er::missing_parameter("audio.format")),
      with(R"("audio":{"voice":"alloy","format":"ogg"})",
           er::invalid_value("audio.format", "ogg",
                             "'wav', 'aac', 'mp3', 'flac', 'opus', and 'pcm16'")),
      with(R"("web_search_options":{})"),
      with(
          R"("web_search_options":{"search_context_size":"low","user_location":{"type":"approximate","approximate":{"country":"DE","region":"r","city":"c","timezone":"t"}}})"),
      with(R"("web_search_options":true)",
           not_type("web_search_options", "an object", "a boolean")),
      with(R"("web_search_options":{"search_context_size":"tiny"})",
           er::invalid_value("web_search_options.search_context_size", "tiny",
                             "'low', 'medium', and 'high'")),
      with(R"("web_search_options":{"user_location":"DE"})",
           not_type(place, "an object", "a string")),
      with(R"("web_search_options":{"user_location":{"type":"exact"}})",
           er::invalid_value(place + ".type", "exact", "'approximate'")),
      with(R"("web_search_options":{"user_location":{"type":"approximate"}})",
           er::missing_parameter(place + ".approximate")),
      with(
          R"("web_search_options":{"user_location":{"type":"approximate","approximate":{"country":1}}})",
          not_type(place + ".approximate.country", "a string", "an integer")),
      with(
          R"("web_search_options":{"user_location":{"type":"approximate","approximate":{"region":1}}})",
          not_type(place + ".approximate.region", "a string", "an integer")),
      with(
          R"("web_search_options":{"user_location":{"type":"approximate","approximate":{"city":1}}})",
          not_type(place + ".approximate.city", "a string", "an integer")),
      with(
          R"("web_search_options":{"user_location":{"type":"approximate","approximate":{"timezone":1}}})",
          not_type(place + ".approximate.timezone", "a string", "an integer")),
  };
}

TEST(ChatRequestFields, EachIsAcceptedAndRefusedByItsRow) { expect_verdicts(field_rows()); }

}  // namespace weir::openai
