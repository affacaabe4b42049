#include "support/compressed.h"

#include <zlib.h>
#include <zstd.h>

#include <array>
#include <memory>
#include <stdexcept>

namespace weir::testing {
namespace {

constexpr int zlib_wrapper = MAX_WBITS;
constexpr int gzip_wrapper = MAX_WBITS + 16;
constexpr int no_wrapper = -MAX_WBITS;

class deflater {
 public:
  deflater(int wrapper, int level) {
    if (deflateInit2(&stream_, level, Z_DEFLATED, wrapper, 9, Z_DEFAULT_STRATEGY) != Z_OK)
      throw std::runtime_error("deflateInit2");
  }
  ~deflater() { deflateEnd(&stream_); }
  deflater(const deflater&) = delete;
  deflater& operator=(const deflater&) = delete;

  std::string write(std::string_view text, int flush) {
    std::string out;
    std::array<char, 65536> room{};
    stream_.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(text.data()));
    stream_.avail_in = static_cast<uInt>(text.size());
    do {
      stream_.next_out = reinterpret_cast<Bytef*>(room.data());
      stream_.avail_out = static_cast<uInt>(room.size());
      deflate(&stream_, flush);
      out.append(room.data(), room.size() - stream_.avail_out);
    } while (stream_.avail_out == 0);
    return out;
  }

 private:
  z_stream stream_{};
};

class zstd_writer {
 public:
  explicit zstd_writer(const zstd_options& options) : context_(ZSTD_createCCtx()) {
    ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_compressionLevel, options.level);
    ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_windowLog, options.window_log);
    ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_checksumFlag, options.checksum ? 1 : 0);
  }

  std::string write(std::string_view text, ZSTD_EndDirective directive) {
    std::string out;
    std::array<char, 65536> room{};
    ZSTD_inBuffer in{text.data(), text.size(), 0};
    for (std::size_t left = 1; left != 0;) {
      ZSTD_outBuffer to{room.data(), room.size(), 0};
      left = ZSTD_compressStream2(context_.get(), &to, &in, directive);
      if (ZSTD_isError(left) != 0) throw std::runtime_error(ZSTD_getErrorName(left));
      out.append(room.data(), to.pos);
    }
    return out;
  }

 private:
  struct free_context {
    void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
  };
  std::unique_ptr<ZSTD_CCtx, free_context> context_;
};

}  // namespace

std::string gzip(std::string_view text, int level) {
  return deflater(gzip_wrapper, level).write(text, Z_FINISH);
}

std::string zlib(std::string_view text, int level) {
  return deflater(zlib_wrapper, level).write(text, Z_FINISH);
}

std::string raw_deflate(std::string_view text) {
  return deflater(no_wrapper, 6).write(text, Z_FINISH);
}

std::string zstd(std::string_view text, const zstd_options& options) {
  zstd_writer writer(options);
  // Begun without its end in sight: the frame does not name its length.
  std::string out = writer.write(text, ZSTD_e_flush);
  return out += writer.write({}, ZSTD_e_end);
}

std::string zstd_with_length(std::string_view text) {
  return zstd_writer({}).write(text, ZSTD_e_end);
}

std::vector<std::string> gzip_flushed(const std::vector<std::string_view>& texts) {
  deflater writer(gzip_wrapper, 6);
  std::vector<std::string> out;
  for (std::size_t i = 0; i < texts.size(); ++i)
    out.push_back(writer.write(texts[i], i + 1 < texts.size() ? Z_SYNC_FLUSH : Z_FINISH));
  return out;
}

std::vector<std::string> zstd_flushed(const std::vector<std::string_view>& texts) {
  zstd_writer writer({});
  std::vector<std::string> out;
  for (std::size_t i = 0; i < texts.size(); ++i)
    out.push_back(writer.write(texts[i], i + 1 < texts.size() ? ZSTD_e_flush : ZSTD_e_end));
  return out;
}

}  // namespace weir::testing
