#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "weir/json/reader.h"

namespace weir::openai {

/// A small JSON value that can be changed: where deltas of one answer are merged (contract 4.1).
/// Scalars keep their spelling; a string is kept as the text between its quotes, so that pieces
/// concatenate without being decoded.
struct json_tree {
  json::type kind = json::type::absent;
  std::string scalar;               ///< number, boolean, null: raw; string: the inside
  std::vector<std::string> names;   ///< object: the members' names, one a child
  std::vector<json_tree> children;  ///< object: the members' values; array: the elements

  [[nodiscard]] static json_tree of(json::value from);
  [[nodiscard]] bool present() const { return kind != json::type::absent; }
  [[nodiscard]] json_tree* find(std::string_view key);
  /// The member, made absent if it is not there.
  json_tree& member(std::string_view key);
  void erase(std::string_view key);
  void append_to(std::string& out) const;
  /// The members of an object as `"a":1,"b":2`, with a comma in front unless `first`.
  void append_members_to(std::string& out, bool first) const;
};

/// The generic merge of unknown delta members: string + string concatenates, objects merge by
/// member, array elements with an integer `index` by that index, everything else is replaced;
/// inside a merge `type`, `id`, `format`, `signature`, `name` and `index` are replaced, not
/// concatenated; null changes nothing.
void merge(json_tree& into, const json_tree& delta);

}  // namespace weir::openai
