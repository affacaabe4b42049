#pragma once
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "store/record.h"
#include "weir/base/limits.h"
#include "weir/base/result.h"

namespace weir::store {

/// How many bytes of all journals wait for the ledger, and how many may. Whoever brings records to
/// the ledger also learns here which files this process writes.
///
/// Threads  Any.
class journal_room {
 public:
  explicit journal_room(std::uint64_t most) : most_(most) {}
  /// Whether `bytes` more were taken.
  [[nodiscard]] bool take(std::uint64_t bytes);
  void take_anyway(std::uint64_t bytes) { used_ += bytes; }
  /// What is more than was taken counts as all.
  void give_back(std::uint64_t bytes);
  [[nodiscard]] std::uint64_t used() const { return used_; }

  /// The files of this process by their paths, each with the bytes it took: none while it is
  /// written.
  using files = std::map<std::string, std::optional<std::uint64_t>>;
  void began(const std::string& path);
  void ended(const std::string& path, std::uint64_t taken);
  void forget(const std::string& path);
  [[nodiscard]] files own() const;

 private:
  const std::uint64_t most_;
  std::atomic<std::uint64_t> used_{0};
  mutable std::mutex lock_;
  files own_;
};

/// The system calls of a journal, so that a test can let each of them fail.
struct journal_calls {
  long (*write)(int descriptor, const void* bytes, std::size_t count);
  int (*truncate)(int descriptor, long size);
  int (*sync)(int descriptor);
  int (*sync_directory)(int descriptor);
};
[[nodiscard]] const journal_calls& system_calls();

/// A file of a journal, locked as long as somebody has it: its writer, or whoever waits for the
/// disk.
///
/// Threads  `sync` one at a time, beside the writer's.
class journal_file {
 public:
  /// Takes over the descriptor.
  journal_file(std::string path, int descriptor, const journal_calls& calls)
      : path_(std::move(path)), descriptor_(descriptor), calls_(calls) {}
  ~journal_file();
  journal_file(const journal_file&) = delete;
  journal_file& operator=(const journal_file&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] int descriptor() const { return descriptor_; }
  /// Waits until the disk has the file's name and all that was written by now. Says what is wrong,
  /// "" for nothing. After one failure it fails for ever: what the kernel could not write it may
  /// forget.
  [[nodiscard]] const std::string& sync();

 private:
  [[nodiscard]] bool sync_name();

  const std::string path_;
  const int descriptor_;
  const journal_calls& calls_;
  bool named_ = false;  ///< on disk
  std::string fault_;
};

/// One worker's records on their way to the ledger: files `NAME.journal` in a directory, appended
/// to and never changed. NAME is random; with the offset of a frame it is the id of its record, so
/// that reading a journal again gives the same ids.
///
/// Durable  What `append` took survives the death of the process (it is in the page cache); after
///          `file()->sync()`, also the loss of power (journal_syncer).
/// Errors   A record that cannot be written whole leaves nothing behind, or bytes that readers pass
///          over; the next one may succeed.
/// Memory   One frame.
/// Cost     One write(2) a record.
/// Locks    Each file is locked (flock) as long as it is written, so that whoever looks for
///          journals of dead processes takes none that is alive.
/// Threads  One.
class journal {
 public:
  struct options {
    std::string directory;
    std::shared_ptr<journal_room> room;
    std::uint64_t segment_bytes = limits::journal_segment_bytes;
    const journal_calls* calls = &system_calls();
  };
  /// Makes the directory and its first file.
  [[nodiscard]] static result<std::unique_ptr<journal>> open(const options& how);
  ~journal();
  journal(const journal&) = delete;
  journal& operator=(const journal&) = delete;

  enum class outcome : std::uint8_t { kept, full, failed };
  /// `full`: no room is left; `failed`: the system said no, see `fault()`.
  [[nodiscard]] outcome append(const record& r);
  /// The next records go to another file, if one can be made.
  void leave_file() { static_cast<void>(begin_segment()); }
  [[nodiscard]] const std::string& fault() const { return fault_; }
  /// The file that is written now.
  [[nodiscard]] const std::shared_ptr<journal_file>& file() const { return file_; }
  [[nodiscard]] const std::string& path() const { return file_->path(); }

 private:
  explicit journal(const options& how) : how_(how) {}
  [[nodiscard]] bool begin_segment();
  void end_segment();
  [[nodiscard]] bool write_frame();
  bool fail(const char* what);

  options how_;
  std::shared_ptr<journal_file> file_;
  std::string frame_;
  std::string fault_;
  std::uint64_t size_ = 0;
  std::uint64_t taken_ = 0;  ///< of the room, by the records of this file
};

/// A journal that nobody writes any more, held under its lock.
class old_journal {
 public:
  /// Nothing when its writer lives, or it is gone.
  [[nodiscard]] static std::unique_ptr<old_journal> take(const std::string& path);
  ~old_journal();
  old_journal(const old_journal&) = delete;
  old_journal& operator=(const old_journal&) = delete;

  [[nodiscard]] result<std::string> read() const;
  [[nodiscard]] std::uint64_t size() const;
  /// Its records are in the ledger.
  void remove();

 private:
  old_journal(std::string path, int descriptor) : path_(std::move(path)), descriptor_(descriptor) {}
  const std::string path_;
  const int descriptor_;
};

/// The bytes of a journal from `from` on, at most `most` of them. It may be written meanwhile.
[[nodiscard]] result<std::string> read_journal(const std::string& path, std::uint64_t from,
                                               std::size_t most);
/// The journals of a directory, oldest first.
[[nodiscard]] std::vector<std::string> journals_in(const std::string& directory);
/// The name of a journal's file without directory and ending: the first half of its records' ids.
[[nodiscard]] std::string segment_of(const std::string& path);

}  // namespace weir::store
