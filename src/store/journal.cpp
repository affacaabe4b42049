#include "store/journal.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <random>
#include <utility>

#include "store/kill_point.h"

namespace weir::store {
namespace {

namespace fs = std::filesystem;

constexpr const char* ending = ".journal";

/// 96 bits: two of them are never the same.
std::string random_name() {
  std::random_device device;
  std::string name;
  for (int i = 0; i < 3; ++i) {
    char digits[9];
    std::snprintf(digits, sizeof digits, "%08x", static_cast<unsigned>(device()));
    name += digits;
  }
  return name;
}

bool lock(int descriptor) { return ::flock(descriptor, LOCK_EX | LOCK_NB) == 0; }

}  // namespace

const journal_calls& system_calls() {
  static constexpr journal_calls calls = {
      [](int d, const void* bytes, std::size_t n) -> long { return ::write(d, bytes, n); },
      [](int d, long size) { return ::ftruncate(d, size); }, [](int d) { return ::fdatasync(d); },
      [](int d) { return ::fsync(d); }};
  return calls;
}

bool journal_room::take(std::uint64_t bytes) {
  std::uint64_t used = used_;
  do {
    if (bytes > most_ || used > most_ - bytes) return false;
  } while (!used_.compare_exchange_weak(used, used + bytes));
  return true;
}

void journal_room::give_back(std::uint64_t bytes) {
  std::uint64_t used = used_;
  while (!used_.compare_exchange_weak(used, used - std::min(used, bytes))) {
  }
}

void journal_room::began(const std::string& path) {
  const std::lock_guard held(lock_);
  own_.emplace(path, std::nullopt);
}

void journal_room::ended(const std::string& path, std::uint64_t taken) {
  const std::lock_guard held(lock_);
  own_[path] = taken;
}

void journal_room::forget(const std::string& path) {
  const std::lock_guard held(lock_);
  own_.erase(path);
}

journal_room::files journal_room::own() const {
  const std::lock_guard held(lock_);
  return own_;
}

journal_file::~journal_file() { ::close(descriptor_); }

const std::string& journal_file::sync() {
  if (!fault_.empty()) return fault_;
  kill_point("before_sync");
  if (calls_.sync(descriptor_) != 0 || !sync_name())
    fault_ = path_ + ": fdatasync: " + std::strerror(errno);
  kill_point("after_sync");
  return fault_;
}

bool journal_file::sync_name() {
  if (named_) return true;
  const int directory = ::open(fs::path(path_).parent_path().c_str(), O_RDONLY | O_CLOEXEC);
  if (directory < 0) return false;
  named_ = calls_.sync_directory(directory) == 0;
  const int fault = errno;
  ::close(directory);
  errno = fault;
  return named_;
}

result<std::unique_ptr<journal>> journal::open(const options& how) {
  std::error_code failed;
  fs::create_directories(how.directory, failed);
  if (failed) return failure{how.directory + ": " + failed.message()};
  fs::permissions(how.directory, fs::perms::owner_all, failed);
  std::unique_ptr<journal> made(new journal(how));
  if (!made->begin_segment()) return failure{how.directory + ": " + made->fault_};
  return made;
}

journal::~journal() { end_segment(); }

bool journal::fail(const char* what) {
  fault_ = std::string(what) + ": " + std::strerror(errno);
  return false;
}

/// The file gets its name only once it is locked: nobody can take it for a dead one's.
bool journal::begin_segment() {
  const std::string name = how_.directory + '/' + random_name();
  const std::string unnamed = name + ".new";
  const int made =
      ::open(unnamed.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0600);
  if (made < 0) return fail("open");
  const std::string named = name + ending;
  how_.room->began(named);
  if (!lock(made) || ::rename(unnamed.c_str(), named.c_str()) != 0) {
    fail("rename");
    how_.room->forget(named);
    ::unlink(unnamed.c_str());
    ::close(made);
    return false;
  }
  end_segment();
  file_ = std::make_shared<journal_file>(named, made, *how_.calls);
  size_ = 0;
  taken_ = 0;
  return true;
}

/// Told before the lock goes: whoever gets the file then knows how much room it holds.
void journal::end_segment() {
  if (file_ == nullptr) return;
  how_.room->ended(file_->path(), taken_);
  file_.reset();
}

journal::outcome journal::append(const record& r) {
  kill_point("before_append");
  frame_.clear();
  append_frame(frame_, r);
  if (!how_.room->take(frame_.size())) return outcome::full;
  if ((size_ == 0 || size_ + frame_.size() <= how_.segment_bytes || begin_segment()) &&
      write_frame()) {
    taken_ += frame_.size();
    kill_point("after_append");
    return outcome::kept;
  }
  how_.room->give_back(frame_.size());
  return outcome::failed;
}

bool journal::write_frame() {
  if (dies_at("mid_append")) {
    [[maybe_unused]] const long half =
        how_.calls->write(file_->descriptor(), frame_.data(), frame_.size() / 2);
    die();
  }
  std::size_t done = 0;
  while (done < frame_.size()) {
    const long n =
        how_.calls->write(file_->descriptor(), frame_.data() + done, frame_.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) {
      if (n == 0) errno = ENOSPC;
      fail("write");
      // A half that stays is passed over by readers; but offsets are ids, so they go on behind it.
      if (done != 0 && how_.calls->truncate(file_->descriptor(), static_cast<long>(size_)) != 0)
        size_ += done;
      return false;
    }
    done += static_cast<std::size_t>(n);
  }
  size_ += done;
  return true;
}

std::unique_ptr<old_journal> old_journal::take(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return nullptr;
  // Between the two calls another process may have brought it to the ledger and removed it.
  struct stat facts {};
  if (lock(descriptor) && ::fstat(descriptor, &facts) == 0 && facts.st_nlink != 0)
    return std::unique_ptr<old_journal>(new old_journal(path, descriptor));
  ::close(descriptor);
  return nullptr;
}

old_journal::~old_journal() { ::close(descriptor_); }

result<std::string> old_journal::read() const { return read_journal(path_, 0, SIZE_MAX); }

std::uint64_t old_journal::size() const {
  struct stat facts {};
  return ::fstat(descriptor_, &facts) == 0 ? static_cast<std::uint64_t>(facts.st_size) : 0;
}

void old_journal::remove() { ::unlink(path_.c_str()); }

result<std::string> read_journal(const std::string& path, std::uint64_t from, std::size_t most) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return failure{path + ": " + std::strerror(errno)};
  std::string bytes;
  char part[64 * limits::kib];
  ssize_t n = 1;
  while (n != 0 && bytes.size() < most) {
    n = ::pread(descriptor, part, std::min(sizeof part, most - bytes.size()),
                static_cast<off_t>(from + bytes.size()));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) break;
    bytes.append(part, static_cast<std::size_t>(n));
  }
  const int fault = errno;
  ::close(descriptor);
  if (n < 0) return failure{path + ": " + std::strerror(fault)};
  return bytes;
}

std::vector<std::string> journals_in(const std::string& directory) {
  std::vector<std::pair<fs::file_time_type, std::string>> found;
  std::error_code failed;
  for (const fs::directory_entry& entry : fs::directory_iterator(directory, failed)) {
    if (entry.path().extension() != ending) continue;
    const fs::file_time_type when = entry.last_write_time(failed);
    // Spelled as its writer spells it (journal_room::own).
    if (!failed) found.emplace_back(when, directory + '/' + entry.path().filename().string());
  }
  std::sort(found.begin(), found.end());
  std::vector<std::string> paths;
  for (auto& [when, path] : found) paths.push_back(std::move(path));
  return paths;
}

std::string segment_of(const std::string& path) { return fs::path(path).stem().string(); }

}  // namespace weir::store
