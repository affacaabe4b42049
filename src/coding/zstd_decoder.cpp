#include <zstd.h>

#include <algorithm>
#include <bit>
#include <new>

#include "coding/member_decoder.h"
#include "weir/base/limits.h"

namespace weir::coding {
namespace {

constexpr int max_window_log = std::bit_width(limits::max_zstd_window_bytes) - 1;
static_assert(std::has_single_bit(limits::max_zstd_window_bytes));

/// The library loses what it has written in the call that finds an error. So no call gets the end
/// of a block together with a header, and the last bytes of a frame come one by one: then the same
/// comes out before an error, however the input was split.
class zstd_decoder final : public member_decoder {
 public:
  zstd_decoder() : context_(ZSTD_createDCtx()) {
    if (context_ == nullptr) throw std::bad_alloc();
    ZSTD_DCtx_setParameter(context_.get(), ZSTD_d_windowLogMax, max_window_log);
  }

  status decode(std::string_view& input, std::span<char>& room) override {
    do {
      ZSTD_inBuffer in{input.data(), std::min(input.size(), step()), 0};
      ZSTD_outBuffer out{room.data(), room.size(), 0};
      const std::size_t outcome = ZSTD_decompressStream(context_.get(), &out, &in);
      if (ZSTD_isError(outcome) != 0) return status::corrupt;
      input.remove_prefix(in.pos);
      room = room.subspan(out.pos);
      if (outcome == 0) return status::end;
      wanted_ = outcome;
    } while (!input.empty() && !room.empty());
    return status::inside;
  }

  void restart() override {
    ZSTD_DCtx_reset(context_.get(), ZSTD_reset_session_only);
    wanted_ = first_step;
  }

 private:
  /// The library asks for the rest of a block and the header of the next one at once; for the last
  /// block there is no next one.
  [[nodiscard]] std::size_t step() const {
    return wanted_ > block_header ? wanted_ - block_header : 1;
  }

  static constexpr std::size_t block_header = 3;  // RFC 8878 3.1.1.2
  static constexpr std::size_t first_step = 5;    // RFC 8878 3.1.1: the magic number and a byte

  struct free_context {
    void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
  };
  std::unique_ptr<ZSTD_DCtx, free_context> context_;
  std::size_t wanted_ = first_step;  ///< what the library hopes to get next; never 0
};

}  // namespace

std::unique_ptr<member_decoder> make_zstd_decoder() { return std::make_unique<zstd_decoder>(); }

}  // namespace weir::coding
