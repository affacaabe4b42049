// What it takes to keep one record: its frame and one write(2) to the page cache, in a directory of
// the file system that TMPDIR names. Wanted: less than 2 us.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include "store/journal.h"

namespace weir::bench {
namespace {

store::record example() {
  store::record r;
  r.request_id = "req_01JDNX6T3M8QK5V7WZ2YB4CAHE";
  r.upstream_request_id = "chatcmpl-9f2c5a7e81d04b6c";
  r.time = 1'790'000'000'000'000;
  r.key_id = "key_7c2f";
  r.tags = R"({"team":"search","job":"nightly"})";
  r.dialect = "openai";
  r.requested_model = "qwen3-32b";
  r.served_model = "Qwen/Qwen3-32B";
  r.upstream = "qwen-a";
  r.attempts = 1;
  r.status = 200;
  r.stream = true;
  r.finish_reason = "stop";
  r.used.input = 1234;
  r.used.cache_read = 1024;
  r.used.output = 567;
  r.cost_nano_usd = 123'456;
  r.price_version = "qwen3-32b/2026-01-01/1f3a";
  r.first_token = 80'000;
  r.duration = 5'000'000;
  r.bytes_in = 4321;
  r.bytes_out = 170'000;
  r.repairs = R"({"CHAT-8":1,"CHAT-13":4})";
  return r;
}

void journal_frame(benchmark::State& state) {
  const store::record r = example();
  std::string out;
  for (auto _ : state) {
    out.clear();
    store::append_frame(out, r);
    benchmark::DoNotOptimize(out.data());
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(out.size()));
}
BENCHMARK(journal_frame);

void journal_append(benchmark::State& state) {
  std::string name = (std::filesystem::temp_directory_path() / "weir-journal-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) return state.SkipWithError("no temporary directory");
  {
    store::journal::options how;
    how.directory = name;
    how.room = std::make_shared<store::journal_room>(~std::uint64_t{0});
    const auto opened = store::journal::open(how);
    if (!opened) {
      state.SkipWithError(opened.error().message.c_str());
    } else {
      const store::record r = example();
      std::string out;
      store::append_frame(out, r);
      std::uint64_t since = 0;
      for (auto _ : state) {
        if ((*opened)->append(r) != store::journal::outcome::kept) {
          state.SkipWithError("a record was not kept");
          break;
        }
        if (++since % 65536 != 0) continue;
        state.PauseTiming();  // what is full is of no use to this, and the disk is not endless
        for (const auto& file : std::filesystem::directory_iterator(name))
          if (file.path() != (*opened)->path()) std::filesystem::remove(file.path());
        state.ResumeTiming();
      }
      state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(out.size()));
    }
  }
  std::filesystem::remove_all(name);
}
BENCHMARK(journal_append);

}  // namespace
}  // namespace weir::bench
