#include "app/bench_counts.h"

#include "weir/base/limits.h"

namespace weir::app {

void bench_counts::fail(std::string_view kind, std::string_view example) {
  ++failed;
  failures& of_kind = errors[std::string(kind)];
  if (of_kind.count++ == 0) of_kind.example = example.substr(0, limits::max_check_message_bytes);
}

void bench_counts::add(const bench_counts& other) {
  ok += other.ok;
  failed += other.failed;
  unfinished += other.unfinished;
  for (const auto& [kind, more] : other.errors) {
    failures& of_kind = errors[kind];
    if (of_kind.count == 0) of_kind.example = more.example;
    of_kind.count += more.count;
  }
  events += other.events;
  bytes += other.bytes;
  ok_in_time += other.ok_in_time;
  events_in_time += other.events_in_time;
  first_token.add(other.first_token);
  gap.add(other.gap);
  whole.add(other.whole);
  delay.add(other.delay);
}

}  // namespace weir::app
