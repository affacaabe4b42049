#pragma once

#include <string>
#include <vector>

#include "store/ledger.h"

namespace weir::app {

/// Reads what sums are grouped by, `model,day,tag:team`, into a query. Returns "", or a sentence of
/// what is wrong.
[[nodiscard]] std::string read_groups(const std::string& list, store::usage_query& into);

/// Rows of usage as people and programs get them, wherever they ask (docs/accounting.md).
class usage_report {
 public:
  /// `by` as read_groups took it.
  usage_report(const std::string& by, const std::vector<store::usage_row>& rows);

  [[nodiscard]] std::string table() const;
  /// A list of objects.
  [[nodiscard]] std::string json() const;
  /// RFC 4180, but for the line end of this system.
  [[nodiscard]] std::string csv() const;

 private:
  std::vector<std::string> titles_;
  std::size_t groups_ = 0;  ///< the first columns, which are text
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace weir::app
