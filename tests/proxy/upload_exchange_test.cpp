// Forwarded requests whose body is a form: what of it goes on, and when.
#include <gtest/gtest.h>

#include "upload_bench.h"
#include "weir/base/limits.h"

namespace weir::proxy {
namespace {

using namespace test::forms;
using test::gateway_bench;
using test::raw_client;
using test::received_request;
using test::upload_bench;
using test::upstream_peer;

TEST(Upload, OnlyTheModelOfAFormIsReplaced) {
  for (const form& f : forms_of_clients()) {
    for (const framing how : {framing::length, framing::chunked}) {
      upload_bench bench;
      raw_client& c = bench.client();
      ASSERT_TRUE(bench.ask(c, upload(f.with("whisper"), how))) << f.name;
      EXPECT_EQ(200U, c.last().status) << f.name << c.last().body;
      EXPECT_EQ(R"({"text":"hi"})", c.last().body) << f.name;
      EXPECT_EQ("keep-alive", c.last().header("connection")) << f.name;
      const received_request& got = bench.received();
      EXPECT_EQ("/v1/audio/transcriptions", got.target);
      EXPECT_EQ("multipart/form-data; boundary=" + std::string(boundary),
                got.header("content-type"));
      EXPECT_EQ(f.with("up/whisper-large"), got.body) << f.name;
      // All of it was there: its length is known, however the client sent it.
      EXPECT_EQ(std::to_string(got.body.size()), got.header("content-length")) << f.name;
    }
  }
}

TEST(Upload, AFormArrivesTheSameHoweverItIsSplit) {
  for (const form& f : forms_of_clients()) {
    for (const framing how : {framing::length, framing::chunked}) {
      upload_bench bench;
      raw_client& c = bench.client({1, 0});
      ASSERT_TRUE(bench.ask(c, upload(f.with("whisper"), how))) << f.name;
      EXPECT_EQ(200U, c.last().status) << f.name << c.last().body;
      const received_request& got = bench.received();
      EXPECT_EQ(f.with("up/whisper-large"), got.body) << f.name;
      // It went on before its end: framed as the client did.
      EXPECT_EQ(how == framing::length ? std::to_string(got.body.size()) : "",
                got.header("content-length"));
      EXPECT_EQ(how == framing::chunked ? "chunked" : "", got.header("transfer-encoding"));
    }
  }
}

TEST(Upload, AFormGoesOnWhileItComesOnceItsModelIsKnown) {
  for (const framing how : {framing::length, framing::chunked}) {
    upload_bench bench;
    raw_client& c = bench.client();
    const form f = forms_of_clients()[0];
    const std::string sent = f.with("whisper");
    const std::string want = f.with("up/whisper-large");
    c.send(head(how, sent.size()));
    const std::size_t known = f.before.size() + 30;  // beyond the boundary behind the model
    c.send(framed(how, sent.substr(0, known)));
    ASSERT_TRUE(bench.driver.run_until([&] { return bench.arrived(); }));
    bench.driver.settle();
    const std::size_t grown = want.size() - sent.size();
    EXPECT_EQ(want.substr(0, known + grown), bench.received().body);
    for (std::size_t at = known; at < sent.size(); ++at) {
      c.send(framed(how, sent.substr(at, 1)));
      bench.driver.settle();
      EXPECT_EQ(want.substr(0, at + 1 + grown), bench.received().body);
      EXPECT_FALSE(how == framing::chunked && bench.received().complete);
    }
    c.send(ending(how));
    ASSERT_TRUE(bench.driver.run_until([&] { return c.complete() == 1; }));
    EXPECT_EQ(200U, c.last().status);
    EXPECT_EQ(want, bench.received().body);
  }
}

TEST(Upload, NothingGoesOnBeforeTheModelIsKnown) {
  upload_bench bench;
  raw_client& c = bench.client();
  const std::string sent = forms_of_clients()[1].with("whisper");
  c.send(head(framing::length, sent.size()) + sent.substr(0, sent.size() - last.size() - 2));
  bench.driver.settle();
  EXPECT_TRUE(bench.network.endpoints.empty());
  ASSERT_TRUE(bench.ask(c, sent.substr(sent.size() - last.size() - 2)));
  EXPECT_EQ(200U, c.last().status);
}

TEST(Upload, AFormWithoutAModelGoesToTheOnlyUpstreamAsItIs) {  // ERR-4
  for (const std::string& body : {file("x") + last, field("model", "") + file("x") + last}) {
    for (const bool several : {false, true}) {
      upload_bench bench;
      if (several) bench.settings.upstreams.push_back(gateway_bench::upstream("v"));
      raw_client& c = bench.client();
      ASSERT_TRUE(bench.ask(c, upload(body)));
      EXPECT_EQ(several ? 400U : 200U, c.last().status);
      if (!several) {
        EXPECT_EQ(body, bench.received().body);
      }
    }
  }
}

struct bad_form {
  const char* name;
  std::string body;
  unsigned status;
  std::string_view says;
};

TEST(Upload, ABadFormIsRefusedBeforeAnyUpstreamIsAsked) {
  const bad_form cases[] = {
      {"no form", R"({"model":"whisper"})", 400, "does not begin with its boundary"},
      {"no end", field("model", "whisper"), 400, "ends before its last boundary"},
      {"no such model", field("model", "nobody") + last, 404, "model_not_found"},
      {"a long name", field("model", std::string(limits::max_envelope_bytes + 1, 'm')) + last, 400,
       "string too long"},
      {"nothing", "", 400, "ends before its last boundary"},
  };
  for (const bad_form& b : cases) {
    for (const std::size_t slice : {std::size_t{1}, static_cast<std::size_t>(-1)}) {
      upload_bench bench;
      bench.settings.upstreams.push_back(gateway_bench::upstream("v"));
      bench.times.first_models = millis{1};
      bench.network.answer = [](upstream_peer& peer, const received_request& request) {
        EXPECT_EQ("GET", request.method);
        peer.respond(200, "application/json", R"({"data":[{"id":"m"}]})");
      };
      bench.start();
      bench.worker->probe_models([](const auto&, const auto&) {});
      ASSERT_TRUE(bench.driver.run_until(
          [&] { return bench.worker->context()->models.current().complete(); }));
      raw_client& c = bench.client({slice, 0});
      ASSERT_TRUE(bench.ask(c, upload(b.body))) << b.name;
      ASSERT_EQ(1U, c.complete()) << b.name;
      EXPECT_EQ(b.status, c.last().status) << b.name << c.last().body;
      EXPECT_NE(std::string::npos, c.last().body.find(b.says)) << b.name << c.last().body;
    }
  }
}

TEST(Upload, ATypeWithoutABoundaryIsRefused) {
  for (const char* type : {"Content-Type: multipart/form-data\r\n",
                           "Content-Type: multipart/form-data; boundary=\"\"\r\n",
                           "Content-Type: multipart/form-data; boundary=a\r\n"
                           "Content-Type: multipart/form-data; boundary=b\r\n"}) {
    upload_bench bench;
    raw_client& c = bench.client();
    ASSERT_TRUE(bench.ask(c, test::post(transcriptions, "--a--", type)));
    EXPECT_EQ(400U, c.last().status) << type;
    EXPECT_NE(std::string::npos, c.last().body.find("names no boundary")) << c.last().body;
  }
}

TEST(Upload, ACompressedFormIsRefused) {  // HTTP-12
  for (const char* coding : {"gzip", "br"}) {
    upload_bench bench;
    raw_client& c = bench.client();
    ASSERT_TRUE(bench.ask(
        c, head(framing::length, 3, "Content-Encoding: " + std::string(coding) + "\r\n") + "abc"));
    EXPECT_EQ(415U, c.last().status);
    EXPECT_NE("", c.last().header("accept-encoding")) << coding;
  }
}

TEST(Upload, AFormThatGoesBadOnItsWayNeverBecomesARequest) {
  const std::pair<const char*, std::string> endings[] = {
      {"more than one", field("model", "other") + last},
      {"ends before its last boundary", ""},
      {"inside a part", file("x--" + std::string(boundary)) + last}};
  for (const auto& [says, rest] : endings) {
    for (const framing how : {framing::length, framing::chunked}) {
      upload_bench bench;
      raw_client& c = bench.client();
      const std::string begin = field("model", "whisper") + file("abc");
      c.send(head(how, begin.size() + rest.size() + (rest.empty() ? 1 : 0)) + framed(how, begin));
      ASSERT_TRUE(bench.driver.run_until([&] { return bench.arrived(); }));
      ASSERT_TRUE(bench.ask(
          c, rest.empty() ? framed(how, "-") + ending(how) : framed(how, rest) + ending(how)))
          << says;
      ASSERT_EQ(1U, c.complete()) << says;
      EXPECT_EQ(400U, c.last().status) << says;
      EXPECT_NE(std::string::npos, c.last().body.find(says)) << c.last().body;
      bench.driver.settle();
      EXPECT_FALSE(bench.received().complete) << says;
      EXPECT_TRUE(bench.network.peers.at(0)->gone()) << says;
      EXPECT_EQ(0U, bench.worker->context()->upstreams[0]->pool->open()) << says;
    }
  }
}

TEST(Upload, AModelMustComeWithinTheBound) {
  const std::string mib(limits::mib, 'x');
  for (const std::size_t over : {0U, 1U}) {
    upload_bench bench;
    raw_client& c = bench.client();
    const std::string end = "\r\n" + field("model", "whisper");
    const std::string begin = file("");
    // What it takes to know the model ends with the boundary behind it.
    const std::size_t padding =
        limits::max_held_form_bytes - (begin.size() - 2) - end.size() - (last.size() - 4) + over;
    c.send(head(framing::chunked, 0) + framed(framing::chunked, begin.substr(0, begin.size() - 2)));
    for (std::size_t left = padding; left > 0 && !c.gone();) {
      const std::size_t size = std::min(left, mib.size());
      c.send(framed(framing::chunked, mib.substr(0, size)));
      left -= size;
      bench.driver.settle();
    }
    if (!c.gone()) c.send(framed(framing::chunked, end + last) + ending(framing::chunked));
    ASSERT_TRUE(bench.driver.run_until([&] { return c.complete() == 1 || c.gone(); }));
    ASSERT_EQ(1U, c.complete());
    EXPECT_EQ(over == 0 ? 200U : 413U, c.last().status) << c.last().body;
    if (over == 1) {
      EXPECT_NE(std::string::npos, c.last().body.find("put it before the file"));
    }
  }
}

TEST(Upload, AFormMayBeLargerThanADocumentButNotEndless) {  // HTTP-12
  const std::tuple<const char*, std::size_t, bool> cases[] = {
      {"as large as any document and one more", limits::max_body_bytes + 1, true},
      {"as large as any form", limits::max_form_bytes, true},
      {"and one more", limits::max_form_bytes + 1, false}};
  for (const auto& [name, length, taken] : cases) {
    upload_bench bench;
    raw_client& c = bench.client();
    c.send(head(framing::length, length) + begun);
    ASSERT_TRUE(bench.driver.run_until([&] { return bench.arrived() || c.complete() == 1; }));
    EXPECT_EQ(!taken, c.complete() == 1) << name;
    if (!taken) {
      EXPECT_EQ(413U, c.last().status) << name;
    } else {
      EXPECT_EQ(std::to_string(length + 9), bench.received().header("content-length")) << name;
    }
  }
}

}  // namespace
}  // namespace weir::proxy
