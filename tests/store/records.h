#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "store/ledger.h"

namespace weir::store {

inline constexpr std::uint64_t second = 1'000'000;
inline constexpr std::uint64_t day = 86'400 * second;
/// 2026-09-21T14:13:20Z
inline constexpr std::uint64_t some_time = 1'790'000'000 * second;

inline record some_record(std::string_view request_id) {
  record r;
  r.request_id = request_id;
  r.time = some_time;
  r.requested_model = "m-1";
  r.status = 200;
  r.used.input = 10;
  r.used.output = 300;
  r.cost_nano_usd = 7;
  return r;
}

/// The records one behind the other in one journal.
inline std::vector<ledger_entry> entries(const std::vector<record>& records,
                                         std::string_view segment = "s") {
  std::vector<ledger_entry> made;
  for (const record& r : records) made.push_back({{segment, made.size() * 100}, r});
  return made;
}

/// One row of everything.
inline usage_row total(ledger& of) {
  const auto rows = of.usage({});
  return rows && rows->size() == 1 ? rows->front() : usage_row{};
}

}  // namespace weir::store
