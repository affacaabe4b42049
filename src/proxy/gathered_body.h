#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "coding/content_decoder.h"

namespace weir::proxy {

/// A body gathered as it was meant: without its content coding, and within a limit.
///
/// Input    Bytes split anywhere.
/// Errors   `too_large` and `corrupt` are final; what had come by then, up to the limit, is kept.
/// Memory   The limit, and that of coding::content_decoder.
class gathered_body {
 public:
  enum class state : std::uint8_t {
    open,
    whole,
    too_large,  ///< it inflates to more than the limit
    corrupt,
    truncated,  ///< it ended inside a coded member
  };

  gathered_body(coding::content_decoder decoder, std::size_t limit);

  /// A part of the body.
  [[nodiscard]] state add(std::string_view bytes);
  /// The body is over: never `open`. Only now `text` has the last bytes of a body that ends like
  /// the beginning of a coded one.
  [[nodiscard]] state end();

  [[nodiscard]] const std::string& text() const { return text_; }
  /// Hands over the text.
  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  void append(std::string_view piece);

  coding::content_decoder decoder_;
  std::size_t limit_;
  std::string text_;
  state state_ = state::open;
};

}  // namespace weir::proxy
