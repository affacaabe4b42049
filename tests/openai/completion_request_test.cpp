#include "weir/openai/completion_request.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "support/sdk_view.h"
#include "weir/base/limits.h"

namespace weir::openai {
namespace {

namespace er = errors;

std::string body_with(std::string_view members) {
  return R"({"model":"m")" + std::string(members.empty() ? "" : ",") + std::string(members) + "}";
}

chat_request accepted(std::string_view body) {
  json::reader reader;
  const result<chat_request, error> r = read_completion_request(body, reader);
  EXPECT_TRUE(r.ok()) << body << ' ' << (r.ok() ? "" : r.error().message);
  return r.ok() ? *r : chat_request{};
}

std::string verdict(std::string_view body, validation profile) {
  json::reader reader;
  const result<chat_request, error> r = read_completion_request(body, reader, profile);
  return r.ok() ? "" : to_json(r.error());
}

std::string list(std::size_t n, std::string_view element) {
  std::string out = "[";
  for (std::size_t i = 0; i < n; ++i) out.append(i == 0 ? "" : ",").append(element);
  return out + "]";
}

TEST(CompletionRequest, WhatAnAnswerDependsOnIsRead) {
  const chat_request plain = accepted(body_with(R"("prompt":"x")"));
  EXPECT_EQ(plain.dialect, dialect::completions);
  EXPECT_EQ(plain.model, "m");
  EXPECT_FALSE(plain.stream);
  EXPECT_EQ(plain.n, 1U);
  EXPECT_FALSE(plain.include_usage);
  EXPECT_TRUE(plain.include_obfuscation);

  const chat_request full =
      accepted(body_with(R"("prompt":"x","n":3,"stream":true,)"
                         R"("stream_options":{"include_usage":true,"include_obfuscation":false})"));
  EXPECT_TRUE(full.stream);
  EXPECT_EQ(full.n, 3U);
  EXPECT_TRUE(full.include_usage);
  EXPECT_FALSE(full.include_obfuscation);
  EXPECT_EQ(context_of(full, {}).dialect, dialect::completions);
  EXPECT_EQ(context_of(full, {}).n, 3U);
}

TEST(CompletionRequest, ThereAreAsManyChoicesAsPromptsTimesN) {  // CMPL-2
  const struct {
    std::string_view members;
    std::uint32_t choices;
  } rows[] = {
      {"", 1},  // the API has a default
      {R"("prompt":null)", 1},
      {R"("prompt":"")", 1},
      {R"("prompt":["a"])", 1},
      {R"("prompt":["a","b","c"])", 3},
      {R"("prompt":[1,2,3])", 1},
      {R"("prompt":[[1,2],[3]])", 2},
      {R"("n":4)", 4},
      {R"("prompt":["a","b"],"n":4)", 8},
      {R"("prompt":[[1,2],[3]],"n":2,"best_of":5)", 4},
      {R"("prompt_embeds":"QUJD")", 1},  // vLLM
      {R"("prompt_embeds":["QUJD","QUJD"])", 2},
      {R"("prompt":"a","prompt_embeds":["QUJD","QUJD"])", 3},
  };
  for (const auto& row : rows)
    EXPECT_EQ(accepted(body_with(row.members)).n, row.choices) << row.members;
}

struct row {
  std::string members;
  std::optional<error> minimal;
  std::optional<error> full;  ///< what `full` says
};
row both(std::string members, const error& why) { return {std::move(members), why, why}; }
row fine(std::string members) { return {std::move(members), std::nullopt, std::nullopt}; }
row strict(std::string members, error why) {
  return {std::move(members), std::nullopt, std::move(why)};
}

std::vector<row> rows() {
  constexpr std::string_view texts = "one of a string or array of strings";
  const std::size_t most = limits::max_prompt_choices;
  return {
      fine(R"("prompt":"x")"),
      both(R"("prompt":7)", er::invalid_type("prompt", texts, "an integer")),
      both(R"("prompt":{})", er::invalid_type("prompt", texts, "an object")),
      both(R"("prompt":[])", er::empty_array("prompt")),
      strict(R"("prompt":["a",1])", er::invalid_type("prompt[1]", "a string", "an integer")),
      strict(R"("prompt":[1,"a"])", er::invalid_type("prompt[1]", "an integer", "a string")),
      strict(R"("prompt":[1.5])", er::invalid_type("prompt[0]", "an integer", "a decimal number")),
      strict(R"("prompt":[[1],2])", er::invalid_type("prompt[1]", "an array", "an integer")),
      strict(R"("prompt":[[1],[]])", er::empty_array("prompt[1]")),
      strict(R"("prompt":[null])", er::invalid_type("prompt[0]", "a string", "null")),
      fine(R"("prompt":)" + list(most, "\"a\"")),
      both(R"("prompt":)" + list(most + 1, "\"a\""), er::array_too_long("prompt", most, most + 1)),
      fine(R"("n":128,"prompt":)" + list(most / 128, "[1]")),
      both(R"("n":128,"prompt":)" + list(most / 128 + 1, "[1]"),
           er::array_too_long("prompt", most / 128, most / 128 + 1)),
      fine(R"("prompt":)" + list(5 * most, "1")),

      both(R"("n":0)", er::below_minimum("n", "1", "0")),
      both(R"("n":129)", er::above_maximum("n", "128", "129")),
      both(R"("n":"2")", er::invalid_type("n", "an integer", "a string")),
      fine(R"("best_of":20)"),
      both(R"("best_of":"2")", er::invalid_type("best_of", "an integer", "a string")),
      strict(R"("best_of":21)", er::above_maximum("best_of", "20", "21")),
      fine(R"("n":2,"best_of":2)"),
      strict(R"("n":2,"best_of":1)", er::below_minimum("best_of", "2", "1")),
      fine(R"("stream":true,"stream_options":{"include_usage":true})"),
      both(R"("stream":"yes")", er::invalid_type("stream", "a boolean", "a string")),
      both(R"("stream_options":{})", er::only_allowed_with("stream_options", "stream")),
      both(R"("stream":true,"stream_options":{"include_usage":1})",
           er::invalid_type("stream_options.include_usage", "a boolean", "an integer")),

      fine(R"("suffix":"x","echo":true,"user":"u","seed":-1,"stop":["a","b","c","d"])"),
      strict(R"("suffix":7)", er::invalid_type("suffix", "a string", "an integer")),
      fine(R"("max_tokens":0)"),
      strict(R"("max_tokens":-1)", er::below_minimum("max_tokens", "0", "-1")),
      strict(R"("temperature":2.5)",
             er::above_maximum("temperature", "2", "2.5", er::number::decimal)),
      strict(R"("top_p":-0.5)", er::below_minimum("top_p", "0", "-0.5", er::number::decimal)),
      strict(R"("echo":1)", er::invalid_type("echo", "a boolean", "an integer")),
      fine(R"("logprobs":5)"),
      strict(R"("logprobs":6)", er::above_maximum("logprobs", "5", "6")),
      strict(R"("logprobs":true)", er::invalid_type("logprobs", "an integer", "a boolean")),
      strict(R"("stop":["a","b","c","d","e"])", er::array_too_long("stop", 4, 5)),
      strict(R"("presence_penalty":3)",
             er::above_maximum("presence_penalty", "2", "3", er::number::decimal)),
      strict(R"("frequency_penalty":-3)",
             er::below_minimum("frequency_penalty", "-2", "-3", er::number::decimal)),
      strict(R"("logit_bias":{"50256":101})", er::above_maximum("logit_bias.50256", "100", "101")),
      strict(R"("seed":1.5)", er::invalid_type("seed", "an integer", "a decimal number")),
      strict(R"("user":7)", er::invalid_type("user", "a string", "an integer")),
      fine(R"("min_p":"whatever","messages":7)"),  // REQ-9
  };
}

TEST(CompletionRequest, EachFieldIsCheckedOnBothSidesByBothProfiles) {
  for (const row& r : rows()) {
    const std::string body = body_with(r.members);
    const std::string shown = body.substr(0, 200);
    EXPECT_EQ(verdict(body, validation::minimal), r.minimal ? to_json(*r.minimal) : "") << shown;
    EXPECT_EQ(verdict(body, validation::full), r.full ? to_json(*r.full) : "") << shown;
  }
}

TEST(CompletionRequest, TheModelIsAskedForFirst) {  // ERR-4
  for (const validation profile : {validation::minimal, validation::full}) {
    EXPECT_EQ(verdict(R"({"prompt":7,"n":0})", profile), to_json(er::model_missing()));
    EXPECT_EQ(verdict(R"({"model":7,"prompt":7})", profile),
              to_json(er::invalid_type("model", "a string", "an integer")));
    EXPECT_EQ(verdict("[]", profile).find("could not parse"),
              verdict("{", profile).find("could not parse"));
  }
}

TEST(CompletionRequest, TheBodyGoesUpByteForByteButForWhatIsEdited) {  // REQ-9, REQ-13
  const std::string body =
      R"({ "model":"m", "prompt":["caf\u00e9",  "b"],"max_tokens":1e1,"stream":true,"x":1.0 })";
  json::reader reader;
  const auto request = read_completion_request(body, reader);
  ASSERT_TRUE(request.ok());
  body_edits edits;
  EXPECT_EQ(upstream_body(body, reader.root(), *request, edits), body);
  // Completions have but one name for the limit.
  edits.max_tokens_field = token_limit_field::max_completion_tokens;
  EXPECT_EQ(upstream_body(body, reader.root(), *request, edits), body);
  edits.model = "theirs";
  edits.ask_for_usage = true;
  const std::string edited = upstream_body(body, reader.root(), *request, edits);
  EXPECT_NE(edited.find(R"("model":"theirs", "prompt":["caf\u00e9",  "b"],"max_tokens":1e1)"),
            std::string::npos)
      << edited;
  EXPECT_NE(edited.find(R"("stream_options":{"include_usage":true})"), std::string::npos) << edited;
}

TEST(CompletionRequest, AChatUpstreamGetsThePromptAsAMessage) {  // CMPL-5
  const struct {
    const char* members;
    const char* in_the_way;  // nullptr: nothing
    const char* members_sent = "";
  } rows[] = {
      {R"("prompt":"caf\u00e9")", nullptr, R"("messages":[{"role":"user","content":"caf\u00e9"}])"},
      {R"("prompt":"")", nullptr, R"("messages":[{"role":"user","content":""}])"},
      {R"("n":2,"prompt":"a","prompt":"b","top_k":1.0)", nullptr,
       R"("n":2,"top_k":1.0,"messages":[{"role":"user","content":"b"}])"},
      {R"("prompt":"x","suffix":null,"echo":false,"best_of":1,"logprobs":null)", nullptr,
       R"("messages":[{"role":"user","content":"x"}])"},
      {R"("messages":7,"prompt":"x")", nullptr, R"("messages":[{"role":"user","content":"x"}])"},
      {R"("prompt":"x","max_tokens":5)", nullptr,
       R"("max_completion_tokens":5,"messages":[{"role":"user","content":"x"}])"},
      {R"("n":1)", "prompt"},
      {R"("prompt":null)", "prompt"},
      {R"("prompt":["x"])", "prompt"},
      {R"("prompt":[1,2])", "prompt"},
      {R"("prompt":"x","suffix":"y")", "suffix"},
      {R"("prompt":"x","echo":true)", "echo"},
      {R"("prompt":"x","best_of":2)", "best_of"},
      {R"("prompt":"x","logprobs":0)", "logprobs"},
      {R"("logprobs":1,"suffix":"y","prompt":"x")", "suffix"},
  };
  for (const auto& r : rows) {
    const std::string body = body_with(r.members);
    json::reader reader;
    const auto request = read_completion_request(body, reader);
    ASSERT_TRUE(request.ok()) << body;
    const std::optional<error> fault = check_for_chat(reader.root());
    ASSERT_EQ(fault.has_value(), r.in_the_way != nullptr) << body;
    if (fault) {  // ERR-33
      EXPECT_EQ(to_json(*fault), to_json(er::unsupported_parameter(r.in_the_way))) << body;
      continue;
    }
    body_edits edits;
    EXPECT_EQ(upstream_body(body, reader.root(), *request, edits), body);
    edits.completions = completions_form::chat;
    edits.max_tokens_field = token_limit_field::max_completion_tokens;
    json::reader sent;
    const std::string translated = upstream_body(body, reader.root(), *request, edits);
    ASSERT_EQ(sent.parse(translated), json::reader::status::ok) << translated;
    json::reader wanted;
    const std::string expected = body_with(r.members_sent);
    ASSERT_EQ(wanted.parse(expected), json::reader::status::ok) << expected;
    EXPECT_EQ(weir::testing::canonical(sent.root()), weir::testing::canonical(wanted.root()))
        << translated;
  }
}

}  // namespace
}  // namespace weir::openai
