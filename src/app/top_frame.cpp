#include "app/top_frame.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <limits>
#include <utility>
#include <vector>

#include "app/table.h"
#include "weir/json/writer.h"

namespace weir::app {

namespace {

std::string fixed(double value, int digits) {
  std::array<char, 400> text{};
  const int length = std::snprintf(text.data(), text.size(), "%.*f", digits, value);
  return {text.data(), static_cast<std::size_t>(std::max(length, 0))};
}

/// As a counter or gauge: what is none counts as nothing.
double sane(double value) { return std::isfinite(value) && value > 0 ? value : 0; }

double bound_of(std::string_view le) {
  if (le == "+Inf") return std::numeric_limits<double>::infinity();
  double bound = 0;
  const auto [end, error] = std::from_chars(le.data(), le.data() + le.size(), bound);
  return error == std::errc() && end == le.data() + le.size() && !std::isnan(bound)
             ? bound
             : std::numeric_limits<double>::infinity();
}

double grown(double before, double after) { return after >= before ? after - before : after; }

std::map<double, double> grown(const std::map<double, double>& before,
                               const std::map<double, double>& after) {
  std::map<double, double> out;
  for (const auto& [bound, count] : after) {
    const auto was = before.find(bound);
    out[bound] = grown(was == before.end() ? 0 : was->second, count);
  }
  return out;
}

top_rates rates_of(const top_counts& before, const top_counts& after, double seconds) {
  const auto rate = [&](double top_counts::*which) {
    return seconds > 0 ? grown(before.*which, after.*which) / seconds : 0;
  };
  top_rates out;
  out.requests = rate(&top_counts::requests);
  out.failed = rate(&top_counts::failed);
  out.events = rate(&top_counts::events);
  out.input_tokens = rate(&top_counts::input_tokens);
  out.output_tokens = rate(&top_counts::output_tokens);
  const auto first_token = grown(before.first_token, after.first_token);
  out.first_token_p50 = quantile_of(first_token, 0.5);
  out.first_token_p99 = quantile_of(first_token, 0.99);
  return out;
}

std::string rate_text(double value) { return fixed(value, value >= 100 || value == 0 ? 0 : 1); }

std::string seconds_text(const std::optional<double>& value) {
  if (!value) return "-";
  return *value < 1 ? fixed(*value * 1000, *value < 0.01 ? 1 : 0) + " ms" : fixed(*value, 2) + " s";
}

std::string seconds_json(const std::optional<double>& value) {
  return value ? fixed(*value, 6) : "null";
}

std::string rates_json(const top_rates& r) {
  return "\"requests_per_second\":" + fixed(r.requests, 3) +
         ",\"errors_per_second\":" + fixed(r.failed, 3) +
         ",\"events_per_second\":" + fixed(r.events, 3) +
         ",\"input_tokens_per_second\":" + fixed(r.input_tokens, 3) +
         ",\"output_tokens_per_second\":" + fixed(r.output_tokens, 3) +
         ",\"first_token_seconds\":{\"p50\":" + seconds_json(r.first_token_p50) +
         ",\"p99\":" + seconds_json(r.first_token_p99) + "}";
}

std::string cut(std::string_view line, std::size_t width) {
  std::size_t characters = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const bool begins = (static_cast<unsigned char>(line[i]) & 0xC0U) != 0x80U;
    if (begins && characters++ == width) return std::string(line.substr(0, i));
  }
  return std::string(line);
}

}  // namespace

top_snapshot top_snapshot_of(const exposition_read& scrape) {
  top_snapshot out;
  for (const exposition_sample& s : scrape.samples) {
    const double value = sane(s.value);
    const std::string upstream(s.label("upstream"));
    const auto count = [&](double top_counts::*which) {
      out.all.*which += value;
      if (!upstream.empty()) out.upstreams[upstream].counts.*which += value;
    };
    if (s.name == "weir_build_info") {
      out.version = s.label("version");
    } else if (s.name == "weir_active_streams") {
      out.streams = value;
    } else if (s.name == "weir_connections") {
      out.connections = value;
    } else if (s.name == "weir_requests_waiting") {
      out.waiting = value;
    } else if (s.name == "weir_requests_total") {
      if (s.label("client_dialect") == "own") continue;
      count(&top_counts::requests);
      if (s.label("status_class") != "2xx") out.all.failed += value;
    } else if (s.name == "weir_stream_events_total") {
      count(&top_counts::events);
    } else if (s.name == "weir_tokens_total") {
      if (s.label("type") == "input") count(&top_counts::input_tokens);
      if (s.label("type") == "output") count(&top_counts::output_tokens);
    } else if (s.name == "weir_time_to_first_token_seconds_bucket") {
      const double bound = bound_of(s.label("le"));
      out.all.first_token[bound] += value;
      if (!upstream.empty()) out.upstreams[upstream].counts.first_token[bound] += value;
    } else if (s.name == "weir_stream_repairs_total") {
      out.repairs[std::string(s.label("clause"))] += value;
    } else if (upstream.empty()) {
      continue;
    } else if (s.name == "weir_upstream_errors_total") {
      out.upstreams[upstream].counts.failed += value;
    } else if (s.name == "weir_upstream_up") {
      out.upstreams[upstream].up = value > 0;
    } else if (s.name == "weir_upstream_in_flight") {
      out.upstreams[upstream].in_flight = value;
    }
  }
  return out;
}

std::optional<double> quantile_of(const std::map<double, double>& buckets, double share) {
  if (buckets.empty() || buckets.rbegin()->second <= 0) return std::nullopt;
  const double rank = share * buckets.rbegin()->second;
  double lower = 0;
  double below = 0;
  for (const auto& [bound, count] : buckets) {
    if (count >= rank && count > below) {
      if (std::isinf(bound)) return lower;
      return lower + (bound - lower) * std::clamp((rank - below) / (count - below), 0.0, 1.0);
    }
    if (!std::isinf(bound)) lower = bound;
    below = std::max(below, count);
  }
  return lower;
}

top_frame top_frame_of(const top_snapshot& before, const top_snapshot& after, double seconds) {
  top_frame out;
  out.version = after.version;
  out.seconds = seconds;
  out.streams = after.streams;
  out.connections = after.connections;
  out.waiting = after.waiting;
  out.all = rates_of(before.all, after.all, seconds);
  for (const auto& [clause, count] : after.repairs) {
    const auto was = before.repairs.find(clause);
    const double more = grown(was == before.repairs.end() ? 0 : was->second, count);
    if (more > 0 && seconds > 0) out.repairs[clause] = more / seconds;
  }
  for (const auto& [name, now] : after.upstreams) {
    const auto was = before.upstreams.find(name);
    top_frame::upstream& one = out.upstreams[name];
    one.rates = rates_of(was == before.upstreams.end() ? top_counts{} : was->second.counts,
                         now.counts, seconds);
    one.up = now.up;
    one.in_flight = now.in_flight;
  }
  return out;
}

std::string top_as_text(const top_frame& frame, const text_style& style, std::size_t height) {
  table sums({"streams", "clients", "waiting", "requests/s", "errors/s", "events/s", "tokens/s",
              "TTFT p50", "TTFT p99"});
  sums.add({fixed(frame.streams, 0), fixed(frame.connections, 0), fixed(frame.waiting, 0),
            rate_text(frame.all.requests), rate_text(frame.all.failed), rate_text(frame.all.events),
            rate_text(frame.all.output_tokens), seconds_text(frame.all.first_token_p50),
            seconds_text(frame.all.first_token_p99)});
  table upstreams({"upstream", "state", "in flight", "requests/s", "errors/s", "events/s",
                   "tokens/s", "TTFT p50", "TTFT p99"});
  for (const auto& [name, one] : frame.upstreams)
    upstreams.add({printable(name), one.up ? *one.up ? "up" : "down" : "-", fixed(one.in_flight, 0),
                   rate_text(one.rates.requests), rate_text(one.rates.failed),
                   rate_text(one.rates.events), rate_text(one.rates.output_tokens),
                   seconds_text(one.rates.first_token_p50),
                   seconds_text(one.rates.first_token_p99)});
  std::vector<std::pair<double, std::string>> most;
  for (const auto& [clause, rate] : frame.repairs) most.emplace_back(rate, clause);
  std::sort(most.begin(), most.end(), [](const auto& a, const auto& b) {
    return a.first != b.first ? a.first > b.first : a.second < b.second;
  });
  std::string repairs = "repairs/s ";
  for (const auto& [rate, clause] : most)
    repairs += " " + printable(clause) + " " + fixed(rate, rate >= 100 ? 0 : 1) + " ";
  if (most.empty()) repairs += " none";
  while (repairs.ends_with(' ')) repairs.pop_back();

  const std::string heading = "weir " + printable(frame.version) + "  " + printable(frame.url);
  std::string text = heading + "\n\n" + sums.text() + "\n" + repairs + "\n";
  if (!frame.upstreams.empty()) text += "\n" + upstreams.text();

  std::string out;
  std::size_t lines = 0;
  for (std::string_view rest = text; !rest.empty() && (height == 0 || lines < height); ++lines) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::string line = cut(rest.substr(0, end), style.width);
    const bool title = line.starts_with("streams ") || line.starts_with("upstream ") || lines == 0;
    out += style.colour && title ? "\033[1m" + line + "\033[0m\n" : line + "\n";
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return out;
}

std::string top_as_json(const top_frame& frame) {
  std::string out =
      "{\"url\":" + json::quoted(frame.url) + ",\"version\":" + json::quoted(frame.version) +
      ",\"seconds\":" + fixed(frame.seconds, 3) + ",\"streams\":" + fixed(frame.streams, 0) +
      ",\"connections\":" + fixed(frame.connections, 0) +
      ",\"waiting\":" + fixed(frame.waiting, 0) + "," + rates_json(frame.all) +
      ",\"repairs_per_second\":{";
  bool first = true;
  for (const auto& [clause, rate] : frame.repairs) {
    out += std::string(first ? "" : ",") + json::quoted(clause) + ":" + fixed(rate, 3);
    first = false;
  }
  out += "},\"upstreams\":[";
  first = true;
  for (const auto& [name, one] : frame.upstreams) {
    out += std::string(first ? "" : ",") + "{\"name\":" + json::quoted(name) +
           ",\"up\":" + (one.up ? *one.up ? "true" : "false" : "null") +
           ",\"in_flight\":" + fixed(one.in_flight, 0) + "," + rates_json(one.rates) + "}";
    first = false;
  }
  return out + "]}\n";
}

}  // namespace weir::app
