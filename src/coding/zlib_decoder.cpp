#include <zlib.h>

#include <cassert>
#include <limits>
#include <new>

#include "coding/member_decoder.h"

namespace weir::coding {
namespace {

/// `windowBits` of inflateInit2: the largest window, and which wrapper there must be.
constexpr int zlib_wrapper = MAX_WBITS;
constexpr int gzip_wrapper = MAX_WBITS + 16;

class zlib_decoder final : public member_decoder {
 public:
  explicit zlib_decoder(int wrapper) {
    // The version of the header is that of the library, and the wrapper is one of the above.
    if (inflateInit2(&stream_, wrapper) != Z_OK) throw std::bad_alloc();
  }
  ~zlib_decoder() override { inflateEnd(&stream_); }
  zlib_decoder(const zlib_decoder&) = delete;
  zlib_decoder& operator=(const zlib_decoder&) = delete;

  status decode(std::string_view& input, std::span<char>& room) override {
    assert(input.size() <= std::numeric_limits<uInt>::max());
    // zlib reads through a pointer that is not const.
    stream_.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(input.data()));
    stream_.avail_in = static_cast<uInt>(input.size());
    stream_.next_out = reinterpret_cast<Bytef*>(room.data());
    stream_.avail_out = static_cast<uInt>(room.size());
    const int outcome = inflate(&stream_, Z_NO_FLUSH);
    input.remove_prefix(input.size() - stream_.avail_in);
    room = room.last(stream_.avail_out);
    if (outcome == Z_STREAM_END) return status::end;
    // Z_BUF_ERROR: nothing to read, or no room; that is no error.
    return outcome == Z_OK || outcome == Z_BUF_ERROR ? status::inside : status::corrupt;
  }

  void restart() override { inflateReset(&stream_); }

 private:
  z_stream stream_{};
};

}  // namespace

std::unique_ptr<member_decoder> make_gzip_decoder() {
  return std::make_unique<zlib_decoder>(gzip_wrapper);
}

std::unique_ptr<member_decoder> make_deflate_decoder() {
  return std::make_unique<zlib_decoder>(zlib_wrapper);
}

}  // namespace weir::coding
