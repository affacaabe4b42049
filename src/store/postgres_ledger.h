#pragma once
#include <memory>
#include <string>

#include "store/ledger.h"

namespace weir::store {

/// A ledger in a database of PostgreSQL: the tables weir_records and weir_schema in the first
/// schema of the search path. Several gateways may share it.
///
/// Durable  As the server is configured; with survive_power_loss each commit waits for its disk
///          (`synchronous_commit = on`).
/// Input    A connection string that libpq can read.
/// Errors   What is wrong with the server comes from `open`. After an error the connection is
/// closed, and the next call
///          makes another.
/// Cost     One exchange with the server for a batch (pipeline mode).
/// Threads  One. No wait is longer than connect_time or answer_time, but for the look-up of a
///          host's name, which libpq leaves to the resolver and its own time.
[[nodiscard]] std::unique_ptr<ledger> make_postgres_ledger(const std::string& url,
                                                           const ledger_options& how);

}  // namespace weir::store
