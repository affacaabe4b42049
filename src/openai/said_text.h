#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace weir::openai {

/// What was said of one text so far, so that a later whole can be told from what it adds
/// (CHAT-35). Keeps no text: its length and a 64-bit hash. Two texts of one length and one hash
/// would make a wrong prefix pass for the right one; nothing but chance leads there, at 2^-64.
class said_text {
 public:
  void add(std::string_view decoded) {
    length_ += decoded.size();
    hash_ = hashed(hash_, decoded);
  }
  [[nodiscard]] bool empty() const { return length_ == 0; }

  /// What `whole` says behind the text; nothing when it does not begin with it.
  [[nodiscard]] std::optional<std::string_view> rest_of(std::string_view whole) const {
    if (whole.size() < length_ || hashed(seed, whole.substr(0, length_)) != hash_)
      return std::nullopt;
    return whole.substr(length_);
  }

 private:
  static constexpr std::uint64_t seed = 0xcbf29ce484222325;
  static std::uint64_t hashed(std::uint64_t hash, std::string_view text) {  // FNV-1a
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    return hash;
  }

  std::size_t length_ = 0;
  std::uint64_t hash_ = seed;
};

}  // namespace weir::openai
