#pragma once
#include <string>
#include <vector>

namespace weir::app {

/// Columns of text as wide as they must be, two spaces between them: for people.
class table {
 public:
  explicit table(std::vector<std::string> titles) : rows_{std::move(titles)} {}
  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  /// Lines, each behind `indent` spaces.
  [[nodiscard]] std::string text(std::size_t indent = 0) const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace weir::app
