#include "openai/repeated_text.h"

namespace weir::openai {

namespace {

constexpr std::size_t word_bytes = sizeof(std::uint64_t);

std::uint64_t placed(char byte, std::size_t at) {
  return std::uint64_t{static_cast<unsigned char>(byte)} << (8 * at);
}

/// Fewer bytes than a word has, the first of them lowest.
std::uint64_t part_of_word(std::string_view bytes) {
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) word |= placed(bytes[i], i);
  return word;
}

/// The same for a whole word, spelled out so that it compiles to one load.
std::uint64_t whole_word(const char* p) {
  return placed(p[0], 0) | placed(p[1], 1) | placed(p[2], 2) | placed(p[3], 3) | placed(p[4], 4) |
         placed(p[5], 5) | placed(p[6], 6) | placed(p[7], 7);
}

}  // namespace

void repeated_text::running_hash::mix(std::uint64_t word) {
  mixed_ = (mixed_ ^ word) * 0x9E3779B97F4A7C15U;
  mixed_ ^= mixed_ >> 32;
}

void repeated_text::running_hash::add(std::string_view bytes) {
  if (const std::size_t begun = size_ % word_bytes; begun != 0) {
    const std::string_view more = bytes.substr(0, word_bytes - begun);
    begun_ |= part_of_word(more) << (8 * begun);
    size_ += more.size();
    bytes.remove_prefix(more.size());
    if (size_ % word_bytes != 0) return;
    mix(begun_);
    begun_ = 0;
  }
  size_ += bytes.size();
  for (; bytes.size() >= word_bytes; bytes.remove_prefix(word_bytes)) mix(whole_word(bytes.data()));
  begun_ = part_of_word(bytes);
}

std::optional<std::string_view> repeated_text::rest_of(std::string_view text) const {
  if (text.size() < so_far_.size()) return std::nullopt;
  running_hash beginning;
  beginning.add(text.substr(0, so_far_.size()));
  if (!(beginning == so_far_)) return std::nullopt;
  return text.substr(so_far_.size());
}

std::string_view repeated_text::news(std::string_view text) {
  text = rest_of(text).value_or(text);
  so_far_.add(text);
  return text;
}

}  // namespace weir::openai
