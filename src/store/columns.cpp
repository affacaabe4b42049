#include "store/columns.h"

#include <map>
#include <type_traits>

#include "json/utf8.h"
#include "weir/json/reader.h"
#include "weir/json/writer.h"

namespace weir::store {
namespace {

bool is_clean(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const json::utf8_unit unit = json::utf8_at(text, at);
    if (!unit.well_formed || text[at] == '\0') return false;
    at += unit.length;
  }
  return true;
}

std::string spelled(json::value v) {
  std::string room;
  const std::string text = v.is(json::type::string) ? v.decoded() : std::string(v.raw());
  return std::string(clean_text(text, room));
}

}  // namespace

std::string_view clean_text(std::string_view text, std::string& room) {
  if (is_clean(text)) return text;
  room.clear();
  for (std::size_t at = 0; at < text.size();) {
    const json::utf8_unit unit = json::utf8_at(text, at);
    const bool kept = unit.well_formed && text[at] != '\0';
    room += kept ? text.substr(at, unit.length) : json::replacement_character;
    at += unit.length;
  }
  return room;
}

std::string clean_tags(std::string_view tags) {
  if (tags.empty()) return {};
  json::reader reader;
  if (reader.parse(tags) != json::reader::status::ok || !reader.rest().empty()) return {};
  std::map<std::string, std::string> kept;
  std::string room;
  for (const auto& [name, value] : reader.root().members()) {
    if (value.is(json::type::object) || value.is(json::type::array)) continue;
    if (value.is(json::type::null)) continue;
    kept[std::string(clean_text(name.decoded(), room))] = spelled(value);
  }
  std::string out;
  for (const auto& [name, value] : kept) {
    out += out.empty() ? '{' : ',';
    json::append_string(out, name);
    out += ':';
    json::append_string(out, value);
  }
  if (!out.empty()) out += '}';
  return out;
}

std::int64_t first_kept(std::uint32_t days, std::uint64_t now) {
  constexpr std::uint64_t day = 86'400'000'000;
  const std::uint64_t age = std::min(now, days * day);
  return static_cast<std::int64_t>(std::min<std::uint64_t>(now - age, INT64_MAX));
}

std::string insert_statement() {
  std::string names = "segment, frame_offset";
  std::string values = "$1, $2";
  int number = 2;
  const record sample;
  for_each_field(sample, [&]<class Field>(const char* name, const Field&) {
    if (std::is_same_v<Field, content_text>) return;
    names += std::string(", ") + name;
    values += ", $" + std::to_string(++number);
  });
  return "INSERT INTO weir_records (" + names + ") VALUES (" + values + ") ON CONFLICT DO NOTHING";
}

std::string insert_content_statement() {
  return "INSERT INTO weir_contents (segment, frame_offset, request, request_cut, answer, "
         "answer_cut) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING";
}

}  // namespace weir::store
