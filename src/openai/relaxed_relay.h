#pragma once
#include <string>
#include <string_view>

#include "weir/openai/stream_encoder.h"

namespace weir::openai {

/// What the client of a `relaxed` stream gets (GEN-4): the upstream's frames as they came. The
/// machine watches them -- for usage, the finish and the end -- but what it says of them is not
/// written. Only how the stream ends, and what was no frame to begin with, is written as usual.
class relaxed_relay final : public chat_sink {
 public:
  explicit relaxed_relay(stream_encoder& encoder) : encoder_(encoder) {}

  void on_event(const chat_event& event, const chat_envelope& envelope) override {
    const bool ends = event.what == chat_event::kind::error || event.what == chat_event::kind::done;
    if (ends || converts_) encoder_.on_event(event, envelope);
  }

  /// One frame, as one line of JSON.
  void forward(std::string_view frame) {
    chat_event event;
    event.source = frame;
    encoder_.on_event(event, {});
  }

  /// A whole answer in place of a stream is told chunk by chunk (SSE-11), frames are not.
  enum class telling : unsigned char { frames, whole_answer };
  void tell(telling what) { converts_ = what == telling::whole_answer; }

 private:
  stream_encoder& encoder_;
  bool converts_ = false;
};

}  // namespace weir::openai
