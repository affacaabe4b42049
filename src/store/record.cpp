#include "store/record.h"

#include <zlib.h>

#include <algorithm>
#include <cstring>

#include "weir/base/limits.h"

namespace weir::store {
namespace {

constexpr std::string_view mark = "\xA7W";
constexpr std::size_t head_bytes = 2 + 4 + 4;  // mark, length, checksum

void put_fixed(char* to, std::uint32_t value) {
  for (int i = 0; i < 4; ++i) to[i] = static_cast<char>(value >> (8 * i));
}
std::uint32_t get_fixed(const char* from) {
  std::uint32_t value = 0;
  for (int i = 3; i >= 0; --i) value = (value << 8) | static_cast<unsigned char>(from[i]);
  return value;
}

std::uint32_t checksum(std::string_view length, std::string_view payload) {
  const auto add = [](uLong sum, std::string_view bytes) {
    return crc32(sum, reinterpret_cast<const Bytef*>(bytes.data()),
                 static_cast<uInt>(bytes.size()));
  };
  return static_cast<std::uint32_t>(add(add(0, length), payload));
}

/// LEB128
struct encoder {
  std::string& out;

  void operator()(const char*, std::uint64_t n) {
    for (; n >= 0x80; n >>= 7) out += static_cast<char>(n | 0x80);
    out += static_cast<char>(n);
  }
  void operator()(const char* name, bool b) { (*this)(name, std::uint64_t{b}); }
  /// One more than the number, 0 for none: the largest number is one less than there could be.
  void operator()(const char* name, const std::optional<std::uint64_t>& n) {
    (*this)(name, n ? std::min(*n, UINT64_MAX - 1) + 1 : 0);
  }
  void operator()(const char* name, std::string_view text) {
    put(name, text.substr(0, limits::max_record_text_bytes));
  }
  void operator()(const char* name, const content_text& content) {
    put(name, content.text.substr(0, limits::max_configured_content_bytes));
    (*this)(name, content.cut);
  }
  void put(const char* name, std::string_view text) {
    (*this)(name, std::uint64_t{text.size()});
    out += text;
  }
};

/// What a journal of an older weir lacks keeps its default.
struct decoder {
  std::string_view in;
  bool sound = true;

  void operator()(const char*, std::uint64_t& n) {
    if (in.empty()) return;
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      if (in.empty()) break;
      const auto byte = static_cast<unsigned char>(in.front());
      in.remove_prefix(1);
      value |= std::uint64_t{byte & 0x7FU} << shift;
      if (byte < 0x80) {
        n = value;
        return;
      }
    }
    fail();
  }
  void operator()(const char* name, bool& b) {
    std::uint64_t n = b ? 1 : 0;
    (*this)(name, n);
    b = n != 0;
  }
  void operator()(const char* name, std::optional<std::uint64_t>& n) {
    std::uint64_t value = 0;
    (*this)(name, value);
    if (value != 0) n = value - 1;
  }
  void operator()(const char* name, std::string_view& text) {
    std::uint64_t size = 0;
    (*this)(name, size);
    if (size > in.size()) return fail();
    text = in.substr(0, size);
    in.remove_prefix(size);
  }
  void operator()(const char* name, content_text& content) {
    (*this)(name, content.text);
    (*this)(name, content.cut);
  }
  void fail() {
    sound = false;
    in = {};
  }
};

}  // namespace

void append_frame(std::string& out, const record& r) {
  const std::size_t begin = out.size();
  out.append(head_bytes, '\0');
  for_each_field(r, encoder{out});
  char* const head = out.data() + begin;
  std::memcpy(head, mark.data(), mark.size());
  const std::string_view payload = std::string_view(out).substr(begin + head_bytes);
  put_fixed(head + 2, static_cast<std::uint32_t>(payload.size()));
  put_fixed(head + 6, checksum({head + 2, 4}, payload));
}

std::optional<record> frame_reader::next() {
  for (std::size_t at = end_; (at = bytes_.find(mark, at)) != std::string_view::npos; ++at) {
    const std::string_view rest = bytes_.substr(at);
    if (rest.size() < head_bytes) return std::nullopt;
    const std::uint32_t size = get_fixed(rest.data() + 2);
    if (size > limits::max_record_bytes || size > rest.size() - head_bytes) continue;
    const std::string_view payload = rest.substr(head_bytes, size);
    if (get_fixed(rest.data() + 6) != checksum(rest.substr(2, 4), payload)) continue;
    record read;
    decoder decode{payload};
    for_each_field(read, decode);
    if (!decode.sound) continue;
    skipped_ += at - end_;
    begin_ = at;
    end_ = at + head_bytes + size;
    return read;
  }
  return std::nullopt;
}

}  // namespace weir::store
