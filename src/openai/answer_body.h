#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "coding/content_decoder.h"

namespace weir::openai {

/// The body of an answer on its way to the reader: without its content coding, and a step at a
/// time. What a step leaves over waits here as it came, compressed.
///
/// Input    Bytes split anywhere.
/// Memory   That of coding::content_decoder, and of what was fed while a step was over. Bytes that
///          are not compressed never wait.
/// Cost     Compressed bytes that wait are copied once, or not at all.
/// Threads  None.
class answer_body {
 public:
  enum class status : std::uint8_t {
    need_input,  ///< everything is read
    ready,       ///< `piece()` is the next piece
    step_over,   ///< the step is used up
    corrupt,     ///< final
    truncated,   ///< of `finish`: the body ended inside a coded member
  };

  /// Adds bytes, which are read where they lie until `keep()`.
  void feed(std::string_view bytes);
  /// From here on `next()` hands out about `most` inflated bytes.
  void begin_step(std::size_t most);
  [[nodiscard]] status next();
  /// After everything fed is read: the body is over. Call until it is not `ready`.
  [[nodiscard]] status finish();
  /// The bytes of the last `feed` go away: what is not read of them is copied.
  void keep();

  /// Valid until the next call.
  [[nodiscard]] std::string_view piece() const { return decoder_.output(); }
  /// Whether a step was too short for what has been fed.
  [[nodiscard]] bool waits() const { return waits_; }
  /// Whether it came in a content coding.
  [[nodiscard]] bool coded() const;

 private:
  [[nodiscard]] status told(coding::content_decoder::status by_decoder);

  coding::content_decoder decoder_;
  std::string_view input_;  ///< what is not read: of the last `feed`, or of `kept_`
  std::string kept_;
  std::size_t step_left_ = 0;
  bool in_kept_ = false;
  bool waits_ = false;
};

}  // namespace weir::openai
