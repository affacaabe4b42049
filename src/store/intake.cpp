#include "store/intake.h"

#include <algorithm>
#include <set>
#include <utility>

#include "store/kill_point.h"

namespace weir::store {
namespace {

/// The longest frame with its head.
constexpr std::size_t frame_bytes = limits::max_record_bytes + 64;
static_assert(limits::journal_window_bytes >= 2 * frame_bytes);

bool is_living(const journal_room::files& own, const std::string& path) {
  const auto found = own.find(path);
  return found != own.end() && !found->second;
}

}  // namespace

result<intake::window> intake::read(const file& from) {
  const std::uint64_t begin = from.second.position;
  auto bytes = read_journal(from.first, begin, limits::journal_window_bytes);
  if (!bytes) return bytes.error();
  const bool last = bytes->size() < limits::journal_window_bytes;
  return window{std::move(bytes).value(), begin, last, false};
}

/// The frames of `piece` that are beyond doubt. Inside a text there may be what looks like a frame:
/// whoever asks for a model may name it so. Such a one is taken for a frame only if the one around
/// it cannot be seen whole, as at the end of a piece: there the next piece begins with it.
result<done> intake::take(file& from, const window& piece, ledger& to) {
  const std::string segment = segment_of(from.first);
  frame_reader frames(piece.bytes);
  pending batch;
  std::size_t end = 0;
  while (const auto read = frames.next()) {
    const std::size_t begin = frames.position();
    if (piece.living && begin != end) break;
    if (!piece.last && begin + frame_bytes > piece.bytes.size()) break;
    batch_.push_back({{segment, piece.begin + begin}, *read});
    batch.skipped += begin - end;
    end = frames.end();
    batch.bytes += end - begin;
    batch.end = piece.begin + end;
    if (batch_.size() < limits::max_ledger_batch) continue;
    auto committed = commit(from, batch, to);
    if (!committed) return committed;
  }
  return commit(from, batch, to);
}

result<done> intake::commit(file& from, pending& batch, ledger& to) {
  const std::size_t size = batch_.size();
  if (size == 0) return done{};
  const auto fresh = to.ingest(batch_);
  batch_.clear();
  if (!fresh) return fresh.error();
  counts_.records += *fresh;
  counts_.repeated += size - *fresh;
  counts_.skipped += batch.skipped;
  room_->give_back(batch.bytes);
  from.second.given_back += batch.bytes;
  from.second.position = batch.end;
  batch = {};
  return done{};
}

result<done> intake::take_living(ledger& to) {
  for (const auto& [path, taken] : room_->own()) {
    if (taken) continue;
    auto took = take_new(*files_.try_emplace(path).first, to);
    if (!took) return took;
  }
  return done{};
}

result<done> intake::take_new(file& from, ledger& to) {
  for (;;) {
    auto piece = read(from);
    // It has no name yet, or lies where nobody may read: as an ended one it tells so.
    if (!piece || piece->bytes.empty()) return done{};
    piece->living = true;
    auto took = take(from, *piece, to);
    if (!took || piece->last || from.second.position == piece->begin) return took;
  }
}

result<done> intake::take_ended(ledger& to) {
  unreadable_.clear();
  // In this order: a file that begins in between is locked, and one that ends is in the list.
  const journal_room::files own = room_->own();
  const std::vector<std::string> paths = journals_in(directory_);
  forget_gone_files(paths, own);
  charge_new_files(paths, own);
  for (const std::string& path : paths) {
    if (is_living(own, path)) continue;
    auto took = take_file(path, to);
    if (!took) return took;
  }
  return done{};
}

bool intake::any_ended() const {
  const journal_room::files own = room_->own();
  return std::any_of(own.begin(), own.end(), [](const auto& each) { return each.second; });
}

void intake::reckon() {
  const journal_room::files own = room_->own();
  const std::vector<std::string> paths = journals_in(directory_);
  forget_gone_files(paths, own);
  charge_new_files(paths, own);
}

result<done> intake::take_file(const std::string& path, ledger& to) {
  const auto old = old_journal::take(path);
  if (old == nullptr) return done{};  // another process writes it, or brings it to the ledger
  file& from = *files_.try_emplace(path).first;
  const auto whole = take_rest(from, to);
  if (!whole) return whole.error();
  if (!*whole) return done{};
  kill_point("before_remove");
  old->remove();
  kill_point("after_remove");
  ++counts_.journals;
  settle(from);
  files_.erase(path);
  return done{};
}

result<bool> intake::take_rest(file& from, ledger& to) {
  progress& at = from.second;
  for (;;) {
    const auto piece = read(from);
    if (!piece) {
      unreadable_ = piece.error().message;
      return false;
    }
    auto took = take(from, *piece, to);
    if (!took) return took.error();
    if (piece->last) {
      counts_.torn += piece->begin + piece->bytes.size() - at.position;
      return true;
    }
    if (at.position != piece->begin) continue;
    // Nothing but damage: what begins in the last bytes may be whole in the next piece.
    const std::uint64_t passed = piece->bytes.size() - frame_bytes;
    counts_.skipped += passed;
    at.position += passed;
  }
}

/// What other processes left counts from when it is found, so that the bound holds over a restart.
void intake::charge_new_files(const std::vector<std::string>& paths,
                              const journal_room::files& own) {
  for (const std::string& path : paths) {
    if (own.contains(path) || files_.contains(path)) continue;
    const auto old = old_journal::take(path);
    if (old == nullptr) continue;
    const std::uint64_t size = old->size();
    files_[path].charge = size;
    room_->take_anyway(size);
  }
}

/// Another process may have brought a file to the ledger, or somebody removed it.
void intake::forget_gone_files(const std::vector<std::string>& paths,
                               const journal_room::files& own) {
  for (const auto& [path, taken] : own)
    if (taken) files_[path].charge = taken;
  const std::set<std::string> there(paths.begin(), paths.end());
  for (auto each = files_.begin(); each != files_.end();) {
    const bool kept = there.contains(each->first) || is_living(own, each->first);
    if (!kept) settle(*each);
    each = kept ? std::next(each) : files_.erase(each);
  }
}

void intake::settle(const file& gone) {
  const progress& last = gone.second;
  if (last.charge && *last.charge > last.given_back)
    room_->give_back(*last.charge - last.given_back);
  room_->forget(gone.first);
}

}  // namespace weir::store
