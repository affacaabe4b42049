#include "proxy/gathered_body.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "support/compressed.h"
#include "support/splits.h"

namespace weir::proxy {
namespace {

using namespace std::literals;
using coding::content_coding;
using coding::content_decoder;
using state = gathered_body::state;

constexpr std::size_t limit = 20;
constexpr std::string_view fits = "exactly twenty bytes";
constexpr std::string_view beyond = "exactly twenty bytes.";
static_assert(fits.size() == limit);

struct body_case {
  const char* name;
  std::string body;
  state ending;
  std::string_view text;
};

TEST(GatheredBody, TheLimitHoldsForWhatTheBodyInflatesToHoweverItIsSplit) {
  std::string wrong = testing::gzip(fits);
  wrong[wrong.size() - 5] = static_cast<char>(wrong[wrong.size() - 5] ^ 0x55);
  const std::string cut = testing::gzip(fits).substr(0, testing::gzip(fits).size() - 1);
  const body_case cases[] = {
      {"nothing", "", state::whole, ""},
      {"text of the limit", std::string(fits), state::whole, fits},
      {"text beyond", std::string(beyond), state::too_large, fits},
      {"text that ends like a signature", "is it x", state::whole, "is it x"},
      {"a signature that never came", "x", state::whole, "x"},
      {"gzip of the limit", testing::gzip(fits), state::whole, fits},
      {"gzip beyond", testing::gzip(beyond), state::too_large, fits},
      {"deflate of the limit", testing::zlib(fits), state::whole, fits},
      {"deflate beyond", testing::zlib(beyond), state::too_large, fits},
      {"zstd of the limit", testing::zstd(fits), state::whole, fits},
      {"zstd beyond", testing::zstd(beyond), state::too_large, fits},
      {"text and a member that add up", testing::gzip("exactly ") + "twenty bytes", state::whole,
       fits},
      {"a wrong check sum", wrong, state::corrupt, fits},
      {"a member without its end", cut, state::truncated, fits},
  };
  for (const body_case& c : cases) {
    testing::for_each_split(c.body, [&](const testing::pieces& parts) {
      gathered_body body(content_decoder(), limit);
      for (const std::string_view part : parts) static_cast<void>(body.add(part));
      ASSERT_EQ(c.ending, body.end()) << c.name;
      ASSERT_EQ(c.text, body.text()) << c.name;
    });
  }
}

TEST(GatheredBody, ABombIsNotInflatedBeyondTheLimit) {
  const std::string zeros(64 * 1024 * 1024, '\0');
  for (const std::string& bomb :
       {testing::gzip(zeros), testing::zlib(zeros), testing::zstd(zeros)}) {
    gathered_body body(content_decoder(), limit);
    EXPECT_EQ(state::too_large, body.add(bomb));
    EXPECT_EQ(state::too_large, body.add(bomb));
    EXPECT_EQ(limit, body.take().size());
  }
}

TEST(GatheredBody, ALabelIsKept) {
  gathered_body right(content_decoder(content_coding::gzip), limit);
  static_cast<void>(right.add(testing::gzip(fits)));
  EXPECT_EQ(state::whole, right.end());
  gathered_body wrong(content_decoder(content_coding::gzip), limit);
  EXPECT_EQ(state::corrupt, wrong.add(fits));
}

}  // namespace
}  // namespace weir::proxy
