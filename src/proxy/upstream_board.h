#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "config/config.h"
#include "route/circuit_breaker.h"
#include "route/latency.h"
#include "route/rate_cap.h"
#include "weir/base/units.h"

namespace weir::proxy {

/// What is known of the upstreams, whoever found it out: how busy each is, how fast, whether it
/// answers at all. Shared by all workers, since a cap counts for all of them together and what one
/// learns the others need not learn again.
///
/// Reload   The board of a new configuration shares the state of the servers that stay with the
///          board before it, so that running requests go on counting; the new caps hold for both.
///
/// Cost     A lock for each attempt's begin and end, none for events.
/// Threads  Any. Times are of net::event_loop::now(), which all loops share.
class upstream_board {
 public:
  explicit upstream_board(std::shared_ptr<const config::config> config,
                          const upstream_board* before = nullptr);
  upstream_board(const upstream_board&) = delete;
  upstream_board& operator=(const upstream_board&) = delete;

  /// What an attempt says of its upstream when it is over.
  enum class verdict : std::uint8_t {
    good,  ///< it answered, be it a refusal
    bad,   ///< it failed by its own fault
    none,  ///< nothing can be said: the client left, another was faster
  };

  /// The right to run one attempt at one upstream. Letting go without a verdict gives none.
  class place {
   public:
    place() = default;
    place(place&& other) noexcept
        : board_(std::exchange(other.board_, nullptr)),
          upstream_(other.upstream_),
          began_(other.began_) {}
    place& operator=(place&& other) noexcept {
      leave(verdict::none, micros{0});
      board_ = std::exchange(other.board_, nullptr);
      upstream_ = other.upstream_;
      began_ = other.began_;
      return *this;
    }
    ~place() { leave(verdict::none, micros{0}); }
    [[nodiscard]] explicit operator bool() const { return board_ != nullptr; }
    /// `now` matters only with a verdict.
    void leave(verdict what, micros now) {
      if (board_ != nullptr) std::exchange(board_, nullptr)->end(*this, what, now);
    }

   private:
    friend class upstream_board;
    place(upstream_board& board, std::size_t upstream, micros began)
        : board_(&board), upstream_(upstream), began_(began) {}
    upstream_board* board_ = nullptr;
    std::size_t upstream_ = 0;
    micros began_{0};
  };

  /// Whether an attempt may begin, and what helps to choose.
  struct view {
    bool allowed = true;   ///< its circuit breaker lets requests through
    bool has_room = true;  ///< neither of its caps is reached
    std::uint32_t busy = 0;
    micros latency{0};             ///< average time to the first token; 0: not known
    std::optional<micros> next{};  ///< when that may change by itself
  };
  [[nodiscard]] view look(std::size_t upstream, micros now) const;

  /// Nothing when `look` has become untrue.
  [[nodiscard]] std::optional<place> begin(std::size_t upstream, micros now);
  /// An attempt had its first token so long after it was sent.
  void first_token(std::size_t upstream, micros latency, micros now);

  /// An attempt to connect to it succeeded or failed.
  void reached(std::size_t upstream, bool yes);
  /// It answered a probe: an open breaker need not wait longer.
  void answered(std::size_t upstream, micros now);
  /// The last attempt to connect to it succeeded (or there was none), and its breaker is closed.
  [[nodiscard]] bool usable(std::size_t upstream) const;

  [[nodiscard]] route::circuit_breaker::state breaker(std::size_t upstream, micros now) const;
  [[nodiscard]] std::size_t size() const { return upstreams_.size(); }
  /// Attempts under way.
  [[nodiscard]] std::uint32_t busy(std::size_t upstream) const;

  /// `wake` is called, from any thread, when an upstream gets room while somebody waits. It must
  /// only post. Until `unsubscribe`, which must not be called from inside.
  [[nodiscard]] std::size_t subscribe(std::function<void()> wake);
  void unsubscribe(std::size_t id);
  /// How many subscribers have requests that wait.
  void somebody_waits(bool yes);
  /// How many requests wait, by the difference that each subscriber tells.
  void waiting_changed(std::int64_t by);
  [[nodiscard]] std::uint64_t waiting() const;

 private:
  struct upstream_state {
    explicit upstream_state(const config::upstream& settings);
    /// Other caps for the same server. What was counted against changed ones is forgotten.
    void adopt(const config::upstream& from, const config::upstream& to);

    mutable std::mutex guard;
    std::uint32_t max_concurrent;
    std::uint32_t busy = 0;
    route::circuit_breaker breaker;
    route::rate_cap rate;
    route::latency_average latency;
    std::atomic<bool> reachable{true};
    std::atomic<bool> tripped{false};  ///< the breaker is not closed
  };

  /// Those who wait for room, whichever board they look at.
  struct waiting_room {
    std::mutex guard;
    std::vector<std::function<void()>> subscribers;  ///< empty ones have left
    std::atomic<std::uint32_t> waiting{0};           ///< subscribers that have some
    std::atomic<std::int64_t> requests{0};           ///< that wait
  };

  void end(const place& which, verdict what, micros now);
  [[nodiscard]] static view view_of(const upstream_state& u, micros now);
  void wake_all();

  const std::shared_ptr<const config::config> config_;
  std::vector<std::shared_ptr<upstream_state>> upstreams_;  ///< as config_->upstreams
  const std::shared_ptr<waiting_room> waiting_room_;
};

}  // namespace weir::proxy
