#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "weir/json/reader.h"

namespace weir::json {

/// Edits members of a JSON text and leaves every other byte as it was (house.md section 3, P4).
///
/// Input    The text that `reader` accepted, and handles into it. Edits must not overlap; several
///          inserts into one object are applied in the order they were made.
/// Cost     apply() copies the text once.
class patch {
 public:
  explicit patch(std::string_view text) : text_(text) {}

  /// Puts `json` (valid JSON text) in the place of `old`.
  void replace(value old, std::string_view json);
  /// Adds a member behind the last one of `object` (which must be an object, perhaps empty).
  void insert(value object, std::string_view key, std::string_view json);
  /// Removes every member of `object` with this key, with its comma.
  void remove(value object, std::string_view key);
  /// Replaces the member's value where the object has it (the last one; others are removed), adds
  /// it where not.
  void set(value object, std::string_view key, std::string_view json);

  [[nodiscard]] bool empty() const { return edits_.empty(); }
  [[nodiscard]] std::string apply() const;

 private:
  struct edit {
    std::size_t begin;
    std::size_t end;
    std::string text;
  };
  std::string_view text_;
  std::vector<edit> edits_;
};

}  // namespace weir::json
