#pragma once
#include <cstdint>

namespace weir::proxy {

/// Life of one attempt to have one request answered by one upstream.
///
///   connecting --> awaiting_head --> awaiting_event --> streaming --> closed
///        |            |      \             |                            ^
///        |            |       \--> reading_error                        |
///        +------------+----------------+---+----------------------------+
///
/// Until `streaming` nothing of the answer has gone downstream: a failure may still become a status
/// of its own, or another attempt (GEN-5, GEN-6). From `streaming` on it is an error frame.
enum class phase : std::uint8_t {
  connecting,      ///< waiting for a connection
  awaiting_head,   ///< the request is on its way
  reading_error,   ///< a status that is no success: collecting its body
  awaiting_event,  ///< a 2xx head has come; nothing for the client yet
  streaming,       ///< the client has seen something of this answer
  closed,
};
inline constexpr int phase_count = 6;

/// What happens to an attempt.
enum class input : std::uint8_t {
  connected,
  connect_failed,
  head_good,      ///< 2xx
  head_error,     ///< any other final status
  event_ready,    ///< the answer has output for the client
  answer_whole,   ///< the answer is complete
  answer_failed,  ///< the answer says that it cannot be completed
  message_end,    ///< the upstream ended its message in an orderly way
  lost,           ///< the connection went away before that
  stale,          ///< the same, on a reused connection before any byte of the response
  timed_out,
  cancelled,  ///< the client left
};
inline constexpr int input_count = 12;

/// What the attempt has to do next.
enum class action : std::uint8_t {
  none,
  send_request,
  read_answer,
  read_error,
  end_answer,    ///< tell the answer that its body is over; it will say whole or failed
  cut_answer,    ///< the same, but the body was cut off
  finish,        ///< all is well: let go of the connection, it may serve again
  report_error,  ///< give the client the upstream's error
  retry,         ///< the same request once more, on a fresh connection
  fail,          ///< nothing was seen downstream: a status, or another upstream
  error_event,   ///< the failure is told inside the stream
  abandon,       ///< close the connection now, tell nobody
};

struct step {
  phase next;
  action what;
  friend constexpr bool operator==(const step&, const step&) = default;
};

/// Total: every phase answers every input; what cannot happen changes nothing.
[[nodiscard]] constexpr step advance(phase at, input in) noexcept {
  if (at == phase::closed) return {phase::closed, action::none};
  if (in == input::cancelled) return {phase::closed, action::abandon};
  switch (at) {
    case phase::connecting:
      if (in == input::connected) return {phase::awaiting_head, action::send_request};
      if (in == input::connect_failed || in == input::timed_out)
        return {phase::closed, action::fail};
      break;
    case phase::awaiting_head:
      if (in == input::head_good) return {phase::awaiting_event, action::read_answer};
      if (in == input::head_error) return {phase::reading_error, action::read_error};
      // RFC 9110 9.2.2: safe to repeat, since no upstream can have seen it on a dead connection.
      if (in == input::stale) return {phase::closed, action::retry};
      if (in == input::lost || in == input::timed_out) return {phase::closed, action::fail};
      break;
    case phase::reading_error:
      // What has come of the body says more than that its end is missing.
      if (in == input::message_end || in == input::lost || in == input::timed_out)
        return {phase::closed, action::report_error};
      break;
    case phase::awaiting_event:
      if (in == input::event_ready) return {phase::streaming, action::none};
      if (in == input::answer_whole) return {phase::closed, action::finish};
      if (in == input::answer_failed || in == input::timed_out)
        return {phase::closed, action::fail};
      if (in == input::message_end) return {at, action::end_answer};
      if (in == input::lost) return {at, action::cut_answer};
      break;
    case phase::streaming:
      if (in == input::answer_whole) return {phase::closed, action::finish};
      if (in == input::answer_failed || in == input::timed_out)
        return {phase::closed, action::error_event};
      if (in == input::message_end) return {at, action::end_answer};
      if (in == input::lost) return {at, action::cut_answer};
      break;
    case phase::closed:
      break;
  }
  return {at, action::none};
}

static_assert(advance(phase::awaiting_head, input::stale) == step{phase::closed, action::retry});
static_assert(advance(phase::awaiting_head, input::lost) == step{phase::closed, action::fail});
static_assert(advance(phase::awaiting_event, input::answer_failed) ==
              step{phase::closed, action::fail});
static_assert(advance(phase::streaming, input::answer_failed) ==
              step{phase::closed, action::error_event});
static_assert(advance(phase::streaming, input::stale) == step{phase::streaming, action::none});

}  // namespace weir::proxy
