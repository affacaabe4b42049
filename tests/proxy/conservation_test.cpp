// What is on record is what upstreams told, to the token, wherever and however often they told it;
// what nobody told is a guess and marked as one.
#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

#include "gateway_bench.h"

namespace weir::proxy {
namespace {

using test::chat;
using test::chat_event;
using test::gateway_bench;
using test::raw_client;
using test::received_request;
using test::upstream_peer;

struct told {
  std::uint64_t input = 0;
  std::uint64_t cached = 0;
  std::uint64_t output = 0;
  std::uint64_t reasoning = 0;

  [[nodiscard]] std::string json() const {
    return R"({"prompt_tokens":)" + std::to_string(input) + R"(,"completion_tokens":)" +
           std::to_string(output) + R"(,"total_tokens":)" + std::to_string(input + output) +
           R"(,"prompt_tokens_details":{"cached_tokens":)" + std::to_string(cached) +
           R"(},"completion_tokens_details":{"reasoning_tokens":)" + std::to_string(reasoning) +
           "}}";
  }
};

std::string with_member(std::string event, const std::string& member) {
  return event.insert(event.rfind('}'), ',' + member);
}

std::string usage_chunk(const std::string& usage) {
  return R"(data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1700000000,)"
         R"("model":"m","choices":[],"usage":)" +
         usage + "}\n\n";
}

constexpr std::string_view zeros = R"({"prompt_tokens":0,"completion_tokens":0,"total_tokens":0})";

/// Where an upstream tells its usage.
enum class placement : std::uint8_t {
  chunk_of_its_own,
  with_the_finish,
  in_every_event,  ///< as it grows
  of_groq,
  of_the_choice,
  twice_and_then_zeros,
  nowhere,
  cut_off_before,
  count
};

std::string stream_of(placement where, const told& t) {
  const std::string usage = R"("usage":)" + t.json();
  const std::string begin = test::chat_role() + test::chat_word("some words of an answer");
  const std::string done(test::chat_done);
  switch (where) {
    case placement::chunk_of_its_own:
      return begin + test::chat_finish() + usage_chunk(t.json()) + done;
    case placement::with_the_finish:
      return begin + with_member(test::chat_finish(), usage) + done;
    case placement::in_every_event: {
      const told part{t.input, t.cached, t.output / 2, 0};
      return test::chat_role() + with_member(test::chat_word("some"), R"("usage":)" + part.json()) +
             with_member(test::chat_finish(), usage) + done;
    }
    case placement::of_groq:
      return begin + with_member(test::chat_finish(), R"("x_groq":{"id":"r",)" + usage + '}') +
             done;
    case placement::of_the_choice: {
      std::string last = test::chat_finish();
      return begin + last.insert(last.find("}]"), ',' + usage) + done;
    }
    case placement::twice_and_then_zeros:
      return begin + test::chat_finish() + usage_chunk(told{1, 0, 1, 0}.json()) +
             usage_chunk(t.json()) + usage_chunk(std::string(zeros)) + done;
    case placement::nowhere:
      return begin + test::chat_finish() + done;
    default:
      return begin;
  }
}

/// Adds up what was told, and what is on record.
struct balance final : observe::record_sink {
  void keep(const observe::exchange_record& r) override {
    if (r.used.estimated) {
      ++guesses;
      EXPECT_LT(0U, *r.used.output);
      return;
    }
    recorded.input += r.used.input.value_or(0);
    recorded.cached += r.used.cache_read.value_or(0);
    recorded.output += r.used.output.value_or(0);
    recorded.reasoning += r.used.reasoning.value_or(0);
  }
  [[nodiscard]] bool accepts() const override { return true; }
  void add(const told& t) {
    said.input += t.input;
    said.cached += t.cached;
    said.output += t.output;
    said.reasoning += t.reasoning;
  }

  told said;
  told recorded;
  std::uint64_t untold = 0;
  std::uint64_t guesses = 0;
};

/// So many exchanges at random over one connection.
void exchange_many(std::mt19937_64& random, int exchanges, balance& sums) {
  const auto below = [&](std::uint64_t most) { return random() % (most + 1); };
  gateway_bench bench;
  bench.records = &sums;
  // Five answers in a row that break off would close the way to the upstream.
  bench.settings.upstreams[0].breaker.failures = limits::max_breaker_failures;
  std::string next;
  bool stream = true;
  bench.network.answer = [&](upstream_peer& peer, const received_request&) {
    if (!stream) return peer.respond(200, "application/json", next);
    peer.begin_stream();
    // In two pieces, cut anywhere.
    const std::size_t cut = 1 + below(next.size() - 2);
    peer.chunk(std::string_view(next).substr(0, cut));
    peer.chunk(std::string_view(next).substr(cut));
    peer.end_chunks();
  };
  raw_client& client = bench.client();
  for (int n = 0; n < exchanges; ++n) {
    told t;
    t.input = 1 + below(1'000'000);
    t.cached = below(t.input);
    t.output = 2 + below(1'000'000);
    t.reasoning = below(t.output - 1);
    const auto where =
        static_cast<placement>(below(static_cast<std::uint64_t>(placement::count) - 1));
    stream = below(3) != 0;
    const bool tells =
        !stream || (where != placement::nowhere && where != placement::cut_off_before);
    next = stream ? stream_of(where, t)
                  : R"({"id":"c","object":"chat.completion","created":1,"model":"m","choices":)"
                    R"([{"index":0,"message":{"role":"assistant","content":"x","refusal":null},)"
                    R"("logprobs":null,"finish_reason":"stop"}],"usage":)" +
                        t.json() + '}';
    ASSERT_TRUE(bench.ask(client, chat(stream))) << n;
    if (tells)
      sums.add(t);
    else
      ++sums.untold;
  }
}

TEST(Conservation, TheRecordsSayWhatTheUpstreamsSaid) {
  const char* const asked = std::getenv("WEIR_EXCHANGES");
  const int exchanges = asked == nullptr ? 2000 : std::atoi(asked);
  constexpr int at_once = 500;
  std::mt19937_64 random(11);
  balance sums;
  for (int done = 0; done < exchanges; done += at_once) exchange_many(random, at_once, sums);
  EXPECT_EQ(sums.said.input, sums.recorded.input);
  EXPECT_EQ(sums.said.cached, sums.recorded.cached);
  EXPECT_EQ(sums.said.output, sums.recorded.output);
  EXPECT_EQ(sums.said.reasoning, sums.recorded.reasoning);
  EXPECT_EQ(sums.untold, sums.guesses);
  EXPECT_LT(100U, sums.untold);
  std::printf("%d exchanges, %llu of them guessed\n", exchanges,
              static_cast<unsigned long long>(sums.untold));
}

}  // namespace
}  // namespace weir::proxy
