#include "proxy/request_body.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "support/compressed.h"
#include "support/splits.h"
#include "weir/base/limits.h"

namespace weir::proxy {
namespace {

constexpr std::string_view json = R"({"model":"m"})";

http::fields labelled(std::string_view label) {
  http::fields headers;
  if (!label.empty()) headers.add("Content-Encoding", label);
  return headers;
}

struct request_case {
  std::string_view label;
  std::string body;
  unsigned status;  ///< 0: no fault, and the text is `json`
  std::string_view says = "";
};

TEST(RequestBody, TheLabelIsLawHoweverTheBodyIsSplit) {  // HTTP-12
  const std::string gz = testing::gzip(json);
  const std::string zs = testing::zstd(json);
  const request_case cases[] = {
      {"", std::string(json), 0},
      {"identity", std::string(json), 0},
      {"gzip", gz, 0},
      {"X-Gzip", gz, 0},
      {"gzip, identity", gz, 0},
      {"gzip", testing::gzip(json.substr(0, 5)) + testing::gzip(json.substr(5)), 0},
      {"deflate", testing::zlib(json), 0},
      {"zstd", zs, 0},
      {"zstd", testing::zstd_with_length(json), 0},

      {"br", gz, 415, "Content-Encoding: br is not supported; gzip, deflate, zstd and identity"},
      {"gzip, gzip", gz, 415, "Content-Encoding: gzip, gzip is not supported"},
      {"sk-0123456789abcdef0123", gz, 415, "is not supported"},
      {"gzip", std::string(json), 400, "The body is not gzip"},
      {"gzip", zs, 400, "The body is not gzip"},
      {"zstd", gz, 400, "The body is not zstd"},
      {"deflate", gz, 400, "The body is not deflate"},
      {"deflate", testing::raw_deflate(json), 400, "The body is not deflate"},
      {"gzip", gz + "and more", 400, "The body is not gzip"},
      {"gzip", gz.substr(0, gz.size() - 1), 400, "The body ends before its gzip does"},
      {"zstd", zs.substr(0, zs.size() - 1), 400, "The body ends before its zstd does"},
      {"gzip", "", 400, "The body ends before its gzip does"},
  };
  for (const request_case& c : cases) {
    testing::for_each_split(c.body, [&](const testing::pieces& parts) {
      request_body body(labelled(c.label));
      for (const std::string_view part : parts) body.add(part);
      body.end();
      if (c.status == 0) {
        ASSERT_FALSE(body.fault()) << c.label << body.fault()->message;
        ASSERT_EQ(json, body.take()) << c.label;
        return;
      }
      ASSERT_TRUE(body.fault()) << c.label;
      ASSERT_EQ(c.status, body.fault()->status) << c.label;
      ASSERT_NE(std::string::npos, body.fault()->message.find(c.says)) << body.fault()->message;
      ASSERT_EQ(c.status == 415 ? 1U : 0U, body.fault_fields().size());
    });
  }
}

TEST(RequestBody, ALabelThatIsNotReadIsAFaultBeforeTheBodyComes) {
  const request_body body(labelled("br"));
  ASSERT_TRUE(body.fault());
  const std::vector<http::field> want = {{"Accept-Encoding", "gzip, deflate, zstd"}};
  EXPECT_EQ(want, body.fault_fields());
}

TEST(RequestBody, ACredentialInTheLabelIsNotRepeated) {  // ERR-36
  const request_body body(labelled("sk-0123456789abcdef0123"));
  EXPECT_EQ(std::string::npos, body.fault()->message.find("0123456789")) << body.fault()->message;
}

TEST(RequestBody, TheLimitHoldsForTheTextWhateverTheCoding) {  // ERR-23
  const std::string fits(limits::max_body_bytes, ' ');
  const std::string beyond(limits::max_body_bytes + 1, ' ');
  const std::pair<std::string_view, std::string (*)(std::string_view)> codings[] = {
      {"", [](std::string_view text) { return std::string(text); }},
      {"gzip", [](std::string_view text) { return testing::gzip(text); }},
      {"deflate", [](std::string_view text) { return testing::zlib(text); }},
      {"zstd", [](std::string_view text) { return testing::zstd(text); }},
  };
  for (const auto& [label, compress] : codings) {
    request_body whole(labelled(label));
    whole.add(compress(fits));
    whole.end();
    EXPECT_FALSE(whole.fault()) << label;
    EXPECT_TRUE(fits == whole.take()) << label;
    request_body bomb(labelled(label));
    bomb.add(compress(beyond));
    ASSERT_TRUE(bomb.fault()) << label;
    EXPECT_EQ(413U, bomb.fault()->status) << label;
  }
}

TEST(RequestBody, TheLimitHoldsForWhatIsReceivedToo) {  // members of nothing, for ever
  const std::string nothing = testing::gzip("");
  std::string much;
  while (much.size() < limits::mib) much += nothing;
  request_body body(labelled("gzip"));
  std::size_t received = 0;
  for (; received <= limits::max_body_bytes; received += much.size()) {
    ASSERT_FALSE(body.fault()) << received;
    body.add(much);
  }
  ASSERT_TRUE(body.fault());
  EXPECT_EQ(413U, body.fault()->status);
}

}  // namespace
}  // namespace weir::proxy
