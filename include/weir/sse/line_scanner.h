#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace weir::sse {

/// Cuts bytes that arrive in any partition into lines ended by LF, CR or CRLF, mixed as they come.
///
/// Source   contract SSE-2: a CR at the end of an input ends its line now, a following LF belongs
///          to it and is swallowed when it comes.
/// Memory   The line that straddles inputs, once; `room` bounds it.
/// Cost     Two memchr over a line up to 1 KiB, linear in the line beyond, whatever the line ends.
class line_scanner {
 public:
  enum class status : std::uint8_t { need_input, line_ready, too_long };

  /// Consumes `input` to the end of its first line. `too_long` as soon as the line, its end not
  /// counted, is known to exceed `room`; nothing is to be read after that.
  [[nodiscard]] status next(std::string_view& input, std::size_t room);

  /// The input is over: true when bytes without a line end were left; `line()` is then these.
  [[nodiscard]] bool finish();

  /// The next byte begins a line, whatever it is.
  [[nodiscard]] bool between_lines() const { return !after_cr_ && (spent_ || pending_.empty()); }

  /// Offset of the first CR or LF; npos when there is none.
  [[nodiscard]] static std::size_t find_line_end(std::string_view text);

  /// The last line without its end, valid until the next call or until the input goes away.
  [[nodiscard]] std::string_view line() const { return line_; }
  [[nodiscard]] bool ended_by_cr() const { return ended_by_cr_; }
  /// The bytes of a line whose end has not come.
  [[nodiscard]] std::string_view unended() const {
    return spent_ ? std::string_view{} : std::string_view(pending_);
  }
  /// The line came in more than one input: its bytes are the scanner's own.
  [[nodiscard]] bool straddles() const { return spent_; }

  /// Exchanges `bytes` for the own bytes of a line that straddles, so that nobody copies them.
  void exchange(std::string& bytes);

  void reset();

 private:
  void forget_spent();

  std::string_view line_;
  std::string pending_;
  bool spent_ = false;  ///< pending_ holds the last line, not the beginning of the next
  bool after_cr_ = false;
  bool ended_by_cr_ = false;
};

}  // namespace weir::sse
