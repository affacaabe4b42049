#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace weir::json {

/// Catches one member of an object that passes by in pieces, and keeps nothing else of it.
///
/// Input    Consecutive pieces of one JSON text, cut anywhere. Whether it is JSON is for others to
///          find out: brackets, commas and colons outside strings are all that counts here.
/// Output   The raw value of the member at the top level of the object; the last one when keys
///          repeat. Keys are compared as they are spelled.
/// Memory   The value, at most `max_bytes`; a longer one is not caught.
/// Cost     One pass; strings are skipped 16 bytes at a time.
/// Threads  None.
class member_catcher {
 public:
  member_catcher(std::string_view key, std::size_t max_bytes)
      : key_('"' + std::string(key) + '"'), max_bytes_(max_bytes) {}

  void feed(std::string_view piece);
  /// "" when there was no such member so far, or its value has not ended.
  [[nodiscard]] std::string_view caught() const { return caught_; }
  /// Makes ready for another text.
  void reset();

 private:
  /// Where in the members of the outermost object.
  enum class place : std::uint8_t { elsewhere, key, value };

  [[nodiscard]] std::size_t string_run(std::string_view piece);
  void structure(char c);
  void begin_member();
  void keep(std::string_view part);

  const std::string key_;  // with its quotes
  const std::size_t max_bytes_;
  std::size_t depth_ = 0;
  place place_ = place::elsewhere;
  bool in_string_ = false;
  bool escaped_ = false;
  bool wanted_ = false;  // the value is our member's, and not too long so far
  std::string name_;     // of the member, with its quotes; cut when it cannot be key_ any more
  std::string value_;
  std::string caught_;
};

}  // namespace weir::json
