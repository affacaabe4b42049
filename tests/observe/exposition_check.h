#pragma once
#include <cmath>
#include <cstdlib>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace weir::observe {

/// A strict reading of the Prometheus text format 0.0.4, independent of the writer.
struct scrape {
  struct sample {
    std::string family;
    std::string name;
    std::map<std::string, std::string> labels;
    std::string number;
  };
  std::map<std::string, std::string> types;  ///< by family
  std::vector<sample> samples;
  std::vector<std::string> faults;

  /// The value of a sample as it is written, or "".
  [[nodiscard]] std::string value(const std::string& name,
                                  const std::map<std::string, std::string>& labels = {}) const {
    for (const sample& s : samples)
      if (s.name == name && s.labels == labels) return s.number;
    return "";
  }
  [[nodiscard]] std::size_t count(const std::string& name) const {
    std::size_t n = 0;
    for (const sample& s : samples) n += s.name == name ? 1U : 0U;
    return n;
  }
};

namespace reading {

inline bool is_name(std::string_view text, bool colons) {
  if (text.empty() || (text[0] >= '0' && text[0] <= '9')) return false;
  for (const char c : text)
    if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
          (colons && c == ':')))
      return false;
  return true;
}

/// `{a="b",c="d"}` at the start of `line`, removed from it; nothing when it is not well-formed.
inline std::optional<std::map<std::string, std::string>> labels(std::string_view& line) {
  std::map<std::string, std::string> out;
  if (line.empty() || line[0] != '{') return out;
  line.remove_prefix(1);
  while (true) {
    const std::size_t equals = line.find("=\"");
    if (equals == std::string_view::npos) return std::nullopt;
    const std::string name(line.substr(0, equals));
    if (!is_name(name, false)) return std::nullopt;
    line.remove_prefix(equals + 2);
    std::string value;
    while (!line.empty() && line[0] != '"') {
      if (line[0] == '\\') {
        if (line.size() < 2) return std::nullopt;
        const char c = line[1];
        if (c != '\\' && c != '"' && c != 'n') return std::nullopt;
        value += c == 'n' ? '\n' : c;
        line.remove_prefix(2);
      } else {
        value += line[0];
        line.remove_prefix(1);
      }
    }
    if (line.empty() || !out.emplace(name, value).second) return std::nullopt;
    line.remove_prefix(1);
    if (line.empty()) return std::nullopt;
    const char separator = line[0];
    line.remove_prefix(1);
    if (separator == '}') return out;
    if (separator != ',') return std::nullopt;
  }
}

/// One text per set of labels, whatever their order was.
inline std::string key_of(const std::string& name,
                          const std::map<std::string, std::string>& labels) {
  std::string out = name;
  for (const auto& [label, value] : labels) out += '\n' + label + '\t' + value;
  return out;
}

inline void check_histograms(scrape& out) {
  struct series {
    std::string family;
    std::vector<std::pair<double, double>> buckets;
    std::optional<double> sum, count;
  };
  std::unordered_map<std::string, series> all;
  for (const scrape::sample& s : out.samples) {
    if (out.types[s.family] != "histogram") continue;
    const std::string suffix = s.name.substr(s.family.size());
    const double number = std::strtod(s.number.c_str(), nullptr);
    auto labels = s.labels;
    if (suffix != "_bucket") {
      series& of = all[key_of(s.family, labels)];
      (suffix == "_sum" ? of.sum : of.count) = number;
      of.family = s.family;
      continue;
    }
    const auto le = labels.find("le");
    if (le == labels.end()) {
      out.faults.push_back("bucket without le: " + s.family);
      continue;
    }
    const double bound = le->second == "+Inf" ? HUGE_VAL : std::strtod(le->second.c_str(), nullptr);
    labels.erase(le);
    series& of = all[key_of(s.family, labels)];
    of.buckets.emplace_back(bound, number);
    of.family = s.family;
  }
  for (const auto& [key, s] : all) {
    if (!s.sum || !s.count || s.buckets.empty()) {
      out.faults.push_back("incomplete histogram: " + s.family);
      continue;
    }
    for (std::size_t i = 1; i < s.buckets.size(); ++i)
      if (s.buckets[i].first <= s.buckets[i - 1].first ||
          s.buckets[i].second < s.buckets[i - 1].second)
        out.faults.push_back("buckets do not rise: " + s.family);
    if (s.buckets.back().first != HUGE_VAL || s.buckets.back().second != *s.count)
      out.faults.push_back("+Inf is not the count: " + s.family);
  }
}

}  // namespace reading

inline scrape read_exposition(std::string_view text) {
  scrape out;
  std::set<std::string> helped;
  std::set<std::string> closed;
  std::unordered_set<std::string> seen;
  std::string current;
  const auto fault = [&](std::string what, std::string_view line) {
    out.faults.push_back(std::move(what) + ": " + std::string(line));
  };
  if (!text.empty() && text.back() != '\n') fault("no newline at the end", "");
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    const std::string_view whole = line;
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    const bool help = line.substr(0, 7) == "# HELP ";
    if (help || line.substr(0, 7) == "# TYPE ") {
      line.remove_prefix(7);
      const std::string name(line.substr(0, line.find(' ')));
      const std::string rest(line.substr(std::min(line.size(), name.size() + 1)));
      if (!reading::is_name(name, true) || rest.empty()) fault("malformed comment", whole);
      if (help) {
        if (!helped.insert(name).second) fault("second HELP", whole);
        closed.insert(current);
        if (closed.count(name) != 0) fault("family goes on after another", whole);
        current = name;
      } else {
        if (name != current) fault("TYPE away from its HELP", whole);
        if (rest != "counter" && rest != "gauge" && rest != "histogram") fault("type", whole);
        if (!out.types.emplace(name, rest).second) fault("second TYPE", whole);
      }
      continue;
    }
    scrape::sample s;
    s.name = line.substr(0, line.find_first_of("{ "));
    line.remove_prefix(s.name.size());
    auto labels = reading::labels(line);
    if (!labels || !reading::is_name(s.name, true) || line.empty() || line[0] != ' ') {
      fault("malformed sample", whole);
      continue;
    }
    s.labels = std::move(*labels);
    s.family = current;
    s.number = line.substr(1);
    char* stop = nullptr;
    std::strtod(s.number.c_str(), &stop);
    if (s.number.empty() || *stop != '\0') fault("no number", whole);
    const std::string& type = out.types[current];
    const std::string suffix =
        s.name.size() >= current.size() ? s.name.substr(current.size()) : "?";
    const bool known = type == "histogram"
                           ? suffix == "_bucket" || suffix == "_sum" || suffix == "_count"
                           : suffix.empty();
    if (s.name.substr(0, current.size()) != current || !known) {
      fault("stray sample", whole);
      continue;
    }
    if (type == "counter" && (current.size() < 6 || current.substr(current.size() - 6) != "_total"))
      fault("a counter ends in _total", whole);
    if (s.number[0] == '-') fault("below zero", whole);
    if (!seen.insert(reading::key_of(s.name, s.labels)).second) fault("second sample", whole);
    out.samples.push_back(std::move(s));
  }
  reading::check_histograms(out);
  return out;
}

}  // namespace weir::observe
