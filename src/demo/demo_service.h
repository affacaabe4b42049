#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "demo/reply.h"
#include "demo/scenario.h"
#include "net/connection.h"
#include "net/event_loop.h"
#include "weir/base/ids.h"
#include "weir/base/units.h"

namespace weir::demo {

class session;

/// The upstream that is built into weir: an HTTP/1.1 server in memory that replays recorded wire
/// formats, one model per fault seen in the wild (docs/demo.md), so that the first command shows
/// something with nothing else installed. It asks no model, and says so in its text.
///
/// Serves   `GET /v1/models`, `POST /v1/chat/completions`; also without `/v1`. Honours `stream`,
///          `stream_options.include_usage` and `n` (up to 4).
/// Pace     One beat between two events. With zero there is no silence at all.
/// Memory   One session per open connection, each bounded: a client that pipelines is read no
///          further than limits::max_pipelined_bytes and one read ahead, and a reader that pauses
///          holds the replay at limits::high_watermark_bytes.
/// Threads  One service per loop, used on its thread. Must not outlive the loop.
class demo_service {
 public:
  static constexpr millis default_pace{20};

  explicit demo_service(net::event_loop& loop, millis pace = default_pace);
  ~demo_service();
  demo_service(const demo_service&) = delete;
  demo_service& operator=(const demo_service&) = delete;

  /// Opens a connection whose far end is this service. `loop` is the one of the constructor.
  [[nodiscard]] std::unique_ptr<net::connection> open(net::event_loop& loop);

  /// How many connections are open.
  [[nodiscard]] std::size_t connections() const { return sessions_.size(); }

 private:
  friend class session;

  [[nodiscard]] reply handle(std::string_view method, std::string_view path, std::string_view body);
  void forget(session& gone);
  [[nodiscard]] std::int64_t unix_time() const;

  net::event_loop& loop_;
  const millis pace_;
  const std::vector<scenario> scenarios_;
  const std::int64_t started_;
  id_source ids_;
  std::unordered_map<session*, std::unique_ptr<session>> sessions_;
};

}  // namespace weir::demo
