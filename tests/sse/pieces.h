#pragma once
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "support/splits.h"
#include "weir/sse/event_parser.h"
#include "weir/sse/payload_reader.h"

/// Drives both readers as a hostile caller would: every input lies in an allocation of its own
/// size, which is gone before the next call. A view kept too long is a finding of ASan.
namespace weir::testing {

using sse::event;
using sse::event_parser;
using sse::payload;
using sse::payload_reader;

/// What a caller can learn from a reader, one line each.
using outcome = std::vector<std::string>;

/// Calls `parse` until `input` is used up, and hands it the rest in a new place after each event.
/// False when the reader gave up.
template <class Reader, class Take>
bool feed(Reader& reader, std::string_view input, typename Reader::status ready,
          typename Reader::status need_input, Take take) {
  std::string rest(input);
  for (;;) {
    const auto bytes = std::make_unique<char[]>(rest.size());
    rest.copy(bytes.get(), rest.size());
    std::string_view view(bytes.get(), rest.size());
    const auto status = reader.parse(view);
    if (status == ready)
      take();
    else
      return status == need_input && view.empty();
    rest.assign(view);
  }
}

inline outcome events_of(const pieces& inputs, event_parser parser = event_parser()) {
  outcome out;
  for (const std::string_view input : inputs) {
    const bool alive = feed(parser, input, event_parser::status::event_ready,
                            event_parser::status::need_input, [&] {
                              const event& e = parser.current();
                              out.push_back(std::string(e.type) + '|' + std::string(e.data) + '|' +
                                            std::string(e.last_id));
                            });
    if (!alive) {
      out.emplace_back("too large");
      break;
    }
  }
  if (parser.retry_ms() != 0) out.push_back("retry " + std::to_string(parser.retry_ms()));
  return out;
}

/// `=` exact or `~` not, the kind unless it is JSON, the event in angle brackets, the text.
inline std::string shown(const payload& p) {
  std::string out = p.exact ? "=" : "~";
  if (p.what == payload::kind::done) out += "done ";
  if (p.what == payload::kind::error) out += "error ";
  if (!p.event.empty()) out += '<' + std::string(p.event) + "> ";
  return out + std::string(p.text);
}

/// Only the counters that are not zero.
inline std::string shown(const payload_reader::counters& c) {
  std::string out;
  const auto add = [&](std::uint64_t n, std::string_view name) {
    if (n != 0) out += (out.empty() ? "" : " ") + std::to_string(n) + ' ' + std::string(name);
  };
  add(c.comments, "comments");
  add(c.empty, "empty");
  add(c.dropped, "dropped");
  add(c.lenient, "lenient");
  return out;
}

struct reading {
  outcome payloads;
  std::string counted;
  std::string dropped_text;
  friend bool operator==(const reading&, const reading&) = default;
};

inline reading reading_of(const pieces& inputs, payload_reader reader = payload_reader()) {
  reading out;
  bool alive = true;
  for (const std::string_view input : inputs) {
    alive = feed(reader, input, payload_reader::status::ready, payload_reader::status::need_input,
                 [&] { out.payloads.push_back(shown(reader.current())); });
    if (!alive) break;
  }
  payload_reader::status last = reader.finish();
  for (; last == payload_reader::status::ready; last = reader.finish())
    out.payloads.push_back(shown(reader.current()));
  if (last == payload_reader::status::too_large || !alive) out.payloads.emplace_back("too large");
  out.counted = shown(reader.counted());
  out.dropped_text = reader.dropped_text();
  return out;
}

inline pieces one_by_one(std::string_view input) {
  pieces out;
  for (std::size_t i = 0; i < input.size(); ++i) out.push_back(input.substr(i, 1));
  return out;
}

}  // namespace weir::testing
