#pragma once

#include <string>
#include <vector>

#include "meter/account.h"
#include "weir/base/units.h"

namespace weir::quota {

/// What a process tells Redis of one quota of an account, and what it wishes to have of it.
struct lease_wish {
  std::string account;  ///< its id
  meter::account::lease_state state;
  std::uint64_t free = 0;  ///< of a rate: so much more; else: so much in hand in the end
};

/// The command that asks for it. Its answer is two whole numbers, as account::grant takes them.
///
/// Rates    A bucket of a minute's worth that fills evenly by Redis' own clock.
/// Others   What each process has taken and what it may take, under the name of the process. A
///          process tells sums and never differences, so that an answer that is lost costs nothing;
///          what it may take beyond what it took ends with its lease.
[[nodiscard]] std::vector<std::string> lease_command(const lease_wish& wish,
                                                     const std::string& process, millis lease_time);

}  // namespace weir::quota
