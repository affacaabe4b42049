#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace weir::config {

/// A value to be printed: the effective configuration, or its JSON Schema.
struct tree {
  enum class form { absent, text, literal, list, mapping };

  form is = form::absent;
  std::string text;  ///< of a text; of a literal (a number, `true`, `false`) as it is printed
  std::vector<tree> items;
  struct member;
  std::vector<member> members;

  [[nodiscard]] static tree of_text(std::string_view text);
  [[nodiscard]] static tree of_literal(std::string_view literal);
  [[nodiscard]] static tree of_list(std::vector<tree> items);
  [[nodiscard]] static tree of_mapping();

  /// Appends a member; an absent value leaves no trace.
  tree& add(std::string_view name, tree value);
};

struct tree::member {
  std::string name;
  tree value;
};

/// Indented JSON with a final newline.
[[nodiscard]] std::string to_json(const tree& value);

/// Block YAML 1.2 of a mapping. Text that would read as something else is quoted, and `${` is
/// written `$${`, so that loading gives the same text.
[[nodiscard]] std::string to_yaml(const tree& value);

}  // namespace weir::config
