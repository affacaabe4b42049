#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/h1_section.h"
#include "http/message.h"

namespace weir::http {

/// The boundary that a Content-Type of `multipart/form-data` names (RFC 2046 5.1.1); nothing when
/// the type is another. Empty when there is not exactly one, or it is no boundary.
[[nodiscard]] std::optional<std::string> form_boundary(std::string_view content_type);

/// Incremental scanner of a `multipart/form-data` body: says where its parts are, and changes
/// nothing.
///
///   opening --> (delimited) --> head --part--> content* --part_end--> (delimited) --> ...
///                    \---"--"--end--> epilogue
///
/// Source   RFC 2046 5.1, RFC 7578. Where two readers could see different parts, a body is refused:
///          text before the first boundary or behind the last, line ends that are not CRLF, white
///          space behind a boundary, folded fields, and the text of the boundary anywhere else than
///          in a delimiter. No client writes any of that.
/// Input    Bytes, split anywhere; no split changes the results, except where contents are cut.
/// Errors   Final.
/// Memory   The head of one part (`limits::max_head_bytes`); none for contents.
/// Cost     One pass: two memchr for contents without CR and `-`.
/// Threads  None.
class multipart_scanner {
 public:
  enum class status : std::uint8_t { need_input, part, content, part_end, end, error };

  explicit multipart_scanner(std::string_view boundary);
  multipart_scanner(const multipart_scanner&) = delete;  // headers() are views into this object
  multipart_scanner& operator=(const multipart_scanner&) = delete;

  /// Consumes a prefix of `input`. `need_input`: all of it is consumed. `part`: a head is complete,
  /// `consumed()` is where its content begins. `content`: some of it, never empty. `end`: the last
  /// boundary has come; only a line end may follow. `error`: what is left of `input` means nothing.
  [[nodiscard]] status parse(std::string_view& input);

  /// The fields of the part, from `part` on until the next one.
  [[nodiscard]] const fields& headers() const { return headers_; }
  /// Valid until the next `parse`.
  [[nodiscard]] std::string_view content() const { return content_; }
  /// Bytes of the body so far.
  [[nodiscard]] std::uint64_t consumed() const { return consumed_; }
  /// Whether the body may be over here.
  [[nodiscard]] bool complete() const;
  /// One short sentence for people, a literal.
  [[nodiscard]] std::string_view error() const { return error_; }

 private:
  enum class state : std::uint8_t { opening, delimited, head, content, epilogue, failed };

  /// Looks for a text over the borders of pieces (Knuth, Morris, Pratt).
  class finder {
   public:
    explicit finder(std::string text);
    [[nodiscard]] bool found_in(std::string_view piece);
    void reset() { matched_ = 0; }
    [[nodiscard]] const std::string& text() const { return text_; }

   private:
    std::string text_;
    std::vector<std::size_t> fallback_;
    std::size_t matched_ = 0;
  };

  [[nodiscard]] status scan(std::string_view& input);
  [[nodiscard]] status match_delimiter(std::string_view& input);
  [[nodiscard]] status read_head(std::string_view& input);
  [[nodiscard]] status read_content(std::string_view& input);
  [[nodiscard]] status fail(std::string_view why);

  finder boundary_;              // `--boundary`
  const std::string delimiter_;  // CRLF in front of it
  std::size_t matched_;          // of delimiter_, or of the two bytes behind it
  char after_ = 0;               // the first of those two
  state state_ = state::opening;
  h1_section section_;
  fields headers_;
  std::string_view content_;
  std::string_view error_;
  std::uint64_t consumed_ = 0;
};

}  // namespace weir::http
