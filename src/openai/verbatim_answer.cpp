#include "openai/verbatim_answer.h"

namespace weir::openai {

void verbatim_answer::feed(std::string_view bytes) {
  if (state_ != state::open || bytes.empty()) return;
  ++pieces_;
  meter_.feed(bytes);
  out_ += bytes;
}

void verbatim_answer::on_end(bool lost) {
  if (state_ != state::open) return;
  if (lost) return fail(errors::upstream_truncated(end_detail()));
  state_ = state::complete;
}

void verbatim_answer::fail(const error& why) {
  if (state_ != state::open) return;
  state_ = state::failed;
  failure_ = why;
  if (!seen_) out_.clear();
}

void verbatim_answer::consume(std::size_t bytes) {
  seen_ = seen_ || bytes != 0;
  consumed_ += bytes;
  if (consumed_ < out_.size()) return;
  out_.clear();  // keeps its room for the next turn
  consumed_ = 0;
}

}  // namespace weir::openai
