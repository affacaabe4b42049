// No split changes what the two readers of event streams deliver, count and refuse (SSE-8), what
// they deliver stays within their limits (SSE-9), and what they call exact is found in the bytes.
//
// Input   1 byte: low bit set for small limits, the other bits for a number n of piece sizes
//         n bytes: the sizes of the pieces, used in turn
//         the stream

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "weir/sse/event_parser.h"
#include "weir/sse/payload_reader.h"

namespace {

using weir::sse::event_parser;
using weir::sse::payload;
using weir::sse::payload_reader;

struct limits {
  std::size_t line;
  std::size_t event;
};

void require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "not so: %s\n", what);
  std::abort();
}

std::vector<std::string_view> cut(std::string_view stream, std::string_view sizes) {
  std::vector<std::string_view> out;
  for (std::size_t at = 0, n = 0; at < stream.size(); ++n) {
    const std::size_t size = static_cast<unsigned char>(sizes[n % sizes.size()]) + std::size_t{1};
    out.push_back(stream.substr(at, size));
    at += size;
  }
  return out;
}

/// Calls `take` at every event; false when the reader gave up. The input of every call lies in an
/// allocation of its own, so that a view kept too long is seen.
template <class Reader, class Take>
bool feed(Reader& reader, std::string_view input, typename Reader::status ready, Take take) {
  std::string rest(input);
  for (;;) {
    const auto bytes = std::make_unique<char[]>(rest.size());
    rest.copy(bytes.get(), rest.size());
    std::string_view view(bytes.get(), rest.size());
    const auto status = reader.parse(view);
    if (status == Reader::status::too_large) return false;
    if (status != ready) {
      require(view.empty(), "need_input consumes all input");
      return true;
    }
    take();
    rest.assign(view);
  }
}

std::string events_of(const std::vector<std::string_view>& inputs, limits most) {
  event_parser parser(most.line, most.event);
  std::string out;
  bool alive = true;
  for (const std::string_view input : inputs) {
    alive = alive && feed(parser, input, event_parser::status::event_ready, [&] {
              const weir::sse::event& e = parser.current();
              require(e.data.size() <= most.event, "an event stays within its limit");
              out.append(e.type).append("|").append(e.data).append("|").append(e.last_id) += '\0';
            });
  }
  return out + (alive ? "" : "too large") + std::to_string(parser.retry_ms());
}

std::string payloads_of(const std::vector<std::string_view>& inputs, limits most,
                        std::string_view stream) {
  payload_reader reader(most.line, most.event);
  std::string out;
  const auto take = [&] {
    const payload& p = reader.current();
    require(p.text.size() <= most.event, "a payload stays within its limit");
    require(p.what != payload::kind::json || p.text.front() == '{' || p.text.front() == '[',
            "JSON begins with a bracket");
    if (p.exact)
      require(stream.find("data: " + std::string(p.text) + "\n\n") != std::string_view::npos,
              "an exact payload stands in the stream");
    out += static_cast<char>('0' + static_cast<int>(p.what));
    out += p.exact ? '=' : '~';
    out.append(p.event).append("|").append(p.text) += '\0';
  };
  bool alive = true;
  for (const std::string_view input : inputs)
    alive = alive && feed(reader, input, payload_reader::status::ready, take);
  auto last = reader.finish();
  for (; last == payload_reader::status::ready; last = reader.finish()) take();
  require(alive || last == payload_reader::status::too_large, "too_large is final");
  const payload_reader::counters& c = reader.counted();
  for (const std::uint64_t n : {c.comments, c.empty, c.dropped, c.lenient})
    out.append(std::to_string(n)) += ' ';
  require(reader.dropped_text().size() <= weir::limits::max_dropped_text_bytes, "2 KiB are kept");
  return out.append(reader.dropped_text()) +
         (last == payload_reader::status::too_large ? "too large" : "");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view input(reinterpret_cast<const char*>(data), size);
  if (input.size() < 2) return 0;
  const bool small = (data[0] & 1U) != 0;
  const limits most = small ? limits{64, 96} : limits{1U << 20, 1U << 20};
  input.remove_prefix(1);
  const std::size_t sizes = std::min<std::size_t>(input.size(), 1U + (data[0] >> 1U) % 8U);
  const std::string_view stream = input.substr(sizes);
  const std::vector<std::string_view> pieces = cut(stream, input.substr(0, sizes));

  const std::string events = events_of({stream}, most);
  require(events == events_of(pieces, most), "no split changes the events");
  const std::string payloads = payloads_of({stream}, most, stream);
  require(payloads == payloads_of(pieces, most, stream), "no split changes the payloads");
  const std::vector<std::string_view> bytes = cut(stream, std::string_view("\0", 1));
  require(payloads == payloads_of(bytes, most, stream), "nor does one byte at a time");
  return 0;
}
