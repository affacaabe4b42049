#include "openai/usage_meter.h"

#include <algorithm>

#include "weir/base/limits.h"
#include "weir/json/reader.h"

namespace weir::openai {
namespace {

constexpr std::string_view data_field = "data:";

std::optional<usage> usage_of(std::string_view text) {
  json::reader reader;
  if (text.empty() || reader.parse(text) != json::reader::status::ok) return std::nullopt;
  if (!reader.root().is(json::type::object)) return std::nullopt;
  usage u = read_usage(reader.root());
  if (!u.prompt && !u.completion) u.prompt = u.total;
  return u == usage{} ? std::nullopt : std::optional(u);
}

}  // namespace

usage_meter::usage_meter() : catcher_("usage", limits::max_usage_bytes) {}

void usage_meter::feed(std::string_view bytes) {
  if (form_ == form::unknown) {
    bytes.remove_prefix(std::min(bytes.find_first_not_of(" \t\r\n"), bytes.size()));
    if (bytes.empty()) return;
    constexpr std::string_view begins_events = "dei:r";  // data, event, id, a comment, retry
    form_ = bytes.front() == '{'                                          ? form::document
            : begins_events.find(bytes.front()) != std::string_view::npos ? form::events
                                                                          : form::other;
  }
  if (form_ == form::document) catcher_.feed(bytes);
  if (form_ == form::events) read_lines(bytes);
}

void usage_meter::read_lines(std::string_view bytes) {
  while (!bytes.empty()) {
    const char c = bytes.front();
    if (line_ == line::name && (c == data_field[matched_] || c == '\r')) {
      if (c != '\r' && ++matched_ == data_field.size()) line_ = line::data;
      bytes.remove_prefix(1);
      continue;
    }
    const std::size_t end = std::min(bytes.find('\n'), bytes.size());
    if (line_ == line::data)
      catcher_.feed(bytes.substr(0, end));
    else if (end != 0)
      line_ = line::other;
    bytes.remove_prefix(end);
    if (bytes.empty()) return;
    bytes.remove_prefix(1);
    end_line();
  }
}

void usage_meter::end_line() {
  if (line_ == line::data) {
    event_has_data_ = true;
    if (const auto found = usage_of(catcher_.caught())) of_events_ = found;
    catcher_.reset();
  } else if (line_ == line::name && matched_ == 0) {
    if (event_has_data_) ++events_;
    event_has_data_ = false;
  }
  line_ = line::name;
  matched_ = 0;
}

std::optional<usage> usage_meter::last() const {
  return form_ == form::document ? usage_of(catcher_.caught()) : of_events_;
}

}  // namespace weir::openai
