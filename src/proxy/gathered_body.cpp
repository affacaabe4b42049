#include "proxy/gathered_body.h"

#include <utility>

namespace weir::proxy {

using decoder_status = coding::content_decoder::status;

gathered_body::gathered_body(coding::content_decoder decoder, std::size_t limit)
    : decoder_(std::move(decoder)), limit_(limit) {}

gathered_body::state gathered_body::add(std::string_view bytes) {
  decoder_status told = decoder_status::ready;
  while (state_ == state::open && told == decoder_status::ready) {
    told = decoder_.decode(bytes);
    if (told == decoder_status::ready) append(decoder_.output());
  }
  if (told == decoder_status::corrupt) state_ = state::corrupt;
  return state_;
}

gathered_body::state gathered_body::end() {
  decoder_status told = decoder_status::ready;
  while (state_ == state::open && told == decoder_status::ready) {
    told = decoder_.finish();
    if (told == decoder_status::ready) append(decoder_.output());
  }
  if (state_ == state::open)
    state_ = told == decoder_status::need_input ? state::whole : state::truncated;
  return state_;
}

void gathered_body::append(std::string_view piece) {
  const std::size_t room = limit_ - text_.size();
  if (piece.size() > room) state_ = state::too_large;
  text_ += piece.substr(0, room);
}

}  // namespace weir::proxy
