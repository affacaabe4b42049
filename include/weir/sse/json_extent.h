#pragma once
#include <cstddef>
#include <string_view>

namespace weir::sse {

/// Says where the documents of a JSON text end, by brackets outside strings, without reading them:
/// whether what lies between is JSON is for others to find out. Strings may have the quotes of
/// Python, too (F24); outside of strings JSON has none of them.
///
/// Input    Consecutive pieces of one text, cut anywhere. What stands between two documents is
///          passed over.
/// Cost     One pass; a few bytes of state.
class json_extent {
 public:
  /// Reads `text` up to and with the bracket that closes a document, or to its end; returns how
  /// many bytes that was.
  std::size_t scan_document(std::string_view text);
  /// Reads all of `text`.
  void scan(std::string_view text);

  /// No document is open.
  [[nodiscard]] bool closed() const { return depth_ == 0; }
  [[nodiscard]] bool in_string() const { return quote_ != 0; }

 private:
  std::size_t depth_ = 0;
  char quote_ = 0;  ///< that ends the string; 0 outside of one
  bool escaped_ = false;
};

}  // namespace weir::sse
