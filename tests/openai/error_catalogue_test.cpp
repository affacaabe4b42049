#include <gtest/gtest.h>

#include <optional>
#include <string_view>

#include "weir/openai/error.h"

namespace weir::openai {
namespace {

TEST(ErrorCatalogue, IsWordForWord) {
  const struct {
    error made;
    unsigned status;
    std::string_view json;
  } cases[] = {
      {errors::not_json(17, "expected a colon"), 400,
       R"({"error":{"message":"We could not parse the JSON body of your request. (HINT: This likely )"
       R"(means you aren't using your HTTP library correctly. The OpenAI API expects a JSON payload, )"
       R"(but what was sent was not valid JSON.) Byte 17: expected a colon.",)"
       R"("type":"invalid_request_error","param":null,"code":null}})"},
      {errors::model_missing(), 400,
       R"({"error":{"message":"you must provide a model parameter","type":"invalid_request_error",)"
       R"("param":null,"code":null}})"},
      {errors::model_not_found("X", ""), 404,
       R"({"error":{"message":"The model `X` does not exist or you do not have access to it.",)"
       R"("type":"invalid_request_error","param":null,"code":"model_not_found"}})"},
      {errors::model_not_found("X", "'Y' or 'Z'"), 404,
       R"({"error":{"message":"The model `X` does not exist or you do not have access to it. )"
       R"(Did you mean 'Y' or 'Z'?",)"
       R"("type":"invalid_request_error","param":null,"code":"model_not_found"}})"},
      {errors::missing_parameter("messages"), 400,
       R"({"error":{"message":"Missing required parameter: 'messages'.",)"
       R"("type":"invalid_request_error","param":"messages","code":"missing_required_parameter"}})"},
      {errors::invalid_type("n", "an integer", "a string"), 400,
       R"({"error":{"message":"Invalid type for 'n': expected an integer, but got a string instead.",)"
       R"("type":"invalid_request_error","param":"n","code":"invalid_type"}})"},
      {errors::invalid_value("verbosity", "bogus", "'low', 'medium', and 'high'"), 400,
       R"({"error":{"message":"Invalid value: 'bogus'. Supported values are: )"
       R"('low', 'medium', and 'high'.",)"
       R"("type":"invalid_request_error","param":"verbosity","code":"invalid_value"}})"},
      {errors::below_minimum("n", "1", "0"), 400,
       R"({"error":{"message":"Invalid 'n': integer below minimum value. )"
       R"(Expected a value >= 1, but got 0 instead.",)"
       R"("type":"invalid_request_error","param":"n","code":"integer_below_min_value"}})"},
      {errors::above_maximum("n", "128", "129"), 400,
       R"({"error":{"message":"Invalid 'n': integer above maximum value. )"
       R"(Expected a value <= 128, but got 129 instead.",)"
       R"("type":"invalid_request_error","param":"n","code":"integer_above_max_value"}})"},
      {errors::empty_array("messages"), 400,
       R"({"error":{"message":"Invalid 'messages': empty array. )"
       R"(Expected an array with minimum length 1, but got an empty array instead.",)"
       R"("type":"invalid_request_error","param":"messages","code":"empty_array"}})"},
      {errors::below_minimum("top_p", "0", "-0.5", errors::number::decimal), 400,
       R"({"error":{"message":"Invalid 'top_p': decimal below minimum value. Expected a value )"
       R"(>= 0, but got -0.5 instead.","type":"invalid_request_error","param":"top_p",)"
       R"("code":"decimal_below_min_value"}})"},
      {errors::above_maximum("temperature", "2", "3", errors::number::decimal), 400,
       R"({"error":{"message":"Invalid 'temperature': decimal above maximum value. Expected a )"
       R"(value <= 2, but got 3 instead.","type":"invalid_request_error","param":"temperature",)"
       R"("code":"decimal_above_max_value"}})"},
      {errors::empty_string("tools[0].function.name"), 400,
       R"({"error":{"message":"Invalid 'tools[0].function.name': empty string. Expected a )"
       R"(string with minimum length 1, but got an empty string instead.",)"
       R"("type":"invalid_request_error","param":"tools[0].function.name",)"
       R"("code":"empty_string"}})"},
      {errors::string_too_long("metadata.k", 512, 600), 400,
       R"({"error":{"message":"Invalid 'metadata.k': string too long. Expected a string with )"
       R"(maximum length 512, but got a string with length 600 instead.",)"
       R"("type":"invalid_request_error","param":"metadata.k","code":"string_above_max_length"}})"},
      {errors::not_a_name("tools[0].function.name"), 400,
       R"({"error":{"message":"Invalid 'tools[0].function.name': string does not match pattern. )"
       R"(Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.",)"
       R"("type":"invalid_request_error","param":"tools[0].function.name",)"
       R"("code":"invalid_value"}})"},
      {errors::array_too_long("stop", 4, 5), 400,
       R"({"error":{"message":"Invalid 'stop': array too long. Expected an array with maximum )"
       R"(length 4, but got an array with length 5 instead.","type":"invalid_request_error",)"
       R"("param":"stop","code":"array_above_max_length"}})"},
      {errors::too_many_properties("metadata", 16, 17), 400,
       R"({"error":{"message":"Invalid 'metadata': too many properties. Expected an object with )"
       R"(at most 16 properties, but got an object with 17 properties instead.",)"
       R"("type":"invalid_request_error","param":"metadata",)"
       R"("code":"object_above_max_properties"}})"},
      {errors::property_name_too_long("metadata", "kk", 1, 2), 400,
       R"({"error":{"message":"Invalid property name in 'metadata': 'kk' is too long. Expected )"
       R"(a string with maximum length 1, but got a string with length 2 instead.",)"
       R"("type":"invalid_request_error","param":"metadata.kk",)"
       R"("code":"property_name_above_max_length"}})"},
      {errors::only_allowed_with("stream_options", "stream"), 400,
       R"({"error":{"message":"The 'stream_options' parameter is only allowed when 'stream' is )"
       R"(enabled.","type":"invalid_request_error","param":"stream_options","code":null}})"},
      {errors::only_allowed_with("top_logprobs", "logprobs"), 400,
       R"({"error":{"message":"The 'top_logprobs' parameter is only allowed when 'logprobs' is )"
       R"(enabled.","type":"invalid_request_error","param":"top_logprobs","code":null}})"},
      {errors::orphan_tool_message(3), 400,
       R"({"error":{"message":"Invalid parameter: messages with role 'tool' must be a response )"
       R"(to a preceeding message with 'tool_calls'.","type":"invalid_request_error",)"
       R"("param":"messages.[3].role","code":null}})"},
      {errors::unanswered_calls("call_x", 2), 400,
       R"({"error":{"message":"An assistant message with 'tool_calls' must be followed by tool )"
       R"(messages responding to each 'tool_call_id'. The following tool_call_ids did not have )"
       R"(response messages: call_x","type":"invalid_request_error","param":"messages.[2].role",)"
       R"("code":null}})"},
      {errors::unanswered_calls("call_x, call_y", std::nullopt), 400,
       R"({"error":{"message":"An assistant message with 'tool_calls' must be followed by tool )"
       R"(messages responding to each 'tool_call_id'. The following tool_call_ids did not have )"
       R"(response messages: call_x, call_y","type":"invalid_request_error","param":"messages",)"
       R"("code":null}})"},
      {errors::content_missing(1), 400,
       R"({"error":{"message":"Invalid value for 'content': expected a string, got null.",)"
       R"("type":"invalid_request_error","param":"messages.[1].content","code":null}})"},
      {errors::word_json_missing(), 400,
       R"({"error":{"message":"'messages' must contain the word 'json' in some form, to use )"
       R"('response_format' of type 'json_object'.","type":"invalid_request_error",)"
       R"("param":"messages","code":null}})"},
      {errors::unknown_url("POST", "/v1/x"), 404,
       R"({"error":{"message":"Unknown request URL: POST /v1/x. Please check the URL for typos, )"
       R"(or see the docs at https://platform.openai.com/docs/api-reference/.",)"
       R"("type":"invalid_request_error","param":null,"code":"unknown_url"}})"},
      {errors::method_not_allowed("GET", "/v1/chat/completions"), 405,
       R"({"error":{"message":"Not allowed to GET on /v1/chat/completions. )"
       R"((HINT: Perhaps you meant to use a different HTTP method?)"
       ")\","
       R"("type":"invalid_request_error","param":null,"code":"method_not_supported"}})"},
      {errors::body_too_large(1024), 413,
       R"({"error":{"message":"Request body too large. The limit is 1024 bytes.",)"
       R"("type":"invalid_request_error","param":null,"code":"request_too_large"}})"},
      {errors::model_too_late(1024), 413,
       R"({"error":{"message":"Request body too large. The field 'model' must end within the )"
       R"(first 1024 bytes of a form: put it before the file.",)"
       R"("type":"invalid_request_error","param":null,"code":"request_too_large"}})"},
      {errors::upstream_invalid("It is not JSON."), 502,
       R"({"error":{"message":"Upstream request failed. It is not JSON.","type":"server_error",)"
       R"("param":null,"code":"upstream_invalid_response"}})"},
      {errors::bad_request(431, "The head is larger than 65536 bytes."), 431,
       R"({"error":{"message":"Bad HTTP request. The head is larger than 65536 bytes.",)"
       R"("type":"invalid_request_error","param":null,"code":null}})"},
      {errors::request_timeout(), 408,
       R"({"error":{"message":"The request was not received in time.",)"
       R"("type":"invalid_request_error","param":null,"code":"request_timeout"}})"},
      {errors::overloaded(""), 503,
       R"({"error":{"message":"The engine is currently overloaded, please try again later",)"
       R"("type":"server_error","param":null,"code":"engine_overloaded"}})"},
      {errors::upstream_failed("Tried 'a' and 'b'."), 502,
       R"({"error":{"message":"Upstream request failed. Tried 'a' and 'b'.",)"
       R"("type":"server_error","param":null,"code":"upstream_error"}})"},
      {errors::upstream_truncated(), 502,
       R"({"error":{"message":"Upstream closed the stream before completion.",)"
       R"("type":"server_error","param":null,"code":"upstream_stream_truncated"}})"},
      {errors::upstream_timeout("idle"), 504,
       R"({"error":{"message":"Upstream timed out. Timer: idle.",)"
       R"("type":"server_error","param":null,"code":"upstream_timeout"}})"},
      {errors::upstream_auth("qwen-a"), 502,
       R"({"error":{"message":"Upstream request failed. )"
       R"(The upstream 'qwen-a' refused the credential it was given.",)"
       R"("type":"server_error","param":null,"code":"upstream_auth_error"}})"},
      {errors::unsupported_parameter("suffix"), 400,
       R"({"error":{"message":"Unsupported parameter: 'suffix' is not supported by the )"
       R"(selected upstream.","type":"invalid_request_error","param":"suffix",)"
       R"("code":"unsupported_parameter"}})"},
      {errors::internal(), 500,
       R"({"error":{"message":"The server had an error while processing your request. )"
       R"(Sorry about that!","type":"server_error","param":null,"code":null}})"},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(to_json(c.made), c.json);
    EXPECT_EQ(c.made.status, c.status) << c.json;
  }
}

// ERR-36
TEST(ErrorCatalogue, WhatAClientWroteIsMaskedAndShort) {
  const std::string_view key = "sk-abcdefghijklmnop";
  const error name = errors::property_name_too_long("metadata", key, 1, 2);
  EXPECT_EQ(to_json(name).find(key), std::string::npos) << to_json(name);
  const error calls = errors::unanswered_calls(std::string(5000, 'c'), 1);
  EXPECT_LT(calls.message.size(), 500U);
  const error long_name = errors::property_name_too_long("metadata", std::string(5000, 'k'), 1, 2);
  EXPECT_LT(long_name.message.size() + long_name.param.size(), 700U);
}

}  // namespace
}  // namespace weir::openai
