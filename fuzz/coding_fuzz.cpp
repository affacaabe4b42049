// No split changes what a body decodes to and how that ends; it comes in pieces of the limit; what
// is not coded is handed out as it is; a body that is what its label says is read the same without
// the label.
//
// Input   1 byte: the seed of the splits
//         the body
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "coding/content_decoder.h"
#include "weir/base/ids.h"
#include "weir/base/limits.h"

namespace {

using weir::coding::content_coding;
using weir::coding::content_decoder;

/// A bomb is cut short here, the same for every split.
constexpr std::size_t enough = 1U << 20U;

void require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "not so: %s\n", what);
  std::abort();
}

struct decoding {
  std::string text;
  content_decoder::status ending = content_decoder::status::need_input;
  content_coding found = content_coding::identity;
  bool operator==(const decoding&) const = default;
};

/// Every input lies in an allocation of its own, so that a view kept too long is seen.
decoding decode(content_decoder decoder, std::string_view body, std::uint64_t seed) {
  weir::id_source random(seed);
  decoding all;
  const auto take = [&] {
    const std::string_view piece = decoder.output();
    require(!piece.empty(), "ready means output");
    require(decoder.found() == content_coding::identity ||
                piece.size() <= weir::limits::max_inflated_piece_bytes,
            "a piece stays within its limit");
    all.text += piece;
  };
  while (!body.empty() && all.ending == content_decoder::status::need_input) {
    const std::size_t most = seed == 0 ? body.size() : 1 + random.next() % 9;
    const std::string_view part = body.substr(0, most);
    body.remove_prefix(part.size());
    const auto bytes = std::make_unique<char[]>(part.size());
    part.copy(bytes.get(), part.size());
    std::string_view input(bytes.get(), part.size());
    while ((all.ending = decoder.decode(input)) == content_decoder::status::ready) {
      take();
      if (all.text.size() >= enough) {
        all.text.resize(enough);
        all.found = decoder.found();
        return all;
      }
    }
    require(all.ending != content_decoder::status::need_input || input.empty(),
            "need_input consumes all input");
  }
  if (all.ending == content_decoder::status::need_input)
    while ((all.ending = decoder.finish()) == content_decoder::status::ready) take();
  all.found = decoder.found();
  return all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view body(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::uint64_t seed = 1U + data[0];

  const decoding whole = decode(content_decoder(), body, 0);
  require(whole == decode(content_decoder(), body, seed), "no split changes what is decoded");
  require(whole.found != content_coding::identity || whole.text == body,
          "what is not coded is handed out as it is");
  for (const auto label : {content_coding::gzip, content_coding::deflate, content_coding::zstd}) {
    const decoding labelled = decode(content_decoder(label), body, 0);
    require(labelled == decode(content_decoder(label), body, seed), "nor with a label");
    require(labelled.ending != content_decoder::status::need_input || whole.found != label ||
                whole == labelled,
            "a right label changes nothing");
  }
  return 0;
}
