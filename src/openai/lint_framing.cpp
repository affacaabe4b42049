#include "openai/lint_framing.h"

#include <algorithm>
#include <string>
#include <utility>

namespace weir::openai::lint {
namespace {

constexpr std::string_view heartbeat_line = ": keepalive";

unsigned byte(char c) { return static_cast<unsigned char>(c); }

/// Bytes of the well-formed sequence at the beginning (Unicode table 3-7), 0 if there is none.
std::size_t sequence_length(std::string_view text) {
  const unsigned first = byte(text[0]);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(text[i]) & 0xC0U) != 0x80U) return 0;
  }
  const unsigned second = byte(text[1]);
  const bool overlong = (first == 0xE0 && second < 0xA0) || (first == 0xF0 && second < 0x90);
  const bool surrogate = first == 0xED && second > 0x9F;
  const bool too_high = first == 0xF4 && second > 0x8F;
  return overlong || surrogate || too_high ? 0 : length;
}

/// Takes the first line off `bytes`, whatever ends it.
std::string_view take_line(std::string_view& bytes) {
  const std::size_t end = std::min(bytes.find_first_of("\r\n"), bytes.size());
  const std::string_view line = bytes.substr(0, end);
  bytes.remove_prefix(end);
  bytes.remove_prefix(bytes.starts_with("\r\n") ? 2 : bytes.empty() ? 0 : 1);
  return line;
}

void check_data_line(std::string_view line, lint_report& report) {
  const std::size_t colon = line.find(':');
  const std::string_view value =
      colon == std::string_view::npos ? std::string_view() : line.substr(colon + 1);
  if (value.starts_with(" {") || value == " [DONE]") return;
  const std::size_t begin = value.find_first_not_of(" \t");
  if (looks_like_terminator(value)) {
    report.add(rule::terminator_spelling, "The terminator is spelled `" + std::string(line) + "`.");
  } else if (begin == std::string_view::npos) {
    report.add(rule::data_empty, "`data:` is followed by nothing.");
  } else if (value[begin] == '{') {
    report.add(rule::data_space, "`data:` is not followed by one space and an object.");
  } else {
    report.add(rule::data_not_object, "`data:` is followed by something else than an object.");
  }
}

void check_other_line(std::string_view line, lint_report& report) {
  if (line.starts_with("\xEF\xBB\xBF")) {
    report.add(rule::byte_order_mark, "A byte order mark stands before a line.");
    return;
  }
  static constexpr std::pair<std::string_view, rule> fields[] = {
      {"event", rule::event_line},
      {"id", rule::id_line},
      {"retry", rule::retry_line},
      {"error", rule::error_line},  // X5
  };
  const std::string_view name = line.substr(0, line.find(':'));
  for (const auto& [field, broken] : fields) {
    if (name != field) continue;
    report.add(broken, "There is a line `" + std::string(name) + ":`.");
    return;
  }
  report.add(rule::unknown_line, "A line is not a `data:` line.");
}

}  // namespace

bool is_valid_utf8(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t n = sequence_length(bytes);
    if (n == 0) return false;
    bytes.remove_prefix(n);
  }
  return true;
}

void check_text(std::string_view bytes, lint_report& report) {
  if (!is_valid_utf8(bytes)) report.add(rule::utf8_invalid, "The text is not valid UTF-8.");
  for (const std::string_view separator : {"\xC2\x85", "\xE2\x80\xA8", "\xE2\x80\xA9"}) {
    if (bytes.find(separator) == std::string_view::npos) continue;
    report.add(rule::line_separator_raw, "U+0085, U+2028 or U+2029 stands unescaped in the text.");
    return;
  }
}

bool looks_like_terminator(std::string_view data) {
  std::string word;
  for (const char c : data) {
    if (c != ' ' && c != '\t' && c != '"' && c != '\'') {
      word.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c);
    }
    if (word.size() > 6) return false;
  }
  return word == "[done]" || word == "done";
}

std::size_t heartbeat_length(std::string_view bytes) {
  constexpr std::string_view heartbeat = ": keepalive\n\n";
  std::size_t n = 0;
  while (bytes.substr(n).starts_with(heartbeat)) n += heartbeat.size();
  return n;
}

std::size_t check_lines(std::string_view bytes, lint_report& report) {
  std::size_t lines = 0;  // since the last blank line
  std::size_t data_lines = 0;
  bool in_heartbeat = false;
  if (bytes.find('\r') != std::string_view::npos) {
    report.add(rule::carriage_return, "There is a carriage return.");
  }
  while (!bytes.empty()) {
    const std::string_view line = take_line(bytes);
    if (line.empty()) {
      if (lines == 0) report.add(rule::blank_line, "A blank line closes no event.");
      lines = 0;
      in_heartbeat = false;
      continue;
    }
    if (in_heartbeat || (line == heartbeat_line && lines != 0)) {
      report.add(rule::heartbeat_inside_event, "A heartbeat stands inside an event.");
      in_heartbeat = false;
    } else if (line == heartbeat_line) {
      in_heartbeat = true;
    } else if (line.starts_with(':')) {
      report.add(rule::comment, "There is a comment.");
    }
    ++lines;
    if (line.starts_with(':')) continue;
    if (line == "data" || line.starts_with("data:")) {
      if (++data_lines == 1) check_data_line(line, report);
    } else {
      check_other_line(line, report);
    }
  }
  return data_lines;
}

}  // namespace weir::openai::lint
