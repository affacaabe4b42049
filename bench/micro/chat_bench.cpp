#include <benchmark/benchmark.h>

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>
#include <string>
#include <string_view>
#include <vector>

#include "e2e/chat_stream.h"
#include "weir/openai/chat_answer.h"

// What one event of 300 bytes costs on the whole pure path -- event parser, JSON reader, decoder,
// machine, encoder -- in time and in allocations, for streams that are right and for streams that
// are mended all along.
namespace {

std::atomic<std::size_t> allocations{0};

}  // namespace

// Not inlined: g++ would see std::free() given what a new expression returned, and warn.
[[gnu::noinline]] void* operator new(std::size_t size) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  if (void* const memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace {

using weir::bench::chat_stream;
using weir::bench::shape;
using weir::openai::chat_answer;

constexpr std::size_t events = 1000;

/// A stream and what was asked of it.
struct scene {
  shape form;
  bool usage_upstream;  ///< weir asked for usage, as the gateway always does (REQ-13)
  bool usage_client;    ///< so did the client
};
constexpr scene clean{shape::clean, true, true};           // passes verbatim (P3)
constexpr scene usage_removed{shape::clean, true, false};  // "usage":null goes from every chunk
constexpr scene deviating{shape::deviating, true, false};  // role goes from every chunk

/// The reads that bring the stream in, `per_read` events each.
std::vector<std::string> reads_of(const scene& of, std::size_t per_read) {
  chat_stream stream(of.form, of.usage_upstream);
  std::vector<std::string> reads{stream.opening()};
  for (std::size_t i = 0; i < events; ++i) {
    if (i % per_read == 0) reads.emplace_back();
    reads.back() += stream.event(i, 1'000'000 + i);
  }
  reads.push_back(stream.ending(events));
  return reads;
}

weir::openai::chat_context context_of(const scene& of) {
  weir::openai::chat_context context;
  context.stream = true;
  context.include_usage = of.usage_client;
  context.usage_asked_upstream = true;
  context.requested_model = "bench";
  context.arrival = weir::unix_seconds{1760000000};
  return context;
}

void chat(benchmark::State& state, const scene& of, std::size_t per_read) {
  const std::vector<std::string> reads = reads_of(of, per_read);
  const weir::openai::chat_context context = context_of(of);
  const std::size_t before = allocations.load();
  for (auto _ : state) {
    chat_answer answer(context);
    for (const std::string& read : reads) {
      answer.feed(read);
      const std::string_view output = answer.output();
      benchmark::DoNotOptimize(output.data());
      answer.consume(output.size());
    }
    answer.end(false);
    answer.consume(answer.output().size());
    if (answer.current() != chat_answer::state::complete) state.SkipWithError("not complete");
  }
  const auto allocated = static_cast<double>(allocations.load() - before);
  const auto all = static_cast<double>(state.iterations()) * static_cast<double>(events);
  state.SetItemsProcessed(static_cast<std::int64_t>(all));
  state.SetBytesProcessed(static_cast<std::int64_t>(all) *
                          static_cast<std::int64_t>(chat_stream::event_bytes));
  state.counters["event"] = benchmark::Counter(
      static_cast<double>(events),
      benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
  state.counters["allocations_per_event"] = allocated / all;
}

BENCHMARK_CAPTURE(chat, clean_one_per_read, clean, 1U);
BENCHMARK_CAPTURE(chat, clean_8_per_read, clean, 8U);
BENCHMARK_CAPTURE(chat, clean_200_per_read, clean, 200U);
BENCHMARK_CAPTURE(chat, usage_removed_one_per_read, usage_removed, 1U);
BENCHMARK_CAPTURE(chat, usage_removed_8_per_read, usage_removed, 8U);
BENCHMARK_CAPTURE(chat, usage_removed_200_per_read, usage_removed, 200U);
BENCHMARK_CAPTURE(chat, deviating_one_per_read, deviating, 1U);
BENCHMARK_CAPTURE(chat, deviating_8_per_read, deviating, 8U);
BENCHMARK_CAPTURE(chat, deviating_200_per_read, deviating, 200U);

}  // namespace
