#include "weir/base/ids.h"

namespace weir {

std::uint64_t id_source::next() {
  state_ += 0x9E3779B97F4A7C15U;
  std::uint64_t z = state_;
  z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
  z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
  return z ^ (z >> 31U);
}

namespace {

std::string draw(id_source& source, std::string_view prefix, std::size_t length,
                 std::string_view alphabet) {
  std::string out(prefix);
  out.reserve(prefix.size() + length);
  for (std::size_t i = 0; i < length; ++i) out += alphabet[source.next() % alphabet.size()];
  return out;
}

}  // namespace

std::string id_source::alphanumeric(std::string_view prefix, std::size_t length) {
  return draw(*this, prefix, length,
              "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789");
}

std::string id_source::hex(std::string_view prefix, std::size_t length) {
  return draw(*this, prefix, length, "0123456789abcdef");
}

}  // namespace weir
