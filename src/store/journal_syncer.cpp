#include "store/journal_syncer.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <utility>

namespace weir::store {
namespace {

/// The directory may have been made just now, with others above it. Where that cannot be synced
/// nothing is lost: a directory that weir may not read it has not made.
void sync_with_ancestors(const std::string& directory) {
  std::error_code failed;
  std::filesystem::path each = std::filesystem::absolute(directory, failed);
  for (; !failed && !each.empty(); each = each.parent_path()) {
    const int descriptor = ::open(each.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor >= 0) {
      static_cast<void>(::fsync(descriptor));
      ::close(descriptor);
    }
    if (each == each.parent_path()) return;
  }
}

}  // namespace

journal_syncer::journal_syncer(const std::string& directory, teller told) : told_(std::move(told)) {
  sync_with_ancestors(directory);
  thread_ = std::thread([this] { run(); });
}

journal_syncer::~journal_syncer() { stop(); }

void journal_syncer::appended(std::size_t writer, const std::shared_ptr<journal_file>& file,
                              std::uint64_t number) {
  const std::lock_guard held(lock_);
  const auto same = std::find_if(gathered_.begin(), gathered_.end(),
                                 [&](const mark& each) { return each.file == file; });
  if (same != gathered_.end()) {
    same->through = number;
    return;
  }
  gathered_.push_back({writer, file, number});
  changed_.notify_one();
}

void journal_syncer::stop() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard held(lock_);
    stopping_ = true;
    changed_.notify_one();
  }
  thread_.join();
  gathered_.clear();
}

void journal_syncer::run() {
  for (;;) {
    std::vector<mark> batch;
    {
      std::unique_lock held(lock_);
      changed_.wait(held, [this] { return stopping_ || !gathered_.empty(); });
      if (gathered_.empty()) return;
      batch.swap(gathered_);
    }
    // A writer's files stand in the order in which it wrote them.
    for (const mark& each : batch) told_(each.writer, each.through, each.file->sync());
  }
}

}  // namespace weir::store
