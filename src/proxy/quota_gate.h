#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "meter/account.h"
#include "net/event_loop.h"
#include "proxy/key_ring.h"
#include "proxy/request_headers.h"
#include "quota/limiter.h"
#include "weir/openai/error.h"

namespace weir::proxy {

/// The limits of a client's key and of its group, as one request meets them.
///
/// Threads  The loop's.
class quota_gate {
 public:
  /// Gets an error when the request may not begin.
  using outcome = std::function<void(std::optional<openai::error>)>;

  /// The limiter outlives it.
  quota_gate(net::event_loop& loop, std::shared_ptr<const ring_key> key, quota::limiter& limits);
  ~quota_gate();
  quota_gate(const quota_gate&) = delete;
  quota_gate& operator=(const quota_gate&) = delete;

  /// Takes the worst that the request may come to. `then` is called at once or later, and never
  /// once this object is gone. Once.
  void begin(const meter::taking& worst, std::string model, outcome then);
  /// The request is over. What is not settled took nothing.
  void settle(const meter::taking& really);
  /// The key of the configuration whose limit was met; "" for none.
  [[nodiscard]] std::string_view limit() const { return limit_; }

 private:
  void conclude(quota::limiter::verdict verdict);
  [[nodiscard]] openai::error told(const quota::limiter::verdict& why);

  net::event_loop& loop_;
  const std::shared_ptr<const ring_key> key_;
  quota::limiter& limits_;
  quota::reservation taken_;
  std::string model_;
  outcome then_;
  std::string_view limit_;
  /// Dies with it; verdicts from other threads look at it first.
  std::shared_ptr<quota_gate*> self_;
};

/// HTTP-8: what is left of the rates of the key and of its group, whichever has less.
[[nodiscard]] rate_limit_list rate_limit_fields(const quota::account_list& accounts,
                                                micros wall_clock);

/// `120ms`, `8.64s`, `6m0s`, `1h0m0s`: as HTTP-8 writes a span of time.
[[nodiscard]] std::string go_duration(micros span);

}  // namespace weir::proxy
