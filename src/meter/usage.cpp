#include "meter/usage.h"

#include <initializer_list>

namespace weir::meter {
namespace {

using count = std::optional<std::uint64_t>;

bool cut(count& told, std::uint64_t most) {
  if (!told || *told <= most) return false;
  told = most;
  return true;
}

/// The parts one after the other, as far as they find room in their whole.
bool cut_parts(std::initializer_list<count*> parts, const count& whole) {
  bool any = false;
  std::uint64_t room = whole.value_or(max_tokens);
  for (count* const part : parts) {
    any = cut(*part, room) || any;
    room -= part->value_or(0);
  }
  return any;
}

}  // namespace

bool clamp(usage& told) {
  const bool input = cut(told.input, max_tokens);
  const bool output = cut(told.output, max_tokens);
  const bool in_parts = cut_parts(
      {&told.cache_read, &told.cache_write_5m, &told.cache_write_1h, &told.audio_in}, told.input);
  const bool out_parts = cut_parts({&told.reasoning, &told.audio_out}, told.output);
  return input || output || in_parts || out_parts;
}

}  // namespace weir::meter
