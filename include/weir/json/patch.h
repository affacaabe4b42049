#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "weir/json/reader.h"

namespace weir::json {

/// Edits members of a JSON text and leaves every other byte as it was (P4, docs/clauses.md).
///
/// Input    The text that `reader` accepted, and handles into it. The handles may go once an edit
///          is noted; the text must stay until `apply`. Keys are plain UTF-8 and compared with
///          decoded keys.
/// Order    Several inserts into one object are applied in the order they were made. Of two edits
///          of one member the later wins. Edits inside a value that is itself replaced or removed
///          are lost with it.
/// Cost     apply() copies the text once.
class patch {
 public:
  explicit patch(std::string_view text) : text_(text) {}

  /// Puts `json` (valid JSON text) in the place of `old`. A member is renamed by replacing its key.
  void replace(value old, std::string_view json);
  /// Adds a member behind the last one of `object` (which must be an object, perhaps empty).
  void insert(value object, std::string_view key, std::string_view json);
  /// Removes every member of `object` with this key, with its comma.
  void remove(value object, std::string_view key);
  /// Replaces the member's value where the object has it (the last one; others are removed), adds
  /// it where not.
  void set(value object, std::string_view key, std::string_view json);

  [[nodiscard]] bool empty() const { return replaced_.empty() && objects_.empty(); }
  [[nodiscard]] std::string apply() const;

 private:
  /// A part of the text, and what stands in its place.
  struct edit {
    std::size_t begin;
    std::size_t end;
    std::string text;
  };
  struct member_span {
    std::string key;
    std::size_t begin;  // of the key
    std::size_t end;    // of the value
    bool removed;
  };
  struct added_member {
    std::string key;
    std::string json;
  };
  /// What happens to the member list of one object; commas depend on all of it.
  struct object_edit {
    std::size_t begin;  // of the object
    std::vector<member_span> members;
    std::vector<added_member> added;
  };

  [[nodiscard]] std::size_t offset(value v) const;
  [[nodiscard]] object_edit& edit_of(value object);
  [[nodiscard]] static std::vector<edit> member_edits(const object_edit& object);

  std::string_view text_;
  std::vector<edit> replaced_;
  std::vector<object_edit> objects_;
};

}  // namespace weir::json
