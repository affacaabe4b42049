#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "weir/openai/chat_context.h"
#include "weir/openai/error.h"
#include "weir/openai/repairs.h"
#include "weir/openai/usage.h"

namespace weir::openai {

/// One upstream answer on its way to one client: body bytes of a 2xx in, in whatever shape, the
/// bytes of a legal stream -- or of one legal JSON document -- out. Decoder, machine and encoder of
/// the chat dialect behind one door; `weir repair`, the gateway and the fuzz target all use it.
///
/// Source   contract sections 1.2, 1.3, 3, 4; content codings F33, F34 (docs/clauses.md).
/// Input    Bytes split anywhere: no split changes the output (P2).
/// Errors   Before the client has seen an event, `failure()` is set and nothing is written, so that
///          the caller may retry or answer with a real status (GEN-6). Afterwards the error frame
///          and [DONE] are in the output (CHAT-30).
/// Memory   Bounded by the limits of SSE-9, counted after inflating; a non-stream answer is held
///          whole.
/// Threads  None; no I/O, no clock.
class chat_answer {
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

  explicit chat_answer(const chat_context& context);
  ~chat_answer();

  /// Body bytes, in a content coding or not (SSE-10). Ignored once the state is not `open`.
  void feed(std::string_view bytes);
  /// Whether compressed input waits: it can be worth a thousand times its size, so `feed` and
  /// `go_on` read no more than limits::max_inflated_step_bytes of it. Call `go_on` when the output
  /// is out of the way; `end` reads all that waits.
  [[nodiscard]] bool has_more() const;
  void go_on();
  /// The upstream ended its body in an orderly way, or (`lost`) was cut off.
  void end(bool lost);
  /// The owner gives up: a timer fired, the body is malformed. Same ending as an error frame.
  void fail(const error& why);
  /// The wait that `waiting()` named is over.
  void on_wait_over();
  /// The owner sent the response head without having any output (commit_after, GEN-6): from now
  /// on a failure is an error frame.
  void commit();

  [[nodiscard]] state current() const;
  [[nodiscard]] wait waiting() const;
  [[nodiscard]] const error* failure() const;

  /// Bytes for the client that were not consumed yet: whole events (stream), or the whole document
  /// once the state is `complete`. Valid until the next call.
  [[nodiscard]] std::string_view output() const;
  void consume(std::size_t bytes);

  /// Events written so far, and upstream frames that carried payload: progress in the sense of
  /// `first_token` and `idle` (SSE-18, HTTP-11).
  [[nodiscard]] std::uint64_t events() const;
  [[nodiscard]] std::uint64_t payload_frames() const;

  /// The last usage the upstream gave, whether or not the client asked for it (CHAT-26).
  [[nodiscard]] std::optional<usage> last_usage() const;
  /// Finish reason of choice 0 as sent, "" while there is none.
  [[nodiscard]] std::string_view finish_reason() const;
  [[nodiscard]] repair_counts repairs() const;

 private:
  struct implementation;
  std::unique_ptr<implementation> implementation_;
};

}  // namespace weir::openai
