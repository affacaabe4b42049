#pragma once
#include <string>
#include <string_view>
#include <vector>

/// Bodies in a content coding, written by the libraries themselves.
namespace weir::testing {

[[nodiscard]] std::string gzip(std::string_view text, int level = 6);
[[nodiscard]] std::string zlib(std::string_view text, int level = 6);
/// Deflate without a wrapper, which no content coding is.
[[nodiscard]] std::string raw_deflate(std::string_view text);

struct zstd_options {
  int level = 3;
  int window_log = 17;  ///< small: whoever reads it allocates as much
  bool checksum = true;
};
/// As a server writes it that does not know the length beforehand.
[[nodiscard]] std::string zstd(std::string_view text, const zstd_options& options = {});
/// One shot: the frame names the length of its content.
[[nodiscard]] std::string zstd_with_length(std::string_view text);

/// One member; after each text everything so far can be decoded, as a server of events does it.
/// Element i of the result is what is sent for text i, the last one ends the member.
[[nodiscard]] std::vector<std::string> gzip_flushed(const std::vector<std::string_view>& texts);
[[nodiscard]] std::vector<std::string> zstd_flushed(const std::vector<std::string_view>& texts);

}  // namespace weir::testing
