// Forwarded requests whose body is a form: what goes on, when, and what holds it up.
#include <gtest/gtest.h>

#include "gateway_bench.h"
#include "http/h1_encoder.h"
#include "weir/base/limits.h"

namespace weir::proxy {
namespace {

using test::gateway_bench;
using test::raw_client;
using test::received_request;
using test::upstream_peer;

constexpr std::string_view boundary = "0123456789abcdef";  // as openai-python's httpx has it
constexpr std::string_view path = "/v1/audio/transcriptions";

std::string field(std::string_view name, std::string_view content) {
  return "--" + std::string(boundary) + "\r\nContent-Disposition: form-data; name=\"" +
         std::string(name) + "\"\r\n\r\n" + std::string(content) + "\r\n";
}
std::string file(std::string_view content) {
  return "--" + std::string(boundary) +
         "\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.mp3\"\r\n"
         "Content-Type: audio/mpeg\r\n\r\n" +
         std::string(content) + "\r\n";
}
const std::string last = "--" + std::string(boundary) + "--\r\n";
/// A form that goes on: its model is known, and a file has begun.
const std::string begun = field("model", "whisper") + file("").substr(0, file("").size() - 2);

enum class framing : std::uint8_t { length, chunked };

std::string head(framing how, std::size_t length, std::string_view more = "") {
  return "POST " + std::string(path) +
         " HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=" +
         std::string(boundary) + "\r\n" + std::string(more) +
         (how == framing::chunked ? std::string("Transfer-Encoding: chunked\r\n\r\n")
                                  : "Content-Length: " + std::to_string(length) + "\r\n\r\n");
}
std::string framed(framing how, std::string_view bytes) {
  if (how == framing::length) return std::string(bytes);
  std::string out;
  http::append_chunk(out, bytes);
  return out;
}
std::string ending(framing how) { return how == framing::chunked ? "0\r\n\r\n" : ""; }

std::string upload(std::string_view body, framing how = framing::length) {
  return head(how, body.size()) + framed(how, body) + ending(how);
}

/// A worker whose upstream calls the client's `whisper` `up/whisper-large`.
class upload_bench : public gateway_bench {
 public:
  upload_bench() {
    settings.models = {{"whisper", {{"u", "up/whisper-large"}}, {}}};
    network.answer = [](upstream_peer& peer, const received_request&) {
      peer.respond(200, "application/json", R"({"text":"hi"})");
    };
  }
  [[nodiscard]] const received_request& received(std::size_t peer = 0) const {
    return network.peers.at(peer)->requests().back();
  }
  [[nodiscard]] bool arrived() const {
    return !network.peers.empty() && !network.peers.back()->requests().empty();
  }
};

struct form {
  const char* name;
  std::string before;  // the model's name
  std::string after;
  [[nodiscard]] std::string with(std::string_view model) const {
    return before + std::string(model) + after;
  }
};

std::vector<form> forms() {
  const std::string mark = "@model@";
  const std::string sound = "ID3\r\n--\r\n\r" + std::string(3, '\0') + "model";
  std::vector<form> all;
  for (const auto& [name, text] :
       {std::pair{"model first", field("model", mark) + file(sound) + last},
        std::pair{"model last", file(sound) + field("n", "1") + field("model", mark) + last}}) {
    const std::size_t at = text.find(mark);
    all.push_back({name, text.substr(0, at), text.substr(at + mark.size())});
  }
  return all;
}

TEST(Upload, OnlyTheModelOfAFormIsReplaced) {
  for (const form& f : forms()) {
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
  for (const form& f : forms()) {
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
    const form f = forms()[0];
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
  const std::string sent = forms()[1].with("whisper");
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
      bench.worker->probe_models([](const auto&) {});
      ASSERT_TRUE(bench.driver.run_until(
          [&] { return bench.worker->context().models.current().complete(); }));
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
    ASSERT_TRUE(bench.ask(c, test::post(path, "--a--", type)));
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
      EXPECT_EQ(0U, bench.worker->context().upstreams[0]->pool.open()) << says;
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

TEST(Upload, ASlowUpstreamHoldsTheClientBackAndLosesNothing) {  // HTTP-13
  for (const framing how : {framing::length, framing::chunked}) {
    upload_bench bench;
    bench.network.early = [](upstream_peer& peer, const received_request&) {
      peer.connection().pause_reading();
    };
    raw_client& c = bench.client();
    const std::string piece(10000, 'x');
    constexpr std::size_t pieces = 400;
    c.send(head(how, begun.size() + pieces * piece.size() + 2 + last.size()) + framed(how, begun));
    ASSERT_TRUE(bench.driver.run_until([&] { return bench.arrived(); }));
    for (std::size_t i = 0; i < pieces; ++i) {
      c.send(framed(how, piece));
      bench.driver.settle();
    }
    // The gateway took a watermark and what one read brings; the rest waits with the client.
    EXPECT_GT(c.connection().queued(),
              pieces * piece.size() - 3 * limits::high_watermark_bytes - limits::read_buffer_bytes);
    bench.network.peers.at(0)->connection().resume_reading();
    c.send(framed(how, "\r\n" + last) + ending(how));
    ASSERT_TRUE(bench.driver.run_until([&] { return c.complete() == 1; }));
    EXPECT_EQ(200U, c.last().status);
    EXPECT_EQ(begun.size() + 9 + pieces * piece.size() + 2 + last.size(),
              bench.received().body.size());
  }
}

TEST(Upload, AClientThatIsHeldBackIsNotTimedOut) {
  upload_bench bench;
  bench.times.request_body = millis{1000};
  bench.network.early = [](upstream_peer& peer, const received_request&) {
    peer.connection().pause_reading();
  };
  raw_client& c = bench.client();
  const std::string middle(3 * limits::read_buffer_bytes, 'x');
  c.send(head(framing::length, begun.size() + middle.size() + 2 + last.size()) + begun);
  ASSERT_TRUE(bench.driver.run_until([&] { return bench.arrived(); }));
  c.send(middle);
  bool later = false;
  net::timer wait(bench.loop, [&] { later = true; });
  wait.start(millis{1300});
  ASSERT_TRUE(bench.driver.run_until([&] { return later; }));
  EXPECT_EQ(0U, c.complete());
  bench.network.peers.at(0)->connection().resume_reading();
  ASSERT_TRUE(bench.ask(c, "\r\n" + last));
  EXPECT_EQ(200U, c.last().status);
}

TEST(Upload, AClientThatStopsIsTimedOutAndSoIsItsRequest) {  // 408
  upload_bench bench;
  bench.times.request_body = millis{500};
  raw_client& c = bench.client();
  c.send(head(framing::length, 1000) + begun);
  ASSERT_TRUE(bench.driver.run_until([&] { return c.gone(); }));
  ASSERT_EQ(1U, c.complete());
  EXPECT_EQ(408U, c.last().status);
  bench.driver.settle();
  EXPECT_TRUE(bench.network.peers.at(0)->gone());
}

TEST(Upload, AnUpstreamThatRefusesBeforeTheEndIsHeardAtOnce) {
  for (const unsigned status : {413U, 200U}) {
    upload_bench bench;
    bench.network.early = [status](upstream_peer& peer, const received_request&) {
      peer.respond(status, "application/json", R"({"error":{"message":"too large for me"}})");
    };
    raw_client& c = bench.client();
    c.send(head(framing::length, 1000) + begun);
    ASSERT_TRUE(bench.driver.run_until([&] { return c.complete() == 1; }));
    EXPECT_EQ(status, c.last().status);
    EXPECT_NE(std::string::npos, c.last().body.find("too large for me"));
    EXPECT_EQ("close", c.last().header("connection"));
    ASSERT_TRUE(bench.driver.run_until([&] { return c.ended(); }));
    EXPECT_EQ(0U, bench.worker->sessions());
    // Half a request is on it: that connection serves nobody else.
    bench.driver.settle();
    EXPECT_EQ(0U, bench.worker->context().upstreams[0]->pool.open());
  }
}

TEST(Upload, AnAnswerMayBeginBeforeTheRequestEnds) {
  upload_bench bench;
  bench.network.early = [](upstream_peer& peer, const received_request&) {
    peer.begin_stream();
    peer.chunk("data: early\n\n");
  };
  bench.network.answer = [](upstream_peer& peer, const received_request&) {
    peer.chunk("data: late\n\n");
    peer.end_chunks();
  };
  raw_client& c = bench.client();
  const std::string rest = "x\r\n" + last;
  c.send(head(framing::length, begun.size() + rest.size()) + begun);
  ASSERT_TRUE(
      bench.driver.run_until([&] { return !c.responses().empty() && !c.last().body.empty(); }));
  EXPECT_EQ("data: early\n\n", c.last().body);
  ASSERT_TRUE(bench.ask(c, rest));
  EXPECT_EQ("data: early\n\ndata: late\n\n", c.last().body);
  EXPECT_TRUE(c.last().complete);
}

TEST(Upload, AFormThatGoesBadUnderAnAnswerBreaksIt) {
  upload_bench bench;
  bench.network.early = [](upstream_peer& peer, const received_request&) {
    peer.begin_stream();
    peer.chunk("data: early\n\n");
  };
  raw_client& c = bench.client();
  c.send(head(framing::length, 1000) + begun);
  ASSERT_TRUE(
      bench.driver.run_until([&] { return !c.responses().empty() && !c.last().body.empty(); }));
  ASSERT_TRUE(bench.ask(c, "\r\n" + field("model", "other")));
  EXPECT_EQ(0U, c.complete());
  EXPECT_TRUE(c.gone());
  bench.driver.settle();
  EXPECT_TRUE(bench.network.peers.at(0)->gone());
}

TEST(Upload, AnUpstreamThatDiesUnderAnUploadIsABadGateway) {
  upload_bench bench;
  bench.network.early = [](upstream_peer& peer, const received_request&) { peer.reset(); };
  raw_client& c = bench.client();
  c.send(head(framing::length, 1000) + begun);
  ASSERT_TRUE(bench.driver.run_until([&] { return c.complete() == 1; }));
  EXPECT_EQ(502U, c.last().status);
  EXPECT_EQ("1", c.last().header("x-weir-attempts"));
  EXPECT_EQ("close", c.last().header("connection"));
}

TEST(Upload, AnUploadNeverGoesOutOnAConnectionThatMayBeStale) {  // RFC 9110 9.2.2
  upload_bench bench;
  raw_client& c = bench.client();
  const std::string body = forms()[0].with("whisper");
  ASSERT_TRUE(bench.ask(c, upload(body)));  // leaves an idle connection
  c.send(head(framing::length, body.size()) + body.substr(0, body.size() - 3));
  ASSERT_TRUE(bench.driver.run_until([&] { return bench.network.peers.size() == 2; }));
  ASSERT_TRUE(bench.ask(c, body.substr(body.size() - 3)));
  EXPECT_EQ(200U, c.last().status);
  // A form that is whole can be sent again, and may.
  ASSERT_TRUE(bench.ask(c, upload(body)));
  EXPECT_EQ(2U, bench.network.peers.size());
}

TEST(Upload, AWholeFormIsSentAgainWhenItsConnectionWasStale) {
  upload_bench bench;
  int asked = 0;
  bench.network.answer = [&](upstream_peer& peer, const received_request&) {
    if (++asked == 2) return peer.close();
    peer.respond(200, "application/json", "{}");
  };
  raw_client& c = bench.client();
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(bench.ask(c, upload(forms()[1].with("whisper"))));
  EXPECT_EQ(200U, c.last().status);
  EXPECT_EQ("2", c.last().header("x-weir-attempts"));
  EXPECT_EQ(forms()[1].with("up/whisper-large"), bench.received(1).body);
}

TEST(Upload, AClientThatLeavesTakesItsRequestWithIt) {  // HTTP-10
  for (const bool orderly : {false, true}) {
    upload_bench bench;
    raw_client& c = bench.client();
    c.send(head(framing::length, 1000) + begun);
    ASSERT_TRUE(bench.driver.run_until([&] { return bench.arrived(); }));
    if (orderly)
      c.end_side();
    else
      c.leave();
    bench.driver.settle();  // no timer runs here
    EXPECT_TRUE(bench.network.peers.at(0)->gone());
    EXPECT_EQ(0U, bench.worker->sessions());
  }
}

TEST(Upload, AClientThatLeavesWhileItIsHeldBackTakesItsRequestWithIt) {  // HTTP-10
  upload_bench bench;
  bench.network.early = [](upstream_peer& peer, const received_request&) {
    peer.connection().pause_reading();
  };
  raw_client& c = bench.client();
  const std::string middle(3 * limits::read_buffer_bytes, 'x');
  c.send(head(framing::length, begun.size() + 2 * middle.size()) + begun);
  ASSERT_TRUE(bench.driver.run_until([&] { return bench.arrived(); }));
  c.send(middle);
  bench.driver.settle();
  EXPECT_GT(c.connection().queued(), 0U);
  c.end_side();
  bench.driver.settle();  // no timer runs here
  EXPECT_EQ(0U, bench.worker->sessions());
  EXPECT_EQ(0U, bench.worker->context().upstreams[0]->pool.open());
}

TEST(Upload, AModelIsWaitedForAsInAnyRequest) {
  upload_bench bench;
  bench.settings.models.clear();
  bench.settings.upstreams.push_back(gateway_bench::upstream("v"));
  std::vector<upstream_peer*> asked;
  bench.network.answer = [&](upstream_peer& peer, const received_request& request) {
    if (request.method == "GET") return asked.push_back(&peer);
    peer.respond(200, "application/json", "{}");
  };
  bench.start();
  bench.worker->probe_models([](const auto&) {});
  raw_client& c = bench.client();
  const std::string body = field("model", "whisper") + file("x") + last;
  c.send(head(framing::length, body.size()) + body.substr(0, body.size() - 3));
  ASSERT_TRUE(bench.driver.run_until([&] { return asked.size() == 2; }));
  c.send(body.substr(body.size() - 3));
  bench.driver.settle();
  EXPECT_EQ(0U, c.complete());
  asked[0]->respond(200, "application/json", R"({"data":[]})");
  asked[1]->respond(200, "application/json", R"({"data":[{"id":"whisper"}]})");
  ASSERT_TRUE(bench.driver.run_until([&] { return c.complete() == 1; }));
  EXPECT_EQ(200U, c.last().status);
  EXPECT_NE("", c.last().header("x-weir-upstream"));
}

TEST(Upload, ExpectIsAnsweredBeforeTheBody) {  // RFC 9110 10.1.1: as curl asks
  upload_bench bench;
  raw_client& c = bench.client();
  const std::string body = forms()[0].with("whisper");
  c.send(head(framing::length, body.size(), "Expect: 100-continue\r\n"));
  ASSERT_TRUE(bench.driver.run_until([&] { return !c.bytes().empty(); }));
  EXPECT_EQ("HTTP/1.1 100 Continue\r\n\r\n", c.bytes());
  ASSERT_TRUE(bench.ask(c, body));
  EXPECT_EQ(200U, c.last().status);
}

TEST(Upload, EveryOperationOfEitherLegMayFail) {  // P1
  const std::string body = forms()[0].with("whisper");
  for (const bool client_leg : {false, true}) {
    bool whole = false;
    for (std::size_t n = 1; n < 200 && !whole; ++n) {
      upload_bench bench;
      if (!client_leg) bench.network.options = {17, n};
      raw_client& c =
          bench.client(client_leg ? net::memory_options{17, n} : net::memory_options{17, 0});
      ASSERT_TRUE(bench.ask(c, upload(body, framing::chunked))) << n;
      EXPECT_FALSE(c.malformed()) << n;
      if (!client_leg) {
        ASSERT_EQ(1U, c.complete()) << n;
        EXPECT_TRUE(c.last().status == 200 || c.last().status == 502) << n << c.last().body;
      }
      whole = c.complete() == 1 && c.last().status == 200 && !c.failed();
      bench.clients.clear();
      EXPECT_TRUE(bench.driver.run_until([&] { return bench.worker->sessions() == 0; })) << n;
      bench.driver.settle();
      const upstream_pool& pool = bench.worker->context().upstreams[0]->pool;
      EXPECT_TRUE(bench.driver.run_until([&] { return pool.open() == pool.idle(); })) << n;
    }
    EXPECT_TRUE(whole);
  }
}

}  // namespace
}  // namespace weir::proxy
