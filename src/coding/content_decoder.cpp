#include "coding/content_decoder.h"

#include <algorithm>
#include <cassert>
#include <span>
#include <utility>

#include "weir/base/limits.h"

namespace weir::coding {
namespace {

std::unique_ptr<member_decoder> make_member_decoder(content_coding coding) {
  switch (coding) {
    case content_coding::gzip:
      return make_gzip_decoder();
    case content_coding::deflate:
      return make_deflate_decoder();
    case content_coding::zstd:
      return make_zstd_decoder();
    case content_coding::identity:
      break;
  }
  return nullptr;
}

}  // namespace

content_decoder::content_decoder(content_coding only)
    : state_(only == content_coding::identity ? state::plain : state::between), only_(only) {}

content_decoder::status content_decoder::decode(std::string_view& input) {
  output_ = {};
  for (;;) {
    switch (state_) {
      case state::between:
        if (input.empty() || !begin_member(input)) return status::need_input;
        break;
      case state::inside:
        if (input.empty() && !output_left_) return status::need_input;
        decode_member(input);
        break;
      case state::plain:
        if (input.empty()) return status::need_input;
        output_ = std::exchange(input, {});
        break;
      case state::corrupt:
        return status::corrupt;
    }
    if (!output_.empty()) return status::ready;
  }
}

content_decoder::status content_decoder::finish() {
  std::string_view nothing;
  if (const status rest = decode(nothing); rest != status::need_input) return rest;
  if (state_ == state::inside) return status::truncated;
  if (state_ == state::plain) return status::need_input;
  if (only_) return any_member_ && held_size_ == 0 ? status::need_input : status::truncated;
  // What might have become a signature is the end of a text.
  state_ = state::plain;
  output_ = {held_.data(), std::exchange(held_size_, 0)};
  return output_.empty() ? status::need_input : status::ready;
}

/// Decides what begins here; false when that takes more input. What is plain may be partly in
/// `output_` afterwards: it was held back.
bool content_decoder::begin_member(std::string_view& input) {
  if (only_ == content_coding::deflate) {  // the signatures do not know every header that is legal
    if (any_member_)
      state_ = state::corrupt;  // RFC 9110 8.4.1.2: one zlib stream
    else
      open(content_coding::deflate);
    return true;
  }
  std::array<char, max_signature_bytes> beginning = held_;
  const std::size_t fresh = std::min(input.size(), beginning.size() - held_size_);
  std::copy_n(input.begin(), fresh, beginning.begin() + static_cast<std::ptrdiff_t>(held_size_));
  const recognition told = recognise({beginning.data(), held_size_ + fresh});
  switch (told.what) {
    case recognition::verdict::undecided:
      held_ = beginning;
      held_size_ += fresh;
      input.remove_prefix(fresh);
      return false;
    case recognition::verdict::coded:
      if (only_.value_or(told.coding) != told.coding)
        state_ = state::corrupt;
      else
        open(told.coding);
      return true;
    case recognition::verdict::plain:
      state_ = only_ ? state::corrupt : state::plain;
      if (!only_) output_ = {held_.data(), std::exchange(held_size_, 0)};
      return true;
  }
  return true;
}

void content_decoder::open(content_coding coding) {
  if (!piece_) piece_ = std::make_unique_for_overwrite<char[]>(limits::max_inflated_piece_bytes);
  if (current_ == coding) {
    member_->restart();
  } else {
    member_ = make_member_decoder(coding);
    current_ = coding;
  }
  if (!any_member_) found_ = coding;
  any_member_ = true;
  state_ = state::inside;
  output_left_ = false;

  std::string_view signature(held_.data(), std::exchange(held_size_, 0));
  std::span<char> room(piece_.get(), limits::max_inflated_piece_bytes);
  if (!signature.empty() && member_->decode(signature, room) == member_decoder::status::corrupt)
    state_ = state::corrupt;
  assert(state_ == state::corrupt || signature.empty());  // no member is as short as a signature
}

void content_decoder::decode_member(std::string_view& input) {
  std::span<char> room(piece_.get(), limits::max_inflated_piece_bytes);
  const member_decoder::status told = member_->decode(input, room);
  output_left_ = room.empty();
  output_ = {piece_.get(), limits::max_inflated_piece_bytes - room.size()};
  if (told == member_decoder::status::end) state_ = state::between;
  if (told == member_decoder::status::corrupt) state_ = state::corrupt;
}

}  // namespace weir::coding
