// The HTTP/1.1 decoders on arbitrary bytes.
//
// 1. No split changes a result (requests and responses).
// 2. Requests, against Boost.Beast 1.81: a message that we accept, Beast accepts too, and finds the
//    same method, target, fields and body in the same number of bytes. Where we wait for more
//    bytes, Beast has not found an end. So no request that we let through is framed differently
//    there.
//
// Beast accepts what we refuse only for a reason of `laxities` below, which are known of Beast:
//   target     any bytes but controls and space; no form of RFC 9112 3.2 is told from another
//   Host       none, several, anything
//   obs-fold   is unfolded
//   lengths    lists and repetitions of one Content-Length; up to 2^64 - 1
//   codings    `gzip`, `chunked, identity`, `gzip, chunked`, several fields; with HTTP/1.0; with a
//              Content-Length unless `chunked` stands last
//   chunks     any number of digits of a size; control characters in quoted extension values
//   limits     other limits, or none
// We accept what Beast refuses only where `is_severity` says so:
//   an empty line before the request line; a Connection that is no list of tokens; Content-Length
//   and Transfer-Encoding in trailers, which Beast reads like those of the head (we drop them).
#define BOOST_DISABLE_ASSERTS  // of Beast, on input it would refuse anyway
#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/optional.hpp>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/h1_decoder.h"

namespace {

namespace beast = boost::beast;
using namespace weir::http;

constexpr std::string_view laxities[] = {
    "the request target is not in origin-form",
    "CONNECT is not supported",
    "no Host field",
    "more than one Host field",
    "invalid Host",
    "folded header field",
    "more than one Content-Length field",
    "invalid Content-Length",
    "Transfer-Encoding with HTTP/1.0",
    "both Transfer-Encoding and Content-Length",
    "more than one Transfer-Encoding field",
    "the final transfer coding is not chunked",
    "malformed Transfer-Encoding",
    "a transfer coding other than chunked",
    "a chunk size has too many digits",
    "malformed chunk extension",
    "the line of a chunk size is too long",
    "too many chunk extensions",
    "the method is too long",
    "the request target is too long",
    "the request line is too long",
    "too many header fields",
    "the head is too large",
    "the trailers are too large",
};

enum class verdict : std::uint8_t { complete, incomplete, refused };

using owned_fields = std::vector<std::pair<std::string, std::string>>;

/// One request, as one of the two sees it.
struct reading {
  verdict is = verdict::incomplete;
  std::size_t consumed = 0;
  std::string method;
  std::string target;
  int minor_version = 0;
  owned_fields headers;
  owned_fields trailers;
  std::string body;
  std::string reason;  // of ours
  bool head_done = false;
  beast::error_code error;
};

[[noreturn]] void fail(const char* what, std::string_view detail) {
  std::fprintf(stderr, "h1_fuzz: %s: %.*s\n", what, static_cast<int>(detail.size()), detail.data());
  std::abort();
}

void check(bool holds, const char* what, std::string_view detail) {
  if (!holds) fail(what, detail);
}

// ---- Beast -----------------------------------------------------------------------------------

class beast_parser final : public beast::http::basic_parser<true> {
 public:
  explicit beast_parser(reading& to) : to_(to) {
    eager(true);
    header_limit(std::numeric_limits<std::uint32_t>::max());
    body_limit(boost::none);
  }

 private:
  void on_request_impl(beast::http::verb, beast::string_view method, beast::string_view target,
                       int protocol, beast::error_code&) override {
    to_.method = std::string{method};
    to_.target = std::string{target};
    to_.minor_version = protocol - 10;
  }
  void on_response_impl(int, beast::string_view, int, beast::error_code&) override {}
  void on_field_impl(beast::http::field, beast::string_view name, beast::string_view value,
                     beast::error_code&) override {
    (to_.head_done ? to_.trailers : to_.headers).emplace_back(name, value);
  }
  void on_header_impl(beast::error_code&) override { to_.head_done = true; }
  void on_body_init_impl(const boost::optional<std::uint64_t>&, beast::error_code&) override {}
  std::size_t on_body_impl(beast::string_view bytes, beast::error_code&) override {
    to_.body.append(bytes.data(), bytes.size());
    return bytes.size();
  }
  void on_chunk_header_impl(std::uint64_t, beast::string_view, beast::error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, beast::string_view bytes,
                                 beast::error_code&) override {
    to_.body.append(bytes.data(), bytes.size());
    return bytes.size();
  }
  void on_finish_impl(beast::error_code&) override {}

  reading& to_;
};

reading beast_reads(std::string_view input) {
  reading r;
  beast_parser parser{r};
  while (!parser.is_done()) {
    const std::size_t n = parser.put(
        boost::asio::buffer(input.data() + r.consumed, input.size() - r.consumed), r.error);
    r.consumed += n;
    if (r.error == beast::http::error::need_more || (!r.error && n == 0)) return r;
    if (r.error) {
      r.is = verdict::refused;
      return r;
    }
    if (r.consumed == input.size() && !parser.is_done()) return r;
  }
  r.is = verdict::complete;
  return r;
}

// ---- ours ------------------------------------------------------------------------------------

owned_fields owned(const fields& list) {
  owned_fields all;
  for (const field& f : list) all.emplace_back(f.name, f.value);
  return all;
}

reading we_read(std::string_view input) {
  using status = h1_request_decoder::status;
  reading r;
  h1_request_decoder decoder;
  std::string_view rest = input;
  for (;;) {
    switch (decoder.parse(rest)) {
      case status::need_input:
        return r;
      case status::head:
        r.method = decoder.head().method;
        r.target = decoder.head().target;
        r.minor_version = decoder.head().protocol == version::http_1_1 ? 1 : 0;
        r.headers = owned(decoder.head().headers);
        break;
      case status::body:
        r.body += decoder.body();
        break;
      case status::end:
        r.trailers = owned(decoder.trailers());
        r.consumed = input.size() - rest.size();
        r.is = verdict::complete;
        return r;
      case status::error:
        r.reason = decoder.error().reason;
        r.is = verdict::refused;
        return r;
    }
  }
}

// ---- the comparison --------------------------------------------------------------------------

bool is_severity(const reading& theirs) {
  using beast::http::error;
  // Only said of Connection and Proxy-Connection here, since control characters we refuse as well.
  if (theirs.error == error::bad_value) return true;
  return theirs.head_done && (theirs.error == error::bad_content_length ||
                              theirs.error == error::bad_transfer_encoding);
}

bool is_subsequence(const owned_fields& part, const owned_fields& whole) {
  auto at = whole.begin();
  for (const auto& f : part) {
    at = std::find(at, whole.end(), f);
    if (at == whole.end()) return false;
    ++at;
  }
  return true;
}

void compare_with_beast(std::string_view input) {
  while (!input.empty()) {
    const reading ours = we_read(input);
    const std::size_t empty_line = input.substr(0, 2) == "\r\n" ? 2 : 0;
    const reading theirs = beast_reads(input.substr(empty_line));
    if (ours.is == verdict::refused) {
      if (theirs.is == verdict::complete)
        check(
            std::find(std::begin(laxities), std::end(laxities), ours.reason) != std::end(laxities),
            "Beast accepts and we refuse", ours.reason);
      return;
    }
    if (ours.is == verdict::incomplete) {
      check(theirs.is != verdict::complete, "Beast finds an end and we wait", theirs.method);
      return;
    }
    if (theirs.is == verdict::refused && is_severity(theirs)) return;
    check(theirs.is == verdict::complete, "we accept and Beast does not", theirs.error.message());
    check(ours.consumed == theirs.consumed + empty_line, "another end", "");
    check(ours.method == theirs.method, "another method", theirs.method);
    check(ours.target == theirs.target, "another target", theirs.target);
    check(ours.minor_version == theirs.minor_version, "another version", "");
    check(ours.headers == theirs.headers, "other fields", "");
    check(ours.body == theirs.body, "another body", theirs.body);
    check(is_subsequence(ours.trailers, theirs.trailers), "other trailers", "");
    input.remove_prefix(ours.consumed);
  }
}

// ---- splits ----------------------------------------------------------------------------------

/// Everything a decoder says; bodies joined, since spans end where inputs end.
template <class Decoder>
class transcript {
 public:
  void feed(std::string_view part) {
    using status = typename Decoder::status;
    const std::unique_ptr<char[]> copy{new char[part.size()]};
    std::copy(part.begin(), part.end(), copy.get());
    std::string_view input{copy.get(), part.size()};
    for (;;) {
      switch (decoder_.parse(input)) {
        case status::need_input:
          check(input.empty(), "need_input left bytes behind", input);
          return;
        case status::head:
          add("head");
          break;
        case status::body:
          check(!decoder_.body().empty(), "an empty body span", "");
          text_ += decoder_.body();
          break;
        case status::end:
          add("end");
          add_fields(decoder_.trailers());
          decoder_.next_message();
          break;
        case status::error:
          if (!failed_) add(decoder_.error().reason);
          failed_ = true;
          return;
      }
    }
  }

  std::string text() {
    if constexpr (requires(Decoder & d) { d.finish(); })
      add(decoder_.finish() == Decoder::status::end ? "closed" : decoder_.error().reason);
    add(decoder_.started() ? "started" : "idle");
    return text_;
  }

 private:
  void add(std::string_view s) { text_.append("\n<").append(s).append(">"); }
  void add(const char* s) {
    add(std::string_view{s});
    if constexpr (requires(Decoder & d) { d.head().target; }) add(decoder_.head().target);
    if constexpr (requires(Decoder & d) { d.head().reason; }) add(decoder_.head().reason);
    add_fields(decoder_.head().headers);
    add(std::string_view{decoder_.keep_alive() ? "keep" : "close"});
    add(std::string_view{decoder_.has_body() ? "body" : "no body"});
  }
  void add_fields(const fields& list) {
    for (const field& f : list) {
      add(f.name);
      add(f.value);
    }
  }

  Decoder decoder_;
  std::string text_;
  bool failed_ = false;
};

template <class Decoder>
void compare_splits(std::string_view input) {
  transcript<Decoder> whole;
  transcript<Decoder> bytes;
  transcript<Decoder> pieces;
  whole.feed(input);
  for (std::size_t i = 0; i < input.size(); ++i) bytes.feed(input.substr(i, 1));
  std::uint32_t seed = 2166136261U;  // the cuts hang on the bytes: a found input replays
  for (const char c : input) seed = (seed ^ static_cast<unsigned char>(c)) * 16777619U;
  for (std::string_view rest = input; !rest.empty();) {
    seed = seed * 1664525U + 1013904223U;
    const std::size_t size = std::min<std::size_t>(rest.size(), (seed >> 16) % 24);
    pieces.feed(rest.substr(0, size));
    rest.remove_prefix(size);
  }
  const std::string want = whole.text();
  check(want == bytes.text(), "byte by byte is different", want);
  check(want == pieces.text(), "a split is different", want);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input{reinterpret_cast<const char*>(data), size};
  compare_splits<h1_request_decoder>(input);
  compare_splits<h1_response_decoder>(input);
  compare_with_beast(input);
  return 0;
}
