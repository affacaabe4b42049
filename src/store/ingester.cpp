#include "store/ingester.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>
#include <vector>

#include "store/kill_point.h"
#include "weir/base/limits.h"

namespace weir::store {
namespace {

/// What was appended behind `offset`; "" also when there is nothing to read any more.
std::string bytes_behind(const std::string& path, std::uint64_t offset) {
  std::ifstream file(path, std::ios::binary);
  file.seekg(static_cast<std::streamoff>(offset));
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

std::optional<failure> ingester::bring() {
  const std::vector<std::string> paths = journals_in(directory_);
  std::erase_if(done_, [&](const auto& one) {
    return std::find(paths.begin(), paths.end(), one.first) == paths.end();
  });
  std::uint64_t waiting = 0;
  std::optional<failure> fault;
  for (const std::string& path : paths) {
    if (!fault) fault = bring_from(path);
    std::error_code gone;
    const std::uintmax_t size = std::filesystem::file_size(path, gone);
    if (!gone) waiting += size;
  }
  room_->found(waiting);
  return fault;
}

std::optional<failure> ingester::bring_from(const std::string& path) {
  // Looked for first: what its writer adds until it dies is read below.
  const std::unique_ptr<old_journal> ended = old_journal::take(path);
  const std::string bytes = bytes_behind(path, done_[path]);
  if (auto fault = bring_rest(path, bytes)) return fault;
  if (!ended) return std::nullopt;
  kill_point("before_remove");
  ended->remove();
  done_.erase(path);
  return std::nullopt;
}

std::optional<failure> ingester::bring_rest(const std::string& path, std::string_view bytes) {
  const std::uint64_t begin = done_[path];
  const std::string name = segment_of(path);
  frame_reader frames(bytes);
  std::vector<journal_entry> batch;
  for (bool more = true; more;) {
    const std::optional<record> next = frames.next();
    more = next.has_value();
    if (next) batch.push_back({name + ':' + std::to_string(begin + frames.position()), *next});
    if (batch.empty() || (more && batch.size() < limits::max_batch_records)) continue;
    if (auto fault = into_.add(batch)) return fault;
    brought_ += batch.size();
    batch.clear();
    done_[path] = begin + frames.end();
  }
  skipped_ += frames.skipped();
  return std::nullopt;
}

}  // namespace weir::store
