#include "app/bookkeeper.h"

#include <algorithm>
#include <chrono>
#include <deque>
#include <functional>
#include <utility>

#include "app/effective_config.h"
#include "app/kept_record.h"
#include "app/state_directory.h"
#include "weir/base/limits.h"

namespace weir::app {
result<std::optional<record_places>> places_of_records(const config::store_settings& from) {
  using kind = config::ledger_address::kind;
  if (from.ledger.what == kind::none) return std::optional<record_places>();
  record_places out;
  out.ledger = "sqlite:" + from.ledger.path;
  out.journal = from.journal;
  if (from.ledger.what == kind::sqlite) {
    if (out.journal.empty()) out.journal = from.ledger.path + ".journals";
    return std::optional(out);
  }
  if (from.ledger.what == kind::postgres) {
    out.ledger = from.ledger.connection.reveal();
    if (!out.journal.empty()) return std::optional(out);
  }
  const auto state = state_directory(environment_variable);
  if (!state)
    return failure{
        "no place to keep records: neither STATE_DIRECTORY, XDG_STATE_HOME nor HOME is "
        "set; write `store: {ledger: ..., journal: ...}`"};
  if (from.ledger.what == kind::usual) out.ledger = "sqlite:" + *state + "/weir.db";
  if (out.journal.empty()) out.journal = *state + "/journals";
  return std::optional(out);
}

/// A worker's way into its journal.
///
///   keep --appended--> waits for the disk --synced, failed, or limits::disk_patience--> when_safe
///
/// Without a syncer everything is safe once it is appended.
class bookkeeper::worker_sink final : public observe::record_sink {
 public:
  worker_sink(std::size_t index, std::unique_ptr<store::journal> journal, bookkeeper& owner,
              observe::metrics_shard& metrics)
      : index_(index), journal_(std::move(journal)), owner_(owner), metrics_(metrics) {}

  void keep(const observe::exchange_record& record) override {
    using outcome = store::journal::outcome;
    const outcome did = journal_->append(kept_record(record, scratch_));
    if (did == outcome::full) return lose(1, "store.journal_size is used up");
    if (did == outcome::failed) return lose(1, journal_->fault());
    if (owner_.syncer_ == nullptr) {
      losing_ = false;
    } else if (stuck_) {
      lose(1, stuck_why);
    } else {
      owner_.syncer_->appended(index_, journal_->file(), ++kept_);
    }
  }

  [[nodiscard]] bool is_safe() const override { return safe_ == kept_; }

  void when_safe(std::function<void()> call) override {
    if (waiting_.empty() && patience_) patience_->start(limits::disk_patience);
    waiting_.emplace_back(kept_, std::move(call));
  }

  /// After a loss one request is let through now and then, to see whether there is room again.
  [[nodiscard]] bool accepts() const override {
    return owner_.how_.when_full == config::when_full::serve || !losing_ ||
           std::chrono::steady_clock::now() >= retry_at_;
  }

  void attach(net::event_loop& loop) {
    loop_ = &loop;
    patience_.emplace(loop, [this] { give_up(); });
  }
  void detach() {
    patience_.reset();
    loop_ = nullptr;
  }
  /// On the syncer's thread.
  void tell(std::uint64_t through, const std::string& fault) {
    if (loop_ != nullptr) loop_->post([this, through, fault] { on_synced(through, fault); });
  }

 private:
  static constexpr const char* stuck_why = "the disk does not answer";

  void on_synced(std::uint64_t through, const std::string& fault) {
    stuck_ = false;
    if (!fault.empty()) journal_->leave_file();
    if (through <= safe_) return;  // given up before
    if (!fault.empty())
      lose(through - safe_, fault);
    else if (through > lost_at_)
      losing_ = false;
    release(through);
  }

  /// Nobody waits for ever.
  void give_up() {
    stuck_ = true;
    lose(kept_ - safe_, stuck_why);
    release(kept_);
  }

  void release(std::uint64_t through) {
    safe_ = through;
    while (!waiting_.empty() && waiting_.front().first <= through) {
      const std::function<void()> call = std::move(waiting_.front().second);
      waiting_.pop_front();
      call();
    }
    if (!patience_) return;
    if (waiting_.empty())
      patience_->stop();
    else
      patience_->start(limits::disk_patience);
  }

  /// Said once for each time it begins, not for each record.
  void lose(std::uint64_t records, const std::string& why) {
    for (; records > 0; --records) metrics_.record_lost();
    if (!losing_) owner_.log_.say(observe::level::error, "records are lost: " + why);
    losing_ = true;
    lost_at_ = kept_;
    retry_at_ = std::chrono::steady_clock::now() + limits::ledger_look;
  }

  const std::size_t index_;
  const std::unique_ptr<store::journal> journal_;
  bookkeeper& owner_;
  observe::metrics_shard& metrics_;
  std::string scratch_;
  bool losing_ = false;
  std::uint64_t lost_at_ = 0;
  std::chrono::steady_clock::time_point retry_at_;

  // `durable: disk`. Records that were appended are numbered from 1.
  net::event_loop* loop_ = nullptr;
  std::uint64_t kept_ = 0;
  std::uint64_t safe_ = 0;  ///< up to this, or given up
  bool stuck_ = false;      ///< given up, and nothing was heard of the disk since
  std::deque<std::pair<std::uint64_t, std::function<void()>>> waiting_;
  std::optional<net::timer> patience_;
};

bookkeeper::bookkeeper(const config::store_settings& how, observe::log& log)
    : how_(how), log_(log), room_(std::make_shared<store::journal_room>(how.journal_size)) {}

result<std::unique_ptr<bookkeeper>> bookkeeper::open(
    const config::store_settings& how, const record_places& where, observe::log& log,
    const std::vector<std::unique_ptr<observe::metrics_shard>>& shards) {
  std::unique_ptr<bookkeeper> made(new bookkeeper(how, log));
  auto ledger = store::make_ledger(where.ledger, {.survive_power_loss = true});
  if (!ledger) return failure{"store.ledger: " + ledger.error().message};
  if (how.ledger.what != config::ledger_address::kind::postgres)
    if (const auto there = (*ledger)->open(); !there)
      return failure{"store.ledger: " + there.error().message};
  for (std::size_t i = 0; i < shards.size(); ++i) {
    store::journal::options writes{where.journal, made->room_};
    writes.calls = where.calls;
    auto journal = store::journal::open(writes);
    if (!journal) return failure{"store.journal: " + journal.error().message};
    made->sinks_.push_back(
        std::make_unique<worker_sink>(i, std::move(*journal), *made, *shards[i]));
  }
  if (how.durable == config::store_durability::disk)
    made->syncer_ = std::make_unique<store::journal_syncer>(
        where.journal,
        [all = made.get()](std::size_t writer, std::uint64_t through, const std::string& fault) {
          all->sinks_[writer]->tell(through, fault);
        });
  store::ingester::options brings;
  brings.directory = where.journal;
  brings.room = made->room_;
  brings.to = std::move(*ledger);
  brings.retain_days = how.retention_days;
  brings.told = [all = made.get()](const store::ingester::status& now) { all->tell(now); };
  made->ingester_ = std::make_unique<store::ingester>(std::move(brings));
  return made;
}

bookkeeper::~bookkeeper() {
  detach();
  sinks_.clear();  // what was written last is nobody's any more, and can be brought whole
}

observe::record_sink* bookkeeper::sink(std::size_t worker) { return sinks_[worker].get(); }

void bookkeeper::attach(std::size_t worker, net::event_loop& loop) { sinks_[worker]->attach(loop); }

void bookkeeper::detach() {
  if (syncer_) syncer_->stop();
  for (const auto& each : sinks_) each->detach();
}

void bookkeeper::tell(const store::ingester::status& now) {
  const bool away = !now.fault.empty();
  if (away && !away_)
    log_.say(observe::level::error, "the ledger takes no records, they wait on disk: " + now.fault);
  if (!away && away_) log_.say(observe::level::info, "the ledger takes records again");
  away_ = away;
  if (now.unreadable != unreadable_ && !now.unreadable.empty())
    log_.say(observe::level::error, "a journal cannot be read: " + now.unreadable);
  unreadable_ = now.unreadable;
}

}  // namespace weir::app
