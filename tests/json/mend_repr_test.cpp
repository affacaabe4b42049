#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "json/escape.h"
#include "json/random_json.h"
#include "json/utf8.h"
#include "weir/json/mend.h"
#include "weir/json/reader.h"
#include "weir/json/writer.h"

namespace weir::json {
namespace {

void append_hex(std::string& out, std::uint32_t value, int digits) {
  for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4)
    out.push_back(hex_digits[value >> shift & 0xF]);
}

/// As Python prints a str: the quotes that need no escape, else single ones; printable characters
/// as they are. Of what is not printable, the tests have what is named here.
std::string repr(std::string_view utf8) {
  const bool double_quotes =
      utf8.find('\'') != std::string_view::npos && utf8.find('"') == std::string_view::npos;
  const char quote = double_quotes ? '"' : '\'';
  std::string out(1, quote);
  for (std::size_t i = 0; i < utf8.size();) {
    const std::string_view character = utf8.substr(i, utf8_at(utf8, i).length);
    i += character.size();
    const auto c = static_cast<unsigned char>(character[0]);
    if (character[0] == quote || c == '\\') {
      out += {'\\', character[0]};
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\r') {
      out += "\\r";
    } else if (c == '\t') {
      out += "\\t";
    } else if (c < 0x20 || c == 0x7F) {
      out += "\\x";
      append_hex(out, c, 2);
    } else if (character == "\xC2\x85") {
      out += "\\x85";
    } else if (character == "\xE2\x80\xA8" || character == "\xE2\x80\xA9") {
      out += character[2] == '\xA8' ? "\\u2028" : "\\u2029";
    } else {
      out += character;
    }
  }
  out.push_back(quote);
  return out;
}

std::string repr(value v) {
  switch (v.kind()) {
    case type::null:
      return "None";
    case type::boolean:
      return v.raw() == "true" ? "True" : "False";
    case type::string:
      return repr(v.decoded());
    case type::array: {
      std::string out = "[";
      for (const value element : v.elements()) {
        if (out.size() > 1) out += ", ";
        out += repr(element);
      }
      return out + "]";
    }
    case type::object: {
      std::string out = "{";
      for (const auto [key, val] : v.members()) {
        if (out.size() > 1) out += ", ";
        out += repr(key.decoded()) + ": " + repr(val);
      }
      return out + "}";
    }
    default:
      return std::string(v.raw());
  }
}

/// One spelling for all documents that mean the same.
std::string canonical(value v) {
  if (v.is(type::string)) return json::quoted(v.decoded());
  if (!v.is(type::array) && !v.is(type::object)) return std::string(v.raw());
  std::string out = v.is(type::array) ? "[" : "{";
  for (const value element : v.elements()) out += canonical(element) + ",";
  for (const auto [key, val] : v.members())
    out += json::quoted(key.decoded()) + ":" + canonical(val) + ",";
  return out + (v.is(type::array) ? "]" : "}");
}

std::string canonical(std::string_view text) {
  reader r;
  return r.parse(text) == reader::status::ok ? canonical(r.root()) : "not JSON";
}

TEST(MendRepr, WhatPythonPrintsMeansTheDocumentItWasMadeFrom) {
  // Outputs of Python 3.11 for json.loads of the first column.
  struct test_case {
    std::string_view json;
    std::string_view printed;
  };
  const test_case cases[] = {
      {R"({"id":"x","n":null,"ok":[true,false]})",
       R"({'id': 'x', 'n': None, 'ok': [True, False]})"},
      {R"({"a":"it's","b":"say \"x\"","c":"'\""})", R"({'a': "it's", 'b': 'say "x"', 'c': '\'"'})"},
      {R"(["\u0000\b\f\u001b\u007f","\\","\n\r\t"])",
       R"(['\x00\x08\x0c\x1b\x7f', '\\', '\n\r\t'])"},
      {R"(["\u00a0\u00ad\u0085\u2028\u200b\ufeff","\udb40\udc01"])",
       R"(['\xa0\xad\x85\u2028\u200b\ufeff', '\U000e0001'])"},
      {R"(["d'\u00e9j\u00e0 {vu}, [\ud83d\ude00]"])",
       "[\"d'\xC3\xA9j\xC3\xA0 {vu}, [\xF0\x9F\x98\x80]\"]"},
  };
  for (const test_case& c : cases)
    EXPECT_EQ(canonical(mend(c.printed).text), canonical(c.json)) << c.printed;
}

TEST(MendReprProperty, AnyDocumentSurvivesItsRepr) {
  EXPECT_TRUE(rc::check([](const std::vector<std::uint8_t>& seed, const std::string& text) {
    const std::string inner = mend(random_json(seed).container().compact).text;
    const std::string document = "[" + json::quoted(text) + ",null," + inner + "]";
    reader r;
    RC_ASSERT(r.parse(document) == reader::status::ok);
    const mended got = mend(repr(r.root()));
    RC_ASSERT(got.python);
    RC_ASSERT(canonical(got.text) == canonical(r.root()));
  }));
}

}  // namespace
}  // namespace weir::json
