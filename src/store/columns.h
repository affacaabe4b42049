#pragma once
#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "store/ledger.h"

namespace weir::store {

/// `text` as databases take it: NUL and bytes that are no UTF-8 become U+FFFD. What is returned is
/// `text` itself, or lies in `room`.
[[nodiscard]] std::string_view clean_text(std::string_view text, std::string& room);

/// The tags of a record as an object with text alone, each name once; "" for none, and for what is
/// no object. A number or a truth is spelled as it was, what is nested is left out.
[[nodiscard]] std::string clean_tags(std::string_view tags);

/// `INSERT` of one record with a parameter for each column. It does nothing for one that is there.
[[nodiscard]] std::string insert_statement();

/// The same for the content of a record that has some.
[[nodiscard]] std::string insert_content_statement();

/// The earliest arrival that belongs to the `days` before `now`.
[[nodiscard]] std::int64_t first_kept(std::uint32_t days, std::uint64_t now);

/// At least as many as an entry has columns.
inline constexpr std::size_t max_columns = 64;

/// Gives every column of an entry to `sink`, in the order of insert_statement: `text`, `number`,
/// `truth`, or `nothing`. Numbers above 2^63 - 1 stay there.
template <class Sink>
void for_each_column(const ledger_entry& entry, Sink& sink) {
  struct field {
    Sink& sink;
    std::string room;

    void operator()(const char* name, std::string_view v) {
      if (std::string_view(name) != "tags") return sink.text(clean_text(v, room));
      const std::string tags = clean_tags(v);
      if (tags.empty()) return sink.nothing();
      sink.text(tags);
    }
    void operator()(const char*, std::uint64_t v) {
      sink.number(static_cast<std::int64_t>(std::min<std::uint64_t>(v, INT64_MAX)));
    }
    void operator()(const char*, bool v) { sink.truth(v); }
    void operator()(const char*, const content_text&) {}
    void operator()(const char* name, const std::optional<std::uint64_t>& v) {
      if (!v) return sink.nothing();
      (*this)(name, *v);
    }
  };
  field each{sink, {}};
  each("segment", entry.id.segment);
  each("frame_offset", entry.id.offset);
  for_each_field(entry.what, each);
}

/// Gives every column of its content to `sink`, in the order of insert_content_statement.
template <class Sink>
void for_each_content_column(const ledger_entry& entry, Sink& sink) {
  std::string room;
  sink.text(clean_text(entry.id.segment, room));
  sink.number(static_cast<std::int64_t>(std::min<std::uint64_t>(entry.id.offset, INT64_MAX)));
  for (const content_text* const each : {&entry.what.request_content, &entry.what.answer_content}) {
    sink.text(clean_text(each->text, room));
    sink.truth(each->cut);
  }
}

}  // namespace weir::store
