#include "weir/openai/chat_request.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace weir::openai {
namespace {

constexpr std::string_view user = R"("messages":[{"role":"user","content":"x"}])";

std::string body_with(std::string_view members) {
  return R"({"model":"m",)" + std::string(user) + (members.empty() ? "" : ",") +
         std::string(members) + "}";
}

chat_request accepted(std::string_view body) {
  json::reader reader;
  const result<chat_request, error> r = read_chat_request(body, reader);
  EXPECT_TRUE(r.ok()) << body << ' ' << (r.ok() ? "" : r.error().message);
  return r.ok() ? *r : chat_request{};
}

error refused(std::string_view body) {
  json::reader reader;
  const result<chat_request, error> r = read_chat_request(body, reader);
  EXPECT_FALSE(r.ok()) << body;
  return r.ok() ? error{} : r.error();
}

TEST(ChatRequest, WhatAnAnswerDependsOnIsRead) {
  const chat_request plain = accepted(body_with(""));
  EXPECT_EQ(plain.model, "m");
  EXPECT_FALSE(plain.stream);
  EXPECT_EQ(plain.n, 1U);
  EXPECT_FALSE(plain.include_usage);
  EXPECT_TRUE(plain.include_obfuscation);
  EXPECT_FALSE(plain.offers_tools);
  EXPECT_FALSE(plain.offers_functions);
  EXPECT_FALSE(plain.names_tool);

  const chat_request full = accepted(body_with(
      R"("n":3,"stream":true,"stream_options":{"include_usage":true,"include_obfuscation":false},)"
      R"("tools":[{"type":"function","function":{"name":"f"}}],"functions":[{"name":"f"}],)"
      R"("tool_choice":{"type":"function","function":{"name":"f"}})"));
  EXPECT_TRUE(full.stream);
  EXPECT_EQ(full.n, 3U);
  EXPECT_TRUE(full.include_usage);
  EXPECT_FALSE(full.include_obfuscation);
  EXPECT_TRUE(full.offers_tools);
  EXPECT_TRUE(full.offers_functions);
  EXPECT_TRUE(full.names_tool);
}

TEST(ChatRequest, ItsAnswerObeysWhatItAskedFor) {
  chat_request asked;
  asked.model = "m";
  asked.stream = true;
  asked.n = 3;
  asked.include_usage = true;
  asked.include_obfuscation = false;
  asked.offers_tools = true;
  asked.offers_functions = true;
  asked.names_tool = true;
  const chat_context context = context_of(asked, {});
  EXPECT_EQ(context.requested_model, "m");
  EXPECT_TRUE(context.stream);
  EXPECT_EQ(context.n, 3U);
  EXPECT_TRUE(context.include_usage);
  EXPECT_FALSE(context.include_obfuscation);
  EXPECT_TRUE(context.offers_tools);
  EXPECT_TRUE(context.offers_functions);
  EXPECT_TRUE(context.names_tool);
  EXPECT_EQ(context.tools, "");
  asked.tools = R"([{"type":"function"}])";
  stream_settings settings;
  settings.tools_in_text = true;
  EXPECT_EQ(context_of(asked, settings).tools, asked.tools);
  EXPECT_FALSE(context_of({}, {}).stream);
  EXPECT_TRUE(context_of({}, {}).include_obfuscation);
}

TEST(ChatRequest, AnEmptyListOffersNothing) {
  const chat_request r = accepted(body_with(R"("tools":[],"functions":[])"));
  EXPECT_FALSE(r.offers_tools);
  EXPECT_FALSE(r.offers_functions);
}

TEST(ChatRequest, OnlyANamedToolIsForced) {
  const struct {
    std::string_view choice;
    bool forced;
  } cases[] = {
      {R"("auto")", false},
      {R"("required")", false},
      {R"(null)", false},
      {R"({"type":"function","function":{"name":"f"}})", true},
      {R"({"type":"custom","custom":{"name":"f"}})", true},
      {R"({"type":"allowed_tools","allowed_tools":{"mode":"auto","tools":[]}})", false},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(accepted(body_with("\"tool_choice\":" + std::string(c.choice))).names_tool, c.forced)
        << c.choice;
  }
}

// REQ-1
TEST(ChatRequest, NullIsAbsent) {
  const chat_request r = accepted(
      body_with(R"("n":null,"stream":null,"stream_options":null,"tools":null,"tool_choice":null)"));
  EXPECT_EQ(r.n, 1U);
  EXPECT_FALSE(r.stream);
  EXPECT_TRUE(
      accepted(body_with(R"("stream":true,"stream_options":{"include_usage":null})")).stream);
}

TEST(ChatRequest, EveryKnownRoleIsAccepted) {
  for (const std::string_view role :
       {"system", "developer", "user", "assistant", "tool", "function", "us\\u0065r"}) {
    accepted(R"({"model":"m","messages":[{"role":")" + std::string(role) + R"("}]})");
  }
}

// HTTP-12
TEST(ChatRequest, AByteOrderMarkIsNoFault) {
  EXPECT_EQ(accepted("\xEF\xBB\xBF" + body_with("")).model, "m");
}

TEST(ChatRequest, OfTwoMembersWithOneKeyTheLastWins) {
  const chat_request r =
      accepted(body_with(R"("n":0,"n":2,"model":"last","stream":1,"stream":true)"));
  EXPECT_EQ(r.n, 2U);
  EXPECT_EQ(r.model, "last");
  EXPECT_TRUE(r.stream);
}

TEST(ChatRequest, MembersOfOthersAreNotChecked) {
  accepted(body_with(R"("temperature":"hot","top_k":[],"foo":{"bar":1e400},"stop":7)"));
  accepted(R"({"model":"m","messages":[{"role":"tool","content":7,"x":null}]})");
}

TEST(ChatRequest, EveryFaultHasItsWordsFromTheCatalogue) {
  const struct {
    std::string body;
    std::string_view param;
    std::string_view code;
    std::string_view message;
  } cases[] = {
      {R"({})", "", "", "you must provide a model parameter"},
      {R"({"model":null})", "", "", "you must provide a model parameter"},
      {R"({"model":""})", "", "", "you must provide a model parameter"},
      {R"({"model":7,"messages":[{"role":"user"}]})", "model", "invalid_type",
       "Invalid type for 'model': expected a string, but got an integer instead."},
      {R"({"model":"m"})", "messages", "missing_required_parameter",
       "Missing required parameter: 'messages'."},
      {R"({"model":"m","messages":null})", "messages", "invalid_type",
       "Invalid type for 'messages': expected an array of objects, but got null instead."},
      {R"({"model":"m","messages":"x"})", "messages", "invalid_type",
       "Invalid type for 'messages': expected an array of objects, but got a string instead."},
      {R"({"model":"m","messages":{}})", "messages", "invalid_type",
       "Invalid type for 'messages': expected an array of objects, but got an object instead."},
      {R"({"model":"m","messages":[]})", "messages", "empty_array",
       "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an "
       "empty array instead."},
      {R"({"model":"m","messages":[{"role":"user"},"x"]})", "messages[1]", "invalid_type",
       "Invalid type for 'messages[1]': expected an object, but got a string instead."},
      {R"({"model":"m","messages":[null]})", "messages[0]", "invalid_type",
       "Invalid type for 'messages[0]': expected an object, but got null instead."},
      {R"({"model":"m","messages":[{"content":"x"}]})", "messages[0].role",
       "missing_required_parameter", "Missing required parameter: 'messages[0].role'."},
      {R"({"model":"m","messages":[{"role":true}]})", "messages[0].role", "invalid_type",
       "Invalid type for 'messages[0].role': expected one of 'system', 'assistant', 'user', "
       "'function', 'tool', or 'developer', but got a boolean instead."},
      {R"({"model":"m","messages":[{"role":"bot"}]})", "messages[0].role", "invalid_value",
       "Invalid value: 'bot'. Supported values are: 'system', 'assistant', 'user', 'function', "
       "'tool', and 'developer'."},
      {body_with(R"("n":"2")"), "n", "invalid_type",
       "Invalid type for 'n': expected an integer, but got a string instead."},
      {body_with(R"("n":1.0)"), "n", "invalid_type",
       "Invalid type for 'n': expected an integer, but got a decimal number instead."},
      {body_with(R"("n":1e1)"), "n", "invalid_type",
       "Invalid type for 'n': expected an integer, but got a decimal number instead."},
      {body_with(R"("n":[])"), "n", "invalid_type",
       "Invalid type for 'n': expected an integer, but got an array instead."},
      {body_with(R"("n":0)"), "n", "integer_below_min_value",
       "Invalid 'n': integer below minimum value. Expected a value >= 1, but got 0 instead."},
      {body_with(R"("n":-99999999999999999999)"), "n", "integer_below_min_value",
       "Invalid 'n': integer below minimum value. Expected a value >= 1, but got "
       "-99999999999999999999 instead."},
      {body_with(R"("n":129)"), "n", "integer_above_max_value",
       "Invalid 'n': integer above maximum value. Expected a value <= 128, but got 129 instead."},
      {body_with(R"("n":99999999999999999999)"), "n", "integer_above_max_value",
       "Invalid 'n': integer above maximum value. Expected a value <= 128, but got "
       "99999999999999999999 instead."},
      {body_with(R"("stream":"true")"), "stream", "invalid_type",
       "Invalid type for 'stream': expected a boolean, but got a string instead."},
      {body_with(R"("stream":1)"), "stream", "invalid_type",
       "Invalid type for 'stream': expected a boolean, but got an integer instead."},
      {body_with(R"("stream":true,"stream_options":[])"), "stream_options", "invalid_type",
       "Invalid type for 'stream_options': expected an object, but got an array instead."},
      {body_with(R"("stream_options":{})"), "stream_options", "",
       "The 'stream_options' parameter is only allowed when 'stream' is enabled."},
      {body_with(R"("stream":false,"stream_options":{"include_usage":true})"), "stream_options", "",
       "The 'stream_options' parameter is only allowed when 'stream' is enabled."},
      {body_with(R"("stream":true,"stream_options":{"include_usage":"yes"})"),
       "stream_options.include_usage", "invalid_type",
       "Invalid type for 'stream_options.include_usage': expected a boolean, but got a string "
       "instead."},
  };
  for (const auto& c : cases) {
    const error e = refused(c.body);
    EXPECT_EQ(e.status, 400U) << c.body;
    EXPECT_EQ(e.type, "invalid_request_error") << c.body;
    EXPECT_EQ(e.param, c.param) << c.body;
    EXPECT_EQ(e.code, c.code) << c.body;
    EXPECT_EQ(e.message, c.message) << c.body;
  }
}

TEST(ChatRequest, WhatIsNotJsonIsNamedByItsOffset) {
  const struct {
    std::string body;
    std::size_t offset;
  } cases[] = {
      {"", 0},
      {" \n ", 3},
      {"{\"model\":\"m\",}", 13},
      {"{\"model\":\"m\"", 12},
      {"\xEF\xBB\xBF{]", 4},
      {"{} {}", 3},
      {"\xEF\xBB\xBF{} x", 6},
      {" []", 1},
      {"\"text\"", 0},
      {"null", 0},
  };
  for (const auto& c : cases) {
    const error e = refused(c.body);
    EXPECT_EQ(e.status, 400U) << c.body;
    EXPECT_TRUE(e.message.starts_with("We could not parse the JSON body of your request."))
        << c.body;
    EXPECT_NE(e.message.find(" Byte " + std::to_string(c.offset) + ": "), std::string::npos)
        << c.body << ' ' << e.message;
    EXPECT_EQ(e.param, "") << c.body;
  }
  EXPECT_NE(refused(std::string(300, '[')).message.find("Byte "), std::string::npos);
}

// ERR-34: first fault only, in this order.
TEST(ChatRequest, FaultsAreReportedInTheMeasuredOrder) {
  std::string body = R"({"stream_options":7,"stream":"x","n":"x","messages":[]})";
  EXPECT_EQ(refused(body).message, "you must provide a model parameter");
  body.insert(1, R"("model":"m",)");
  EXPECT_EQ(refused(body).param, "messages");
  body.replace(body.find("[]"), 2, R"([{"role":"user"}])");
  EXPECT_EQ(refused(body).param, "n");
  body.replace(body.find(R"("n":"x")"), 7, R"("n":1)");
  EXPECT_EQ(refused(body).param, "stream");
  body.replace(body.find(R"("stream":"x")"), 12, R"("stream":true)");
  EXPECT_EQ(refused(body).param, "stream_options");
}

std::string edited(std::string_view body, const body_edits& edits) {
  json::reader reader;
  const result<chat_request, error> r = read_chat_request(body, reader);
  EXPECT_TRUE(r.ok()) << body;
  return upstream_body(body, reader.root(), *r, edits);
}

// REQ-9, REQ-10, REQ-13
TEST(UpstreamBody, OnlyTheNamedMembersChange) {
  const struct {
    std::string_view name;
    std::string_view body;
    body_edits edits;
    std::string_view want;
  } cases[] = {
      {"nothing to do",
       R"( {"model" : "m", "messages":[{"role":"user"}],"x":1.50e2} )",
       {"m"},
       R"( {"model" : "m", "messages":[{"role":"user"}],"x":1.50e2} )"},
      {"the empty name keeps the client's",
       R"({"model":"m","messages":[{"role":"user"}]})",
       {""},
       R"({"model":"m","messages":[{"role":"user"}]})"},
      {"an escaped name is the same name",
       R"({"model":"\u006d","messages":[{"role":"user"}]})",
       {"m"},
       R"({"model":"\u006d","messages":[{"role":"user"}]})"},
      {"the name",
       R"({"model" : "m", "messages":[{"role":"user"}],"big":12345678901234567890})",
       {"Qwen/\"3\""},
       R"({"model" : "Qwen/\"3\"", "messages":[{"role":"user"}],"big":12345678901234567890})"},
      {"a doubled name",
       R"({"model":"a","messages":[{"role":"user"}],"model":"m"})",
       {"u"},
       R"({"messages":[{"role":"user"}],"model":"u"})"},
      {"usage asked for",
       R"({"model":"m","messages":[{"role":"user"}],"stream":true})",
       {"", true},
       R"({"model":"m","messages":[{"role":"user"}],"stream":true,"stream_options":{"include_usage":true}})"},
      {"null options",
       R"({"model":"m","messages":[{"role":"user"}],"stream_options":null,"stream":true})",
       {"", true},
       R"({"model":"m","messages":[{"role":"user"}],"stream_options":{"include_usage":true},"stream":true})"},
      {"other options are kept",
       R"({"model":"m","messages":[{"role":"user"}],"stream":true,"stream_options":{"x":1,"include_usage":false}})",
       {"", true},
       R"({"model":"m","messages":[{"role":"user"}],"stream":true,"stream_options":{"x":1,"include_usage":true}})"},
      {"empty options",
       R"({"model":"m","messages":[{"role":"user"}],"stream":true,"stream_options":{}})",
       {"", true},
       R"({"model":"m","messages":[{"role":"user"}],"stream":true,"stream_options":{"include_usage":true}})"},
      {"already asked for",
       R"({"model":"m","messages":[{"role":"user"}],"stream":true,"stream_options":{ "include_usage" : true }})",
       {"", true},
       R"({"model":"m","messages":[{"role":"user"}],"stream":true,"stream_options":{ "include_usage" : true }})"},
      {"not for JSON",
       R"({"model":"m","messages":[{"role":"user"}]})",
       {"", true},
       R"({"model":"m","messages":[{"role":"user"}]})"},
      {"dropped",
       R"({"model":"m","stream_options":{"include_usage":true},"messages":[{"role":"user"}],"stream":true})",
       {"u", true, true},
       R"({"model":"u","messages":[{"role":"user"}],"stream":true})"},
      {"a byte order mark is not passed on",
       "\xEF\xBB\xBF{\"model\":\"m\",\"messages\":[{\"role\":\"user\"}]}",
       {"u"},
       R"({"model":"u","messages":[{"role":"user"}]})"},
  };
  for (const auto& c : cases) EXPECT_EQ(edited(c.body, c.edits), c.want) << c.name;
}

// REQ-12
TEST(UpstreamBody, TheTokenLimitGoesUpUnderTheNameTheUpstreamKnows) {
  constexpr auto as_is = token_limit_field::as_is;
  constexpr auto old_name = token_limit_field::max_tokens;
  constexpr auto new_name = token_limit_field::max_completion_tokens;
  const struct {
    token_limit_field field;
    std::string_view written;
    std::string_view want;
  } cases[] = {
      {as_is, R"("max_tokens":5)", R"("max_tokens":5)"},
      {as_is, R"("max_tokens":5,"max_completion_tokens":7)",
       R"("max_tokens":5,"max_completion_tokens":7)"},
      {old_name, R"("max_tokens" : 5)", R"("max_tokens" : 5)"},
      {old_name, R"("max_completion_tokens":99999999999999999999)",
       R"("max_tokens":99999999999999999999)"},
      {old_name, R"("max_tokens":5,"max_completion_tokens":7)", R"("max_tokens":7)"},
      {old_name, R"("max_completion_tokens":7,"max_tokens":5)", R"("max_tokens":7)"},
      {old_name, R"("max_completion_tokens":null,"max_tokens":5)", R"("max_tokens":5)"},
      {old_name, R"("max_completion_tokens":7,"max_tokens":null)", R"("max_tokens":7)"},
      {old_name, R"("a":1,"max_completion_tokens":null)", R"("a":1)"},
      {new_name, R"("max_completion_tokens":7)", R"("max_completion_tokens":7)"},
      {new_name, R"("max_tokens":5)", R"("max_completion_tokens":5)"},
      {new_name, R"("max_tokens":5,"max_completion_tokens":7)", R"("max_completion_tokens":7)"},
      {new_name, R"("max_tokens":5,"max_completion_tokens":null)", R"("max_completion_tokens":5)"},
      {new_name, R"("max_tokens":5,"max_tokens":6)", R"("max_completion_tokens":6)"},
      {new_name, R"("a":1.50,"max_tokens":"five","b": [ ])",
       R"("a":1.50,"b": [ ],"max_completion_tokens":"five")"},
      {new_name, R"("a":1)", R"("a":1)"},
  };
  for (const auto& c : cases) {
    body_edits edits;
    edits.max_tokens_field = c.field;
    EXPECT_EQ(edited(body_with(c.written), edits), body_with(c.want)) << c.written;
  }
}

// REQ-13
TEST(RefusesStreamOptions, OnlyAnErrorThatNamesIt) {
  const struct {
    unsigned status;
    std::string_view body;
    bool want;
  } cases[] = {
      {400, R"({"error":{"message":"Unknown parameter: 'stream_options'."}})", true},
      {422, R"({"detail":[{"loc":["body","stream_options"],"msg":"Extra inputs"}]})", true},
      {422, R"({"detail":[{"loc":["body","stream_options","include_usage"],"msg":"x"}]})", true},
      {400, R"({"error":{"message":"unknown","param":"stream_options.include_usage"}})", true},
      {400, R"({"message":"include_usage is not supported"})", true},
      {400, "stream_options: unknown field", true},
      {500, R"({"error":{"message":"stream_options"}})", false},
      {404, "stream_options", false},
      {400, R"({"error":{"message":"Unknown parameter: 'foo'."}})", false},
      {422, R"({"detail":[{"loc":["body","n"],"msg":"wrong","input":{"stream_options":{}}}]})",
       false},
      {400, "", false},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(refuses_stream_options(c.status, c.body), c.want) << c.status << ' ' << c.body;
  }
}

}  // namespace
}  // namespace weir::openai
