#pragma once
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "http/h1_decoder.h"

/// What a decoder says about the bytes of a connection, as one text that splits must not change:
///   POST /a 1.1 [host: x][content-length: 2] length=2 keep
///   body "hi"
///   end
/// Errors are `error STATUS REASON`; a message that lacks bytes ends in `...`.
namespace weir::http::testing {

inline std::string describe(const fields& list) {
  std::string text;
  for (const field& f : list) text += '[' + std::string{f.name} + ": " + std::string{f.value} + ']';
  return text;
}

inline std::string describe_head(const h1_request_decoder& d) {
  return std::string{d.head().method} + ' ' + std::string{d.head().target} +
         (d.head().protocol == version::http_1_1 ? " 1.1 " : " 1.0 ") + describe(d.head().headers) +
         (d.expects_continue() ? " continue" : "");
}

inline std::string describe_head(const h1_response_decoder& d) {
  return std::to_string(d.head().status) + " (" + std::string{d.head().reason} +
         (d.head().protocol == version::http_1_1 ? ") 1.1 " : ") 1.0 ") +
         describe(d.head().headers);
}

template <class Decoder>
std::string describe_framing(const Decoder& d) {
  std::string text;
  if (d.content_length()) text += " length=" + std::to_string(*d.content_length());
  if (d.has_body()) text += " body";
  return text + (d.keep_alive() ? " keep" : " close");
}

template <class Decoder>
class recorder {
 public:
  using status = typename Decoder::status;

  void expect(std::string_view method) requires requires(Decoder d) { d.expect(""); }
  {
    method_ = method;
    decoder_.expect(method_);
  }

  /// Each part is fed from memory of its own that is gone afterwards, so that the sanitizer sees
  /// views that outlive their input.
  void feed(std::string_view part) {
    const std::unique_ptr<char[]> copy{new char[part.size()]};
    std::copy(part.begin(), part.end(), copy.get());
    std::string_view input{copy.get(), part.size()};
    for (;;) {
      const status s = decoder_.parse(input);
      if (s == status::need_input) {
        EXPECT_TRUE(input.empty()) << "need_input left bytes behind";
        return;
      }
      if (s == status::error) return fail();
      if (s == status::head) {
        head_ = describe_head(decoder_);
        text_ += head_ + describe_framing(decoder_) + '\n';
      } else if (s == status::body) {
        EXPECT_FALSE(decoder_.body().empty());
        body_ += decoder_.body();
      } else {
        end();
      }
    }
  }

  void close() requires requires(Decoder d) { d.finish(); }
  {
    if (failed_ || (any_ && !decoder_.started())) return;
    const status s = decoder_.finish();
    if (s == status::end)
      end();
    else
      fail();
  }

  [[nodiscard]] std::string text() const {
    if (failed_ || !decoder_.started()) return text_;
    return text_ + (body_.empty() ? "" : "body \"" + body_ + "\"\n") + "...\n";
  }

 private:
  void end() {
    EXPECT_EQ(head_, describe_head(decoder_)) << "the head did not last until the end";
    if (!body_.empty()) text_ += "body \"" + body_ + "\"\n";
    text_ +=
        "end" + (decoder_.trailers().empty() ? "" : ' ' + describe(decoder_.trailers())) + '\n';
    body_.clear();
    any_ = true;
    decoder_.next_message();
    if constexpr (requires(Decoder d) { d.expect(""); }) decoder_.expect(method_);
  }

  void fail() {
    if (!failed_ && !body_.empty()) text_ += "body \"" + body_ + "\"\n";
    if (!failed_)
      text_ += "error " + std::to_string(decoder_.error().status) + ' ' +
               std::string{decoder_.error().reason} + '\n';
    EXPECT_FALSE(decoder_.error().reason.empty());
    EXPECT_FALSE(decoder_.keep_alive());
    failed_ = true;
  }

  Decoder decoder_;
  std::string method_;
  std::string text_;
  std::string head_;
  std::string body_;
  bool any_ = false;
  bool failed_ = false;
};

using parts = std::vector<std::string_view>;

inline std::string requests_in(const parts& pieces) {
  recorder<h1_request_decoder> r;
  for (const std::string_view piece : pieces) r.feed(piece);
  return r.text();
}

inline std::string responses_in(const parts& pieces, std::string_view method = "GET",
                                bool closes = false) {
  recorder<h1_response_decoder> r;
  r.expect(method);
  for (const std::string_view piece : pieces) r.feed(piece);
  if (closes) r.close();
  return r.text();
}

/// The first line of a transcript that is not accepted: `error 400 ...`, or "" when all is well.
inline std::string error_of(const std::string& transcript) {
  const std::size_t at = transcript.find("error ");
  return at == std::string::npos ? "" : transcript.substr(at);
}

/// Calls `check(parts)` for the usual splits: every two cuts up to 256 bytes; above
/// that every single cut, byte by byte, and 200 seeded partitions.
template <class Check>
void for_every_split(std::string_view s, Check check) {
  parts bytes;
  for (std::size_t i = 0; i < s.size(); ++i) bytes.push_back(s.substr(i, 1));
  check(bytes);
  if (s.size() <= 256) {
    for (std::size_t i = 0; i <= s.size(); ++i)
      for (std::size_t j = i; j <= s.size(); ++j)
        check(parts{s.substr(0, i), s.substr(i, j - i), s.substr(j)});
    return;
  }
  for (std::size_t i = 0; i <= s.size(); ++i) check(parts{s.substr(0, i), s.substr(i)});
  std::mt19937 random{20240917};
  for (int n = 0; n < 200; ++n) {
    parts pieces;
    std::string_view rest = s;
    const std::size_t largest = 1 + random() % 64;
    while (!rest.empty()) {
      const std::size_t size = std::min(rest.size(), 1 + random() % largest);
      pieces.push_back(rest.substr(0, size));
      rest.remove_prefix(size);
    }
    check(pieces);
  }
}

}  // namespace weir::http::testing
