#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

namespace weir::coding {

/// The content codings weir reads (RFC 9110 8.4.1).
enum class content_coding : std::uint8_t {
  identity,
  gzip,     ///< RFC 1952
  deflate,  ///< RFC 1950: deflate in the zlib wrapper
  zstd,     ///< RFC 8878
};

/// The codings as a field `Accept-Encoding` lists them (RFC 9110 12.5.3).
inline constexpr std::string_view accepted_codings = "gzip, deflate, zstd";

/// `gzip`.
[[nodiscard]] std::string_view coding_name(content_coding c);

/// The coding that one element of a Content-Encoding field names, in any case; `x-gzip` is gzip
/// (RFC 9110 8.4.1.3). Nothing for a coding that weir does not read.
[[nodiscard]] std::optional<content_coding> coding_named(std::string_view label);

/// What the first bytes of a text say about its coding.
struct recognition {
  enum class verdict : std::uint8_t {
    undecided,  ///< every byte so far fits a signature that has more
    plain,      ///< no signature: not coded
    coded,      ///< `coding`
  };
  verdict what = verdict::plain;
  content_coding coding = content_coding::identity;
  friend constexpr bool operator==(const recognition&, const recognition&) = default;
};

/// The longest signature.
inline constexpr std::size_t max_signature_bytes = 4;

/// Tells a coding by its first bytes. None of the signatures can begin JSON, an event stream or
/// HTML; most are not UTF-8.
///
///   gzip     1F 8B
///   deflate  78 and 01, 5E, 9C or DA: the zlib headers whose check is right, with the largest
///            window and no preset dictionary, as every encoder writes them
///   zstd     28 B5 2F FD, or a skippable frame: 50..5F 2A 4D 18
[[nodiscard]] recognition recognise(std::string_view beginning);

}  // namespace weir::coding
