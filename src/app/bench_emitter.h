#pragma once
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace weir::bench {

/// What bench/e2e/emitter says, so that whoever reads it can tell whether all of it came, and how
/// long it was on its way: event number N has the word of N and the time of its sending.
using emitter_word = std::array<char, 8>;
inline constexpr std::string_view emitter_text = R"("content":")";
inline constexpr std::string_view emitter_stamp = R"("sent_ns":")";  ///< by CLOCK_MONOTONIC

[[nodiscard]] inline emitter_word word_of(std::uint64_t number) {
  emitter_word text{' ', 'w'};
  for (std::size_t i = text.size(); i-- > 2; number /= 10)
    text[i] = static_cast<char>('0' + number % 10);
  return text;
}

/// The text behind `key`; its texts need no escapes, so that one ends at the next quote.
[[nodiscard]] inline std::string_view string_after(std::string_view event, std::string_view key) {
  const std::size_t at = event.find(key);
  if (at == std::string_view::npos) return "";
  const std::string_view rest = event.substr(at + key.size());
  return rest.substr(0, rest.find('"'));
}

/// When an event was sent; 0 when it does not say.
[[nodiscard]] inline std::uint64_t sent_ns_of(std::string_view event) {
  std::uint64_t sent_ns = 0;
  const std::string_view stamp = string_after(event, emitter_stamp);
  std::from_chars(stamp.data(), stamp.data() + stamp.size(), sent_ns);
  return sent_ns;
}

/// FNV-1a of the text of a stream: the same words in the same order give the same hash.
class text_hash {
 public:
  void add(std::string_view text) {
    for (const char c : text)
      value_ = (value_ ^ static_cast<unsigned char>(c)) * std::uint64_t{0x100000001b3};
  }
  [[nodiscard]] std::uint64_t value() const { return value_; }

  [[nodiscard]] static std::uint64_t of_stream(std::uint64_t events) {
    text_hash hash;
    for (std::uint64_t i = 0; i < events; ++i) {
      const emitter_word text = word_of(i);
      hash.add({text.data(), text.size()});
    }
    return hash.value();
  }

 private:
  std::uint64_t value_ = 0xcbf29ce484222325;
};

}  // namespace weir::bench
