#pragma once
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "json/string_scan.h"
#include "weir/json/mend.h"

namespace weir::json {

/// Rewrites one string of a text that is nearly JSON, for `mend`: the part of it that knows
/// characters, as the mender itself knows tokens.
class string_mender {
 public:
  /// What becomes of a character that is cut by the beginning or the end of the string.
  enum class edges : std::uint8_t { replaced, kept };

  string_mender(std::string_view input, mended& out) : input_(input), out_(out) {}

  /// Appends the string whose opening quote, single or double, stands at `at`. Returns the place
  /// behind its closing quote, or npos when the input ends before it or an escape is none.
  [[nodiscard]] std::size_t rewrite(std::size_t at, edges cut);

 private:
  [[nodiscard]] string_scan scan() const;
  void plain(std::string_view run);
  [[nodiscard]] bool escape();
  [[nodiscard]] bool python_escape();
  void half();
  void scalar(std::uint32_t c);
  [[nodiscard]] std::size_t keep_head(std::string_view run);
  void keep_bytes(std::string_view bytes);
  [[nodiscard]] bool at_head() const { return at_ == head_; }
  [[nodiscard]] bool closes(std::size_t at) const {
    return at < input_.size() && input_[at] == quote_;
  }

  const std::string_view input_;
  mended& out_;
  std::size_t at_ = 0;
  std::size_t head_ = 0;  // the place behind the opening quote
  char quote_ = '"';
  edges cut_ = edges::replaced;
};

}  // namespace weir::json
