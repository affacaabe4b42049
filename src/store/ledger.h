#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "store/record.h"
#include "weir/base/result.h"

namespace weir::store {

/// A record and its place in the journal, which is its name for ever (docs/adr/0022).
struct journal_entry {
  std::string id;
  record what;
};

/// What the sums of a report are grouped by.
enum class dimension : std::uint8_t { model, key, upstream, day, tag };

/// Which records a report counts, and how.
struct usage_query {
  std::vector<dimension> by;  ///< none: one row for all
  std::string tag;            ///< its name, for dimension::tag
  std::optional<std::uint64_t>
      since{};  ///< microseconds since the Unix epoch, the first that counts
  std::optional<std::uint64_t> until{};  ///< the first that does not
  std::optional<std::string> key{};      ///< only of this one
};

/// One line of a report.
struct usage_row {
  std::vector<std::string> group;  ///< as `by`; a day is YYYY-MM-DD in UTC
  std::uint64_t requests = 0;
  std::uint64_t errors = 0;     ///< that ended in an error, or whose client left
  std::uint64_t estimated = 0;  ///< whose tokens weir had to guess
  std::uint64_t input = 0;
  std::uint64_t cache_read = 0;
  std::uint64_t cache_write = 0;
  std::uint64_t output = 0;
  std::uint64_t reasoning = 0;
  std::uint64_t cost_nano_usd = 0;
  std::uint64_t unpriced = 0;  ///< with tokens and without a price

  friend bool operator==(const usage_row&, const usage_row&) = default;
};

/// Where records are for good. A record that is there already is not added again.
///
/// Errors   A sentence; never a credential.
/// Waits    Bounded: a database that is away is an error soon.
/// Threads  One.
class ledger {
 public:
  virtual ~ledger() = default;
  /// All of them or none. What it took survives the loss of power.
  [[nodiscard]] virtual std::optional<failure> add(std::span<const journal_entry> entries) = 0;
  /// Rows in the order of their groups.
  [[nodiscard]] virtual result<std::vector<usage_row>> usage(const usage_query& of) = 0;
  /// Deletes records that arrived before `time`; how many.
  [[nodiscard]] virtual result<std::uint64_t> forget_before(std::uint64_t time) = 0;
};

/// SQLite in a file, which is made when there is none.
[[nodiscard]] result<std::unique_ptr<ledger>> open_sqlite_ledger(const std::string& path);

}  // namespace weir::store
