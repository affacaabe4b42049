#include "meter/nano_usd.h"

namespace weir::meter {

std::string to_text(nano_usd amount) {
  constexpr std::uint64_t one = 1'000'000'000;
  const bool owed = amount.value < 0;
  const auto bits = static_cast<std::uint64_t>(amount.value);
  const std::uint64_t size = owed ? 0 - bits : bits;
  std::string out = (owed ? "-" : "") + std::to_string(size / one);
  if (size % one == 0) return out;
  const std::string decimals = std::to_string(one + size % one);
  out += '.' + decimals.substr(1);
  out.erase(out.find_last_not_of('0') + 1);
  return out;
}

}  // namespace weir::meter
