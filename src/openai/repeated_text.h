#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace weir::openai {

/// Finds what is new in a text that repeats all text before it (CHAT-35, E17, G5).
///
/// The text so far is known by its length and a hash of 64 bits, not kept: a text of the wrong kind
/// is taken for a repetition once in 2^64, and then loses as many bytes as were said before.
///
/// Input    Decoded UTF-8. A text that does not begin with the text so far is all new: upstreams
///          change over in mid-stream. One that equals it brings nothing.
/// Memory   32 bytes.
/// Cost     One pass over each text (docs/adr/0014 has the figures).
class repeated_text {
 public:
  [[nodiscard]] std::string_view news(std::string_view text);

  /// What `text` says behind the text so far; nothing when it does not begin with it.
  [[nodiscard]] std::optional<std::string_view> rest_of(std::string_view text) const;
  /// More of the text, which repeats nothing.
  void add(std::string_view text) { so_far_.add(text); }
  [[nodiscard]] bool empty() const { return so_far_.size() == 0; }

 private:
  /// A hash that can go on where it stopped, eight bytes at a time.
  class running_hash {
   public:
    void add(std::string_view bytes);
    [[nodiscard]] bool operator==(const running_hash&) const = default;
    [[nodiscard]] std::size_t size() const { return size_; }

   private:
    void mix(std::uint64_t word);

    std::uint64_t mixed_ = 0;
    std::uint64_t begun_ = 0;  // the bytes of a word that is not full
    std::size_t size_ = 0;
  };

  running_hash so_far_;
};

}  // namespace weir::openai
