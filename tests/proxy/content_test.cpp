// What is kept of the content of an exchange, and that nothing is unless it is wanted.
#include <gtest/gtest.h>

#include "gateway_bench.h"
#include "proxy/exchange.h"
#include "support/compressed.h"

namespace weir::proxy {
namespace {

using test::gateway_bench;
using test::received_request;
using test::upstream_peer;

/// One exchange without a session around it.
struct lone_exchange final : exchange_owner, observe::record_sink {
  lone_exchange(gateway_bench& in, std::string_view path, std::vector<http::field> fields)
      : bench(in), pair(net::make_memory_pair(in.loop)) {
    bench.records = this;
    bench.start();
    head.method = "POST";
    head.target = path;
    for (const http::field& f : fields) head.headers.add(f.name, f.value);
    response.emplace(*pair.near, response_framing{});
    made = make_exchange(
        {bench.worker->context(), head, find_service("POST", path), *response, *this, "127.0.0.1"});
  }
  [[nodiscard]] const std::optional<observe::kept_content>& run(std::string_view body) {
    for (const char& byte : body) made->read_body({&byte, 1});
    made->on_body_progress();
    made->on_request_end();
    EXPECT_TRUE(bench.driver.run_until([this] { return record.has_value(); }));
    return record->content;
  }

  void on_exchange_done() override {}
  void pause_request() override {}
  void resume_request() override {}
  void keep(const observe::exchange_record& r) override { record = r; }
  [[nodiscard]] bool accepts() const override { return true; }

  gateway_bench& bench;
  net::memory_pair pair;
  http::request_head head;
  std::optional<response_writer> response;
  std::optional<observe::exchange_record> record;
  std::unique_ptr<exchange> made;
};

TEST(Content, IsKeptOnlyWhereItIsWanted) {
  for (const bool wanted : {false, true}) {
    gateway_bench bench;
    lone_exchange one(bench, "/v1/chat/completions", {{"Content-Type", "application/json"}});
    if (wanted) one.made->keep_content();
    const std::string body = test::chat_body(true);
    const auto& kept = one.run(body);
    ASSERT_EQ(wanted, kept.has_value());
    if (!wanted) continue;
    EXPECT_EQ(body, kept->request.text);
    EXPECT_FALSE(kept->request.cut);
    EXPECT_EQ(test::chat_stream(), kept->answer.text) << "without the framing of HTTP";
    EXPECT_FALSE(kept->answer.cut);
  }
}

TEST(Content, OfARequestIsWhatItsCodingMeans) {
  gateway_bench bench;
  lone_exchange one(bench, "/v1/chat/completions",
                    {{"Content-Type", "application/json"}, {"Content-Encoding", "gzip"}});
  one.made->keep_content();
  const std::string body = test::chat_body(false);
  EXPECT_EQ(body, one.run(testing::gzip(body))->request.text);
}

TEST(Content, IsCutAtItsSize) {
  gateway_bench bench;
  bench.settings.store.content_size = limits::kib;
  bench.network.answer = [](upstream_peer& peer, const received_request&) {
    peer.respond(200, "application/json", R"({"text":")" + std::string(2000, 'y') + R"("})");
  };
  lone_exchange one(bench, "/v1/rerank", {{"Content-Type", "application/json"}});
  one.made->keep_content();
  const auto& kept = one.run(R"({"model":"m","text":")" + std::string(2000, 'x') + R"("})");
  EXPECT_EQ(limits::kib, kept->request.text.size());
  EXPECT_TRUE(kept->request.cut);
  EXPECT_EQ(limits::kib, kept->answer.text.size());
  EXPECT_TRUE(kept->answer.cut);
}

TEST(Content, OfAFormIsItsBeginning) {
  gateway_bench bench;
  bench.settings.store.content_size = limits::kib;
  bench.network.answer = [](upstream_peer& peer, const received_request&) {
    peer.respond(200, "application/json", R"({"text":"heard"})");
  };
  const std::string begin =
      "--b\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nm\r\n--b\r\n"
      "Content-Disposition: form-data; name=\"file\"; filename=\"a.wav\"\r\n\r\n";
  lone_exchange one(bench, "/v1/audio/transcriptions",
                    {{"Content-Type", "multipart/form-data; boundary=b"}});
  one.made->keep_content();
  const auto& kept = one.run(begin + std::string(5000, 'x') + "\r\n--b--\r\n");
  EXPECT_EQ(0U, kept->request.text.find(begin));
  EXPECT_TRUE(kept->request.cut);
  EXPECT_EQ(R"({"text":"heard"})", kept->answer.text);
}

TEST(Content, OfAnErrorIsItsDocument) {
  gateway_bench bench;
  lone_exchange one(bench, "/v1/chat/completions", {{"Content-Type", "application/json"}});
  one.made->keep_content();
  const auto& kept = one.run("no json");
  EXPECT_EQ("no json", kept->request.text);
  EXPECT_EQ(0U, kept->answer.text.find(R"({"error":)"));
}

}  // namespace
}  // namespace weir::proxy
