#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace weir {

/// A reproducible source of identifiers (splitmix64). Randomness is an input of the pure layers:
/// the caller seeds it, tests seed it with a constant. Not for secrets.
class id_source {
 public:
  explicit id_source(std::uint64_t seed) : state_(seed) {}

  [[nodiscard]] std::uint64_t next();

  /// `prefix` followed by `length` characters of [A-Za-z0-9], e.g. `chatcmpl-` + 29 (CHAT-2).
  [[nodiscard]] std::string alphanumeric(std::string_view prefix, std::size_t length);
  /// `prefix` followed by `length` hexadecimal digits, e.g. `req_` + 32 (HTTP-6).
  [[nodiscard]] std::string hex(std::string_view prefix, std::size_t length);

 private:
  std::uint64_t state_;
};

}  // namespace weir
