#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "store/journal.h"
#include "store/ledger.h"

namespace weir::store {

/// Brings the records of a directory's journals into a ledger: those of files that this process
/// still writes, and those of files that nobody writes any more, which are then removed.
///
/// Exactly  A record whose frame is whole gets into the ledger once. What was brought twice, after
/// once     a kill or a lost answer, has the same id and is passed over there.
/// Room     What is committed is given back to journal_room at once. What other processes left
///          counts as long as it waits.
/// Errors   Those of the ledger end a call; what was committed until then is not brought again. A
///          file that cannot be read is passed over and told by `unreadable`.
/// Memory   limits::journal_window_bytes, and views of limits::max_ledger_batch records.
/// Threads  One.
class intake {
 public:
  struct counts {
    std::uint64_t records = 0;   ///< that were new
    std::uint64_t repeated = 0;  ///< that the ledger had
    std::uint64_t journals = 0;  ///< that were removed
    std::uint64_t skipped = 0;   ///< damaged bytes between records
    std::uint64_t torn = 0;      ///< bytes behind the last record of a file
  };

  intake(std::string directory, std::shared_ptr<journal_room> room)
      : directory_(std::move(directory)), room_(std::move(room)) {}

  /// What was appended to the files this process writes. It stops before bytes that are no sound
  /// frame: a frame may just be on its way, and what lies behind it may be part of its text.
  [[nodiscard]] result<done> take_living(ledger& to);
  /// What is left of files that nobody writes.
  [[nodiscard]] result<done> take_ended(ledger& to);

  /// Whether a file of this process has ended and is still there.
  [[nodiscard]] bool any_ended() const;
  /// Counts what other processes left, so that it takes room also while the ledger is away.
  void reckon();

  [[nodiscard]] const counts& counted() const { return counts_; }
  /// What the system said of the last file that cannot be read; "" when there was none in the last
  /// take_ended.
  [[nodiscard]] const std::string& unreadable() const { return unreadable_; }

 private:
  /// How far a file is.
  struct progress {
    std::uint64_t position = 0;           ///< everything before is in the ledger
    std::uint64_t given_back = 0;         ///< of the room
    std::optional<std::uint64_t> charge;  ///< of the room, once it is known
  };
  using file = std::map<std::string, progress>::value_type;
  /// A piece of a file.
  struct window {
    std::string bytes;
    std::uint64_t begin = 0;
    bool last = false;    ///< it reaches the end of the file
    bool living = false;  ///< somebody appends to the file
  };
  /// What a batch does to a file once it is committed.
  struct pending {
    std::uint64_t end = 0;
    std::uint64_t bytes = 0;
    std::uint64_t skipped = 0;
  };

  [[nodiscard]] static result<window> read(const file& from);
  [[nodiscard]] result<done> take(file& from, const window& piece, ledger& to);
  [[nodiscard]] result<done> commit(file& from, pending& batch, ledger& to);
  [[nodiscard]] result<done> take_new(file& from, ledger& to);
  /// Whether all of it was readable.
  [[nodiscard]] result<bool> take_rest(file& from, ledger& to);
  [[nodiscard]] result<done> take_file(const std::string& path, ledger& to);
  void charge_new_files(const std::vector<std::string>& paths, const journal_room::files& own);
  void forget_gone_files(const std::vector<std::string>& paths, const journal_room::files& own);
  void settle(const file& gone);

  const std::string directory_;
  const std::shared_ptr<journal_room> room_;
  std::map<std::string, progress> files_;
  std::vector<ledger_entry> batch_;
  counts counts_;
  std::string unreadable_;
};

}  // namespace weir::store
