#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace weir::openai {

/// Appends `bytes` in base64: the standard alphabet, with padding (RFC 4648 4).
void append_base64(std::string& out, std::string_view bytes);

/// The bytes that `text` stands for. Nothing for anything but RFC 4648 4: another character, wrong
/// padding, bits that no byte has room for.
[[nodiscard]] std::optional<std::string> base64_decoded(std::string_view text);

}  // namespace weir::openai
