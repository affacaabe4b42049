#include "proxy/body_copy.h"

#include <algorithm>
#include <utility>

namespace weir::proxy {
namespace {

/// `text` without the beginning of a UTF-8 sequence at its end.
std::size_t whole_characters(std::string_view text) {
  for (std::size_t back = 1; back <= std::min<std::size_t>(3, text.size()); ++back) {
    const auto byte = static_cast<unsigned char>(text[text.size() - back]);
    if ((byte & 0xC0U) == 0x80U) continue;
    const std::size_t length = byte >= 0xF0U ? 4 : byte >= 0xE0U ? 3 : byte >= 0xC0U ? 2 : 1;
    return back < length ? text.size() - back : text.size();
  }
  return text.size();
}

}  // namespace

void body_copy::add(std::string_view bytes) {
  if (most_ == 0 || copied_.cut) return;
  const std::size_t room = most_ - copied_.text.size();
  copied_.text += bytes.substr(0, room);
  if (bytes.size() <= room) return;
  copied_.cut = true;
  copied_.text.resize(whole_characters(copied_.text));
}

observe::kept_text body_copy::take() { return std::exchange(copied_, {}); }

}  // namespace weir::proxy
