#include "proxy/attempt_phase.h"

#include <gtest/gtest.h>

#include <map>
#include <utility>

namespace weir::proxy {
namespace {

phase phase_at(int i) { return static_cast<phase>(i); }
input input_at(int i) { return static_cast<input>(i); }

/// Everything that is not "stay and do nothing", spelled out once more.
const std::map<std::pair<phase, input>, step> transitions = {
    {{phase::connecting, input::connected}, {phase::awaiting_head, action::send_request}},
    {{phase::connecting, input::connect_failed}, {phase::closed, action::fail}},
    {{phase::connecting, input::timed_out}, {phase::closed, action::fail}},
    {{phase::connecting, input::cancelled}, {phase::closed, action::abandon}},

    {{phase::awaiting_head, input::head_good}, {phase::awaiting_event, action::read_answer}},
    {{phase::awaiting_head, input::head_error}, {phase::reading_error, action::read_error}},
    {{phase::awaiting_head, input::lost}, {phase::closed, action::fail}},
    {{phase::awaiting_head, input::stale}, {phase::closed, action::retry}},
    {{phase::awaiting_head, input::timed_out}, {phase::closed, action::fail}},
    {{phase::awaiting_head, input::cancelled}, {phase::closed, action::abandon}},

    {{phase::reading_error, input::message_end}, {phase::closed, action::report_error}},
    {{phase::reading_error, input::lost}, {phase::closed, action::report_error}},
    {{phase::reading_error, input::timed_out}, {phase::closed, action::report_error}},
    {{phase::reading_error, input::cancelled}, {phase::closed, action::abandon}},

    {{phase::awaiting_event, input::event_ready}, {phase::streaming, action::none}},
    {{phase::awaiting_event, input::answer_whole}, {phase::closed, action::finish}},
    {{phase::awaiting_event, input::answer_failed}, {phase::closed, action::fail}},
    {{phase::awaiting_event, input::message_end}, {phase::awaiting_event, action::end_answer}},
    {{phase::awaiting_event, input::lost}, {phase::awaiting_event, action::cut_answer}},
    {{phase::awaiting_event, input::timed_out}, {phase::closed, action::fail}},
    {{phase::awaiting_event, input::cancelled}, {phase::closed, action::abandon}},

    {{phase::streaming, input::answer_whole}, {phase::closed, action::finish}},
    {{phase::streaming, input::answer_failed}, {phase::closed, action::error_event}},
    {{phase::streaming, input::message_end}, {phase::streaming, action::end_answer}},
    {{phase::streaming, input::lost}, {phase::streaming, action::cut_answer}},
    {{phase::streaming, input::timed_out}, {phase::closed, action::error_event}},
    {{phase::streaming, input::cancelled}, {phase::closed, action::abandon}},
};

TEST(AttemptPhase, EveryPhaseAnswersEveryInputAsTheTableSays) {
  for (int p = 0; p < phase_count; ++p) {
    for (int i = 0; i < input_count; ++i) {
      const auto found = transitions.find({phase_at(p), input_at(i)});
      const step want =
          found != transitions.end() ? found->second : step{phase_at(p), action::none};
      EXPECT_EQ(want, advance(phase_at(p), input_at(i))) << "phase " << p << ", input " << i;
    }
  }
}

TEST(AttemptPhase, ClosedIsFinal) {
  for (int i = 0; i < input_count; ++i)
    EXPECT_EQ((step{phase::closed, action::none}), advance(phase::closed, input_at(i)));
}

TEST(AttemptPhase, NothingIsRetriedOnceTheClientSawAnEvent) {  // GEN-5
  for (int i = 0; i < input_count; ++i) {
    const action what = advance(phase::streaming, input_at(i)).what;
    EXPECT_NE(action::retry, what);
    EXPECT_NE(action::fail, what);
  }
}

TEST(AttemptPhase, EveryRunningPhaseCanBeCancelled) {  // HTTP-10
  for (int p = 0; p < phase_count; ++p) {
    if (phase_at(p) == phase::closed) continue;
    EXPECT_EQ((step{phase::closed, action::abandon}), advance(phase_at(p), input::cancelled));
  }
}

}  // namespace
}  // namespace weir::proxy
