#pragma once
#include <memory>
#include <string>

#include "store/ledger.h"

namespace weir::store {

/// A ledger in a file of SQLite, which is made with its directory if it is not there. It has beside
/// it PATH-wal and PATH-shm: the three belong together.
///
/// Durable  Write-ahead log; `synchronous` is NORMAL, or FULL when power may fail.
/// Threads  One. Other processes may read and write the file meanwhile; who has to wait gives up
///          after ledger_options::busy_time.
[[nodiscard]] std::unique_ptr<ledger> make_sqlite_ledger(const std::string& path,
                                                         const ledger_options& how);

}  // namespace weir::store
