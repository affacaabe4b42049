#include "app/http_client.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <future>
#include <string>
#include <string_view>

namespace weir::app {
namespace {

/// Accepts one connection, answers its request head with fixed bytes, then closes at once or waits
/// until the client has closed.
class one_shot_server {
 public:
  enum class afterwards { close, stay };

  one_shot_server(std::string answer, afterwards then) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    EXPECT_EQ(0, ::bind(listener_, reinterpret_cast<sockaddr*>(&address), size));
    EXPECT_EQ(0, ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size));
    EXPECT_EQ(0, ::listen(listener_, 1));
    port_ = ntohs(address.sin_port);
    request_ = std::async(std::launch::async, [this, answer = std::move(answer), then] {
      const int fd = ::accept(listener_, nullptr, nullptr);
      std::string request;
      std::array<char, 4096> buffer{};
      while (request.find("\r\n\r\n") == std::string::npos) {
        const ssize_t got = ::recv(fd, buffer.data(), buffer.size(), 0);
        if (got <= 0) break;
        request.append(buffer.data(), static_cast<std::size_t>(got));
      }
      (void)::send(fd, answer.data(), answer.size(), MSG_NOSIGNAL);
      while (then == afterwards::stay && ::recv(fd, buffer.data(), buffer.size(), 0) > 0) {
      }
      ::close(fd);
      return request;
    });
  }
  ~one_shot_server() {
    if (request_.valid()) request_.wait();
    ::close(listener_);
  }

  [[nodiscard]] http_call call() const {
    http_call what;
    what.host = "127.0.0.1";
    what.port = port_;
    what.target = "/x";
    what.silence = seconds{20};
    return what;
  }
  /// What the client sent.
  std::string request() { return request_.get(); }

 private:
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::future<std::string> request_;
};

using server = one_shot_server;
using end = http_record::end;

TEST(HttpClient, HowAnAnswerEndsIsTold) {
  const std::string ok = "HTTP/1.1 200 OK\r\n";
  const struct {
    std::string_view name;
    std::string answer;
    server::afterwards then;
    end ended;
    std::string_view body;
  } cases[] = {
      {"a length", ok + "Content-Length: 2\r\n\r\nab", server::afterwards::stay, end::complete,
       "ab"},
      {"chunks", ok + "Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n",
       server::afterwards::stay, end::complete, "ab"},
      {"until the close", ok + "\r\nab", server::afterwards::close, end::complete, "ab"},
      {"another status", "HTTP/1.1 500 No\r\nContent-Length: 2\r\n\r\nab", server::afterwards::stay,
       end::complete, "ab"},
      {"a length that is too large", ok + "Content-Length: 3\r\n\r\nab", server::afterwards::close,
       end::lost, "ab"},
      {"chunks without their end", ok + "Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n",
       server::afterwards::close, end::lost, "ab"},
      {"nothing", "", server::afterwards::close, end::lost, ""},
      {"no HTTP", "SSH-2.0-x\r\n", server::afterwards::stay, end::malformed, ""},
  };
  for (const auto& c : cases) {
    server peer(c.answer, c.then);
    const http_record record = watch(peer.call());
    EXPECT_EQ(record.ended, c.ended) << c.name << ": " << record.detail;
    EXPECT_EQ(record.answer.body, c.body) << c.name;
    EXPECT_EQ(record.detail.empty(), c.ended == end::complete) << c.name;
  }
}

TEST(HttpClient, SilenceAndTheWholeTimeAreBounded) {
  for (const bool of_all : {false, true}) {
    server peer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n",
                server::afterwards::stay);
    http_call what = peer.call();
    (of_all ? what.total : what.silence) = millis{50};
    const http_record record = watch(what);
    EXPECT_EQ(record.ended, end::late);
    EXPECT_EQ(record.answer.body, "ab");
  }
}

TEST(HttpClient, AReaderMayLeaveAndTheServerSeesIt) {
  server peer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n",
              server::afterwards::stay);
  std::string got;
  const http_record record = watch(peer.call(), [&](std::string_view part) {
    got += part;
    return reading{true};
  });
  EXPECT_EQ(record.ended, end::left);
  EXPECT_EQ(got, "ab");
  EXPECT_NE(peer.request(), "");  // returns once the connection has closed
}

TEST(HttpClient, AReaderMayShortenThePatience) {
  server peer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n",
              server::afterwards::stay);
  const http_record record = watch(peer.call(), [&](std::string_view) {
    return reading{false, millis{50}};
  });
  EXPECT_EQ(record.ended, end::late);
}

TEST(HttpClient, TheRequestNamesHostAndKeyAndAsksForPlainBytes) {
  server peer("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", server::afterwards::close);
  http_call what = peer.call();
  what.method = "POST";
  what.body = "{}";
  what.key = "k-1";
  EXPECT_TRUE(call(what).ok());
  const std::string request = peer.request();
  for (const std::string line :
       {"POST /x HTTP/1.1\r\n", "\r\nAuthorization: Bearer k-1\r\n",
        "\r\nAccept-Encoding: identity\r\n", "\r\nContent-Type: application/json\r\n",
        "\r\nContent-Length: 2\r\n"})
    EXPECT_NE(request.find(line), std::string::npos) << line << request;
  EXPECT_NE(request.find("\r\nHost: 127.0.0.1:" + std::to_string(what.port) + "\r\n"),
            std::string::npos)
      << request;
}

TEST(HttpClient, APortWhereNobodyListensIsUnreachable) {
  http_call what;
  what.host = "127.0.0.1";
  what.port = 1;
  what.target = "/x";
  const http_record record = watch(what);
  EXPECT_EQ(record.ended, end::unreachable);
  EXPECT_EQ(record.answer.status, 0U);
  EXPECT_FALSE(record.detail.empty());
  EXPECT_FALSE(call(what).ok());
}

TEST(HttpClient, WhatCannotStandInAHeadIsNotSent) {
  http_call what;
  what.host = "127.0.0.1";
  what.port = 1;
  what.target = "/x y\r\n";
  EXPECT_EQ(watch(what).ended, end::malformed);
}

}  // namespace
}  // namespace weir::app
