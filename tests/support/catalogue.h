#pragma once
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "support/test_data.h"
#include "weir/json/reader.h"
#include "weir/openai/chat_context.h"
#include "weir/openai/chat_request.h"

namespace weir::testing {

/// One deviation of tests/catalogue; README.md there explains the file. What is JSON in the file is
/// raw JSON here.
struct catalogue_case {
  std::string name;  ///< of the file: `K2-index-zero`
  std::string title;
  std::string seen;
  std::string clause;
  std::string request = "{}";
  std::string settings = "{}";
  std::string status = "200";
  std::vector<std::string> headers;
  std::string end = "close";
  std::string expect;
  std::string document;  ///< "" when a document says what `expect` says
  std::string keeps = "[]";
  std::string body;

  /// The upstream's answer is no success: another reader than chat_answer has it.
  [[nodiscard]] bool refused() const { return status != "200"; }
};

/// How a case is asked for: as its request says, or otherwise.
enum class asking : std::uint8_t { as_is, with_usage, for_document };

namespace catalogue_detail {

struct text_header {
  std::string_view name;
  std::string catalogue_case::*member;
};
inline constexpr text_header text_headers[] = {
    {"title", &catalogue_case::title},       {"seen", &catalogue_case::seen},
    {"clause", &catalogue_case::clause},     {"request", &catalogue_case::request},
    {"settings", &catalogue_case::settings}, {"status", &catalogue_case::status},
    {"end", &catalogue_case::end},           {"expect", &catalogue_case::expect},
    {"document", &catalogue_case::document}, {"keeps", &catalogue_case::keeps},
};

inline bool take_header(catalogue_case& into, std::string_view line) {
  const std::size_t colon = line.find(": ");
  if (colon == std::string_view::npos) return false;
  const std::string_view value = line.substr(colon + 2);
  if (line.substr(0, colon) == "header") {
    into.headers.emplace_back(value);
    return true;
  }
  for (const text_header& header : text_headers)
    if (header.name == line.substr(0, colon)) {
      into.*header.member = value;
      return true;
    }
  return false;
}

}  // namespace catalogue_detail

/// Reads one file of the catalogue; what it does not understand fails the test.
inline catalogue_case read_case(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  const std::string text(std::istreambuf_iterator<char>(in), {});
  catalogue_case found;
  found.name = path.stem().string();
  std::string_view rest = text;
  for (;;) {
    const std::size_t end = rest.find('\n');
    if (end == std::string_view::npos) {
      ADD_FAILURE() << found.name << ": no line `---`";
      return found;
    }
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end + 1);
    if (line == "---") break;
    EXPECT_TRUE(catalogue_detail::take_header(found, line)) << found.name << ": " << line;
  }
  found.body = rest;
  EXPECT_FALSE(found.title.empty() || found.clause.empty() || found.expect.empty()) << found.name;
  return found;
}

/// All cases, by name.
inline std::vector<catalogue_case> catalogue() {
  std::vector<catalogue_case> all;
  for (const auto& entry : std::filesystem::directory_iterator(data_folder() + "/../catalogue"))
    if (entry.path().extension() == ".case") all.push_back(read_case(entry.path()));
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return all;
}

/// The body of the client's request: the default one with the case's members in it.
inline std::string request_body(const catalogue_case& c, asking how) {
  std::vector<std::pair<std::string, std::string>> members = {
      {"model", R"("m")"},
      {"stream", "true"},
      {"messages", R"([{"role":"user","content":"hi"}])"},
  };
  const auto set = [&](std::string_view key, std::string_view raw) {
    const auto at = std::find_if(members.begin(), members.end(),
                                 [&](const auto& member) { return member.first == key; });
    if (at != members.end())
      at->second = raw;
    else
      members.emplace_back(key, raw);
  };
  json::reader reader;
  EXPECT_EQ(reader.parse(c.request), json::reader::status::ok) << c.name << ": request";
  for (const auto [key, value] : reader.root().members()) set(key.text(), value.raw());
  if (how == asking::with_usage) {
    const json::value padding = reader.root()["stream_options"]["include_obfuscation"];
    set("stream", "true");
    set("stream_options",
        "{\"include_usage\":true" +
            (padding.present() ? ",\"include_obfuscation\":" + std::string(padding.raw())
                               : std::string()) +
            "}");
  } else if (how == asking::for_document) {
    set("stream", "false");
    std::erase_if(members, [](const auto& member) { return member.first == "stream_options"; });
  }
  std::string body;
  for (const auto& [key, raw] : members) body += (body.empty() ? "{\"" : ",\"") + key + "\":" + raw;
  return body + "}";
}

/// The settings of a case; a name or value that is none fails the test.
inline openai::stream_settings settings_of(const catalogue_case& c) {
  using settings = openai::stream_settings;
  struct flag {
    std::string_view name;
    bool settings::*member;
  };
  static constexpr flag flags[] = {
      {"include_reasoning", &settings::include_reasoning},
      {"eof_as_stop", &settings::eof_as_stop},
      {"cumulative", &settings::cumulative},
      {"close_arguments", &settings::close_arguments},
      {"think_tags", &settings::think_tags},
      {"think_opened", &settings::think_opened},
      {"tools_in_text", &settings::tools_in_text},
      {"strip_tokens", &settings::strip_tokens},
  };
  static constexpr std::string_view names[] = {"as_is", "reasoning_content", "reasoning", "both",
                                               "none"};
  settings out;
  json::reader reader;
  EXPECT_EQ(reader.parse(c.settings), json::reader::status::ok) << c.name << ": settings";
  for (const auto [key, value] : reader.root().members()) {
    bool known = false;
    for (const flag& f : flags) {
      if (!key.equals(f.name)) continue;
      known = value.boolean().has_value();
      out.*f.member = value.boolean().value_or(false);
    }
    if (key.equals("role_content")) {
      known = value.equals("omit");
      out.role_content = settings::role_content_form::omit;
    }
    if (key.equals("reasoning_field"))
      for (std::size_t i = 0; i < std::size(names); ++i)
        if (value.equals(names[i])) {
          known = true;
          out.reasoning_field = static_cast<settings::reasoning_name>(i);
        }
    EXPECT_TRUE(known) << c.name << ": setting " << key.raw() << ": " << value.raw();
  }
  return out;
}

/// What one answer to the case has to obey.
inline openai::chat_context context_for(const catalogue_case& c, asking how) {
  const std::string body = request_body(c, how);
  json::reader reader;
  const auto request = openai::read_chat_request(body, reader);
  EXPECT_TRUE(request) << c.name << ": " << body;
  if (!request) return {};
  openai::chat_context context = openai::context_of(*request, settings_of(c));
  context.arrival = unix_seconds{1760000001};
  context.id_seed = 7;
  return context;
}

}  // namespace weir::testing
