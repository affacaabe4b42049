#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <optional>
#include <queue>
#include <vector>

#include "route/balancer.h"
#include "route/latency.h"
#include "route/retry_budget.h"
#include "weir/base/ids.h"

namespace weir::test {

/// Requests that arrive at random at replicas which answer after a while: what a strategy does to
/// the time to the first token. Everything is drawn from one seed.
class simulation {
 public:
  struct replica {
    std::uint32_t weight = 1;
    double slowness = 1;      ///< all its times are multiplied by this
    std::uint32_t slots = 4;  ///< requests it works on at once; others wait
  };
  struct load {
    std::vector<replica> replicas;
    double requests_per_second = 100;
    double service_seconds = 0.05;  ///< average; exponential, one of fifty takes ten times as long
    double tail_share = 0.02;
    std::size_t requests = 20'000;
    std::size_t keys = 200;              ///< for `sticky`
    std::uint32_t hedge_percentile = 0;  ///< 0: never
    std::uint64_t seed = 1;
  };
  struct outcome {
    std::vector<double> first_tokens;     ///< seconds, in the order of arrival
    std::vector<std::uint64_t> served;    ///< by replica
    std::vector<double> most_over_share;  ///< of what was under way, by replica
    std::uint64_t extra = 0;              ///< hedged requests
    std::uint64_t moved = 0;  ///< requests of a key that went to another replica than its last
    [[nodiscard]] double percentile(double p) const {
      std::vector<double> sorted = first_tokens;
      std::sort(sorted.begin(), sorted.end());
      return sorted[static_cast<std::size_t>(p * static_cast<double>(sorted.size() - 1))];
    }
  };

  static outcome run(route::strategy how, const load& what) { return simulation(how, what).go(); }

 private:
  struct event {
    double at = 0;
    std::uint64_t order = 0;
    std::function<void()> what;
    bool operator>(const event& other) const {
      return at != other.at ? at > other.at : order > other.order;
    }
  };
  struct job {
    std::size_t request = 0;
    bool cancelled = false;
    bool done = false;
    std::size_t at = 0;
    double sent = 0;
  };

  simulation(route::strategy how, const load& what)
      : load_(what),
        balancer_(how),
        random_(what.seed),
        averages_(what.replicas.size()),
        busy_(what.replicas.size()),
        working_(what.replicas.size()),
        waiting_(what.replicas.size()),
        answered_(what.requests),
        jobs_of_(what.requests) {
    out_.served.resize(what.replicas.size());
    out_.most_over_share.resize(what.replicas.size());
    out_.first_tokens.resize(what.requests);
    last_of_key_.resize(what.keys, what.replicas.size());
  }

  double unit() { return (static_cast<double>(random_.next() >> 11U) + 0.5) / 9007199254740992.0; }
  double exponential(double mean) { return -mean * std::log(unit()); }
  micros now() const { return micros(static_cast<micros::rep>(now_ * 1e6)); }
  void at(double when, std::function<void()> what) {
    events_.push({when, order_++, std::move(what)});
  }

  outcome go() {
    double arrival = 0;
    for (std::size_t i = 0; i < load_.requests; ++i) {
      arrival += exponential(1 / load_.requests_per_second);
      at(arrival, [this, i] { arrive(i); });
    }
    while (!events_.empty()) {
      const event next = events_.top();
      events_.pop();
      now_ = next.at;
      next.what();
    }
    return out_;
  }

  std::size_t pick(std::uint64_t key, std::optional<std::size_t> but) {
    std::vector<route::option> options;
    for (std::size_t i = 0; i < load_.replicas.size(); ++i)
      if (i != but)
        options.push_back({i, load_.replicas[i].weight, busy_[i], averages_[i].value(now())});
    return options[balancer_.pick(options, {random_.next(), key})].id;
  }

  void arrive(std::size_t request) {
    // Some keys are asked for far more often than others.
    const double skewed = unit() * unit();
    const auto key = static_cast<std::size_t>(skewed * static_cast<double>(load_.keys));
    const std::uint64_t hash = key * 0x9e3779b97f4a7c15U;
    arrivals_.push_back(now_);
    budget_.on_request(now());
    const std::size_t where = pick(hash, std::nullopt);
    if (last_of_key_[key] != where && last_of_key_[key] != load_.replicas.size()) ++out_.moved;
    last_of_key_[key] = where;
    send(request, where);
    if (load_.hedge_percentile == 0) return;
    const auto usual = window_.percentile(load_.hedge_percentile);
    if (!usual) return;
    at(now_ + static_cast<double>(usual->count()) / 1e6, [this, request, where, hash] {
      if (answered_[request] || !budget_.take(now())) return;
      ++out_.extra;
      send(request, pick(hash, where));
    });
  }

  void send(std::size_t request, std::size_t where) {
    jobs_.push_back({request, false, false, where, now_});
    const std::size_t mine = jobs_.size() - 1;
    jobs_of_[request].push_back(mine);
    ++busy_[where];
    ++out_.served[where];
    std::uint32_t total = 0;
    for (const std::uint32_t b : busy_) total += b;
    const double share = total / static_cast<double>(busy_.size());
    if (total >= 4 * busy_.size())
      out_.most_over_share[where] =
          std::max(out_.most_over_share[where], busy_[where] / std::ceil(share));
    waiting_[where].push(mine);
    work(where);
  }

  void work(std::size_t where) {
    while (working_[where] < load_.replicas[where].slots && !waiting_[where].empty()) {
      const std::size_t mine = waiting_[where].front();
      waiting_[where].pop();
      if (jobs_[mine].cancelled) continue;
      ++working_[where];
      double time = exponential(load_.service_seconds) * load_.replicas[where].slowness;
      if (unit() < load_.tail_share) time *= 10;
      at(now_ + time, [this, mine, where] {
        --working_[where];
        finish(mine);
        work(where);
      });
    }
  }

  void finish(std::size_t which) {
    job& j = jobs_[which];
    if (j.cancelled || j.done) return;
    end(which);
    averages_[j.at].add(micros(static_cast<micros::rep>((now_ - j.sent) * 1e6)), now());
    window_.add(micros(static_cast<micros::rep>((now_ - j.sent) * 1e6)));
    if (answered_[j.request]) return;
    answered_[j.request] = true;
    out_.first_tokens[j.request] = now_ - arrivals_[j.request];
    for (const std::size_t other : jobs_of_[j.request]) {
      if (other == which || jobs_[other].done) continue;
      jobs_[other].cancelled = true;
      end(other);
      window_.add(micros(static_cast<micros::rep>((now_ - jobs_[other].sent) * 1e6)));
    }
  }

  void end(std::size_t which) {
    jobs_[which].done = true;
    --busy_[jobs_[which].at];
  }

  const load load_;
  route::balancer balancer_;
  id_source random_;
  std::vector<route::latency_average> averages_;
  route::latency_window window_;
  route::retry_budget budget_{20};
  std::vector<std::uint32_t> busy_;
  std::vector<std::uint32_t> working_;
  std::vector<std::queue<std::size_t>> waiting_;
  std::vector<bool> answered_;
  std::vector<std::vector<std::size_t>> jobs_of_;
  std::vector<job> jobs_;
  std::vector<double> arrivals_;
  std::vector<std::size_t> last_of_key_;
  std::priority_queue<event, std::vector<event>, std::greater<>> events_;
  std::uint64_t order_ = 0;
  double now_ = 0;
  outcome out_;
};

}  // namespace weir::test
