#include <gtest/gtest.h>

#include <cstdio>
#include <functional>
#include <string>
#include <string_view>

#include "h1_transcript.h"
#include "weir/base/limits.h"

// Every bound from both sides: the largest message that is accepted, and one more.
namespace weir::http::testing {
namespace {

std::string get(const std::string& fields) {
  return "GET / HTTP/1.1\r\nHost: x\r\n" + fields + "\r\n";
}

std::string chunked(const std::string& rest) {
  return "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + rest;
}

std::string ok(const std::string& fields) { return "HTTP/1.1 200 OK\r\n" + fields + "\r\n"; }

std::string repeat(std::size_t times, const std::string& s) {
  std::string all;
  for (std::size_t i = 0; i < times; ++i) all += s;
  return all;
}

/// A field that makes the whole of `message(field)` `size` bytes long.
std::string filled(std::size_t size,
                   const std::function<std::string(const std::string&)>& message) {
  const std::string empty = "A: \r\n";
  return message("A: " + std::string(size - message(empty).size(), 'a') + "\r\n");
}

std::string extension(std::size_t line_bytes) {
  return "1;" + std::string(line_bytes - 2, 'e') + "\r\n-\r\n";
}

/// Chunks whose extensions make up `bytes` bytes in all, the `;` and the CR counted.
std::string extensions(std::size_t bytes) {
  std::string all;
  while (bytes >= 200) {
    all += "1;" + std::string(98, 'e') + "\r\n-\r\n";
    bytes -= 99;  // the name and the CR; the `;` belongs to the size
  }
  return all + "1;" + std::string(bytes - 1, 'e') + "\r\n-\r\n0\r\n\r\n";
}

struct bound {
  std::string_view name;
  std::string at;
  std::string above;
  std::string_view want;  // what is said above
};

const bound requests[] = {
    {"head bytes", filled(limits::max_head_bytes, get), filled(limits::max_head_bytes + 1, get),
     "error 431 the head is too large"},
    {"header fields", get(repeat(limits::max_header_fields - 1, "A: b\r\n")),
     get(repeat(limits::max_header_fields, "A: b\r\n")), "error 431 too many header fields"},
    {"target bytes",
     "GET /" + std::string(limits::max_target_bytes - 1, 'a') + " HTTP/1.1\r\nHost: x\r\n\r\n",
     "GET /" + std::string(limits::max_target_bytes, 'a') + " HTTP/1.1\r\nHost: x\r\n\r\n",
     "error 414 the request target is too long"},
    {"method bytes",
     std::string(limits::max_h1_method_bytes, 'M') + " / HTTP/1.1\r\nHost: x\r\n\r\n",
     std::string(limits::max_h1_method_bytes + 1, 'M') + " / HTTP/1.1\r\nHost: x\r\n\r\n",
     "error 501 the method is too long"},
    {"request line",
     std::string(limits::max_h1_method_bytes, 'M') + " /" +
         std::string(limits::max_target_bytes - 1, 'a') + " HTTP/1.1\r\nHost: x\r\n\r\n",
     std::string(limits::max_h1_method_bytes, 'M') + " /" +
         std::string(limits::max_target_bytes, 'a') + " HTTP/1.1\r\nHost: x\r\n\r\n",
     "error 414 the request line is too long"},
    {"chunk line", chunked(extension(limits::max_h1_chunk_line_bytes) + "0\r\n\r\n"),
     chunked(extension(limits::max_h1_chunk_line_bytes + 1) + "0\r\n\r\n"),
     "error 400 the line of a chunk size is too long"},
    {"chunk extensions in all", chunked(extensions(limits::max_h1_extension_bytes)),
     chunked(extensions(limits::max_h1_extension_bytes + 1)),
     "error 400 too many chunk extensions"},
    {"chunk-size digits", chunked("0000000000000001\r\na\r\n0\r\n\r\n"),
     chunked("00000000000000001\r\na\r\n0\r\n\r\n"), "error 400 a chunk size has too many digits"},
    {"trailer fields", chunked("0\r\n" + repeat(limits::max_header_fields, "A: b\r\n") + "\r\n"),
     chunked("0\r\n" + repeat(limits::max_header_fields + 1, "A: b\r\n") + "\r\n"),
     "error 431 too many header fields"},
    {"trailer bytes",
     chunked("0\r\n" + filled(limits::max_head_bytes, [](auto f) { return f + "\r\n"; })),
     chunked("0\r\n" + filled(limits::max_head_bytes + 1, [](auto f) { return f + "\r\n"; })),
     "error 431 the trailers are too large"},
};

const bound responses[] = {
    {"head bytes", filled(limits::max_head_bytes, ok), filled(limits::max_head_bytes + 1, ok),
     "error 502 the head is too large"},
    {"header fields", ok(repeat(limits::max_header_fields, "A: b\r\n")),
     ok(repeat(limits::max_header_fields + 1, "A: b\r\n")), "error 502 too many header fields"},
    {"interim responses",
     repeat(limits::max_h1_interim_responses, "HTTP/1.1 100 Continue\r\n\r\n") + ok(""),
     repeat(limits::max_h1_interim_responses + 1, "HTTP/1.1 100 Continue\r\n\r\n") + ok(""),
     "error 502 too many interim responses"},
};

TEST(H1Limits, RequestsPassAtTheBoundAndFailAboveIt) {
  for (const bound& b : requests) {
    EXPECT_EQ("", error_of(requests_in({b.at}))) << b.name;
    EXPECT_EQ(std::string{b.want} + '\n', error_of(requests_in({b.above}))) << b.name;
  }
}

TEST(H1Limits, ResponsesPassAtTheBoundAndFailAboveIt) {
  for (const bound& b : responses) {
    EXPECT_EQ("", error_of(responses_in({b.at}))) << b.name;
    EXPECT_EQ(std::string{b.want} + '\n', error_of(responses_in({b.above}))) << b.name;
  }
}

TEST(H1Limits, NoSplitMovesABound) {
  for (const bound& b : requests) {
    for (const std::string& input : {b.at, b.above}) {
      const std::string want = requests_in({input});
      const std::string_view whole = input;
      parts bytes;
      for (std::size_t i = 0; i < whole.size(); ++i) bytes.push_back(whole.substr(i, 1));
      EXPECT_EQ(want, requests_in(bytes)) << b.name;
      for (std::size_t cut = 0; cut <= whole.size(); cut += 1 + whole.size() / 100)
        EXPECT_EQ(want, requests_in({whole.substr(0, cut), whole.substr(cut)})) << b.name << cut;
    }
  }
}

// A line that never ends is refused at the bound, not when its end comes.
TEST(H1Limits, AnEndlessLineIsRefusedAtTheBound) {
  EXPECT_EQ("...\n", requests_in({std::string(limits::max_target_bytes, 'a')}));
  EXPECT_EQ("error 414 the request line is too long\n",
            requests_in({std::string(limits::max_target_bytes + 100, 'a')}));
  EXPECT_EQ("error 431 the head is too large\n",
            requests_in({"GET / HTTP/1.1\r\n", std::string(limits::max_head_bytes, 'a')}));
  EXPECT_EQ("error 502 the head is too large\n",
            responses_in({std::string(limits::max_head_bytes + 1, 'a')}));
}

TEST(H1Limits, LongBodiesAreNotLimitedHere) {
  EXPECT_EQ(
      "POST / 1.1 [Host: x][Content-Length: 9223372036854775807] length=9223372036854775807 body "
      "keep\nbody \"a\"\n...\n",
      requests_in({"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9223372036854775807\r\n\r\na"}));
  EXPECT_EQ("", error_of(requests_in({chunked("7FFFFFFFFFFFFFFF\r\na")})));
}

}  // namespace
}  // namespace weir::http::testing
