#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "meter/allowance.h"
#include "meter/nano_usd.h"
#include "weir/base/units.h"

namespace weir::meter {

/// What an allowance limits.
enum class quota : std::uint8_t { requests, tokens, concurrent, day, month };
inline constexpr std::size_t quota_count = 5;

/// What one request takes beside itself.
struct taking {
  std::uint64_t tokens = 0;
  nano_usd cost;  ///< never below 0
};

/// Why a request may not begin now. Money is in 1e-9 USD.
struct refusal {
  quota what = quota::requests;
  std::uint64_t limit = 0;
  std::uint64_t used = 0;
  std::uint64_t requested = 0;
  /// Until it may; nothing where waiting does not help: it alone is more than the limit, or the
  /// money is spent.
  std::optional<micros> wait;
};

/// What a rate has left, as HTTP-8 tells it.
struct rate_standing {
  std::uint64_t limit = 0;
  std::uint64_t remaining = 0;
  micros reset{0};  ///< until nothing counts as used any more
};

/// What a key, or a group of keys, has taken of its allowance. A request takes the worst it can
/// come to before it begins, and settles for what it really took at its end: so the limits hold
/// however many run at once, as far as no request takes more than it said.
///
/// Rates    Buckets that hold a minute's worth and fill evenly. Taking more than was said leaves a
///          debt, which later ones wait for.
/// Money    By the day and the month (UTC) in which a request came, as the ledger counts it.
/// Leases   Where several processes share the allowance, `lease(true)`: it then may take only what
///          was granted, and `leases` tells what to ask for.
/// Cost     No allocation but in `leases`.
/// Threads  None. Times are microseconds since the Unix epoch.
class account {
 public:
  /// What was taken counts on.
  void allow(const allowance& may, micros now);
  [[nodiscard]] const allowance& may() const { return may_; }

  /// Takes `worst` and one request, or says why not and takes nothing.
  [[nodiscard]] std::optional<refusal> take(const taking& worst, micros now);
  /// The request does not begin after all.
  void undo(const taking& worst, micros began, micros now);
  /// The request that took `worst` at `began` is over.
  void settle(const taking& worst, const taking& really, micros began, micros now);
  /// So much of the money of this day and this month is known to be spent, by whomever.
  void know_spent(nano_usd day, nano_usd month, micros now);

  [[nodiscard]] std::optional<rate_standing> requests(micros now);
  [[nodiscard]] std::optional<rate_standing> tokens(micros now);
  /// Spent and set aside; of the day, and of the month.
  [[nodiscard]] nano_usd spent(quota period, micros now);
  [[nodiscard]] std::uint64_t running() const { return of(quota::concurrent).held; }

  struct lease_state {
    quota what = quota::requests;
    std::uint64_t limit = 0;
    std::int64_t period = 0;  ///< the day or month it is about; else 0
    std::uint64_t taken = 0;  ///< money spent here
    std::uint64_t held = 0;   ///< what runs here has set aside
    std::uint64_t known = 0;  ///< money that is known to be spent by all
    std::int64_t free = 0;    ///< may still be taken here
  };
  void lease(bool on, micros now);
  [[nodiscard]] bool leased() const { return leased_; }
  /// Of what is limited.
  [[nodiscard]] std::vector<lease_state> leases(micros now);
  /// Whether something is left of less than half a slice, of `slices` that make a limit.
  [[nodiscard]] bool runs_low(std::uint64_t slices, micros now);
  /// Whether more than two slices of what others could use lie idle.
  [[nodiscard]] bool has_plenty(std::uint64_t slices, micros now);
  /// Whether anything of what others could use is in hand, or runs.
  [[nodiscard]] bool holds(micros now);
  /// Of a rate: so much more, and `elsewhere` is what is left for all. Else: `amount` in all, what
  /// is taken and held here included, and `elsewhere` is what others have. What is about another
  /// period than that of `now` is dropped.
  void grant(quota what, std::int64_t period, std::uint64_t amount, std::uint64_t elsewhere,
             micros now);

 private:
  struct rate {
    std::optional<std::uint64_t> limit;
    double level = 0;
    double elsewhere = 0;
    micros at{0};
  };
  struct pool {
    std::optional<std::uint64_t> limit;
    std::uint64_t allowed = 0;
    std::uint64_t taken = 0;
    std::uint64_t held = 0;
    std::uint64_t elsewhere = 0;  ///< what others have, as was told with the last grant
    std::uint64_t before = 0;     ///< what the ledger knows beside what was taken here
    std::int64_t period = 0;

    [[nodiscard]] std::uint64_t here() const { return taken + held; }
    [[nodiscard]] std::uint64_t free() const { return allowed - std::min(allowed, here()); }
    [[nodiscard]] std::uint64_t all() const { return here() + std::max(elsewhere, before); }
  };

  [[nodiscard]] rate& of_rate(quota what) { return rates_[static_cast<std::size_t>(what)]; }
  [[nodiscard]] pool& of(quota what) { return pools_[static_cast<std::size_t>(what) - 2]; }
  [[nodiscard]] const pool& of(quota what) const {
    return pools_[static_cast<std::size_t>(what) - 2];
  }
  void turn(micros now);
  void fill(rate& r, micros now) const;
  void set_limit(rate& r, std::optional<std::uint64_t> limit, micros now) const;
  void set_limit(pool& p, std::optional<std::uint64_t> limit) const;
  [[nodiscard]] std::optional<refusal> lack(quota what, std::uint64_t wanted);
  [[nodiscard]] std::optional<rate_standing> standing(quota what, micros now);
  void end(const taking& worst, micros began);

  allowance may_;
  bool leased_ = false;
  std::array<rate, 2> rates_;
  std::array<pool, 3> pools_;
};

}  // namespace weir::meter
