#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "weir/base/result.h"

namespace weir::app {

/// A restart that no client notices: the running weir starts its successor with its own arguments
/// and its listening sockets; once that serves, it tells the one before to end as on SIGTERM. The
/// sockets never close, so no connection is refused, and what runs finishes where it runs. A
/// successor that does not come up changes nothing.

/// Starts the program at the path of the running one anew, which may hold another version by now.
/// `sockets` are its descriptors 3 and following. Returns its process id.
[[nodiscard]] result<pid_t> start_successor(const std::vector<int>& sockets);

/// This program serves: the one that started it as its successor, if one did, may end.
void release_predecessor();

/// Waits for children that have ended; how the successor did, or "" when it did not end.
[[nodiscard]] std::string end_of(pid_t successor);

}  // namespace weir::app
