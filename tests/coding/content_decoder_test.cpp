#include "coding/content_decoder.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "coding/decoding.h"
#include "support/compressed.h"
#include "weir/base/ids.h"

namespace weir::coding {
namespace {

using namespace std::literals;
using testing::gzip;
using testing::pieces;
using testing::zlib;
using testing::zstd;
using testing::zstd_with_length;

constexpr content_coding none = content_coding::identity;

constexpr std::string_view text = "data: {}\n\ndata: {}\n\n";

/// A gzip header with every optional field (RFC 1952 2.3), around the deflate data of `of`.
std::string gzip_with_all_fields(std::string_view of) {
  const std::string bare = gzip(of);
  // FTEXT, FEXTRA, FNAME, FCOMMENT. FHCRC stays away: its check sum is not worth a table here.
  return "\x1f\x8b\x08\x1d"s + std::string(4, '\0') + "\x00\x03"s + "\x04\x00"s + "ab\x00\x00"s +
         "name\0"s + "a comment\0"s + bare.substr(10);
}

std::string skippable_frame(std::string_view content) {
  std::string frame = "\x53\x2a\x4d\x18";
  for (unsigned shift = 0; shift < 32; shift += 8)
    frame += static_cast<char>((content.size() >> shift) & 0xffU);
  return frame.append(content);
}

std::string flipped(std::string body, std::size_t from_end) {
  body[body.size() - from_end] = static_cast<char>(body[body.size() - from_end] ^ 0x55);
  return body;
}

std::string without_end(std::string body, std::size_t bytes) {
  body.resize(body.size() - bytes);
  return body;
}

struct decoder_case {
  std::string name;
  std::string body;
  decoding want;
};

std::vector<decoder_case> cases() {
  const std::string t(text);
  const decoding gz{t, "whole", content_coding::gzip};
  const decoding zl{t, "whole", content_coding::deflate};
  const decoding zs{t, "whole", content_coding::zstd};
  // Two blocks, the second of a type that is reserved: the first is not lost.
  const std::string corrupt_frame = "\x28\xb5\x2f\xfd\x00\x00\x10\x00\x00hi\x06\x00\x00"s;
  const auto plain = [](std::string_view s) { return decoding{std::string(s), "whole", none}; };
  return {
      {"nothing", "", plain("")},
      {"text", t, plain(t)},
      {"text that begins like zlib", "xyz", plain("xyz")},
      {"a single x", "x", plain("x")},
      {"a bracket", "[", plain("[")},
      {"an array", "[1,2]", plain("[1,2]")},
      {"half of a gzip signature", "\x1f", plain("\x1f")},
      {"three bytes of a zstd signature", "\x28\xb5\x2f", plain("\x28\xb5\x2f")},
      {"three bytes of it and another", "\x28\xb5\x2f!", plain("\x28\xb5\x2f!")},
      {"coded bytes behind text", "x" + gzip(t), plain("x" + gzip(t))},

      {"gzip", gzip(t), gz},
      {"gzip, stored", gzip(t, 0), gz},
      {"gzip with all fields", gzip_with_all_fields(t), gz},
      {"gzip of nothing", gzip(""), {"", "whole", content_coding::gzip}},
      {"two members", gzip(t.substr(0, 7)) + gzip(t.substr(7)), gz},
      {"empty members between", gzip("") + gzip(t.substr(0, 7)) + gzip("") + gzip(t.substr(7)), gz},
      {"text behind a member", gzip(t) + "data: x\n\n", {t + "data: x\n\n", "whole", gz.found}},
      {"zeros behind a member", gzip(t) + "\0\0"s, {t + "\0\0"s, "whole", gz.found}},
      {"half a signature behind it", gzip(t) + "\x1f", {t + "\x1f", "whole", gz.found}},
      {"half a member behind it", gzip(t) + "\x1f\x8b", {t, "truncated", gz.found}},
      {"a member of another coding behind it", gzip(t.substr(0, 7)) + zstd(t.substr(7)), gz},
      {"gzip without trailer", without_end(gzip(t), 8), {t, "truncated", gz.found}},
      {"gzip with half a trailer", without_end(gzip(t), 4), {t, "truncated", gz.found}},
      {"a gzip signature and no more", "\x1f\x8b", {"", "truncated", gz.found}},
      {"gzip with a wrong check sum", flipped(gzip(t), 5), {t, "corrupt", gz.found}},
      {"gzip with a wrong length", flipped(gzip(t), 1), {t, "corrupt", gz.found}},
      {"gzip with a method that nobody knows",
       "\x1f\x8b\x07"s + gzip(t).substr(3),
       {"", "corrupt", gz.found}},
      {"gzip with a block type that nobody knows",
       gzip(t).substr(0, 10) + "\x07more",
       {"", "corrupt", gz.found}},

      {"deflate", zlib(t), zl},
      {"deflate, stored", zlib(t, 0), zl},
      {"deflate, fast", zlib(t, 3), zl},
      {"deflate, best", zlib(t, 9), zl},
      {"deflate with a wrong check sum", flipped(zlib(t), 1), {t, "corrupt", zl.found}},
      {"deflate without its end", without_end(zlib(t), 1), {t, "truncated", zl.found}},
      {"text behind deflate", zlib(t) + "more", {t + "more", "whole", zl.found}},

      {"zstd", zstd(t), zs},
      {"zstd that names its length", zstd_with_length(t), zs},
      {"zstd without check sum", zstd(t, {3, 17, false}), zs},
      {"zstd of nothing", zstd_with_length(""), {"", "whole", zs.found}},
      {"two frames", zstd(t.substr(0, 7)) + zstd_with_length(t.substr(7)), zs},
      {"skippable frames", skippable_frame("hi") + zstd(t) + skippable_frame(""), zs},
      {"a skippable frame alone", skippable_frame("hi"), {"", "whole", zs.found}},
      {"text behind a frame", zstd(t) + "data: x\n\n", {t + "data: x\n\n", "whole", zs.found}},
      {"zstd with a wrong check sum", flipped(zstd(t), 1), {t, "corrupt", zs.found}},
      {"zstd without its check sum", without_end(zstd(t), 1), {t, "truncated", zs.found}},
      {"a zstd signature and no more", "\x28\xb5\x2f\xfd", {"", "truncated", zs.found}},
      {"zstd with a reserved bit", "\x28\xb5\x2f\xfd\x08\x00\x00"s, {"", "corrupt", zs.found}},
      {"zstd with a block type that nobody knows", corrupt_frame, {"hi", "corrupt", zs.found}},
      {"the same behind a frame", zstd(t) + corrupt_frame, {t + "hi", "corrupt", zs.found}},
  };
}

TEST(ContentDecoder, NoSplitChangesWhatIsDecodedAndHowItEnds) {  // SSE-8, F33, F34
  for (const decoder_case& c : cases()) {
    ASSERT_EQ(c.want, decode({c.body})) << c.name;
    testing::for_each_split(
        c.body, [&](const pieces& parts) { ASSERT_EQ(c.want, decode(parts)) << c.name; });
  }
}

TEST(ContentDecoder, EveryCutOfACodedBodyIsTruncatedAndNeverWholeOrCorrupt) {
  for (const std::string& body : {gzip(text), zlib(text), zstd(text), zstd_with_length(text)})
    for (std::size_t cut = max_signature_bytes; cut < body.size(); ++cut) {
      const decoding got = decode({std::string_view(body).substr(0, cut)});
      EXPECT_EQ("truncated", got.ending) << coding_name(got.found) << ' ' << cut;
      EXPECT_EQ(text.substr(0, got.text.size()), got.text);
    }
}

/// What a server has flushed can be read, without what it has not written yet.
TEST(ContentDecoder, EachFlushedEventComesOutAtOnce) {  // SSE-17
  const std::string large(5 * limits::max_inflated_piece_bytes, 'l');
  const std::vector<std::string_view> events = {"data: {\"a\":1}\n\n", "data: {\"a\":2}\n\n", large,
                                                "data: [DONE]\n\n"};
  for (const auto& sent : {testing::gzip_flushed(events), testing::zstd_flushed(events)}) {
    content_decoder decoder;
    for (std::size_t i = 0; i < events.size(); ++i) {
      std::string_view input = sent[i];
      std::string got;
      while (decoder.decode(input) == content_decoder::status::ready) got += decoder.output();
      EXPECT_TRUE(events[i] == got) << i;
    }
  }
}

/// A block of several pieces, and a second block of a type that is reserved.
TEST(ContentDecoder, NoPieceOfAWholeBlockIsLostToAnErrorBehindIt) {
  const std::string frame =
      "\x28\xb5\x2f\xfd\x00\x38\x02\xe2\x04"
      "a\x06\x00\x00"s;
  const decoding want{std::string(40'000, 'a'), "corrupt", content_coding::zstd};
  testing::for_each_split(frame, [&](const pieces& parts) { ASSERT_TRUE(want == decode(parts)); });
}

struct labelled_case {
  std::string name;
  content_coding label;
  std::string body;
  decoding want;
};

TEST(ContentDecoder, ALabelThatIsLawIsKept) {  // HTTP-12
  const std::string t(text);
  const auto gz = content_coding::gzip;
  const auto zl = content_coding::deflate;
  const auto zs = content_coding::zstd;
  const labelled_case table[] = {
      {"gzip", gz, gzip(t), {t, "whole", gz}},
      {"gzip members", gz, gzip(t.substr(0, 7)) + gzip(t.substr(7)), {t, "whole", gz}},
      {"deflate", zl, zlib(t), {t, "whole", zl}},
      {"deflate with a small window", zl, "\x48\x89"s + zlib(t).substr(2), {t, "whole", zl}},
      {"zstd", zs, zstd(t), {t, "whole", zs}},
      {"zstd frames", zs, zstd(t.substr(0, 7)) + zstd(t.substr(7)), {t, "whole", zs}},
      {"identity", none, t, {t, "whole", none}},
      {"identity is not looked into", none, gzip(t), {gzip(t), "whole", none}},
      {"an empty body of identity", none, "", {"", "whole", none}},

      {"an empty body of gzip", gz, "", {"", "truncated", none}},
      {"an empty body of deflate", zl, "", {"", "truncated", none}},
      {"an empty body of zstd", zs, "", {"", "truncated", none}},
      {"text as gzip", gz, t, {"", "corrupt", none}},
      {"text as deflate", zl, t, {"", "corrupt", zl}},
      {"text as zstd", zs, t, {"", "corrupt", none}},
      {"zstd as gzip", gz, zstd(t), {"", "corrupt", none}},
      {"zlib as gzip", gz, zlib(t), {"", "corrupt", none}},
      {"gzip as deflate", zl, gzip(t), {"", "corrupt", zl}},
      {"deflate without its wrapper", zl, testing::raw_deflate(t), {"", "corrupt", zl}},
      {"gzip as zstd", zs, gzip(t), {"", "corrupt", none}},
      {"text behind gzip", gz, gzip(t) + "!", {t, "corrupt", gz}},
      {"zeros behind gzip", gz, gzip(t) + "\0\0"s, {t, "corrupt", gz}},
      {"zstd behind gzip", gz, gzip(t) + zstd(t), {t, "corrupt", gz}},
      {"half a signature behind gzip", gz, gzip(t) + "\x1f", {t, "truncated", gz}},
      {"text behind deflate", zl, zlib(t) + "!", {t, "corrupt", zl}},
      {"deflate behind deflate", zl, zlib(t) + zlib(t), {t, "corrupt", zl}},
      {"text behind zstd", zs, zstd(t) + "!", {t, "corrupt", zs}},
      {"half of gzip", gz, without_end(gzip(t), 1), {t, "truncated", gz}},
  };
  for (const labelled_case& c : table) {
    ASSERT_EQ(c.want, decode({c.body}, content_decoder(c.label))) << c.name;
    testing::for_each_split(c.body, [&](const pieces& parts) {
      ASSERT_EQ(c.want, decode(parts, content_decoder(c.label))) << c.name;
    });
  }
}

TEST(ContentDecoder, CorruptIsFinal) {
  content_decoder decoder;
  const std::string bad = flipped(gzip(text), 5);
  std::string_view input = bad;
  while (decoder.decode(input) == content_decoder::status::ready) {
  }
  const std::string good = gzip(text);
  input = good;
  EXPECT_EQ(content_decoder::status::corrupt, decoder.decode(input));
  EXPECT_EQ(content_decoder::status::corrupt, decoder.finish());
  EXPECT_TRUE(decoder.output().empty());
}

/// Text that compresses badly, so that many blocks and pieces come of it.
std::string long_text(std::size_t bytes) {
  id_source random(7);
  std::string out;
  while (out.size() < bytes) out += std::to_string(random.next());
  return out;
}

TEST(ContentDecoder, ManyPiecesMakeTheSameTextHoweverTheyAreSplit) {
  const std::string much = long_text(700'000) + std::string(700'000, ' ');
  for (const std::string& body :
       {gzip(much), zlib(much), zstd(much), zstd_with_length(much), zstd(much, {19, 23, true})}) {
    const decoding once = decode({body});
    ASSERT_EQ(much, once.text) << coding_name(once.found);
    ASSERT_EQ("whole", once.ending);
    id_source random(20261121);
    for (const std::size_t most : {3U, 1000U, 70'000U}) {
      pieces parts;
      for (std::size_t at = 0; at < body.size(); at += parts.back().size())
        parts.push_back(std::string_view(body).substr(at, 1 + random.next() % most));
      ASSERT_TRUE(once == decode(parts)) << coding_name(once.found) << ' ' << most;
    }
  }
}

}  // namespace
}  // namespace weir::coding
