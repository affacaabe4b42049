#include "openai/json_request.h"

#include <gtest/gtest.h>

namespace weir::openai {
namespace {

TEST(JsonRequest, OnlyTheModelIsReplaced) {
  const struct {
    const char* name;
    std::string_view body;
    std::string_view model;
    std::string_view want;
  } cases[] = {
      {"the client's stays", R"({ "model":"m", "n":1.0 })", "", R"({ "model":"m", "n":1.0 })"},
      {"the same", R"({"model":"\u006d"})", "m", R"({"model":"\u006d"})"},
      {"another", R"({ "n":1e3 ,"model" : "m"})", "Q/q", R"({ "n":1e3 ,"model" : "Q/q"})"},
      {"none was given", R"({"n":1})", "q", R"({"n":1,"model":"q"})"},
      {"none at all", R"({"n":1})", "", R"({"n":1})"},
      {"null", R"({"model":null})", "q", R"({"model":"q"})"},
      {"of several the last counts", R"({"model":"a","model":"b"})", "", R"({"model":"b"})"},
      {"of several none is left", R"({"model":"a","n":1,"mod\u0065l":"b"})", "q",
       R"({"n":1,"mod\u0065l":"q"})"},
      {"a mark goes", "\xEF\xBB\xBF{\"model\":\"m\"}", "q", R"({"model":"q"})"},
      {"what is inside is another's", R"({"model":"m","x":{"model":"m"}})", "q",
       R"({"model":"q","x":{"model":"m"}})"},
      {"a name to be quoted", R"({"model":"m"})", "a\"b", R"({"model":"a\"b"})"},
  };
  for (const auto& c : cases) {
    json::reader reader;
    ASSERT_FALSE(read_object(c.body, reader)) << c.name;
    EXPECT_EQ(c.want, with_model(c.body, reader.root(), c.model)) << c.name;
  }
}

}  // namespace
}  // namespace weir::openai
