#pragma once
#include <simdjson.h>

#include <cstdint>
#include <string_view>

#include "weir/json/reader.h"

/// Comparison of the reader with simdjson's DOM. simdjson refuses, and the reader accepts:
/// numbers that fit neither 64 bits nor a double, lone surrogate escapes (flagged), and what stands
/// behind a document (left in rest()). Everything else must be judged alike.
namespace weir::json {

/// A number simdjson cannot hold.
inline bool holds_big_number(value v) {
  if (v.is(type::number)) {
    if (v.integer()) return false;
    const std::string_view digits = v.raw();
    const bool integral = digits.find_first_of(".eE") == std::string_view::npos;
    if (!integral) return !v.real();
    if (digits.starts_with('-')) return true;
    return digits.size() > 20 || (digits.size() == 20 && digits > "18446744073709551615");
  }
  for (const value::member m : v.members()) {
    if (holds_big_number(m.val)) return true;
  }
  for (const value e : v.elements()) {
    if (holds_big_number(e)) return true;
  }
  return false;
}

/// True when both trees are the same: types, order of members, decoded strings, numbers.
inline bool same_tree(value ours, simdjson::dom::element theirs) {
  switch (theirs.type()) {
    case simdjson::dom::element_type::NULL_VALUE:
      return ours.is(type::null);
    case simdjson::dom::element_type::BOOL:
      return ours.boolean() == static_cast<bool>(theirs.get_bool());
    case simdjson::dom::element_type::STRING:
      return ours.is(type::string) && ours.decoded() == std::string_view(theirs.get_string()) &&
             ours.equals(std::string_view(theirs.get_string()));
    case simdjson::dom::element_type::INT64:
      return ours.integer() == static_cast<std::int64_t>(theirs.get_int64());
    case simdjson::dom::element_type::UINT64:
      return !ours.integer() && ours.is(type::number) &&
             ours.raw() == std::to_string(static_cast<std::uint64_t>(theirs.get_uint64()));
    case simdjson::dom::element_type::DOUBLE: {
      const auto real = ours.real();  // 1e-999 is 0 for simdjson and nothing for us
      const double want = theirs.get_double();
      return real ? !(*real < want) && !(*real > want) : !(want < 0) && !(want > 0);
    }
    case simdjson::dom::element_type::ARRAY: {
      if (!ours.is(type::array)) return false;
      const simdjson::dom::array list = theirs.get_array();
      if (ours.size() != list.size()) return false;
      auto item = list.begin();
      for (const value e : ours.elements()) {
        if (!same_tree(e, *item)) return false;
        ++item;
      }
      return true;
    }
    case simdjson::dom::element_type::OBJECT: {
      if (!ours.is(type::object)) return false;
      const simdjson::dom::object map = theirs.get_object();
      if (ours.size() != map.size()) return false;
      auto item = map.begin();
      for (const value::member m : ours.members()) {
        const simdjson::dom::key_value_pair pair = *item;
        if (!m.key.equals(pair.key) || !same_tree(m.val, pair.value)) return false;
        ++item;
      }
      return true;
    }
  }
  return false;
}

/// Empty when the reader and simdjson agree about `text`, else what they disagree about.
inline std::string_view disagreement(std::string_view text) {
  reader ours;
  const reader::status status = ours.parse(text);
  simdjson::dom::parser parser;
  const simdjson::padded_string padded(text);
  simdjson::dom::element theirs;
  const simdjson::error_code error = parser.parse(padded).get(theirs);

  if (status == reader::status::too_deep) return {};  // our bound is the lower one
  const bool accepted = status == reader::status::ok && ours.rest().empty();
  if (!error) {
    if (ours.has_lone_surrogate()) return {};  // differs between simdjson's versions
    if (!accepted) return "only simdjson accepts";
    return same_tree(ours.root(), theirs) ? "" : "different trees";
  }
  if (!accepted || ours.has_lone_surrogate() || holds_big_number(ours.root())) return {};
  return "only the reader accepts";
}

}  // namespace weir::json
