#include "proxy/form_model.h"

#include <gtest/gtest.h>

#include <string>

#include "support/splits.h"
#include "weir/base/limits.h"

namespace weir::proxy {
namespace {

std::string part(std::string_view head, std::string_view content) {
  return "--b\r\n" + std::string(head) + "\r\n\r\n" + std::string(content) + "\r\n";
}
std::string field(std::string_view name, std::string_view content) {
  return part("Content-Disposition: form-data; name=\"" + std::string(name) + "\"", content);
}
const std::string file = part(
    "Content-Disposition: form-data; name=\"file\"; filename=\"a.mp3\"\r\n"
    "Content-Type: audio/mpeg",
    "ID3\r\n--\r\n\r\nname=\"model\"");
const std::string last = "--b--\r\n";

/// The model and where it stands, `none`, or what is wrong.
std::string verdict_on(const testing::pieces& body) {
  form_model form("b");
  std::string whole;
  for (const std::string_view piece : body) {
    whole += piece;
    if (const auto fault = form.read(piece)) return fault->message;
  }
  if (const auto fault = form.finish()) return fault->message;
  if (!form.found()) return "none";
  EXPECT_EQ(form.name(), whole.substr(form.begin(), form.size()));
  EXPECT_EQ("\r\n--b", whole.substr(form.found_at() - 5, 5));
  return "<" + form.name() + ">";
}

struct test_case {
  const char* name;
  std::string body;
  std::string_view want;  // part of the verdict
};

const test_case cases[] = {
    {"first", field("model", "whisper-1") + file + last, "<whisper-1>"},
    {"last", file + field("model", "whisper-1") + last, "<whisper-1>"},
    {"in the middle", field("n", "1") + field("model", "a b\r\nc") + file + last, "<a b\r\nc>"},
    {"empty", field("model", "") + last, "<>"},
    {"not there", file + last, "none"},
    {"another case is another field", field("Model", "x") + last, "none"},
    {"a token", part("content-disposition:Form-Data;NAME=model", "m") + last, "<m>"},
    {"plain text",
     part("Content-Disposition: form-data; name=\"model\"\r\nContent-Type: text/plain\r\n"
          "Content-Transfer-Encoding: 8BIT",
          "m") +
         last,
     "<m>"},
    {"a file name in another alphabet",
     part("Content-Disposition: form-data; name=\"file\"; filename=\"\xc3\xa4.mp3\"; "
          "filename*=UTF-8''%c3%a4.mp3",
          "x") +
         last,
     "none"},
    {"a file name with escapes",
     part(R"(Content-Disposition: form-data; name="file"; filename="C:\\a\"b")", "x") + last,
     "none"},

    {"two", field("model", "a") + field("model", "a") + last, "more than one part named model"},
    {"two, far apart", field("model", "a") + file + field("model", "b") + last,
     "more than one part named model"},
    {"a file", part("Content-Disposition: form-data; name=\"model\"; filename=\"m\"", "m") + last,
     "is a file"},
    {"a file, too",
     part("Content-Disposition: form-data; name=\"model\"; filename*=UTF-8''m", "m") + last,
     "is a file"},
    {"encoded",
     part("Content-Disposition: form-data; name=\"model\"\r\nContent-Transfer-Encoding: base64",
          "bQ==") +
         last,
     "is encoded"},
    {"a name with a backslash", part(R"(Content-Disposition: form-data; name="mod\el")", "m"),
     "read in two ways"},
    {"a name in two spellings",
     part("Content-Disposition: form-data; name=\"x\"; name*=UTF-8''model", "m") + last,
     "read in two ways"},
    {"two names", part("Content-Disposition: form-data; name=\"x\"; name=\"model\"", "m") + last,
     "has no name"},
    {"two dispositions",
     part("Content-Disposition: form-data; name=\"x\"\r\n"
          "Content-Disposition: form-data; name=\"model\"",
          "m") +
         last,
     "has no name"},
    {"no disposition", part("Content-Type: text/plain", "m") + last, "has no name"},
    {"an attachment", part("Content-Disposition: attachment; name=\"model\"", "m") + last,
     "has no name"},
    {"a disposition that is none", part("Content-Disposition: form-data; name=\"model", "m") + last,
     "has no name"},
    {"no last boundary", field("model", "m"), "ends before its last boundary"},
    {"nothing", "", "ends before its last boundary"},
    {"no form", R"({"model":"m"})", "does not begin with its boundary"},
};

TEST(FormModel, TheFieldIsFoundOrTheFormIsRefusedHoweverItIsSplit) {
  for (const test_case& c : cases) {
    const std::string whole = verdict_on({c.body});
    EXPECT_NE(std::string::npos, whole.find(c.want)) << c.name << ": " << whole;
    // The scanner below is tested over every two cuts.
    testing::pieces bytes;
    for (std::size_t i = 0; i < c.body.size(); ++i) {
      const std::string_view body = c.body;
      EXPECT_EQ(whole, verdict_on({body.substr(0, i), body.substr(i)})) << c.name << ' ' << i;
      bytes.push_back(body.substr(i, 1));
    }
    EXPECT_EQ(whole, verdict_on(bytes)) << c.name;
  }
}

TEST(FormModel, ANameIsBounded) {
  const std::string longest(limits::max_envelope_bytes, 'm');
  EXPECT_EQ("<" + longest + ">", verdict_on({field("model", longest) + last}));
  EXPECT_NE(std::string::npos,
            verdict_on({field("model", longest + "m") + last}).find("string with length 1025"));
}

}  // namespace
}  // namespace weir::proxy
