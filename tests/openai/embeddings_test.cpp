#include "openai/embeddings.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "support/compressed.h"
#include "support/splits.h"
#include "weir/base/ids.h"
#include "weir/base/limits.h"

namespace weir::openai {
namespace {

using state = answer::state;

struct outcome {
  state is = state::open;
  std::string text;
  std::string error;
  std::string code;
  std::uint32_t repairs = 0;
  friend bool operator==(const outcome&, const outcome&) = default;
};

outcome outcome_of(const embeddings_answer& answer) {
  outcome got{answer.current(), std::string(answer.output()), {}, {}, 0};
  got.repairs = answer.repairs().total();
  if (answer.failure() != nullptr) {
    got.error = answer.failure()->message;
    got.code = answer.failure()->code;
  }
  return got;
}

outcome run(std::string_view body, vector_form wanted, bool lost = false) {
  embeddings_answer answer(wanted);
  answer.feed(body);
  EXPECT_EQ("", answer.output()) << "an answer that is not whole has no output";
  answer.end(lost);
  return outcome_of(answer);
}

/// An answer around `data`, spelled as no program would spell it.
std::string around(std::string_view data) {
  return R"( {"object" : "list", "x":1.0e2, "data":[)" + std::string(data) +
         R"(],"model":"m","usage":{"prompt_tokens":3,"total_tokens":3}} )";
}

constexpr std::string_view pair_of_floats = R"({"index":0,"embedding":[ 1, -2.5e0 ],"y":null})";
constexpr std::string_view pair_as_base64 = R"({"index":0,"embedding":"AACAPwAAIMA=","y":null})";
constexpr std::string_view pair_as_numbers = R"({"index":0,"embedding":[1.0,-2.5],"y":null})";

TEST(Embeddings, AVectorIsInTheFormThatWasAskedForAndAllElseIsUntouched) {  // EMB-1
  const struct {
    const char* name;
    vector_form wanted;
    std::string_view from;
    std::string_view to;
    std::uint32_t repairs;
  } cases[] = {
      {"numbers as asked", vector_form::numbers, pair_of_floats, pair_of_floats, 0},
      {"base64 as asked", vector_form::base64, pair_as_base64, pair_as_base64, 0},
      {"numbers to base64", vector_form::base64, pair_of_floats, pair_as_base64, 1},
      {"base64 to numbers", vector_form::numbers, pair_as_base64, pair_as_numbers, 1},
      {"escapes in base64", vector_form::numbers, R"({"embedding":"AACAPwAAIMA\u003d"})",
       R"({"embedding":[1.0,-2.5]})", 1},
      {"a form of the upstream's own", vector_form::any, pair_as_base64, pair_as_base64, 0},
      {"an empty vector", vector_form::base64, R"({"embedding":[]})", R"({"embedding":""})", 1},
      {"an empty text", vector_form::numbers, R"({"embedding":""})", R"({"embedding":[]})", 1},
      {"vectors of tokens", vector_form::base64, R"({"embedding":[[1],[2]]})",
       R"({"embedding":[[1],[2]]})", 0},
      {"no floats", vector_form::base64, R"({"embedding":[1,null]})", R"({"embedding":[1,null]})",
       0},
      {"larger than any float", vector_form::base64, R"({"embedding":[3.5e38]})",
       R"({"embedding":[3.5e38]})", 0},
      {"larger than any double", vector_form::base64, R"({"embedding":[1e999]})",
       R"({"embedding":[1e999]})", 0},
      {"a text that is no base64", vector_form::numbers, R"({"embedding":"hello!"})",
       R"({"embedding":"hello!"})", 0},
      {"base64 of no floats", vector_form::numbers, R"({"embedding":"AAA="})",
       R"({"embedding":"AAA="})", 0},
      {"base64 of infinity", vector_form::numbers, R"({"embedding":"AACAfw=="})",
       R"({"embedding":"AACAfw=="})", 0},
      {"no vector", vector_form::numbers, R"({"index":0})", R"({"index":0})", 0},
      {"no entry", vector_form::numbers, R"(null)", R"(null)", 0},
      {"nothing", vector_form::base64, "", "", 0},
  };
  for (const auto& c : cases) {
    const outcome want{state::complete, around(c.to), {}, {}, c.repairs};
    EXPECT_EQ(want.text, run(around(c.from), c.wanted).text) << c.name;
    EXPECT_EQ(want, run(around(c.from), c.wanted)) << c.name;
    const outcome again = run(want.text, c.wanted);
    EXPECT_EQ(want.text, again.text) << c.name << ": not the same again";
    EXPECT_EQ(0U, again.repairs) << c.name << ": repaired again";
  }
}

TEST(Embeddings, EntriesAreSortedByIndexAndWhatIsBetweenThemStays) {  // EMB-1
  const struct {
    const char* name;
    std::string_view from;
    std::string_view to;
    std::uint32_t repairs;
  } cases[] = {
      {"in order", R"({"index":0} , {"index":1})", R"({"index":0} , {"index":1})", 0},
      {"turned", R"({"index":1} , {"index":0,"a":1})", R"({"index":0,"a":1} , {"index":1})", 1},
      {"three", "{\"index\":2},\n{\"index\":0} ,{\"index\":1}",
       "{\"index\":0},\n{\"index\":1} ,{\"index\":2}", 1},
      {"equal ones keep their order", R"({"index":1,"a":1},{"index":0},{"index":1,"a":2})",
       R"({"index":0},{"index":1,"a":1},{"index":1,"a":2})", 1},
      {"one without an index: nobody knows", R"({"index":1},{"x":0},{"index":0})",
       R"({"index":1},{"x":0},{"index":0})", 0},
      {"converted and turned", R"({"index":1,"embedding":[1]},{"index":0,"embedding":"AAAAAA=="})",
       R"({"index":0,"embedding":"AAAAAA=="},{"index":1,"embedding":"AACAPw=="})", 2},
  };
  for (const auto& c : cases) {
    const outcome want{state::complete, around(c.to), {}, {}, c.repairs};
    EXPECT_EQ(want, run(around(c.from), vector_form::base64)) << c.name;
  }
}

TEST(Embeddings, NumbersRoundToTheNearestFloatAndBack) {
  const struct {
    std::string_view number;
    std::string_view as_float;
  } cases[] = {
      {"0", "0.0"},
      {"-0.0", "-0.0"},
      {"0.1", "0.1"},
      {"-0.006929283495992422", "-0.0069292835"},
      {"0.00000001", "1e-08"},
      {"16777217", "16777216.0"},
      {"3.4028234663852886e38", "3.4028235e+38"},
      {"1.401298464324817e-45", "1e-45"},
      {"1e-60", "0.0"},
  };
  for (const auto& c : cases) {
    const std::string from = around(R"({"embedding":[)" + std::string(c.number) + "]}");
    const std::string base64 = run(from, vector_form::base64).text;
    const std::string want = around(R"({"embedding":[)" + std::string(c.as_float) + "]}");
    EXPECT_EQ(want, run(base64, vector_form::numbers).text) << c.number;
  }
}

TEST(Embeddings, AFloatSurvivesTheWayThereAndBack) {
  id_source random(20261121);
  std::string vector;
  for (int i = 0; i < 2000; ++i) {
    const auto bits = static_cast<std::uint32_t>(random.next());
    if ((bits >> 23 & 0xff) == 0xff) continue;  // not finite
    float number = 0;
    std::memcpy(&number, &bits, sizeof number);
    char text[64];
    std::snprintf(text, sizeof text, "%s%.17g", vector.empty() ? "" : ",", double{number});
    vector += text;
  }
  const std::string base64 =
      run(around(R"({"embedding":[)" + vector + "]}"), vector_form::base64).text;
  const std::string numbers = run(base64, vector_form::numbers).text;
  EXPECT_NE(base64, numbers);
  EXPECT_EQ(base64, run(numbers, vector_form::base64).text);
}

struct no_answer {
  const char* name;
  std::string_view body;
  std::string_view code;
  std::string_view says;
};

TEST(Embeddings, WhatIsNoListOfEmbeddingsIsAnError) {
  const no_answer cases[] = {
      {"nothing", "", "upstream_error", "empty"},
      {"white space", " \r\n ", "upstream_error", "empty"},
      {"a page", "<html><body>Bad gateway</body></html>", "upstream_error", "Bad gateway"},
      {"text", "model is loading", "upstream_error", "model is loading"},
      {"an event stream", "data: {\"data\":[]}\n\ndata: [DONE]\n\n", "upstream_invalid_response",
       "event stream"},
      {"no JSON", R"({"data":[NaN]})", "upstream_invalid_response", "not JSON"},
      {"half of it", R"({"data":[{"embedding":[0.1)", "upstream_stream_truncated", ""},
      {"an error", R"({"error":{"message":"no such input","code":"bad"}})", "bad", "no such input"},
      {"an error beside data", R"({"data":[],"error":{"message":"full"}})", "", "full"},
      {"an error as text", R"({"error":"it broke"})", "", "it broke"},
      {"a detail", R"({"detail":"it broke"})", "", "it broke"},
      {"another API", R"({"embeddings":[[1]]})", "", ""},
  };
  for (const no_answer& c : cases) {
    const outcome got = run(c.body, vector_form::numbers);
    EXPECT_EQ(state::failed, got.is) << c.name;
    EXPECT_EQ("", got.text) << c.name;
    EXPECT_NE(std::string::npos, got.error.find(c.says)) << c.name << ": " << got.error;
    EXPECT_FALSE(got.error.empty()) << c.name;
    if (!c.code.empty()) {
      EXPECT_EQ(c.code, got.code) << c.name;
    }
  }
}

TEST(Embeddings, AnErrorThatIsNullOrEmptyIsNone) {
  for (const char* error : {"null", R"("")", "false"}) {
    const std::string body = R"({"data":[],"error":)" + std::string(error) + "}";
    EXPECT_EQ(body, run(body, vector_form::numbers).text) << error;
  }
}

TEST(Embeddings, WhatFollowsTheDocumentIsLeftOut) {
  const outcome got = run("{\"data\":[]}\n\ndata: [DONE]\n\n", vector_form::numbers);
  EXPECT_EQ(state::complete, got.is);
  EXPECT_EQ("{\"data\":[]}\n\n", got.text);
  EXPECT_EQ(1U, got.repairs);
}

TEST(Embeddings, ABodyThatIsCutOffIsWholeOnlyWithItsLastByte) {  // P1, P6
  const std::string body = R"({"data":[{"index":0,"embedding":[1,2]}]})";
  for (std::size_t size = 0; size <= body.size(); ++size) {
    for (const bool lost : {false, true}) {
      const outcome got = run(body.substr(0, size), vector_form::numbers, lost);
      const bool whole = size == body.size();
      EXPECT_EQ(whole ? state::complete : state::failed, got.is) << size;
      EXPECT_EQ(whole ? body : "", got.text) << size;
      if (!whole && (size != 0 || lost)) {
        EXPECT_EQ("upstream_stream_truncated", got.code) << size;
      }
    }
  }
}

TEST(Embeddings, EverySplitGivesTheSameAnswer) {  // P2
  for (const std::string& body :
       {around(std::string(pair_of_floats) + ",{\"index\":-1}"), std::string("no such model")}) {
    const outcome whole = run(body, vector_form::base64);
    testing::for_each_split(body, [&](const testing::pieces& pieces) {
      embeddings_answer answer(vector_form::base64);
      for (const std::string_view piece : pieces) answer.feed(piece);
      answer.end(false);
      EXPECT_EQ(whole, outcome_of(answer));
    });
  }
}

TEST(Embeddings, ACompressedAnswerIsReadAStepAtATime) {  // F33, F34
  std::string vectors;
  for (int i = 0; i < 20000; ++i) vectors += R"({"embedding":[0.25]},)";
  const std::string body = around(vectors + R"({"embedding":[1]})");
  const std::string gzipped = testing::gzip(body);
  embeddings_answer answer(vector_form::numbers);
  answer.feed(gzipped);
  EXPECT_TRUE(answer.has_more());
  while (answer.has_more()) answer.go_on();
  answer.end(false);
  EXPECT_EQ(body, answer.output());
  EXPECT_EQ(1U, answer.repairs().of(clause::sse_10));

  const auto cut_at = [&](std::size_t size) {
    return run(gzipped.substr(0, size), vector_form::numbers);
  };
  EXPECT_EQ("upstream_stream_truncated", cut_at(gzipped.size() / 2).code);
  EXPECT_EQ(body, cut_at(gzipped.size() - 1).text) << "the document was whole";
  std::string corrupt = gzipped;
  corrupt[corrupt.size() / 2] = static_cast<char>(corrupt[corrupt.size() / 2] ^ 0x55);
  EXPECT_EQ("upstream_invalid_response", run(corrupt, vector_form::numbers).code);
}

TEST(Embeddings, TheOutputIsConsumedPieceByPiece) {
  const std::string body = R"({"data":[]})";
  embeddings_answer answer(vector_form::numbers);
  answer.feed(body);
  answer.end(false);
  answer.consume(4);
  EXPECT_EQ(body.substr(4), answer.output());
  answer.consume(body.size() - 4);
  EXPECT_EQ("", answer.output());
}

TEST(Embeddings, UsageIsRead) {
  embeddings_answer answer(vector_form::numbers);
  answer.feed(around(pair_of_floats));
  answer.end(false);
  ASSERT_TRUE(answer.last_usage());
  EXPECT_EQ(3U, answer.last_usage()->prompt);
}

TEST(Embeddings, AnAnswerLargerThanTheLimitIsRefusedAndOneAsLargeIsNot) {
  const std::string mib(limits::mib, ' ');
  const std::string body = R"({"data":[]})";
  for (const std::size_t over : {0U, 1U}) {
    embeddings_answer answer(vector_form::numbers);
    for (std::size_t i = 1; i < limits::max_embeddings_bytes / limits::mib; ++i) answer.feed(mib);
    answer.feed(std::string(limits::mib - body.size() + over, ' '));
    answer.feed(body);
    answer.end(false);
    EXPECT_EQ(over == 0 ? state::complete : state::failed, answer.current());
  }
}

TEST(Embeddings, AFailureFromOutsideIsFinal) {
  embeddings_answer answer(vector_form::numbers);
  answer.feed(R"({"data")");
  answer.fail(errors::upstream_timeout("idle"));
  answer.feed(":[]}");
  answer.end(false);
  EXPECT_EQ(state::failed, answer.current());
  EXPECT_EQ("upstream_timeout", answer.failure()->code);
}

// ---------------------------------------------------------------------------------------------

TEST(EmbeddingsRequest, ModelAndInputAreCheckedAndNothingElse) {  // REQ-2
  const struct {
    const char* name;
    std::string_view body;
    std::string_view says;  // "" for a request that is right
    std::string_view param;
  } cases[] = {
      {"a text", R"({"model":"m","input":"a"})", "", ""},
      {"texts", R"({"model":"m","input":["a","b"],"dimensions":"many","z":1})", "", ""},
      {"tokens", R"({"model":"m","input":[[1,2],[3]]})", "", ""},
      {"a mark", "\xEF\xBB\xBF{\"model\":\"m\",\"input\":\"\"}", "", ""},
      {"no JSON", "{", "could not parse", ""},
      {"no object", "[]", "expected an object", ""},
      {"no model", R"({"input":"a"})", "you must provide a model parameter", ""},
      {"a null model", R"({"model":null,"input":"a"})", "you must provide a model parameter", ""},
      {"an empty model", R"({"model":"","input":"a"})", "you must provide a model parameter", ""},
      {"a model that is none", R"({"model":1,"input":"a"})", "expected a string", "model"},
      {"no input", R"({"model":"m"})", "Missing required parameter: 'input'.", "input"},
      {"null input", R"({"model":"m","input":null})", "Missing required parameter", "input"},
      {"a number", R"({"model":"m","input":1})",
       "Invalid type for 'input': expected one of a string or array, but got an integer instead.",
       "input"},
      {"no texts", R"({"model":"m","input":[]})", "empty array", "input"},
  };
  for (const auto& c : cases) {
    json::reader reader;
    const auto got = read_embeddings_request(c.body, reader);
    ASSERT_EQ(c.says.empty(), got.ok()) << c.name;
    if (got) {
      EXPECT_EQ("m", got->model) << c.name;
      continue;
    }
    EXPECT_NE(std::string::npos, got.error().message.find(c.says))
        << c.name << ": " << got.error().message;
    EXPECT_EQ(c.param, got.error().param) << c.name;
    EXPECT_EQ(400U, got.error().status) << c.name;
  }
}

TEST(EmbeddingsRequest, TheFormIsNumbersUnlessAnotherIsAskedFor) {
  const std::pair<std::string_view, vector_form> cases[] = {
      {"", vector_form::numbers},
      {R"(,"encoding_format":null)", vector_form::numbers},
      {R"(,"encoding_format":"float")", vector_form::numbers},
      {R"(,"encoding_format":"base64")", vector_form::base64},
      {R"(,"encoding_format":"int8")", vector_form::any},
      {R"(,"encoding_format":["float"])", vector_form::any},
  };
  for (const auto& [member, want] : cases) {
    json::reader reader;
    const std::string body = R"({"model":"m","input":"a")" + std::string(member) + "}";
    const auto got = read_embeddings_request(body, reader);
    ASSERT_TRUE(got.ok()) << member;
    EXPECT_EQ(want, got->form) << member;
  }
}

}  // namespace
}  // namespace weir::openai
