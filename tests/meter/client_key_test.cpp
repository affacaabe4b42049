// What is set for a key, as JSON.
#include "meter/client_key.h"

#include <gtest/gtest.h>

namespace weir::meter {
namespace {

std::string fault_of(const std::string& text) {
  json::reader reader;
  EXPECT_EQ(json::reader::status::ok, reader.parse(text));
  client_key into;
  const auto fault = read_settings(reader.root(), "name,expires", into);
  return fault ? fault->message : "";
}

TEST(ClientKey, SettingsReadBackAsTheyWereWritten) {
  client_key key;
  EXPECT_EQ("", settings_json(key));
  key.group = "red";
  key.labels = {{"team", "a\"b"}};
  key.models = {"m", "n*"};
  key.may.requests_per_minute = 60;
  key.may.usd_per_day = nano_usd{500'000'000};
  key.store_content = true;
  const std::string text = settings_json(key);
  EXPECT_EQ(R"("group":"red","labels":{"team":"a\"b"},"models":["m","n*"],)"
            R"("requests_per_minute":60,"usd_per_day":0.5,"store_content":true)",
            text);
  json::reader reader;
  const std::string document = '{' + text + '}';
  ASSERT_EQ(json::reader::status::ok, reader.parse(document));
  client_key again;
  EXPECT_FALSE(read_settings(reader.root(), "", again));
  EXPECT_EQ(key, again);
}

TEST(ClientKey, WhatIsWrongIsNamed) {
  const std::pair<const char*, const char*> cases[] = {
      {R"({"name":1,"expires":2})", ""},
      {R"({"colour":1})", "there is no setting 'colour'"},
      {R"({"group":1})", "'group' must be text"},
      {R"({"labels":[]})", "'labels' must be an object of text, of at most 16"},
      {R"({"labels":{"a":1}})", "'labels' must be an object of text"},
      {R"({"models":"m"})", "'models' must be a list of text"},
      {R"({"apis":[""]})", "'apis' must be a list of text"},
      {R"({"requests_per_minute":0})",
       "'requests_per_minute' must be a whole number from 1 to 10000000"},
      {R"({"tokens_per_minute":1.5})",
       "'tokens_per_minute' must be a whole number from 1 to 4000000000"},
      {R"({"usd_per_day":"5"})",
       "'usd_per_day' must be an amount of USD like 12.50, with up to nine decimals, at most "
       "9000000"},
      {R"({"usd_per_month":1e3})",
       "'usd_per_month' must be an amount of USD like 12.50, with up to nine decimals, at most "
       "9000000"},
      {R"({"usd_per_month":null})", ""},
      {R"({"store_content":1})", "'store_content' must be true or false"},
  };
  for (const auto& [text, want] : cases) EXPECT_EQ(want, fault_of(text)) << text;
}

TEST(ClientKey, AHashIs64Digits) {
  key_hash hash{};
  hash[0] = 0xAB;
  hash[31] = 1;
  EXPECT_EQ(hash, parse_hash(to_text(hash)));
  EXPECT_EQ(hash, parse_hash("AB" + to_text(hash).substr(2)));
  for (const std::string& wrong :
       {std::string(63, '0'), std::string(65, '0'), std::string(63, '0') + 'g', std::string()})
    EXPECT_FALSE(parse_hash(wrong)) << wrong;
}

TEST(Usd, IsReadDigitByDigit) {
  const std::pair<const char*, std::optional<std::int64_t>> cases[] = {
      {"0", 0},
      {"12", 12'000'000'000},
      {"12.5", 12'500'000'000},
      {"0.000000001", 1},
      {"9000000", 9'000'000'000'000'000},
      {"9000001", std::nullopt},
      {"0.0000000001", std::nullopt},
      {"1.", std::nullopt},
      {".5", std::nullopt},
      {"-1", std::nullopt},
      {"1e3", std::nullopt},
      {"", std::nullopt},
  };
  for (const auto& [text, want] : cases) {
    const auto got = parse_usd(text);
    EXPECT_EQ(want, got ? std::optional(got->value) : std::nullopt) << text;
  }
}

}  // namespace
}  // namespace weir::meter
