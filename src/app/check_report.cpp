#include "app/check_report.h"

#include <algorithm>
#include <numeric>

#include "app/check_rules.h"
#include "app/terminal.h"
#include "weir/base/limits.h"

namespace weir::app {

namespace {

constexpr std::string_view ellipsis = "\xE2\x80\xA6";  // U+2026

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

check_note note_of(const openai::finding& f, std::string_view body) {
  check_note note;
  note.rule = f.rule;
  note.clause = f.clause;
  note.severity = f.severity;
  if (!check_rules::is_own(f.rule)) note.first = check_note::place{f.event, f.offset};
  note.bytes = excerpt(body, f.begin, f.end);
  note.detail = printable(f.detail);
  return note;
}

}  // namespace

std::size_t probe_report::count(openai::severity which) const {
  return static_cast<std::size_t>(std::count_if(
      notes.begin(), notes.end(), [&](const check_note& note) { return note.severity == which; }));
}

std::size_t check_report::count(openai::severity which) const {
  return std::accumulate(
      probes.begin(), probes.end(), std::size_t{0},
      [&](std::size_t sum, const probe_report& probe) { return sum + probe.count(which); });
}

bool check_report::clean() const { return failure.empty() && count(openai::severity::fault) == 0; }

std::vector<check_note> folded(const std::vector<openai::finding>& findings,
                               std::string_view body) {
  std::vector<check_note> out;
  for (const openai::finding& f : findings) {
    const auto known = std::find_if(out.begin(), out.end(),
                                    [&](const check_note& note) { return note.rule == f.rule; });
    if (known == out.end())
      out.push_back(note_of(f, body));
    else
      ++known->count;
  }
  std::stable_partition(out.begin(), out.end(), [](const check_note& note) {
    return note.severity == openai::severity::fault;
  });
  return out;
}

std::string excerpt(std::string_view body, std::size_t begin, std::size_t end) {
  constexpr std::size_t before = 24;
  constexpr std::size_t behind = 12;
  end = std::min(end, body.size());
  if (begin >= end) return {};
  std::size_t from = begin;
  while (from > 0 && begin - from < before && body[from - 1] != '\n') --from;
  std::size_t to = std::min(end, from + limits::max_check_excerpt_bytes);
  if (to == end) {
    const std::size_t most =
        std::min({body.size(), end + behind, from + limits::max_check_excerpt_bytes});
    while (to < most && body[to] != '\n') ++to;
  }
  while (from < begin && is_continuation(body[from])) ++from;
  constexpr std::size_t longest_rest = 3;  // of a character; what goes on longer is none
  for (std::size_t n = 0; n < longest_rest && to > begin + 1 && to < body.size(); ++n)
    if (is_continuation(body[to])) --to;
  // Escapes are longer than what they stand for.
  while (to > from + 1 &&
         printable(body.substr(from, to - from)).size() > limits::max_check_excerpt_bytes)
    --to;
  std::string out;
  if (from > 0 && body[from - 1] != '\n') out += ellipsis;
  out += printable(body.substr(from, to - from));
  if (to < end || (to < body.size() && body[to] != '\n' && body[to - 1] != '\n')) out += ellipsis;
  return out;
}

}  // namespace weir::app
