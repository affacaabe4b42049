// Deviations put together: one to four of them over a random legal stream, and a client sees what
// it would have seen of the legal one. tests/catalogue holds each of them alone.
//
// Seeds differ from run to run; WEIR_SEED repeats one, WEIR_ROUNDS says how many are tried.
#include "support/deviation.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "support/call_deviations.h"
#include "support/chunk_deviations.h"
#include "support/played_answer.h"
#include "support/random_chat_stream.h"
#include "support/sdk_view.h"
#include "support/usage_deviations.h"
#include "support/wire_deviations.h"

namespace weir::testing {
namespace {

/// All of them, in the order in which they are applied.
const std::vector<deviation>& deviations() {
  static const std::vector<deviation> all = [] {
    std::vector<deviation> in_order;
    const auto add = [&](const auto& table) {
      in_order.insert(in_order.end(), std::begin(table), std::end(table));
    };
    add(call_deviations);
    add(chunk_deviations);
    add(usage_deviations);
    add(wire_deviations);
    return in_order;
  }();
  return all;
}

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
  const char* const text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

/// Told at once: a run that crashes can be repeated, too. The plain run is always the same; the
/// long one (WEIR_ROUNDS) looks for what nobody has seen.
std::uint64_t first_seed() {
  static const std::uint64_t seed = [] {
    constexpr std::uint64_t plain = 2853975893;
    const bool looks_around = std::getenv("WEIR_ROUNDS") != nullptr;
    const std::uint64_t chosen =
        from_environment("WEIR_SEED", looks_around ? std::random_device{}() : plain);
    std::cout << "WEIR_SEED=" << chosen << std::endl;
    return chosen;
  }();
  return seed;
}

// ---------------------------------------------------------------------------------------------

openai::chat_context context_of(const upstream_stream& s, bool stream) {
  openai::chat_context context;
  context.stream = stream;
  context.n = s.n;
  context.include_usage = s.include_usage;
  context.offers_tools = s.offers_tools;
  context.requested_model = "m";
  context.arrival = unix_seconds{1760000001};
  context.id_seed = 7;
  return context;
}

/// A legal stream, and what is to be done to it.
struct composition {
  std::uint64_t seed = 0;
  upstream_stream clean;
  std::vector<std::size_t> chosen;  ///< in deviations(), ascending

  /// The stream with all that was chosen; nothing when one of them has nothing to deviate in.
  [[nodiscard]] std::optional<upstream_stream> deviating() const {
    upstream_stream s = clean;
    for (const std::size_t i : chosen) {
      id_source random(seed + i);  // the same whatever the others are
      if (!deviations()[i].apply(s, random)) return std::nullopt;
    }
    return s;
  }

  [[nodiscard]] std::string names() const {
    std::string all;
    for (const std::size_t i : chosen)
      all += (all.empty() ? "" : ", ") + std::string(deviations()[i].name);
    return all;
  }
};

composition composed(std::uint64_t seed) {
  id_source random(seed);
  composition c{seed, random_chat_stream(seed).make(), {}};
  const std::size_t wanted = 1 + below(random, 4);
  for (int tries = 0; tries < 40 && c.chosen.size() < wanted; ++tries) {
    const std::size_t next = below(random, deviations().size());
    const bool fits = std::all_of(c.chosen.begin(), c.chosen.end(), [&](std::size_t other) {
      return other != next && go_together(deviations()[other], deviations()[next]);
    });
    if (!fits) continue;
    const std::vector<std::size_t> before = c.chosen;
    c.chosen.insert(std::upper_bound(c.chosen.begin(), c.chosen.end(), next), next);
    if (!c.deviating()) c.chosen = before;
  }
  return c;
}

/// What a client sees of the legal stream.
answer_view expected_of(const upstream_stream& clean, const upstream_stream& deviating,
                        bool stream) {
  answer_view view = view_of_stream(bytes_of(clean));
  json::reader reader;
  const bool told = (!stream || clean.include_usage) && !deviating.usage.empty();
  view.usage = told && reader.parse(deviating.usage) == json::reader::status::ok
                   ? canonical(reader.root())
                   : "";
  if (deviating.ids_open)
    for (auto& [index, choice] : view.choices)
      for (auto& [number, call] : choice.calls) call.id.clear();
  return view;
}

std::size_t times(std::string_view text, std::string_view part) {
  std::size_t n = 0;
  for (std::size_t at = 0; (at = text.find(part, at)) != std::string_view::npos; ++at) ++n;
  return n;
}

/// What is wrong with the answer to a composition; "" when all is well.
std::string wrong_with(const composition& c) {
  const std::optional<upstream_stream> s = c.deviating();
  if (!s) return "";
  const std::string body = bytes_of(*s);
  for (const bool stream : {true, false}) {
    const openai::chat_context context = context_of(c.clean, stream);
    const played answer = play(context, {body}, s->end);
    const std::string form = stream ? "As a stream" : "As a document";
    if (answer.failure) return form + ": " + to_json(*answer.failure) + "\n";
    if (const std::string faults = faults_of(answer, context); !faults.empty())
      return form + ":\n" + faults + answer.output;
    const answer_view expected = expected_of(c.clean, *s, stream);
    const answer_view seen = without_what_is_open(view_of(answer, context), expected);
    if (shown(seen) != shown(expected))
      return form + " expected:\n" + shown(expected) + "seen:\n" + shown(seen) + answer.output;
    for (const std::string& mark : s->marks)
      if (const std::size_t n = times(answer.output, mark); n != 1)
        return form + ": " + mark + " is there " + std::to_string(n) + " times\n" + answer.output;
    id_source random(c.seed);
    pieces cut;
    for (std::size_t at = 0; at < body.size();) {
      const std::size_t length = 1 + below(random, one_in(random, 8) ? 400 : 20);
      cut.push_back(std::string_view(body).substr(at, length));
      at += length;
    }
    if (!(play(context, cut, s->end) == answer)) return form + ": cut, the answer is another\n";
  }
  return "";
}

/// Legal, and no arguments are cut.
bool is_sound(const upstream_stream& clean) {
  const std::string body = bytes_of(clean);
  const auto found = openai::lint_chat_stream(body, judged_as(context_of(clean, true)));
  return std::all_of(found.begin(), found.end(), [](const openai::finding& f) {
    return f.severity == openai::severity::hint && f.clause != "CHAT-19";
  });
}

/// A smaller one that fails, too: fewer deviations, then fewer frames.
composition shrunk(composition c) {
  for (std::size_t i = 0; i < c.chosen.size();) {
    composition fewer = c;
    fewer.chosen.erase(fewer.chosen.begin() + static_cast<std::ptrdiff_t>(i));
    if (wrong_with(fewer).empty())
      ++i;
    else
      c = fewer;
  }
  for (std::size_t i = c.clean.frames.size(); i-- > 0;) {
    composition fewer = c;
    const auto at = fewer.clean.frames.begin() + static_cast<std::ptrdiff_t>(i);
    const std::string frame = text_of(*at);
    fewer.clean.frames.erase(at);
    std::erase_if(fewer.clean.marks,
                  [&](const std::string& mark) { return frame.find(mark) != std::string::npos; });
    if (is_sound(fewer.clean) && !wrong_with(fewer).empty()) c = fewer;
  }
  return c;
}

/// The composition as a file of tests/catalogue.
std::string case_file(const composition& c) {
  const std::optional<upstream_stream> s = c.deviating();
  const auto expectation = [&](bool stream) {
    const answer_view view = expected_of(c.clean, *s, stream);
    std::string choices;
    for (const auto& [index, choice] : view.choices) {
      std::string members;
      const auto add = [&](std::string_view name, const std::string& raw) {
        members += (members.empty() ? "\"" : ",\"") + std::string(name) + "\":" + raw;
      };
      const auto add_text = [&](std::string_view name, const std::string& text) {
        if (!text.empty()) add(name, json::quoted(text));
      };
      add_text("content", choice.content);
      add_text("reasoning", choice.reasoning);
      add_text("refusal", choice.refusal);
      std::string calls;
      for (const auto& [number, call] : choice.calls)
        calls += (calls.empty() ? "{\"name\":" : ",{\"name\":") + json::quoted(call.name) +
                 ",\"arguments\":" + json::quoted(call.arguments) +
                 (call.id.empty() ? "}" : ",\"id\":" + json::quoted(call.id) + "}");
      if (!calls.empty()) add("calls", "[" + calls + "]");
      add_text("finish", choice.finish);
      choices += (choices.empty() ? "{" : ",{") + members + "}";
    }
    return "{\"choices\":[" + choices + "]" +
           (view.usage.empty() ? "" : ",\"usage\":" + view.usage) + "}";
  };
  std::string request;
  if (c.clean.n != 1) request += ",\"n\":" + std::to_string(c.clean.n);
  if (c.clean.include_usage) request += R"(,"stream_options":{"include_usage":true})";
  if (c.clean.offers_tools)
    request += R"(,"tools":[{"type":"function","function":{"name":"get_weather"}}])";
  const std::string stream = expectation(true);
  const std::string document = expectation(false);
  return "title: Found by deviation_test: " + c.names() + ".\nclause: CHAT-36\n" +
         (request.empty() ? "" : "request: {" + request.substr(1) + "}\n") + "expect: " + stream +
         "\n" + (document == stream ? "" : "document: " + document + "\n") +
         (s->end == "close" ? "" : "end: " + std::string(s->end) + "\n") + "---\n" + bytes_of(*s);
}

// ---------------------------------------------------------------------------------------------

/// Composes from one seed after the other.
TEST(Deviation, AnyFewOfThemTogetherLeaveWhatAClientSees) {  // P1, P2, P4
  constexpr std::uint64_t rounds = 3000;
  const std::uint64_t count = from_environment("WEIR_ROUNDS", rounds);
  std::map<std::size_t, std::size_t> met;
  int failures = 0;
  constexpr int enough = 5;
  for (std::uint64_t i = 0; i < count && failures < enough; ++i) {
    composition c = composed(first_seed() + i);
    for (const std::size_t chosen : c.chosen) ++met[chosen];
    if (wrong_with(c).empty()) continue;
    ++failures;
    c = shrunk(c);
    const std::string path = ::testing::TempDir() + "E19-found-" + std::to_string(c.seed) + ".case";
    std::ofstream(path, std::ios::binary) << case_file(c);
    ADD_FAILURE() << "WEIR_SEED=" << c.seed << " WEIR_ROUNDS=1: " << c.names() << "\n"
                  << wrong_with(c) << "\nsaved as " << path << ":\n"
                  << case_file(c);
  }
  if (count < rounds || failures != 0) return;
  for (std::size_t i = 0; i < deviations().size(); ++i)
    EXPECT_GT(met[i], 0U) << deviations()[i].name << " never applied";
}

/// Deltas that repeat what came before are told of an upstream (CHAT-35); it then says the same as
/// with plain ones, but for the vendor members of the frames.
TEST(Deviation, TextsThatGrowSayWhatPlainDeltasDo) {  // E17, G5
  constexpr std::uint64_t rounds = 500;
  for (std::uint64_t i = 0; i < rounds; ++i) {
    const upstream_stream plain = random_chat_stream(first_seed() + i).make();
    upstream_stream growing = plain;
    std::map<std::string, std::string> said;
    each_said(growing, [&](tree& delta, tree& choice) {
      for (const std::string_view key : {"content", "reasoning", "reasoning_content"}) {
        tree* const text = delta.find(key);
        if (text == nullptr || text->scalar.empty()) continue;
        std::string& all = said[index_of(choice) + std::string(key)];
        all += text->kind == json::type::string ? text->scalar : "";
        if (text->kind == json::type::string) text->scalar = all;
      }
      return true;
    });
    for (const bool stream : {true, false}) {
      openai::chat_context context = context_of(plain, stream);
      context.settings.cumulative = true;
      const played answer = play(context, {bytes_of(growing)}, "close");
      EXPECT_EQ("", faults_of(answer, context)) << "WEIR_SEED=" << first_seed() + i;
      ASSERT_EQ(shown(expected_of(plain, plain, stream)), shown(view_of(answer, context)))
          << "WEIR_SEED=" << first_seed() + i << "\n"
          << bytes_of(growing) << "\n"
          << answer.output;
    }
  }
}

TEST(Deviation, WithoutAnyOfThemTheStreamPassesAsItCame) {  // P3
  constexpr std::uint64_t rounds = 500;
  for (std::uint64_t i = 0; i < rounds; ++i) {
    const upstream_stream clean = random_chat_stream(first_seed() + i).make();
    const std::string body = bytes_of(clean);
    const std::vector<openai::finding> found =
        openai::lint_chat_stream(body, judged_as(context_of(clean, true)));
    ASSERT_TRUE(openai::is_legal(found)) << "WEIR_SEED=" << first_seed() + i << "\n" << body;
    ASSERT_EQ(body, play(context_of(clean, true), {body}, "close").output)
        << "WEIR_SEED=" << first_seed() + i;
  }
}

}  // namespace
}  // namespace weir::testing
