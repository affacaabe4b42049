#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "meter/account.h"
#include "meter/allowance.h"
#include "weir/base/units.h"

namespace weir::quota {

/// The account of a key or of a group, used by all workers.
///
/// Threads  Any; a lock for each call.
class shared_account {
 public:
  explicit shared_account(std::string id) : id_(std::move(id)) {}

  /// `key:NAME` or `group:NAME`.
  [[nodiscard]] const std::string& id() const { return id_; }
  /// `use` gets the meter::account, and nobody else has it meanwhile.
  template <class F>
  auto with(F&& use) {
    const std::lock_guard lock(guard_);
    return use(account_);
  }

  // Notes of the limiter.
  std::atomic<bool> used{false};           ///< since it was last looked after
  std::atomic<bool> marked{false};         ///< to be looked after soon
  std::atomic<std::int64_t> dry_until{0};  ///< there was nothing more to be had

 private:
  const std::string id_;
  std::mutex guard_;
  meter::account account_;
};
using account_list = std::vector<std::shared_ptr<shared_account>>;

class limiter;

/// What a request that runs has taken of its accounts. Where it is not settled, it took nothing.
///
/// Threads  One at a time. Outlived by the limiter.
class reservation {
 public:
  reservation() = default;
  reservation(limiter& of, account_list accounts, const meter::taking& worst, micros began)
      : of_(&of), accounts_(std::move(accounts)), worst_(worst), began_(began) {}
  reservation(reservation&& other) noexcept { *this = std::move(other); }
  reservation& operator=(reservation&& other) noexcept;
  ~reservation();

  void settle(const meter::taking& really, micros now);
  /// The request does not begin: it does not count as one, either.
  void undo(micros now);
  [[nodiscard]] bool open() const { return of_ != nullptr; }

 private:
  limiter* of_ = nullptr;
  account_list accounts_;
  meter::taking worst_;
  micros began_{0};
};

/// Keeps what keys and groups take within their allowances, in the memory of this process.
///
/// Threads  Any.
/// Cost     A lock for each account of a request, when it begins and when it ends. None for events.
class limiter {
 public:
  struct verdict {
    reservation granted;                    ///< open when the request may begin
    std::optional<meter::refusal> refused;  ///< why it may not; nothing when it is unknown
    std::shared_ptr<shared_account> by;     ///< whose limit it was
  };
  using answer = std::function<void(verdict)>;

  limiter() = default;
  virtual ~limiter() = default;
  limiter(const limiter&) = delete;
  limiter& operator=(const limiter&) = delete;

  /// The account of this id, with this allowance from now on. It stays for good.
  [[nodiscard]] virtual std::shared_ptr<shared_account> open(const std::string& id,
                                                             const meter::allowance& may,
                                                             micros now);
  /// Takes `worst` from all accounts, or from none. The verdict is there at once, or, where others
  /// have to be asked, `later` gets it from another thread, soon.
  [[nodiscard]] virtual std::optional<verdict> admit(const account_list& accounts,
                                                     const meter::taking& worst, micros now,
                                                     const answer& later);
  [[nodiscard]] account_list all();
  /// No verdict comes late any more once it returns: to be called while whoever waits still lives.
  virtual void stop() {}

 protected:
  friend class reservation;
  /// Something was given back to it.
  virtual void on_settled(const std::shared_ptr<shared_account>&) {}
  /// What this process knows by itself.
  [[nodiscard]] verdict take(const account_list& accounts, const meter::taking& worst, micros now);

 private:
  std::mutex guard_;
  std::unordered_map<std::string, std::shared_ptr<shared_account>> accounts_;
};

}  // namespace weir::quota
