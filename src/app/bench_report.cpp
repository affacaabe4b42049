#include "app/bench_report.h"

#include <array>
#include <cstdio>
#include <utility>

#include "app/table.h"
#include "app/terminal.h"
#include "weir/json/writer.h"

namespace weir::app {

namespace {

using observe::delay_histogram;

std::string fixed(double value, int digits) {
  std::array<char, 64> text{};
  const int length = std::snprintf(text.data(), text.size(), "%.*f", digits, value);
  return {text.data(), static_cast<std::size_t>(length)};
}

/// Three digits that matter: 0.123, 12.3, 1234.
std::string short_number(double value) {
  return fixed(value, value >= 100 ? 0 : value >= 10 ? 1 : value >= 1 ? 2 : 3);
}

double per(double amount, std::uint64_t count) {
  return count == 0 ? 0 : amount / static_cast<double>(count);
}
double rate(std::uint64_t count, double seconds) {
  return seconds > 0 ? static_cast<double>(count) / seconds : 0;
}

std::string readable_bytes(std::uint64_t bytes) {
  auto value = static_cast<double>(bytes);
  const char* unit = "B";
  for (const char* const larger : {"KiB", "MiB", "GiB"}) {
    if (value < 1024) break;
    value /= 1024;
    unit = larger;
  }
  return (*unit == 'B' ? std::to_string(bytes) : short_number(value)) + " " + unit;
}

struct named_times {
  const char* title;  ///< for people
  const char* name;   ///< in JSON
  const delay_histogram& times;
};

std::array<named_times, 4> all_times(const bench_counts& c) {
  return {{{"to the first token", "first_token_us", c.first_token},
           {"between two events", "event_gap_us", c.gap},
           {"whole answer", "duration_us", c.whole},
           {"emitter to here", "delay_us", c.delay}}};
}

}  // namespace

std::string readable_time(double ns) {
  const char* unit = "ns";
  for (const char* const larger : {"us", "ms", "s"}) {
    if (ns < 1000) break;
    ns /= 1000;
    unit = larger;
  }
  return short_number(ns) + " " + unit;
}

std::string bench_as_text(const bench_heading& of, const bench_result& r) {
  const bench_counts& c = r.counts;
  std::string out =
      printable(of.url) + ", model " + printable(of.model) + ", " + std::to_string(of.streams) +
      (of.stream ? " streams at once, " : " documents at once, ") + short_number(r.seconds) + " s" +
      (r.interrupted ? ", ended early" : "") + "\n\n";

  table sums({"", "count", "per second"});
  sums.add({"requests", std::to_string(c.requests()), short_number(rate(c.ok_in_time, r.seconds))});
  sums.add({"  ok", std::to_string(c.ok)});
  sums.add({"  failed", std::to_string(c.failed)});
  if (c.unfinished > 0) sums.add({"  unfinished", std::to_string(c.unfinished)});
  if (of.stream)
    sums.add({"events", std::to_string(c.events), short_number(rate(c.events_in_time, r.seconds))});
  sums.add({"bytes", readable_bytes(c.bytes)});
  const std::uint64_t units = of.stream ? c.events : c.ok;
  sums.add({of.stream ? "own CPU per event" : "own CPU per answer",
            readable_time(1e9 * per(r.cpu_seconds, units))});
  out += sums.text();

  table times({"time", "p50", "p90", "p99", "longest"});
  bool any = false;
  for (const named_times& t : all_times(c)) {
    if (t.times.total() == 0) continue;
    any = true;
    const auto at = [&](double share) {
      return readable_time(static_cast<double>(t.times.quantile(share)));
    };
    times.add({t.title, at(0.5), at(0.9), at(0.99),
               readable_time(static_cast<double>(t.times.longest()))});
  }
  if (any) out += "\n" + times.text();

  if (!c.errors.empty()) {
    table errors({"failed", "count", "for example"});
    for (const auto& [kind, failures] : c.errors)
      errors.add({printable(kind), std::to_string(failures.count), printable(failures.example)});
    out += "\n" + errors.text();
  }
  return out;
}

std::string bench_as_json(const bench_heading& of, const bench_result& r) {
  const bench_counts& c = r.counts;
  std::string out = "{\"url\":" + json::quoted(of.url) + ",\"model\":" + json::quoted(of.model) +
                    ",\"stream\":" + (of.stream ? "true" : "false") +
                    ",\"concurrency\":" + std::to_string(of.streams) +
                    ",\"threads\":" + std::to_string(of.threads) +
                    ",\"seconds\":" + fixed(r.seconds, 6) +
                    ",\"interrupted\":" + (r.interrupted ? "true" : "false");
  for (const auto& [name, count] :
       std::initializer_list<std::pair<const char*, std::uint64_t>>{{"requests", c.requests()},
                                                                    {"ok", c.ok},
                                                                    {"failed", c.failed},
                                                                    {"unfinished", c.unfinished},
                                                                    {"events", c.events},
                                                                    {"bytes", c.bytes}})
    out += std::string(",\"") + name + "\":" + std::to_string(count);
  out += ",\"requests_per_second\":" + fixed(rate(c.ok_in_time, r.seconds), 3) +
         ",\"events_per_second\":" + fixed(rate(c.events_in_time, r.seconds), 3) +
         ",\"cpu_seconds\":" + fixed(r.cpu_seconds, 6) +
         ",\"cpu_us_per_event\":" + fixed(1e6 * per(r.cpu_seconds, c.events), 3);
  for (const named_times& t : all_times(c)) {
    out += std::string(",\"") + t.name + "\":";
    if (t.times.total() == 0) {
      out += "null";
      continue;
    }
    const auto us = [](std::uint64_t ns) { return fixed(static_cast<double>(ns) / 1000, 3); };
    out += "{\"count\":" + std::to_string(t.times.total()) +
           ",\"p50\":" + us(t.times.quantile(0.5)) + ",\"p90\":" + us(t.times.quantile(0.9)) +
           ",\"p99\":" + us(t.times.quantile(0.99)) + ",\"max\":" + us(t.times.longest()) + "}";
  }
  out += ",\"errors\":[";
  bool first = true;
  for (const auto& [kind, failures] : c.errors) {
    out += std::string(first ? "" : ",") + "{\"kind\":" + json::quoted(kind) +
           ",\"count\":" + std::to_string(failures.count) +
           ",\"example\":" + json::quoted(failures.example) + "}";
    first = false;
  }
  return out + "]}\n";
}

}  // namespace weir::app
