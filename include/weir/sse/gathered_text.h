#pragma once
#include <cstddef>
#include <string>
#include <string_view>

#include "weir/sse/line_scanner.h"

namespace weir::sse {

/// A text gathered line by line: a view as long as it is one line inside the input, own bytes from
/// the moment a second line joins it or the input ends before it does. Big bytes are given back
/// when the text is cleared, so that an idle stream does not hold what one event once needed.
class gathered_text {
 public:
  /// A text was begun; it may be empty.
  [[nodiscard]] bool open() const { return open_; }
  [[nodiscard]] std::string_view view() const {
    return owned_ ? std::string_view(bytes_).substr(begin_) : view_;
  }
  [[nodiscard]] std::size_t size() const { return owned_ ? bytes_.size() - begin_ : view_.size(); }

  /// Begins anew with `tail`, the tail of the line `scanner` has just found.
  void start(line_scanner& scanner, std::string_view tail);
  /// Joins a line by LF.
  void append_line(std::string_view line);
  /// Owns its bytes from now on: the input is about to go away.
  void keep();
  void clear();

  /// Hands the text over: `storage` keeps own bytes alive, and the text here is cleared.
  [[nodiscard]] std::string_view release(std::string& storage);

 private:
  std::string_view view_;
  std::string bytes_;
  std::size_t begin_ = 0;
  bool open_ = false;
  bool owned_ = false;
};

}  // namespace weir::sse
