#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/accounting.h"
#include "net/event_loop.h"
#include "observe/log.h"
#include "observe/metrics.h"
#include "observe/record_sink.h"
#include "store/ingester.h"
#include "store/journal.h"
#include "store/journal_syncer.h"
#include "weir/base/result.h"

namespace weir::app {

/// Where records are kept, with all that was left to the surroundings filled in.
struct record_places {
  std::string ledger;   ///< as store::make_ledger takes it; may hold a password
  std::string journal;  ///< a directory
  const store::journal_calls* calls = &store::system_calls();  ///< tests let them fail
};
/// Nothing when none are kept.
///
/// Errors   The configuration leaves it to the environment, and that names no place.
[[nodiscard]] result<std::optional<record_places>> places_of_records(
    const config::store_settings& from);

/// Keeps records of exchanges: each worker's go to a journal of its own, before the end of the
/// answer leaves, and from all journals into the ledger.
///
/// Durable  A record is safe from the death of the process once `keep` returns. From the loss of
///          power it is safe once it is in the ledger, some 250 ms later; with `durable: disk` once
///          its sink says so, which the end of the answer waits for.
/// Errors   A ledger that is away is said once, and tried again; records wait in the journals.
/// Threads  One of its own for the ledger, with `durable: disk` another one; `sink(i)` is the i-th
///          worker's.
class bookkeeper {
 public:
  /// `shards`: one for each worker. A file that cannot be opened is a failure; a server that cannot
  /// be reached may come yet.
  [[nodiscard]] static result<std::unique_ptr<bookkeeper>> open(
      const config::store_settings& how, const record_places& where, observe::log& log,
      const std::vector<std::unique_ptr<observe::metrics_shard>>& shards);
  /// Brings what is there into the ledger once more. No worker may keep records any longer.
  ~bookkeeper();
  bookkeeper(const bookkeeper&) = delete;
  bookkeeper& operator=(const bookkeeper&) = delete;

  [[nodiscard]] observe::record_sink* sink(std::size_t worker);
  /// Where that worker hears of what is safe; before it keeps anything.
  void attach(std::size_t worker, net::event_loop& loop);
  /// Before the loops go, and once they stand still: what is not on disk is brought there.
  void detach();

 private:
  class worker_sink;
  bookkeeper(const config::store_settings& how, observe::log& log);
  void tell(const store::ingester::status& now);

  const config::store_settings how_;
  observe::log& log_;
  std::shared_ptr<store::journal_room> room_;
  bool away_ = false;       ///< the ledger; told already, by the ingester's thread
  std::string unreadable_;  ///< told already
  std::unique_ptr<store::ingester> ingester_;
  std::vector<std::unique_ptr<worker_sink>> sinks_;
  std::unique_ptr<store::journal_syncer> syncer_;  ///< `durable: disk`; before the sinks it tells
};

}  // namespace weir::app
