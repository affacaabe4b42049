#include "app/file_watch.h"

#include <sys/stat.h>

#include <algorithm>
#include <cstddef>
#include <utility>

namespace weir::app {

file_watch::file_watch(std::vector<std::string> paths)
    : paths_(std::move(paths)), told_(look()), last_(told_) {}

bool file_watch::changed() {
  std::vector<identity> seen = look();
  const bool settled = seen == last_;
  last_ = std::move(seen);
  if (!settled || last_ == told_) return false;
  told_ = last_;
  return true;
}

void file_watch::accept() { told_ = last_ = look(); }

void file_watch::follow(std::vector<std::string> paths) {
  file_watch next(std::move(paths));
  for (std::size_t i = 0; i < next.paths_.size(); ++i) {
    const auto known = std::find(paths_.begin(), paths_.end(), next.paths_[i]);
    if (known == paths_.end()) continue;
    next.told_[i] = told_[static_cast<std::size_t>(known - paths_.begin())];
    next.last_[i] = last_[static_cast<std::size_t>(known - paths_.begin())];
  }
  *this = std::move(next);
}

file_watch::identity file_watch::look_at(const std::string& path) {
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0) return {};
  return {static_cast<std::uint64_t>(found.st_dev), static_cast<std::uint64_t>(found.st_ino),
          static_cast<std::int64_t>(found.st_size), static_cast<std::int64_t>(found.st_mtim.tv_sec),
          static_cast<std::int64_t>(found.st_mtim.tv_nsec)};
}

std::vector<file_watch::identity> file_watch::look() const {
  std::vector<identity> seen;
  seen.reserve(paths_.size());
  for (const std::string& path : paths_) seen.push_back(look_at(path));
  return seen;
}

}  // namespace weir::app
