#pragma once
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "store/intake.h"
#include "store/journal.h"
#include "store/ledger.h"
#include "weir/base/limits.h"
#include "weir/base/units.h"

namespace weir::store {

/// The thread that brings journals to the ledger and keeps it from growing old.
///
/// Soon     A record is in the ledger about `look` after it was appended.
/// Errors   While the ledger is away, records wait on disk; it is tried again after a time that
///          doubles from limits::ledger_retry to limits::ledger_retry_most.
/// Threads  One of its own. `now` and `look_now` from any; the rest belongs to its owner.
class ingester {
 public:
  struct status {
    intake::counts counted;
    std::uint64_t removed = 0;  ///< records that became too old
    std::uint64_t rounds = 0;
    std::string fault;       ///< why the ledger takes nothing; "" while it does
    std::string unreadable;  ///< a journal that cannot be read, and why
  };
  struct options {
    std::string directory;
    std::shared_ptr<journal_room> room;
    std::unique_ptr<ledger> to;
    std::uint32_t retain_days = 0;  ///< 0 for ever
    millis look = limits::ledger_look;
    std::function<void(const status&)> told = {};  ///< after each round, on the thread of its own
  };

  explicit ingester(options how);
  /// As `stop`.
  ~ingester();
  ingester(const ingester&) = delete;
  ingester& operator=(const ingester&) = delete;

  /// Ends the thread. A last round takes what the journals have got, unless the ledger is away or
  /// needs longer than limits::ledger_farewell; what is left waits on disk for the next process.
  void stop();
  [[nodiscard]] status now() const;
  /// Begins the next round without waiting for it, even where the ledger was away.
  void look_now();

 private:
  using clock = std::chrono::steady_clock;

  void run();
  [[nodiscard]] result<done> round();
  [[nodiscard]] result<done> keep_young();
  void tell(const result<done>& outcome);
  void pause(millis time);
  [[nodiscard]] millis next_pause(bool well);

  options how_;
  intake intake_;
  clock::time_point next_scan_{};
  clock::time_point next_retention_{};
  std::uint32_t failures_ = 0;

  mutable std::mutex lock_;
  std::condition_variable changed_;
  status status_;
  bool stopping_ = false;
  bool woken_ = false;
  bool ended_ = false;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace weir::store
