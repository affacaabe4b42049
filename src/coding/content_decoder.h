#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "coding/content_coding.h"
#include "coding/member_decoder.h"

namespace weir::coding {

/// Takes the content coding off a body, whatever its label says: what begins like gzip, zlib or
/// zstd is decoded, everything else is handed out as it is.
///
///              +---no signature------------> plain
///   between ---+
///      ^       +---a signature--> inside --+--> corrupt
///      +---------end of the member---------+
///
/// Several members follow each other, also of several codings. What is behind the last one and is
/// none is plain: a relay that does not look into the bytes it passes adds its own words there.
///
/// With a coding given, the body must be members of that coding and nothing else, at least one.
///
/// Source   RFC 1950, 1952, 8878, 9659; HTTP-12, SSE-10; F33, F34 (docs/clauses.md).
/// Input    Bytes split anywhere: no split changes what is handed out in all, nor how it ends.
/// Errors   `corrupt` is final: wrong bytes, a wrong check sum, a zstd window beyond
///          limits::max_zstd_window_bytes. What came before it has been handed out.
/// Memory   For plain bytes none: they are views into the input. Else one piece of
///          limits::max_inflated_piece_bytes and the window (gzip, deflate 32 KiB, zstd 8 MiB),
///          whatever the input inflates to.
/// Cost     Plain bytes: none that depends on their number.
/// Threads  None; no I/O.
class content_decoder {
 public:
  enum class status : std::uint8_t {
    need_input,  ///< all of the input is consumed, all that it says was handed out
    ready,       ///< `output()` holds the next piece; call again with what is left of the input
    truncated,   ///< of `finish`: the body ended inside a member
    corrupt,
  };

  /// Tells the coding by the content.
  content_decoder() = default;
  /// Reads this coding alone.
  explicit content_decoder(content_coding only);

  /// Consumes a prefix of `input`. Call until it is not `ready`, also when `input` has become
  /// empty: one byte may be worth many pieces.
  [[nodiscard]] status decode(std::string_view& input);
  /// The body is over. Call until it is not `ready`: `need_input` says that the body was whole.
  [[nodiscard]] status finish();

  /// Valid until the next call or until the input goes away.
  [[nodiscard]] std::string_view output() const { return output_; }
  /// The coding found first; identity while there is none.
  [[nodiscard]] content_coding found() const { return found_; }

 private:
  enum class state : std::uint8_t { between, inside, plain, corrupt };

  [[nodiscard]] bool begin_member(std::string_view& input);
  void open(content_coding coding);
  void decode_member(std::string_view& input);

  state state_ = state::between;
  content_coding found_ = content_coding::identity;
  content_coding current_ = content_coding::identity;  ///< of `member_`
  std::optional<content_coding> only_;
  std::array<char, max_signature_bytes> held_{};  ///< the beginning of what may be a signature
  std::size_t held_size_ = 0;
  std::unique_ptr<member_decoder> member_;
  std::unique_ptr<char[]> piece_;
  std::string_view output_;
  bool output_left_ = false;  ///< the piece was full: there may be more
  bool any_member_ = false;
};

}  // namespace weir::coding
