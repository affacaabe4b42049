#pragma once
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "store/journal.h"

namespace weir::store {

/// Group commit: the thread that waits for the disk in place of those who append to journals. While
/// it waits for some records, the next ones gather.
///
///   append --appended--> gathered --fdatasync of each file--> told: through number n
///
/// Errors   Told as a fault: those records may be lost with the power. Nothing of the same file is
///          safe any more then; its writer has to begin another.
/// Memory   One entry for each file with something new.
/// Threads  One of its own. `appended` from any; the rest belongs to its owner.
class journal_syncer {
 public:
  /// All records of `writer` up to number `through` are on disk, or, with a fault, will not be. On
  /// the thread of its own.
  using teller =
      std::function<void(std::size_t writer, std::uint64_t through, const std::string& fault)>;

  /// `directory` is that of the journals, which has to be there.
  journal_syncer(const std::string& directory, teller told);
  /// As `stop`.
  ~journal_syncer();
  journal_syncer(const journal_syncer&) = delete;
  journal_syncer& operator=(const journal_syncer&) = delete;

  /// `writer` has appended its record with this number to the file. Numbers ascend.
  void appended(std::size_t writer, const std::shared_ptr<journal_file>& file,
                std::uint64_t number);
  /// What was appended until now is told of, then the thread ends; what comes later never is.
  void stop();

 private:
  struct mark {
    std::size_t writer = 0;
    std::shared_ptr<journal_file> file;
    std::uint64_t through = 0;
  };
  void run();

  const teller told_;
  std::mutex lock_;
  std::condition_variable changed_;
  std::vector<mark> gathered_;
  bool stopping_ = false;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace weir::store
