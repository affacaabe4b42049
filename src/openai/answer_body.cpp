#include "openai/answer_body.h"

#include <algorithm>

namespace weir::openai {

using decoder_status = coding::content_decoder::status;

void answer_body::feed(std::string_view bytes) {
  if (!in_kept_) {
    input_ = bytes;
    return;
  }
  const std::size_t read = kept_.size() - input_.size();
  kept_ += bytes;
  input_ = std::string_view(kept_).substr(read);
}

void answer_body::begin_step(std::size_t most) {
  step_left_ = most;
  waits_ = false;
}

answer_body::status answer_body::next() {
  if (step_left_ == 0) {
    waits_ = true;
    return status::step_over;
  }
  return told(decoder_.decode(input_));
}

answer_body::status answer_body::finish() { return told(decoder_.finish()); }

answer_body::status answer_body::told(decoder_status by_decoder) {
  switch (by_decoder) {
    case decoder_status::need_input:
      return status::need_input;
    case decoder_status::ready:
      if (coded()) step_left_ -= std::min(step_left_, piece().size());
      return status::ready;
    case decoder_status::truncated:
      return status::truncated;
    case decoder_status::corrupt:
      break;
  }
  return status::corrupt;
}

void answer_body::keep() {
  if (waits_ && in_kept_) return;
  kept_ = waits_ ? std::string(input_) : std::string();
  input_ = kept_;
  in_kept_ = waits_;
}

bool answer_body::coded() const { return decoder_.found() != coding::content_coding::identity; }

}  // namespace weir::openai
