#include "app/bookkeeper.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <utility>

#include "app/kept_record.h"
#include "app/state_directory.h"
#include "weir/base/limits.h"

namespace weir::app {
namespace {

std::optional<std::string> variable(const std::string& name) {
  const char* const text = std::getenv(name.c_str());  // NOLINT(concurrency-mt-unsafe): start-up
  return text == nullptr ? std::nullopt : std::optional<std::string>(text);
}

micros wall_clock() {
  return std::chrono::duration_cast<micros>(std::chrono::system_clock::now().time_since_epoch());
}

}  // namespace

result<std::optional<record_places>> places_of_records(const config::store_settings& from) {
  using kind = config::ledger_address::kind;
  if (from.ledger.what == kind::none) return std::optional<record_places>();
  record_places out{from.ledger.path, from.journal};
  if (from.ledger.what == kind::sqlite) {
    if (out.journal.empty()) out.journal = out.ledger + ".journals";
    return std::optional(out);
  }
  const auto state = state_directory(variable);
  if (!state)
    return failure{
        "no place to keep records: neither STATE_DIRECTORY, XDG_STATE_HOME nor HOME is "
        "set; write `store: {ledger: ...}`"};
  out.ledger = *state + "/weir.db";
  if (out.journal.empty()) out.journal = *state + "/journals";
  return std::optional(out);
}

/// A worker's way into its journal.
class bookkeeper::worker_sink final : public observe::record_sink {
 public:
  worker_sink(std::unique_ptr<store::journal> journal, bookkeeper& owner,
              observe::metrics_shard& metrics)
      : journal_(std::move(journal)), owner_(owner), metrics_(metrics) {}

  void keep(const observe::exchange_record& record) override {
    using outcome = store::journal::outcome;
    const outcome did = journal_->append(kept_record(record, scratch_));
    const bool kept = did == outcome::kept;
    if (!kept) {
      metrics_.record_lost();
      // Once for each time it begins, not for each record.
      if (!losing_)
        owner_.log_.say(observe::level::error,
                        did == outcome::full ? "records are lost: store.journal_size is used up"
                                             : "records are lost: " + journal_->fault());
      retry_at_ = std::chrono::steady_clock::now() + limits::ledger_look;
    }
    losing_ = !kept;
  }

  /// After a loss one request is let through now and then, to see whether there is room again.
  [[nodiscard]] bool accepts() const override {
    return owner_.how_.when_full == config::when_full::serve || !losing_ ||
           std::chrono::steady_clock::now() >= retry_at_;
  }

 private:
  const std::unique_ptr<store::journal> journal_;
  bookkeeper& owner_;
  observe::metrics_shard& metrics_;
  std::string scratch_;
  bool losing_ = false;
  std::chrono::steady_clock::time_point retry_at_;
};

bookkeeper::bookkeeper(const config::store_settings& how, observe::log& log)
    : how_(how),
      log_(log),
      room_(std::make_shared<store::journal_room>(how.journal_size)),
      pause_(limits::ledger_look) {}

result<std::unique_ptr<bookkeeper>> bookkeeper::open(
    const config::store_settings& how, const record_places& where, observe::log& log,
    const std::vector<std::unique_ptr<observe::metrics_shard>>& shards) {
  std::unique_ptr<bookkeeper> made(new bookkeeper(how, log));
  auto ledger = store::open_sqlite_ledger(where.ledger);
  if (!ledger) return failure{"store.ledger: " + ledger.error().message};
  made->ledger_ = std::move(*ledger);
  for (const auto& shard : shards) {
    auto journal = store::journal::open({where.journal, made->room_});
    if (!journal) return failure{"store.journal: " + journal.error().message};
    made->sinks_.push_back(std::make_unique<worker_sink>(std::move(*journal), *made, *shard));
  }
  made->ingester_.emplace(where.journal, made->room_, *made->ledger_);
  made->thread_ = std::thread([all = made.get()] { all->run(); });
  return made;
}

bookkeeper::~bookkeeper() {
  if (thread_.joinable()) {
    {
      const std::lock_guard lock(guard_);
      over_ = true;
    }
    wake_.notify_one();
    thread_.join();
  }
  sinks_.clear();  // what was written last is nobody's any more, and can be brought whole
  if (ingester_) bring();
}

observe::record_sink* bookkeeper::sink(std::size_t worker) { return sinks_[worker].get(); }

void bookkeeper::run() {
  std::unique_lock lock(guard_);
  while (!over_) {
    lock.unlock();
    bring();
    forget_old();
    lock.lock();
    wake_.wait_for(lock, pause_, [this] { return over_; });
  }
}

void bookkeeper::bring() {
  const auto fault = ingester_->bring();
  if (fault && !away_)
    log_.say(observe::level::error,
             "the ledger takes no records, they wait on disk: " + fault->message);
  if (!fault && away_) log_.say(observe::level::info, "the ledger takes records again");
  away_ = fault.has_value();
  pause_ = away_ ? std::min(pause_ * 2, limits::ledger_pause) : limits::ledger_look;
}

void bookkeeper::forget_old() {
  if (how_.retention_days == 0 || away_) return;
  const micros keep = std::chrono::hours(24) * how_.retention_days;
  const micros first = wall_clock() - keep;
  if (first.count() <= 0) return;
  if (const auto forgotten = ledger_->forget_before(static_cast<std::uint64_t>(first.count()));
      !forgotten)
    log_.say(observe::level::warning,
             "old records could not be deleted: " + forgotten.error().message);
}

}  // namespace weir::app
