#pragma once
#include <string>
#include <string_view>

namespace weir::openai {

/// `text` without what a client must not see: a credential keeps only its kind (`sk-***`,
/// `Bearer ***`), an http(s) URL or an address becomes `[upstream]` (ERR-36).
///
/// A credential that somebody masked already (`sk-ab***yz`) and words that merely look like one
/// (`Bearer auth`) stay, and so does a link to a vendor's page for people
/// (`https://platform.openai.com/docs`).
[[nodiscard]] std::string masked(std::string_view text);

/// Something the client sent, as part of a sentence of ours: masked and short.
[[nodiscard]] std::string echoed(std::string_view text);

/// At most `max` bytes of `text`, cut between two characters.
[[nodiscard]] std::string_view cut_utf8(std::string_view text, std::size_t max);

}  // namespace weir::openai
