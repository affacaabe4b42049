#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "weir/openai/error.h"
#include "weir/openai/repairs.h"
#include "weir/openai/usage.h"

namespace weir::openai {

/// One upstream answer on its way to one client: body bytes of a 2xx in, bytes for the client out.
/// What whoever runs the request has to know of it, whatever the API; each API has its own kind.
///
/// Input    Bytes split anywhere: no split changes the output (P2).
/// Errors   Before the client has seen anything, `failure()` is set and nothing is written, so that
///          the caller may retry or answer with a real status (GEN-6). What happens afterwards is
///          the kind's to say.
/// Threads  None; no I/O, no clock.
class answer {
 public:
  enum class state : std::uint8_t {
    open,      ///< more to come
    complete,  ///< all of a right answer is in the output
    failed,    ///< failure() says why
  };
  /// Timers the answer wants its owner to run; when one fires: on_wait_over().
  enum class wait : std::uint8_t {
    none,
    after_finish,  ///< limits::finish_hold (CHAT-29e, SSE-12)
    late_usage,    ///< limits::late_usage_wait (SSE-12)
  };

  answer() = default;
  virtual ~answer() = default;
  answer(const answer&) = delete;
  answer& operator=(const answer&) = delete;

  /// Body bytes, in a content coding or not (SSE-10). Ignored once the state is not `open`.
  virtual void feed(std::string_view bytes) = 0;
  /// Whether compressed input waits: it can be worth a thousand times its size, so `feed` and
  /// `go_on` read no more than limits::max_inflated_step_bytes of it. Call `go_on` when the output
  /// is out of the way; `end` reads all that waits.
  [[nodiscard]] virtual bool has_more() const { return false; }
  virtual void go_on() {}
  /// Whether the client gets the body in the content coding in which it came, with its label.
  [[nodiscard]] virtual bool keeps_coding() const { return false; }
  /// The upstream ended its body in an orderly way, or (`lost`) was cut off. Should the answer not
  /// be whole, `detail` follows in the error's message: which leg ended, and where.
  void end(bool lost, std::string_view detail = {}) {
    end_detail_ = detail;
    on_end(lost);
  }
  /// The owner gives up: a timer fired, the body is malformed.
  virtual void fail(const error& why) = 0;
  /// The wait that `waiting()` named is over.
  virtual void on_wait_over() {}
  /// The owner sent the response head without having any output (commit_after, GEN-6): from now
  /// on a failure is told inside the answer.
  virtual void commit() {}

  [[nodiscard]] virtual state current() const = 0;
  [[nodiscard]] virtual wait waiting() const { return wait::none; }
  [[nodiscard]] virtual const error* failure() const = 0;

  /// Bytes for the client that were not consumed yet. Valid until the next call.
  [[nodiscard]] virtual std::string_view output() const = 0;
  virtual void consume(std::size_t bytes) = 0;

  /// Bytes of the answer that are kept because they cannot leave yet: an event that is not whole, a
  /// document that is gathered, output that nobody consumed. For a budget, not for allocation: what
  /// surrounds them costs memory, too.
  [[nodiscard]] virtual std::size_t held() const { return output().size(); }

  /// What of the upstream carried payload so far: progress in the sense of `first_token` and
  /// `idle` (SSE-18, HTTP-11).
  [[nodiscard]] virtual std::uint64_t payload_frames() const = 0;

  /// What it said so far: what an estimate of the tokens starts from. Nothing where nobody can
  /// tell.
  [[nodiscard]] virtual said_size said() const { return {}; }

  // For the record:
  /// Events written so far.
  [[nodiscard]] virtual std::uint64_t events() const { return 0; }
  /// The last usage the upstream gave, whether or not the client asked for it (CHAT-26).
  [[nodiscard]] virtual std::optional<usage> last_usage() const { return std::nullopt; }
  /// Finish reason of choice 0 as sent, "" while there is none.
  [[nodiscard]] virtual std::string_view finish_reason() const { return {}; }
  /// The same as the upstream spelled it; "" where it said none.
  [[nodiscard]] virtual std::string_view native_finish() const { return {}; }
  [[nodiscard]] virtual repair_counts repairs() const { return {}; }

 protected:
  /// The body is over; see `end`.
  virtual void on_end(bool lost) = 0;
  [[nodiscard]] const std::string& end_detail() const { return end_detail_; }

 private:
  std::string end_detail_;
};

}  // namespace weir::openai
