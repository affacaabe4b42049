#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

namespace weir::coding {

/// Decodes the members of one coding: what gzip calls a member, zlib a stream and zstd a frame. The
/// only place where the libraries are called; private to the layer.
class member_decoder {
 public:
  enum class status : std::uint8_t {
    inside,   ///< the member goes on
    end,      ///< it is complete; what is left of the input comes after it
    corrupt,  ///< final
  };

  member_decoder() = default;
  virtual ~member_decoder() = default;
  member_decoder(const member_decoder&) = delete;
  member_decoder& operator=(const member_decoder&) = delete;

  /// Decodes a prefix of `input` into the front of `room`, and takes both away from them. With room
  /// left over, all that the input so far decodes to has been written. What is written before
  /// `corrupt` does not depend on how the input was split.
  [[nodiscard]] virtual status decode(std::string_view& input, std::span<char>& room) = 0;
  /// Makes ready for the next member.
  virtual void restart() = 0;
};

[[nodiscard]] std::unique_ptr<member_decoder> make_gzip_decoder();     // RFC 1952
[[nodiscard]] std::unique_ptr<member_decoder> make_deflate_decoder();  // RFC 1950
[[nodiscard]] std::unique_ptr<member_decoder> make_zstd_decoder();     // RFC 8878

}  // namespace weir::coding
