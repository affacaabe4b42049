#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <memory>
#include <string>
#include <vector>

#include "json/random_json.h"
#include "json/simdjson_oracle.h"
#include "weir/json/reader.h"

namespace weir::json {
namespace {

using choices = std::vector<std::uint8_t>;
using status = reader::status;

/// Arbitrary bytes, up to 400 whatever the test size, so that documents are not all tiny.
rc::Gen<choices> decisions() {
  return rc::gen::scale(4.0, rc::gen::container<choices>(rc::gen::arbitrary<std::uint8_t>()));
}

/// Writes the tree compactly from nothing but the spans of keys and leaves.
std::string joined(value v) {
  std::string out;
  if (v.is(type::object)) {
    for (const value::member m : v.members()) {
      out += out.empty() ? "{" : ",";
      out += m.key.raw();
      out += ':';
      out += joined(m.val);
    }
    return out.empty() ? "{}" : out + "}";
  }
  if (v.is(type::array)) {
    for (const value e : v.elements()) {
      out += out.empty() ? "[" : ",";
      out += joined(e);
    }
    return out.empty() ? "[]" : out + "]";
  }
  return std::string(v.raw());
}

TEST(JsonReaderProperty, SpansOfAnyDocumentJoinToItsText) {
  EXPECT_TRUE(rc::check([] {
    const choices seed = *decisions();
    const random_document doc = random_json(seed).container();
    reader r;
    RC_ASSERT(r.parse(doc.compact) == status::ok);
    RC_ASSERT(r.root().raw() == doc.compact);
    RC_ASSERT(joined(r.root()) == doc.compact);
    RC_ASSERT(!r.has_line_break());
    RC_ASSERT(r.parse(doc.spaced) == status::ok);
    RC_ASSERT(joined(r.root()) == doc.compact);
    RC_ASSERT(r.rest().empty());
  }));
}

TEST(JsonReaderProperty, EveryPrefixOfADocumentIsTruncated) {
  EXPECT_TRUE(rc::check([] {
    const choices seed = *decisions();
    const bool just_a_string = *rc::gen::arbitrary<bool>();
    random_json source(seed);
    const std::string text = (just_a_string ? source.string_only() : source.container()).compact;
    reader r;
    RC_ASSERT(r.parse(text) == status::ok);
    for (std::size_t n = 1; n < text.size(); ++n) {
      const std::unique_ptr<char[]> tight(new char[n]);  // a read behind the prefix is seen
      text.copy(tight.get(), n);
      RC_ASSERT(r.parse({tight.get(), n}) == status::invalid);
      RC_ASSERT(r.truncated());
      RC_ASSERT(r.fault() == n);
    }
  }));
}

TEST(JsonReaderProperty, GluedDocumentsAreReadOneAfterTheOther) {
  EXPECT_TRUE(rc::check([] {
    std::vector<random_document> docs;
    std::string text;
    for (std::size_t n = *rc::gen::inRange<std::size_t>(1, 6); n > 0; --n) {
      const choices seed = *decisions();
      docs.push_back(random_json(seed).container());
      text += docs.back().spaced;
    }
    reader r;
    std::string_view left = text;
    for (const random_document& doc : docs) {
      RC_ASSERT(r.parse(left) == status::ok);
      RC_ASSERT(joined(r.root()) == doc.compact);
      left = r.rest();
    }
    RC_ASSERT(left.empty());
  }));
}

/// Replaces, inserts, removes or doubles bytes, with those that matter to JSON made frequent.
std::string mutated(std::string text) {
  static constexpr std::string_view common = "{}[]:,\"\\ \n\te0129.-+unltfra/\xE2\x80\xA8\x01\xFF";
  const auto changes = *rc::gen::inRange(0, 4);
  for (int i = 0; i < changes; ++i) {
    const auto at = *rc::gen::inRange<std::size_t>(0, text.size() + 1);
    const char byte =
        *rc::gen::oneOf(rc::gen::elementOf(std::string(common)), rc::gen::arbitrary<char>());
    switch (*rc::gen::inRange(0, 4)) {
      case 0:
        text.insert(at, 1, byte);
        break;
      case 1:
        if (at < text.size()) text[at] = byte;
        break;
      case 2:
        if (at < text.size()) text.erase(at, 1);
        break;
      default:
        text.insert(at, text.substr(at, 5));
    }
  }
  return text;
}

TEST(JsonReaderProperty, AgreesWithSimdjsonOnMutatedDocuments) {
  EXPECT_TRUE(rc::check([] {
    const choices seed = *decisions();
    const std::string text = random_json(seed).container().spaced;
    RC_ASSERT(disagreement(text) == "");
    for (int i = 0; i < 20; ++i) RC_ASSERT(disagreement(mutated(text)) == "");
  }));
}

TEST(JsonReaderProperty, AgreesWithSimdjsonOnShortTextsOfTokens) {
  static const std::vector<std::string> tokens = {
      "{",     "}",      "[",    "]",    ":",        ",",       "\"",
      "\"a\"", "0",      "-",    "12",   ".5",       "e",       "E+",
      "1e999", "true",   "fals", "null", "\\",       "\\u00e9", "\n",
      " ",     "\x01",   "\xC3", "\xA9", "\xE2\x80", "\xA8",    "\"\\ud83d\\ude00\"",
      "01",    "\"b\":1"};
  EXPECT_TRUE(rc::check([] {
    const auto picks = *rc::gen::container<std::vector<std::string>>(rc::gen::elementOf(tokens));
    std::string text;
    for (const std::string& token : picks) {
      text += token;
      RC_ASSERT(disagreement(text) == "");
      RC_ASSERT(disagreement("[" + text + "]") == "");
      RC_ASSERT(disagreement("\"" + text + "\"") == "");
    }
  }));
}

TEST(JsonReaderProperty, TheOracleSeesDisagreements) {
  EXPECT_EQ(disagreement("{\"a\":[1,2.5,\"x\\u00e9\",null,true]}"), "");
  EXPECT_EQ(disagreement("18446744073709551616"), "") << "a known difference";
  EXPECT_EQ(disagreement("{} {}"), "") << "a known difference";
  reader r;
  simdjson::dom::parser parser;
  const simdjson::padded_string other(std::string_view("{\"a\":[1,2.5,\"y\"]}"));
  ASSERT_EQ(r.parse("{\"a\":[1,2.5,\"x\"]}"), status::ok);
  EXPECT_FALSE(same_tree(r.root(), parser.parse(other).value()));
}

}  // namespace
}  // namespace weir::json
