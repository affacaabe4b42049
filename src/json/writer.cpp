#include "weir/json/writer.h"

#include <simdjson.h>

#include "json/escape.h"
#include "json/string_scan.h"
#include "json/utf8.h"

namespace weir::json {
namespace {

/// Appends bytes that need no ASCII escape but may be ill-formed or hold line separators.
void append_non_ascii(std::string& out, std::string_view run) {
  if (simdjson::validate_utf8(run.data(), run.size()) && !holds_separator(run)) {
    out += run;
    return;
  }
  for (std::size_t i = 0; i < run.size();) {
    const utf8_unit unit = utf8_at(run, i);
    out += clean_spelling(run, i, unit);  // GEN-8
    i += unit.length;
  }
}

}  // namespace

void append_string(std::string& out, std::string_view utf8) {
  out.push_back('"');
  const char* at = utf8.data();
  const char* const end = utf8.data() + utf8.size();
  while (at != end) {
    const string_scan plain = scan_string(at, end);
    const std::string_view run(at, static_cast<std::size_t>(plain.stop - at));
    if (plain.non_ascii) {
      append_non_ascii(out, run);
    } else {
      out += run;
    }
    at = plain.stop;
    if (at == end) break;
    if (*at == '"' || *at == '\\') {
      out.push_back('\\');
      out.push_back(*at);
    } else {
      append_control_escape(out, static_cast<unsigned char>(*at));
    }
    ++at;
  }
  out.push_back('"');
}

std::string quoted(std::string_view utf8) {
  std::string out;
  out.reserve(utf8.size() + 2);
  append_string(out, utf8);
  return out;
}

std::string unescaped(std::string_view inside) {
  std::string out;
  out.reserve(inside.size());
  append_unescaped(out, inside);
  return out;
}

void append_unescaped(std::string& out, std::string_view inside) {
  while (!inside.empty()) {
    const std::size_t backslash = inside.find('\\');
    out += inside.substr(0, backslash);
    if (backslash == std::string_view::npos) break;
    const escape_unit escape = escape_at(inside, backslash);
    if (escape.length == 0) {  // cannot come from the reader; keep what stands there
      out += inside.substr(backslash);
      break;
    }
    append_utf8(out, escape.scalar);
    inside.remove_prefix(backslash + escape.length);
  }
}

std::string compact(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    if (text[i] == '"') {
      std::size_t end = i + 1;
      while (text[end] != '"') end += text[end] == '\\' ? 2U : 1U;
      out += text.substr(i, end + 1 - i);
      i = end + 1;
      continue;
    }
    const bool space = text[i] == ' ' || text[i] == '\t' || text[i] == '\n' || text[i] == '\r';
    if (!space) out += text[i];
    ++i;
  }
  return out;
}

std::size_t split_point(std::string_view inside, std::size_t max) {
  if (inside.size() <= max) return inside.size();
  // Forward from escape to escape: looking back from `max`, `\\u0041` and `\\\u0041` are alike.
  std::size_t settled = 0;
  for (;;) {
    const std::size_t backslash = inside.substr(0, max).find('\\', settled);
    if (backslash == std::string_view::npos) break;
    const std::size_t length = escape_at(inside, backslash).length;
    if (length == 0) return inside.size();  // cannot come from the reader
    if (backslash + length > max) return backslash > 0 ? backslash : length;
    settled = backslash + length;
  }
  std::size_t cut = max;
  while (cut > settled && (static_cast<unsigned char>(inside[cut]) & 0xC0) == 0x80) --cut;
  if (cut > 0) return cut;
  return inside[0] == '\\' ? escape_at(inside, 0).length : utf8_at(inside, 0).length;
}

}  // namespace weir::json
