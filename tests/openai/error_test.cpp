#include "weir/openai/error.h"

#include <gtest/gtest.h>

#include <iterator>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "openai/masking.h"
#include "weir/base/limits.h"
#include "weir/json/reader.h"
#include "weir/openai/chat_lint.h"

namespace weir::openai {
namespace {

error read(std::string_view body, unsigned status) {
  json::reader reader;
  EXPECT_EQ(reader.parse(body), json::reader::status::ok) << body;
  return read_error(reader.root(), status);
}

bool is_json(std::string_view text) {
  json::reader reader;
  return reader.parse(text) == json::reader::status::ok && reader.rest().empty();
}

// --- What is written -------------------------------------------------------------------------

TEST(Error, TheFourMembersAreAlwaysWritten) {
  error e;
  e.message = "a \"b\"\n";
  e.type = "server_error";
  EXPECT_EQ(to_json(e), R"({"error":{"message":"a \"b\"\n","type":"server_error",)"
                        R"("param":null,"code":null}})");
  e.param = "n";
  e.code = "x";
  EXPECT_EQ(to_json(e), R"({"error":{"message":"a \"b\"\n","type":"server_error",)"
                        R"("param":"n","code":"x"}})");
}

TEST(Error, OnlyAnOverloadSaysWhenToComeAgain) {
  EXPECT_EQ(errors::overloaded("").retry_after, 1U);
  EXPECT_FALSE(errors::upstream_failed("").retry_after.has_value());
}

TEST(Error, WhatIsEchoedOfARequestIsShort) {
  const std::string huge(100'000, 'x');
  EXPECT_LT(errors::model_not_found(huge, "").message.size(), 400U);
  EXPECT_LT(errors::unknown_url("GET", huge).message.size(), 400U);
  EXPECT_LT(errors::invalid_value("p", huge, "'a'").message.size(), 400U);
  EXPECT_LT(errors::below_minimum("n", "1", "-" + std::string(10'000, '1')).message.size(), 400U);
  EXPECT_LT(errors::bad_request(400, huge).message.size(), limits::max_error_message_bytes + 100);
}

// --- What is read ----------------------------------------------------------------------------

TEST(ReadError, EveryShapeSeenInTheWildGivesItsText) {
  const struct {
    std::string_view name;
    unsigned http;  // 0: inside a 200
    std::string_view body;
    unsigned status;
    std::string_view message;
    std::string_view type;
    std::string_view param;
    std::string_view code;
    std::string_view category;
  } cases[] = {
      {"X1 OpenAI", 401,
       R"({"error":{"message":"m","type":"invalid_request_error","param":null,)"
       R"("code":"invalid_api_key"}})",
       401, "m", "invalid_request_error", "", "invalid_api_key", "authentication"},
      {"X1 without param and code", 500, R"({"error":{"message":"m","type":"server_error"}})", 500,
       "m", "server_error", "", "", "server"},
      {"X2 text", 0, R"({"error":"model crashed"})", 502, "model crashed", "server_error", "",
       "upstream_error", "upstream_error"},
      {"X2 text with its status", 429, R"({"error":"slow down"})", 429, "slow down", "requests", "",
       "rate_limit_exceeded", "rate_limit"},
      {"X4 flat message", 0, R"({"message":"m"})", 502, "m", "server_error", "", "upstream_error",
       "upstream_error"},
      {"X4 word and message", 0, R"({"error":"Bad Request","message":"the detail"})", 502,
       "the detail", "server_error", "", "upstream_error", "upstream_error"},
      {"X4 flag and message", 503, R"({"error":true,"message":"m"})", 503, "m", "server_error", "",
       "engine_overloaded", "overloaded"},
      {"Nest's statusCode", 0, R"({"statusCode":404,"message":"gone","error":"Not Found"})", 404,
       "gone", "invalid_request_error", "", "", "not_found"},
      {"old vLLM", 404,
       R"({"object":"error","message":"no such model","type":"NotFoundError","param":null,)"
       R"("code":404})",
       404, "no such model", "NotFoundError", "", "404", "not_found"},
      {"X8 detail text", 404, R"({"detail":"Not Found"})", 404, "Not Found",
       "invalid_request_error", "", "", "not_found"},
      {"X8 FastAPI's list", 422,
       R"({"detail":[{"loc":["body","messages",0,"role"],"msg":"Field required","type":"missing"}]})",
       422, "messages[0].role: Field required", "invalid_request_error", "messages[0].role", "",
       "invalid_request"},
      {"X8 two details", 422,
       R"({"detail":[{"loc":["body","a"],"msg":"x"},{"loc":["body","b"],"msg":"y"}]})", 422,
       "a: x; b: y", "invalid_request_error", "a", "", "invalid_request"},
      {"X8 detail object", 400, R"({"detail":{"message":"m","code":"context_length_exceeded"}})",
       400, "m", "invalid_request_error", "", "context_length_exceeded", "context_length"},
      {"X8 code as text and msg", 0, R"({"code":"500","msg":"boom"})", 500, "boom", "server_error",
       "", "500", "server"},
      {"X8 DashScope", 400, R"({"code":"InvalidParameter","message":"bad","request_id":"r-1"})",
       400, "bad", "invalid_request_error", "", "InvalidParameter", "invalid_request"},
      {"X8 DashScope throttling", 0, R"({"code":"Throttling.RateQuota","message":"slow"})", 429,
       "slow", "insufficient_quota", "", "Throttling.RateQuota", "quota"},
      {"X8 MiniMax", 0, R"({"base_resp":{"status_code":1004,"status_msg":"login fail"}})", 502,
       "login fail", "server_error", "", "upstream_error", "upstream_error"},
      {"X8 Cloudflare", 0,
       R"({"result":null,"success":false,"errors":[{"code":7009,"message":"no route"}],)"
       R"("messages":[]})",
       502, "no route", "server_error", "", "7009", "upstream_error"},
      {"X8 Gemini's array", 400,
       R"([{"error":{"code":400,"message":"bad key","status":"INVALID_ARGUMENT"}}])", 400,
       "bad key", "invalid_request_error", "", "400", "invalid_request"},
      {"Gemini inside a 200", 0,
       R"({"error":{"code":429,"message":"m","status":"RESOURCE_EXHAUSTED"}})", 429, "m",
       "requests", "", "429", "rate_limit"},
      {"X8 Apigee", 500,
       R"({"fault":{"faultstring":"Quota violation","detail":{"errorcode":"policies.QuotaViolation"}}})",
       500, "Quota violation", "insufficient_quota", "", "policies.QuotaViolation", "quota"},
      {"X9 in a chunk", 0,
       R"({"id":"x","object":"chat.completion.chunk","choices":[],)"
       R"("error":{"code":502,"message":"provider died"}})",
       502, "provider died", "server_error", "", "502", "upstream_error"},
      {"X9 as text in a chunk", 0, R"({"id":"x","choices":[],"error":"died"})", 502, "died",
       "server_error", "", "upstream_error", "upstream_error"},
      {"X9 in a choice", 0,
       R"({"id":"x","choices":[{"index":0,"error":{"message":"m","code":429}}]})", 429, "m",
       "requests", "", "429", "rate_limit"},
      {"Anthropic", 529,
       R"({"type":"error","error":{"type":"overloaded_error","message":"Overloaded"},)"
       R"("request_id":"req_1"})",
       503, "Overloaded", "overloaded_error", "", "", "overloaded"},
      {"Anthropic inside a 200", 0,
       R"({"type":"error","error":{"type":"rate_limit_error","message":"m"}})", 429, "m",
       "rate_limit_error", "", "", "rate_limit"},
      {"a gateway behind a gateway", 0, R"({"error":{"error":{"message":"m","code":401}}})", 401,
       "m", "invalid_request_error", "", "401", "authentication"},
      {"an array of errors under error", 0, R"({"error":[{"message":"m"}]})", 502, "m",
       "server_error", "", "upstream_error", "upstream_error"},
      {"a status that is all there is to go by", 403, R"({"message":"not you"})", 403, "not you",
       "invalid_request_error", "", "", "permission"},
      {"a bare string", 0, R"("boom")", 502, "boom", "server_error", "", "upstream_error",
       "upstream_error"},
      {"RFC 7807", 400, R"({"type":"about:blank","title":"Bad","detail":"n is wrong"})", 400,
       "n is wrong", "about:blank", "", "", "invalid_request"},
      {"Baidu", 0, R"({"error_code":336003,"error_msg":"empty"})", 502, "empty", "server_error", "",
       "336003", "upstream_error"},
      {"nothing known", 500, R"({"a":1})", 500,
       "The server had an error while processing your request. Sorry about that!", "server_error",
       "", "", "server"},
      {"nothing at all", 0, "{}", 502, "Upstream request failed.", "server_error", "",
       "upstream_error", "upstream_error"},
      {"an empty array", 0, "[]", 502, "Upstream request failed.", "server_error", "",
       "upstream_error", "upstream_error"},
      {"a number", 0, "7", 502, "Upstream request failed.", "server_error", "", "upstream_error",
       "upstream_error"},
      {"an error of null", 0, R"({"error":null})", 502, "Upstream request failed.", "server_error",
       "", "upstream_error", "upstream_error"},
  };
  for (const auto& c : cases) {
    const error e = read(c.body, c.http);
    EXPECT_EQ(e.status, c.status) << c.name;
    EXPECT_EQ(e.message, c.message) << c.name;
    EXPECT_EQ(e.type, c.type) << c.name;
    EXPECT_EQ(e.param, c.param) << c.name;
    EXPECT_EQ(e.code, c.code) << c.name;
    EXPECT_EQ(e.category, c.category) << c.name;
    EXPECT_TRUE(is_json(to_json(e))) << c.name << ' ' << to_json(e);
  }
}

// GEN-6
TEST(ReadError, InsideASuccessTheCodeDecidesTheStatusAndElseTheWords) {
  const struct {
    std::string_view code;
    std::string_view type;
    unsigned status;
  } cases[] = {
      {"400", "\"x\"", 400},
      {"599", "\"x\"", 599},
      {"399", "\"x\"", 502},
      {"600", "\"x\"", 502},
      {"\"429\"", "\"x\"", 429},
      {"503", "\"invalid_request_error\"", 503},
      {"null", "\"invalid_request_error\"", 400},
      {"\"invalid_api_key\"", "\"invalid_request_error\"", 401},
      {"\"rate_limit_exceeded\"", "\"tokens\"", 429},
      {"null", "\"tokens\"", 429},
      {"\"insufficient_quota\"", "\"insufficient_quota\"", 429},
      {"\"context_length_exceeded\"", "\"invalid_request_error\"", 400},
      {"\"model_not_found\"", "\"invalid_request_error\"", 404},
      {"null", "\"overloaded_error\"", 503},
      {"\"engine_overloaded\"", "\"server_error\"", 503},
      {"null", "\"permission_error\"", 403},
      {"null", "\"request_too_large\"", 413},
      {"null", "\"timeout_error\"", 504},
      {"null", "\"server_error\"", 500},
      {"null", "\"InternalServerError\"", 500},
      {"null", "\"BadRequestError\"", 400},
      {"null", "\"something new\"", 502},
      {"null", "null", 502},
  };
  for (const auto& c : cases) {
    const std::string body = std::string(R"({"error":{"message":"m","type":)")
                                 .append(c.type)
                                 .append(R"(,"param":null,"code":)")
                                 .append(c.code)
                                 .append("}}");
    EXPECT_EQ(read(body, 0).status, c.status) << body;
    EXPECT_EQ(read(body, 200).status, c.status) << body;
    EXPECT_EQ(read(body, 418).status, 418U) << body;  // EMAP-1: relayed as it came
  }
}

// P4, EMAP-1
TEST(ReadError, ACompleteEnvelopeKeepsItsBytes) {
  const std::string_view objects[] = {
      R"({"message":"m","type":"t","param":null,"code":null})",
      R"({"code" : 429, "message":"\u00e9 1.0e5", "param":"n","type":"t"})",
      R"({"message":"m","type":"t","param":null,"code":"c","metadata":{"n":12345678901234567890}})",
  };
  for (const std::string_view object : objects) {
    const std::string body = "{\"error\":" + std::string(object) + "}";
    EXPECT_EQ(read(body, 400).source, object);
    EXPECT_EQ(to_json(read(body, 0)), body);
  }
}

TEST(ReadError, AnIncompleteEnvelopeGetsTheFourMembersFirstAndKeepsTheRest) {
  const struct {
    std::string_view body;
    std::string_view json;
  } cases[] = {
      {R"({"error":{"message":"m","code":429,"metadata":{"n":1.50}}})",
       R"({"error":{"message":"m","type":"requests","param":null,"code":429,)"
       R"("metadata":{"n":1.50}}})"},
      {R"({"error":{"failed_generation":"x","message":"m","type":"invalid_request_error",)"
       R"("code":"tool_use_failed"}})",
       R"({"error":{"message":"m","type":"invalid_request_error","param":null,)"
       R"("code":"tool_use_failed","failed_generation":"x"}})"},
      {R"({"error":{"message":"m"}})",
       R"({"error":{"message":"m","type":"server_error","param":null,"code":"upstream_error"}})"},
      {R"({"code":"X","message":"m","request_id":"r"})",
       R"({"error":{"message":"m","type":"server_error","param":null,"code":"X",)"
       R"("request_id":"r"}})"},
      {R"({"object":"error","message":"m","type":"BadRequestError","param":null,"code":400})",
       R"({"error":{"message":"m","type":"BadRequestError","param":null,"code":400}})"},
      {R"({"id":"c","object":"chat.completion.chunk","choices":[],"error":"died"})",
       R"({"error":{"message":"died","type":"server_error","param":null,"code":"upstream_error"}})"},
  };
  for (const auto& c : cases) EXPECT_EQ(to_json(read(c.body, 0)), c.json);
}

TEST(ReadError, WhatIsWrittenFitsOneLineWithoutLineSeparators) {
  const std::string body =
      "{\n  \"error\": {\n    \"message\": \"a\xE2\x80\xA8"
      "b\",\n    \"type\": \"t\",\r\n    \"param\": null,\n \"code\": \"\\ud800\"\n  }\n}";
  const std::string json = to_json(read(body, 400));
  EXPECT_EQ(json.find_first_of("\r\n"), std::string::npos) << json;
  json::reader reader;
  ASSERT_EQ(reader.parse(json), json::reader::status::ok) << json;
  EXPECT_FALSE(reader.has_line_separator()) << json;
  EXPECT_FALSE(reader.has_lone_surrogate()) << json;
  EXPECT_EQ(reader.root()["error"]["message"].decoded(),
            "a\xE2\x80\xA8"
            "b");
}

TEST(ReadError, AnErrorTooLargeForALineIsCut) {
  const std::string text(limits::max_output_line_bytes, 'x');
  const error e = read(
      R"({"error":{"message":")" + text + R"(","type":"t","param":null,"code":"c","extra":1}})",
      400);
  EXPECT_EQ(e.message.size(), limits::max_error_message_bytes);
  EXPECT_LT(to_json(e).size(), limits::max_error_message_bytes + 100);
  EXPECT_EQ(e.code, "c");
}

TEST(ReadErrorText, PlainTextAndPagesBecomeTheMessage) {
  const struct {
    std::string_view body;
    unsigned http;
    unsigned status;
    std::string_view message;
  } cases[] = {
      {"upstream connect error\n", 503, 503, "upstream connect error"},
      {"  Too Many Requests ", 429, 429, "Too Many Requests"},
      {"<html><head><title>504 Gateway Time-out</title><style>b{c:d}</style></head>\r\n"
       "<body><!-- x --><script>var a = '<b>';</script><center><h1>nginx</h1></center></body>",
       504, 504, "504 Gateway Time-out nginx"},
      {"<!DOCTYPE html><p>a", 0, 502, "a"},
      {"", 500, 500, "The server had an error while processing your request. Sorry about that!"},
      {" \n", 0, 502, "Upstream request failed."},
      {"<style", 502, 502, "Upstream request failed."},
  };
  for (const auto& c : cases) {
    const error e = read_error_text(c.body, c.http);
    EXPECT_EQ(e.message, c.message) << c.body;
    EXPECT_EQ(e.status, c.status) << c.body;
    EXPECT_TRUE(e.source.empty()) << c.body;
  }
}

TEST(ReadErrorText, TheMessageIsCutBetweenCharacters) {
  std::string text = "x";
  while (text.size() < 2 * limits::max_error_message_bytes) text += "\xE2\x82\xAC";
  const error e = read_error_text(text, 500);
  EXPECT_LE(e.message.size(), limits::max_error_message_bytes);
  EXPECT_GT(e.message.size(), limits::max_error_message_bytes - 3);
  EXPECT_EQ(e.message.size() % 3, 1U);
}

// EMAP-3
TEST(ReadError, ADelayThatTheBodyNamesIsKept) {
  const struct {
    std::string_view body;
    std::optional<std::uint32_t> seconds;
  } cases[] = {
      {R"({"error":{"code":429,"message":"m","details":[{"@type":"x"},{"retryDelay":"34s"}]}})",
       34},
      {R"({"error":{"code":429,"message":"m","details":[{"retryDelay":"34.074824224s"}]}})", 35},
      {R"({"error":{"code":429,"message":"m","details":[{"retryDelay":"0.2s"}]}})", 1},
      {R"({"error":{"code":429,"message":"m","details":[{"retryDelay":"soon"}]}})", std::nullopt},
      {R"({"error":{"code":429,"message":"m","details":[{"retryDelay":"99999999999s"}]}})",
       std::nullopt},
      {R"({"error":{"code":429,"message":"m","retry_after":7}})", 7},
      {R"({"message":"m","retry_after":1.5})", 2},
      {R"({"message":"m","retry_after":-1})", std::nullopt},
      {R"({"message":"m","retry_after":null})", std::nullopt},
      {R"({"error":{"message":"m"}})", std::nullopt},
  };
  for (const auto& c : cases) EXPECT_EQ(read(c.body, 429).retry_after, c.seconds) << c.body;
}

/// Documents made of what error documents are made of.
std::string random_document(std::mt19937& random, int depth) {
  static constexpr std::string_view keys[] = {
      "error",  "message", "type",   "param", "code",      "detail", "msg",   "errors",
      "status", "choices", "object", "fault", "base_resp", "loc",    "extra", "details"};
  static constexpr std::string_view leaves[] = {
      "null", "\"\"", "\"text\"", "\"error\"",   "\"rate_limit_exceeded\"", "429",  "-1",     "1.5",
      "true", "{}",   "[]",       "\"\\ud800\"", "\"\xE2\x80\xA8\"",        "1e99", "\"404\""};
  const auto below = [&](std::size_t n) { return random() % n; };
  if (depth == 0 || below(4) == 0) return std::string(leaves[below(std::size(leaves))]);
  const bool object = below(4) != 0;
  std::string out = object ? "{" : "[";
  for (std::size_t i = 0, n = 1 + below(4); i < n; ++i) {
    if (i > 0) out += below(8) == 0 ? ",\n" : ",";
    if (object) out.append("\"").append(keys[below(std::size(keys))]).append("\":");
    out += random_document(random, depth - 1);
  }
  return out + (object ? "}" : "]");
}

TEST(ReadError, WhateverTheDocumentTheFrameIsLegal) {
  std::mt19937 random(2025);
  for (int i = 0; i < 3'000; ++i) {
    const std::string document = random_document(random, 4);
    for (const unsigned status : {0U, 429U}) {
      const error e = read(document, status);
      EXPECT_GE(e.status, 400U) << document;
      EXPECT_FALSE(e.message.empty()) << document;
      const std::string frame = to_json(e);
      const std::vector<finding> found =
          lint_chat_stream("data: " + frame + "\n\ndata: [DONE]\n\n", {});
      ASSERT_TRUE(is_legal(found)) << document << '\n' << frame << '\n' << found.front().detail;
    }
  }
}

// --- ERR-36 ----------------------------------------------------------------------------------

TEST(Masking, CredentialsAndAddressesAreHidden) {
  const struct {
    std::string_view text;
    std::string_view want;
  } cases[] = {
      {"Incorrect API key provided: sk-proj-abcDEF123456_-x.",
       "Incorrect API key provided: sk-***."},
      {"sk-1234567890", "sk-***"},
      {"(key='gsk_abcdefgh1234')", "(key='gsk_***')"},
      {"AIzaSyA1234567890abc is bad", "AIza*** is bad"},
      {"Authorization: Bearer abc.def-123", "Authorization: Bearer ***"},
      {"bearer x9", "bearer ***"},
      {"Basic dXNlcjpwYXNzd29yZA==", "Basic ***"},
      {"token eyJhbGciOi.eyJzdWIi.sig-nature, please", "token eyJ***, please"},
      {"POST http://10.0.0.7:8000/v1/chat/completions failed", "POST [upstream] failed"},
      {"see https://user:pw@qwen-a.internal/x?key=1.", "see [upstream]."},
      {"<HTTPS://Host/a>", "<[upstream]>"},
      {"connect to 192.168.1.20:8000: refused", "connect to [upstream]: refused"},
      {"dial localhost:11434", "dial [upstream]"},
      {"10.0.0.7", "[upstream]"},
      // What looks similar and says nothing.
      {"Incorrect API key provided: sk-ab***yz.", "Incorrect API key provided: sk-ab***yz."},
      {"using Bearer auth (i.e. Authorization: Bearer YOUR_KEY)",
       "using Bearer auth (i.e. Authorization: Bearer YOUR_KEY)"},
      {"Bearer ***", "Bearer ***"},
      {"a task-12345678901 and desk-0123456789", "a task-12345678901 and desk-0123456789"},
      {"sk-learn", "sk-learn"},
      {"version 1.2.3", "version 1.2.3"},
      {"1.2.3.4.5", "1.2.3.4.5"},
      {"http:// and https:", "http:// and https:"},
      {"Visit https://platform.openai.com/account/api-keys.",
       "Visit https://platform.openai.com/account/api-keys."},
      {"https://docs.vllm.ai/en/latest#x", "https://docs.vllm.ai/en/latest#x"},
      // A page for people has no port, no user, no query, and is no endpoint.
      {"https://platform.corp:8443/x", "[upstream]"},
      {"https://docs.corp@10.0.0.7/x", "[upstream]"},
      {"https://console.corp/x?key=1", "[upstream]"},
      {"https://platform.corp/v1/chat/completions", "[upstream]"},
      {"http://docs.corp/x", "[upstream]"},
      {"https://api.openai.com/docs", "[upstream]"},
      {"localhost", "localhost"},
      {"at 12:30", "at 12:30"},
      {"", ""},
  };
  for (const auto& c : cases) EXPECT_EQ(masked(c.text), c.want) << c.text;
}

TEST(Masking, IsIdempotent) {
  for (const std::string_view text : {"sk-proj-abcDEF123456", "Bearer abc.def-123",
                                      "http://h:1/x sk-0123456789", "eyJabcdefghij"}) {
    EXPECT_EQ(masked(masked(text)), masked(text));
  }
}

TEST(ReadError, NoCredentialAndNoAddressOfAnUpstreamComesThrough) {
  const std::string_view bodies[] = {
      R"({"error":{"message":"sk-secret123456 at http://10.1.2.3:8000","type":"t","param":null,)"
      R"("code":null}})",
      R"({"error":{"message":"m","type":"t","param":null,"code":null,)"
      R"("raw":{"h":["Bearer secret123456 \u003csk-secret123456\u003e",)"
      R"("https:\/\/10.1.2.3\/x\u0026secret123456"]}}})",
      R"({"error":"sk-secret123456 http://10.1.2.3"})",
      R"({"detail":"sk-secret123456","x":"http://10.1.2.3:1/secret123456"})",
  };
  for (const std::string_view body : bodies) {
    const error e = read(body, 500);
    const std::string json = to_json(e) + e.message;
    EXPECT_EQ(json.find("secret"), std::string::npos) << json;
    EXPECT_EQ(json.find("10.1.2.3"), std::string::npos) << json;
    EXPECT_TRUE(is_json(to_json(e))) << json;
  }
  const error text = read_error_text("no route to http://10.1.2.3:8000/v1 (sk-secret123456)", 502);
  EXPECT_EQ(text.message, "no route to [upstream] (sk-***)");
}

}  // namespace
}  // namespace weir::openai
