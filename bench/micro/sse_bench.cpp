#include <benchmark/benchmark.h>

#include <cstddef>
#include <string>
#include <string_view>

#include "weir/sse/event_parser.h"
#include "weir/sse/payload_reader.h"

namespace {

using weir::sse::event_parser;
using weir::sse::payload_reader;

constexpr std::size_t events = 800;  // about one full read buffer

/// A chat chunk of 300 bytes with its blank line.
std::string regular_event() {
  std::string event =
      R"(data: {"id":"chatcmpl-AAA111","object":"chat.completion.chunk","created":1760000000,)"
      R"("model":"m-1","service_tier":"default","system_fingerprint":"fp_1","choices":[{"index":0,)"
      R"("delta":{"content":" Hello"},"logprobs":null,"finish_reason":null}],"obfuscation":")";
  event.append(300 - event.size() - 4, 'x');
  return event + "\"}\n\n";
}

/// The event as it is, or spelled as some upstreams do.
std::string stream_of(std::string_view spelling) {
  std::string event = regular_event();
  if (spelling == "crlf") event = event.substr(0, event.size() - 2) + "\r\n\r\n";
  if (spelling == "named") event = "event: message\n" + event;
  if (spelling == "single_lf") event.pop_back();
  if (spelling == "ndjson") event = event.substr(6, event.size() - 7);
  std::string out;
  for (std::size_t i = 0; i < events; ++i) out += event;
  return out;
}

template <class Reader>
std::size_t drain(Reader& reader, std::string_view input) {
  constexpr auto waiting = Reader::status::need_input;
  std::size_t found = 0;
  for (; reader.parse(input) != waiting; ++found) benchmark::DoNotOptimize(reader.current());
  return found;
}

void count(benchmark::State& state, std::size_t found, std::size_t bytes) {
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(bytes));
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(events));
  state.counters["event"] = benchmark::Counter(
      static_cast<double>(events),
      benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
  if (found == 0) state.SkipWithError("no event found");
}

template <class Reader>
void one_input(benchmark::State& state, std::string_view spelling) {
  const std::string stream = stream_of(spelling);
  Reader reader;
  std::size_t found = 0;
  for (auto _ : state) found += drain(reader, stream);
  count(state, found, stream.size());
}

template <class Reader>
void small_inputs(benchmark::State& state, std::size_t size) {
  const std::string stream = stream_of("regular");
  Reader reader;
  std::size_t found = 0;
  for (auto _ : state)
    for (std::size_t at = 0; at < stream.size(); at += size)
      found += drain(reader, std::string_view(stream).substr(at, size));
  count(state, found, stream.size());
}

void event_parser_whole(benchmark::State& state, std::string_view spelling) {
  one_input<event_parser>(state, spelling);
}
void event_parser_cut(benchmark::State& state, std::size_t size) {
  small_inputs<event_parser>(state, size);
}
void payload_reader_whole(benchmark::State& state, std::string_view spelling) {
  one_input<payload_reader>(state, spelling);
}
void payload_reader_cut(benchmark::State& state, std::size_t size) {
  small_inputs<payload_reader>(state, size);
}

BENCHMARK_CAPTURE(event_parser_whole, regular, "regular");
BENCHMARK_CAPTURE(event_parser_whole, crlf, "crlf");
BENCHMARK_CAPTURE(event_parser_whole, named, "named");
BENCHMARK_CAPTURE(event_parser_cut, one_event, 300U);
BENCHMARK_CAPTURE(event_parser_cut, segments_of_1000, 1000U);
BENCHMARK_CAPTURE(event_parser_cut, byte_by_byte, 1U);

BENCHMARK_CAPTURE(payload_reader_whole, regular, "regular");
BENCHMARK_CAPTURE(payload_reader_whole, crlf, "crlf");
BENCHMARK_CAPTURE(payload_reader_whole, named, "named");
BENCHMARK_CAPTURE(payload_reader_whole, single_lf, "single_lf");
BENCHMARK_CAPTURE(payload_reader_whole, ndjson, "ndjson");
BENCHMARK_CAPTURE(payload_reader_cut, one_event, 300U);
BENCHMARK_CAPTURE(payload_reader_cut, segments_of_1000, 1000U);
BENCHMARK_CAPTURE(payload_reader_cut, byte_by_byte, 1U);

}  // namespace
