#include <benchmark/benchmark.h>
#include <simdjson.h>

#include <string>
#include <string_view>

#include "weir/json/reader.h"

// What reading one chat.completion.chunk costs, and a completion of 64 KiB, beside simdjson on the
// same bytes. simdjson's on-demand reader gives spans too, but validates only what it visits.
namespace {

const std::string chunk =
    R"({"id":"chatcmpl-AAA111","object":"chat.completion.chunk","created":1760000000,"model":"m-1",)"
    R"("service_tier":"default","system_fingerprint":"fp_1","choices":[{"index":0,"delta":)"
    R"({"role":"assistant","content":"","refusal":null},"logprobs":null,"finish_reason":null}],)"
    R"("usage":null,"obfuscation":"aBcDeFgHiJkL"})";

/// A completion whose content is `piece` over and over, up to 64 KiB.
std::string completion(std::string_view piece) {
  std::string text =
      R"({"id":"chatcmpl-AAA111","object":"chat.completion","created":1760000000,"model":"m-1",)"
      R"("choices":[{"index":0,"message":{"role":"assistant","content":")";
  while (text.size() < 65'300) text += piece;
  return text + R"("},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":9,)" +
         R"("completion_tokens":12000,"total_tokens":12009}})";
}

const std::string& text_of(const benchmark::State& state) {
  static const std::string texts[] = {
      chunk,
      completion("The quick brown fox jumps over the lazy dog, and then it rests a while. "),
      completion("Says \\\"hello\\\",\\nthen leaves.\\n\\n"),
      completion("Größe und Gewicht – 測試文字 und mehr. "),
  };
  return texts[state.range(0)];
}

void sizes(benchmark::internal::Benchmark* b) {
  b->ArgName("text")->DenseRange(0, 3);  // chunk, prose, prose with escapes, prose beyond ASCII
}

void finish(benchmark::State& state) {
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text_of(state).size()));
}

void reader_parse(benchmark::State& state) {
  const std::string& text = text_of(state);
  weir::json::reader reader;
  for (auto _ : state) {
    if (reader.parse(text) != weir::json::reader::status::ok) state.SkipWithError("refused");
    benchmark::DoNotOptimize(reader.root());
  }
  finish(state);
}
BENCHMARK(reader_parse)->Apply(sizes);

void reader_parse_and_look_up(benchmark::State& state) {
  const std::string& text = text_of(state);
  weir::json::reader reader;
  for (auto _ : state) {
    if (reader.parse(text) != weir::json::reader::status::ok) state.SkipWithError("refused");
    const weir::json::value root = reader.root();
    const weir::json::value choice = root["choices"].at(0);
    benchmark::DoNotOptimize(choice["delta"]["content"].text());
    benchmark::DoNotOptimize(choice["finish_reason"].raw());
    benchmark::DoNotOptimize(root["usage"].raw());
  }
  finish(state);
}
BENCHMARK(reader_parse_and_look_up)->Apply(sizes);

void simdjson_dom(benchmark::State& state) {
  const simdjson::padded_string text(text_of(state));
  simdjson::dom::parser parser;
  for (auto _ : state) {
    simdjson::dom::element root;
    if (parser.parse(text).get(root) != simdjson::SUCCESS) state.SkipWithError("refused");
    benchmark::DoNotOptimize(root);
  }
  finish(state);
}
BENCHMARK(simdjson_dom)->Apply(sizes);

void simdjson_on_demand_raw_members(benchmark::State& state) {
  const simdjson::padded_string text(text_of(state));
  simdjson::ondemand::parser parser;
  for (auto _ : state) {
    simdjson::ondemand::document document;
    if (parser.iterate(text).get(document) != simdjson::SUCCESS) state.SkipWithError("refused");
    std::size_t bytes = 0;
    for (auto field : document.get_object()) {
      simdjson::ondemand::value value;
      if (field.value().get(value) != simdjson::SUCCESS) state.SkipWithError("refused");
      std::string_view raw;
      switch (value.type().value()) {
        case simdjson::ondemand::json_type::object:
          raw = value.get_object().value().raw_json().value();
          break;
        case simdjson::ondemand::json_type::array:
          raw = value.get_array().value().raw_json().value();
          break;
        default:
          raw = value.raw_json_token();
      }
      bytes += raw.size();
    }
    benchmark::DoNotOptimize(bytes);
  }
  finish(state);
}
BENCHMARK(simdjson_on_demand_raw_members)->Apply(sizes);

}  // namespace

BENCHMARK_MAIN();
