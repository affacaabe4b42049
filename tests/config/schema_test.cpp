#include "config/schema.h"

#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>

#include "config/loading.h"
#include "config/show.h"
#include "support/test_data.h"
#include "weir/json/reader.h"

namespace weir::config {
namespace {

json::value property(json::value schema, const documented_key& k) {
  const json::value section =
      k.section == "config" ? schema : schema["$defs"][std::string(k.section)];
  return section["properties"][std::string(k.key.name)];
}

TEST(SchemaJson, IsJsonAndDescribesEveryKey) {
  const std::string text = schema_json();
  json::reader reader;
  ASSERT_EQ(json::reader::status::ok, reader.parse(text));
  const json::value schema = reader.root();
  EXPECT_TRUE(schema["$schema"].equals("https://json-schema.org/draft/2020-12/schema"));
  std::size_t described = 0;
  for (const documented_key& k : all_keys()) {
    const json::value p = property(schema, k);
    EXPECT_EQ(k.key.meaning, p["description"].decoded()) << k.key.name;
    EXPECT_TRUE(p["type"].present() || p["anyOf"].present() || p["$ref"].present()) << k.key.name;
    ++described;
  }
  std::size_t properties = schema["properties"].size();
  for (const auto& definition : schema["$defs"].members())
    properties += definition.val["properties"].size();
  EXPECT_EQ(properties, described);
}

TEST(SchemaJson, NoSectionTakesOtherKeys) {
  const std::string text = schema_json();
  json::reader reader;
  ASSERT_EQ(json::reader::status::ok, reader.parse(text));
  EXPECT_EQ(std::optional<bool>(false), reader.root()["additionalProperties"].boolean());
  std::set<std::string> sections;
  for (const documented_key& k : all_keys()) sections.emplace(k.section);
  EXPECT_EQ(
      (std::set<std::string>{"admin", "breaker", "candidate", "client", "config", "cors", "drain",
                             "group", "keys", "limits", "model", "price", "price_tier", "routing",
                             "store", "stream", "timeouts", "tls", "upstream"}),
      sections);
  for (const std::string& name : sections) {
    if (name == "config") continue;
    const json::value section = reader.root()["$defs"][name];
    EXPECT_EQ(std::optional<bool>(false), section["additionalProperties"].boolean()) << name;
  }
}

TEST(SchemaJson, GivesTheDefaultsInForce) {
  const std::string text = schema_json();
  json::reader reader;
  ASSERT_EQ(json::reader::status::ok, reader.parse(text));
  const json::value root = reader.root();
  const json::value definitions = root["$defs"];
  EXPECT_EQ("127.0.0.1:4000", root["properties"]["listen"]["default"].decoded());
  EXPECT_EQ(std::optional<std::int64_t>(0), root["properties"]["workers"]["default"].integer());
  EXPECT_EQ("2m", definitions["timeouts"]["properties"]["idle"]["default"].decoded());
  EXPECT_EQ("none", definitions["timeouts"]["properties"]["total"]["default"].decoded());
  EXPECT_EQ("empty", definitions["stream"]["properties"]["role_content"]["default"].decoded());
  EXPECT_EQ(std::optional<bool>(false),
            definitions["stream"]["properties"]["eof_as_stop"]["default"].boolean());
  EXPECT_FALSE(definitions["upstream"]["properties"]["url"]["default"].present());
}

/// A file in which the key stands with its example as the value.
std::string file_with(const documented_key& k) {
  const std::string pair = std::string(k.key.name) + ": " + std::string(k.key.example);
  const std::string upstreams = "upstreams: {openai: {url: http://h}}\n";
  if (k.section == "config")
    return k.key.name == "upstreams" ? pair : (k.key.name == "models" ? upstreams : "") + pair;
  if (k.section == "upstream")
    return "upstreams: {a: {" + pair + (k.key.required ? "" : ", url: http://h") + "}}";
  if (k.section == "candidate")
    return upstreams + "models: {m: [{" + pair + (k.key.required ? "" : ", upstream: openai") +
           "}]}";
  if (k.section == "model")
    return upstreams + "models: {m: {" + pair + (k.key.required ? "" : ", candidates: [openai]") +
           "}}";
  if (k.section == "breaker") return "upstreams: {a: {url: http://h, breaker: {" + pair + "}}}";
  if (k.section == "cors" && !k.key.required)
    return "cors: {" + pair + ", origins: [https://app.example.com]}";
  if (k.section == "tls") {
    std::string others;
    for (const char* const needed : {"cert_file", "key_file"})
      if (k.key.name != needed) others += std::string(", ") + needed + ": /none";
    return "tls: {" + pair + others + "}";
  }
  if (k.section == "price") return "prices: {m: {" + pair + "}}";
  if (k.section == "price_tier")
    return "prices: {m: {tiers: [{" + pair + (k.key.required ? "" : ", above: 1") + "}]}}";
  if (k.section == "client") {
    const bool is_key = k.key.name.starts_with("key") || k.key.name == "hash";
    return "keys: {clients: {a: {" + pair + (is_key ? "" : ", key: k") + "}}, groups: {red: {}}}";
  }
  if (k.section == "group") return "keys: {groups: {g: {" + pair + "}}}";
  return std::string(k.section) + ": {" + pair + "}";
}

TEST(Schema, EveryExampleLoads) {
  const environment env = variables({{"OPENAI_API_KEY", "k"},
                                     {"AZURE_KEY", "k"},
                                     {"WEIR_ADMIN_KEY", "k"},
                                     {"ALICE_KEY", "k"},
                                     {"WEIR_HASH_KEY", "k"}});
  for (const documented_key& k : all_keys()) {
    const std::vector<std::string> problems = problems_of(file_with(k), env);
    const bool is_file = k.key.name.ends_with("_file") || k.key.name == "tls";
    if (is_file) {
      ASSERT_LE(1U, problems.size()) << file_with(k);
      for (const std::string& one : problems)
        EXPECT_NE(std::string::npos, one.find("the file cannot be read")) << one;
    } else {
      EXPECT_EQ(std::vector<std::string>{}, problems) << file_with(k);
    }
  }
}

std::string manual() {
  std::ifstream file(testing::data_folder() + "/../../docs/config.md");
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

/// The text of the first fenced block that starts with `fence`, from `start` on.
std::string block(const std::string& text, const std::string& fence, std::size_t start = 0) {
  const std::size_t from = text.find(fence, start) + fence.size();
  return text.substr(from, text.find("```", from) - from);
}

TEST(Schema, TheExampleOfTheManualLoadsAndItsMistakesReadAsPrinted) {
  const std::string text = manual();
  std::string example = block(text, "```yaml\n");
  const environment env = variables({{"OPENAI_API_KEY", "k"}});
  EXPECT_EQ(2U, loaded(example, env).models.size()) << loaded(example, env).origin;

  example.replace(example.find("key: \""), 3, "ky");
  example.replace(example.find("[openai]"), 8, "[opnai]");
  const auto refused = load_text(example, "weir.yaml", env);
  ASSERT_FALSE(refused);
  std::string lines;
  for (const problem& p : refused.error()) lines += to_string(p) + '\n';
  EXPECT_EQ(block(text, "```\n", text.find("both at once")), lines);
}

TEST(Schema, EveryKeyIsInTheManual) {
  const std::string text = manual();
  for (const documented_key& k : all_keys()) {
    // One row of a table per key: | `key` | type | default | meaning | example |
    const std::string title = "## `" + std::string(k.section) + "`";
    const std::size_t section = text.find(title);
    ASSERT_NE(std::string::npos, section) << "docs/config.md: no section " << title;
    const std::size_t end = std::min(text.find("\n## ", section + 1), text.size());
    const std::string_view body = std::string_view(text).substr(section, end - section);
    const std::size_t row = body.find("\n| `" + std::string(k.key.name) + "` |");
    ASSERT_NE(std::string_view::npos, row) << "docs/config.md: " << k.section << '.' << k.key.name;
    const std::string_view line = body.substr(row + 1, body.find('\n', row + 1) - row - 1);
    EXPECT_NE(std::string_view::npos, line.find(k.key.meaning)) << line;
    EXPECT_NE(std::string_view::npos, line.find("`" + std::string(k.key.example) + "`")) << line;
    std::string fallback = k.fallback.text.empty() ? "" : "`" + k.fallback.text + "`";
    if (k.key.required) fallback = "required";
    EXPECT_NE(std::string_view::npos, line.find("| " + fallback)) << line;
  }
}

}  // namespace
}  // namespace weir::config
