#include "app/bookkeeper.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "app/effective_config.h"
#include "app/kept_record.h"
#include "app/state_directory.h"
#include "weir/base/limits.h"

namespace weir::app {
result<std::optional<record_places>> places_of_records(const config::store_settings& from) {
  using kind = config::ledger_address::kind;
  if (from.ledger.what == kind::none) return std::optional<record_places>();
  record_places out{"sqlite:" + from.ledger.path, from.journal};
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
  for (const auto& shard : shards) {
    auto journal = store::journal::open({where.journal, made->room_});
    if (!journal) return failure{"store.journal: " + journal.error().message};
    made->sinks_.push_back(std::make_unique<worker_sink>(std::move(*journal), *made, *shard));
  }
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
  sinks_.clear();  // what was written last is nobody's any more, and can be brought whole
}

observe::record_sink* bookkeeper::sink(std::size_t worker) { return sinks_[worker].get(); }

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
