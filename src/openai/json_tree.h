#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "weir/json/reader.h"

namespace weir::openai {

/// A small JSON value that can be changed: where deltas of one answer are merged (contract 4.1).
/// Scalars keep their spelling; a string is kept as the text between its quotes, so that pieces
/// concatenate without being decoded.
struct json_tree {
  json::type kind = json::type::absent;
  std::string scalar;  ///< number, boolean, null: raw; string: the inside
  std::vector<std::pair<std::string, json_tree>> members;
  std::vector<json_tree> elements;

  [[nodiscard]] static json_tree of(json::value from);
  [[nodiscard]] bool present() const { return kind != json::type::absent; }
  [[nodiscard]] json_tree* find(std::string_view key);
  /// The member, made absent if it is not there.
  json_tree& member(std::string_view key);
  void erase(std::string_view key);
  void append_to(std::string& out) const;
};

/// The generic merge of unknown delta members: string + string concatenates, objects merge by
/// member, array elements with an integer `index` by that index, everything else is replaced;
/// inside a merge `type`, `id`, `format`, `signature`, `name` and `index` are replaced, not
/// concatenated; null changes nothing.
void merge(json_tree& into, const json_tree& delta);

}  // namespace weir::openai
