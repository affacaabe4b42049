#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "store/journal.h"
#include "store/ledger.h"

namespace weir::store {

/// Brings records from the journals of a directory into the ledger: those of processes that are
/// gone, and those that are written now, each as far as it goes. A journal that nobody writes any
/// more is removed once the ledger has all of it. What was brought twice, because somebody died in
/// between or two processes look at one directory, is there once.
///
/// Errors   A ledger that is away leaves everything where it is.
/// Memory   One batch, at most limits::max_batch_records of at most limits::max_record_bytes.
/// Threads  One; it waits for disk and database.
class ingester {
 public:
  ingester(std::string directory, std::shared_ptr<journal_room> room, ledger& into)
      : directory_(std::move(directory)), room_(std::move(room)), into_(into) {}

  /// All that is there by now; what is wrong with the ledger, if anything is.
  [[nodiscard]] std::optional<failure> bring();

  [[nodiscard]] std::uint64_t brought() const { return brought_; }
  /// Bytes of journals that were no records.
  [[nodiscard]] std::uint64_t skipped() const { return skipped_; }

 private:
  [[nodiscard]] std::optional<failure> bring_from(const std::string& path);
  [[nodiscard]] std::optional<failure> bring_rest(const std::string& path, std::string_view bytes);

  const std::string directory_;
  const std::shared_ptr<journal_room> room_;
  ledger& into_;
  std::unordered_map<std::string, std::uint64_t> done_;  ///< by path: all before is in the ledger
  std::uint64_t brought_ = 0;
  std::uint64_t skipped_ = 0;
};

}  // namespace weir::store
