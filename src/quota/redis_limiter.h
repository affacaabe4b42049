#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "quota/lease_scripts.h"
#include "quota/limiter.h"
#include "quota/redis_connection.h"
#include "weir/base/limits.h"

namespace weir::quota {

/// Limits that several processes share through Redis, by leases: a process takes from Redis more
/// than a request needs, a slice (a twentieth of the limit), and requests take from that without
/// asking. Only who finds it too small waits for one answer of Redis.
///
/// Bounds   Redis never gives out more than the limit, so that nothing is passed that a request
///          took beforehand. What lies in the slices of others cannot be had meanwhile; it is given
///          back after a sixth of the lease at the latest, that of a process that died when its
///          lease ends.
/// Away     Where it does not answer in time, requests do not wait for it any more until it is
///          back. Each process keeps the limits by itself then, or lets nobody begin whose slice
///          is used up.
/// Threads  Any; one of its own speaks to Redis.
class redis_limiter final : public limiter {
 public:
  enum class when_away : std::uint8_t { serve, refuse };
  struct options {
    redis_address at;
    when_away away = when_away::serve;
    std::string process;  ///< its name among all: random, without `:`
    millis connect_time = limits::redis_connect_time;
    millis answer_time = limits::redis_answer_time;
    millis lease_time = limits::quota_lease;
    std::function<void(const std::string&)> told_away = {};  ///< why, once each time
    std::function<void()> told_back = {};
    std::function<micros()> wall_clock;
  };

  explicit redis_limiter(options how);
  /// As `stop`.
  ~redis_limiter() override;

  std::shared_ptr<shared_account> open(const std::string& id, const meter::allowance& may,
                                       micros now) override;
  std::optional<verdict> admit(const account_list& accounts, const meter::taking& worst, micros now,
                               const answer& later) override;
  /// Who waits is told, and what is in hand is given back.
  void stop() override;

 private:
  using clock = std::chrono::steady_clock;
  enum class state : std::uint8_t { unknown, there, away };
  struct waiting {
    account_list accounts;
    meter::taking worst;
    answer later;
  };

  void on_settled(const std::shared_ptr<shared_account>& account) override;
  void mark(const std::shared_ptr<shared_account>& account);

  void run();
  [[nodiscard]] bool connected();
  void enter(state now, const std::string& why = {});
  [[nodiscard]] result<bool> sync(const std::vector<std::shared_ptr<shared_account>>& accounts,
                                  const std::deque<waiting>& asked, bool ending);
  void answer_all(std::deque<waiting>& asked);
  [[nodiscard]] std::vector<std::shared_ptr<shared_account>> due();

  const options how_;
  std::atomic<state> state_{state::unknown};

  std::mutex guard_;
  std::condition_variable changed_;
  std::deque<waiting> waiting_;
  std::vector<std::shared_ptr<shared_account>> marked_;
  bool stopping_ = false;

  // Of the thread.
  std::unique_ptr<redis_connection> redis_;
  clock::time_point next_attempt_{};
  clock::time_point next_renewal_{};
  millis pause_{0};
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace weir::quota
