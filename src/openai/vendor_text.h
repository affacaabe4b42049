#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace weir::openai {

/// A value without half characters, which only the texts of an answer may have (F19, F20): itself,
/// or a mended copy in `room`.
[[nodiscard]] std::string_view whole_characters(std::string_view raw, std::string& room);

/// Whether two names, as spelled between their quotes, are one.
[[nodiscard]] bool same_name(std::string_view a, std::string_view b);

/// Unknown members on their way to a chunk, as the text `,"a":1,"b":[2]` (P4). A name that comes
/// again takes the place of its earlier value (contract 4.1), so no object gets a doubled member.
///
/// Cost     No allocation once warm; a member looks at all names before it.
class vendor_text {
 public:
  /// `name` as spelled between its quotes, `raw` its value.
  void add(std::string_view name, std::string_view raw);
  void add(const vendor_text& more);
  /// The same, but what would make more than limits::max_held_bytes or max_vendor_members wait is
  /// left out: an upstream that never sends a chunk to carry them cannot make us hold everything.
  void add_bounded(std::string_view name, std::string_view raw);
  void clear();

  [[nodiscard]] bool empty() const { return members_.empty(); }
  [[nodiscard]] std::string_view text() const { return text_; }

 private:
  struct member {
    std::size_t begin;  ///< of the comma
    std::size_t name_length;
    std::size_t end;
  };
  [[nodiscard]] std::string_view name_of(const member& m) const;
  void remove(std::size_t i);

  std::string text_;
  std::vector<member> members_;
};

}  // namespace weir::openai
