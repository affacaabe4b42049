#include "observe/log.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <set>
#include <sstream>
#include <thread>

#include "observe/log_text.h"
#include "support/test_data.h"
#include "weir/base/limits.h"
#include "weir/json/reader.h"

namespace weir::observe {
namespace {

/// A pipe whose ends close with the test.
class pipe_ends {
 public:
  pipe_ends() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) std::abort();
    read_ = ends[0];
    write_ = ends[1];
  }
  ~pipe_ends() {
    close_read();
    close_write();
  }
  pipe_ends(const pipe_ends&) = delete;
  pipe_ends& operator=(const pipe_ends&) = delete;

  [[nodiscard]] int write_end() const { return write_; }
  void close_read() { close_once(read_); }
  void close_write() { close_once(write_); }
  /// Everything until the write end is closed.
  [[nodiscard]] std::string drain() const {
    std::string out;
    std::array<char, 65536> buffer{};
    ssize_t n = 0;
    while ((n = ::read(read_, buffer.data(), buffer.size())) > 0)
      out.append(buffer.data(), static_cast<std::size_t>(n));
    return out;
  }
  /// Waits for the next byte and takes no more than that.
  [[nodiscard]] char next() const {
    char c = '\0';
    return ::read(read_, &c, 1) == 1 ? c : '\0';
  }
  /// Takes all the room there is.
  void fill() const {
    const int flags = ::fcntl(write_, F_GETFL);
    ::fcntl(write_, F_SETFL, flags | O_NONBLOCK);
    const std::string block(4096, '#');
    while (::write(write_, block.data(), block.size()) > 0) {
    }
    ::fcntl(write_, F_SETFL, flags);
  }

 private:
  static void close_once(int& descriptor) {
    if (descriptor >= 0) ::close(descriptor);
    descriptor = -1;
  }
  int read_ = -1;
  int write_ = -1;
};

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> out;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) out.push_back(line);
  return out;
}

exchange_record typical() {
  exchange_record r;
  r.request_id = "req_0123456789abcdef0123456789abcdef";
  r.upstream_request_id = "up-1";
  r.wall_clock = micros(1'787'313'600'123'456);
  r.peer = "192.0.2.7";
  r.method = "POST";
  r.path = "/v1/chat/completions";
  r.dialect = "chat";
  r.requested_model = "qwen3-32b";
  r.served_model = "Qwen/Qwen3-32B";
  r.model_label = "qwen3-32b";
  r.upstream = "qwen";
  r.attempts = 2;
  r.status = 200;
  r.stream = true;
  r.finish_reason = "stop";
  r.events = 42;
  r.failures = {{"gpu-2", "overloaded"}};
  r.bytes_in = 512;
  r.bytes_out = 9000;
  r.duration = micros(2'345'678);
  r.first_token = micros(81'005);
  r.used.input = 34;
  r.used.cache_read = 11;
  r.used.output = 40;
  r.repairs.add(openai::clause::chat_8);
  r.repairs.add(openai::clause::chat_13, 4);
  return r;
}

constexpr const char* typical_line =
    R"({"time":"2026-08-21T12:00:00.123456Z","request_id":"req_0123456789abcdef0123456789abcdef",)"
    R"("upstream_request_id":"up-1","peer":"192.0.2.7","method":"POST",)"
    R"("path":"/v1/chat/completions","status":200,"error":null,"limit":null,"key":null,"dialect":"chat",)"
    R"("model":"qwen3-32b","upstream":"qwen","upstream_model":"Qwen/Qwen3-32B","attempts":2,)"
    R"("failed_attempts":[{"upstream":"gpu-2","error":"overloaded"}],"hedged":false,"queued":false,)"
    R"("stream":true,"cancelled":false,"finish_reason":"stop","events":42,"bytes_in":512,)"
    R"("bytes_out":9000,"duration_ms":2345.678,"first_token_ms":81.005,"prompt_tokens":34,)"
    R"("cached_tokens":11,"completion_tokens":40,"reasoning_tokens":null,"tokens_estimated":false,"cost_usd":null,"usage_missing":false,)"
    R"("repairs":{"CHAT-8":1,"CHAT-13":4}})";

TEST(AccessLine, IsExactlyThis) { EXPECT_EQ(typical_line, access_line(typical())); }

TEST(AccessLine, HasTheSameKeysWhateverIsKnown) {
  const auto keys = [](const std::string& line) {
    json::reader reader;
    EXPECT_EQ(json::reader::status::ok, reader.parse(line)) << line;
    std::vector<std::string> out;
    for (const auto& member : reader.root().members()) out.push_back(member.key.decoded());
    return out;
  };
  EXPECT_EQ(keys(typical_line), keys(access_line(exchange_record{})));
}

TEST(AccessLine, IsOneLineOfJsonWhateverAClientSends) {
  const std::string nasty[] = {"\n{\"forged\":true}",
                               "\r\n",
                               std::string("\0x", 2),
                               "\x1b[2J",
                               "\x7f",
                               "\xc2\x9b"
                               "2J",
                               "\"}",
                               "\\",
                               "\xff\xfe",
                               "\xe2\x80\xa8",
                               "\xc2",
                               "\xed\xa0\x80"};
  for (const std::string& text : nasty) {
    exchange_record r;
    r.requested_model = r.path = r.peer = r.upstream_request_id = r.finish_reason = text;
    const std::string line = access_line(r);
    json::reader reader;
    EXPECT_EQ(json::reader::status::ok, reader.parse(line)) << line;
    for (std::size_t i = 0; i < line.size(); ++i) {
      const auto byte = static_cast<unsigned char>(line[i]);
      const auto next = static_cast<unsigned char>(i + 1 < line.size() ? line[i + 1] : '\0');
      EXPECT_FALSE(byte < 0x20 || byte == 0x7F || (byte == 0xC2 && next < 0xA0)) << line;
    }
  }
}

TEST(AccessLine, LeavesOutTheQueryAndCutsLongTexts) {
  exchange_record r;
  r.path = "/v1/models?key=hunter2";
  EXPECT_NE(std::string::npos, access_line(r).find("\"path\":\"/v1/models\""));
  EXPECT_EQ(std::string::npos, access_line(r).find("hunter2"));

  const std::size_t bound = limits::max_logged_text_bytes;
  r.requested_model = std::string(bound, 'm');
  EXPECT_NE(std::string::npos, access_line(r).find('"' + r.requested_model + '"'));
  r.requested_model += 'm';
  EXPECT_NE(std::string::npos, access_line(r).find('"' + std::string(bound, 'm') + "...\""));
  r.requested_model = std::string(bound - 1, 'm') + "\xe2\x82\xac";
  EXPECT_NE(std::string::npos, access_line(r).find('"' + std::string(bound - 1, 'm') + "...\""));
}

TEST(Rfc3339, IsUtcWithMicroseconds) {
  const std::pair<std::int64_t, const char*> cases[] = {
      {0, "1970-01-01T00:00:00.000000Z"},
      {1, "1970-01-01T00:00:00.000001Z"},
      {-1, "1969-12-31T23:59:59.999999Z"},
      {951'782'399'999'999, "2000-02-28T23:59:59.999999Z"},
      {951'782'400'000'000, "2000-02-29T00:00:00.000000Z"},
      {4'107'542'400'000'000, "2100-03-01T00:00:00.000000Z"},
  };
  for (const auto& [time, want] : cases) EXPECT_EQ(want, rfc3339(micros(time)));
}

TEST(Milliseconds, HasThreeDecimals) {
  const std::pair<std::int64_t, const char*> cases[] = {
      {0, "0.000"}, {1, "0.001"}, {1000, "1.000"}, {12345, "12.345"}, {-5, "0.000"}};
  for (const auto& [time, want] : cases) EXPECT_EQ(want, milliseconds(micros(time)));
}

TEST(CutAt, NeverCutsACharacter) {
  const std::string text = "a\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80";  // 1, 2, 3 and 4 bytes
  const std::size_t want[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 10};
  for (std::size_t max = 0; max < std::size(want); ++max)
    EXPECT_EQ(want[max], cut_at(text, max).size()) << max;
  EXPECT_EQ(2U, cut_at(std::string(8, '\x80'), 5).size()) << "no UTF-8: cut, and not far back";
}

TEST(PeopleLine, IsOneLineThatNoTerminalObeys) {
  EXPECT_EQ("listening", people_line(level::info, "listening"));
  EXPECT_EQ("warning: a\\nb", people_line(level::warning, "a\nb"));
  EXPECT_EQ("error: \\x1b[2J\\x7f\\x9b \xc3\xa4",
            people_line(level::error, "\x1b[2J\x7f\xc2\x9b \xc3\xa4"));
  const std::string longest(limits::max_said_line_bytes, 'x');
  EXPECT_EQ(longest, people_line(level::info, longest));
  EXPECT_EQ(longest + "...", people_line(level::info, longest + "x"));
}

TEST(Log, WritesBothKindsAndFlushesAtTheEnd) {
  pipe_ends access;
  pipe_ends people;
  std::string accessed;
  std::string said;
  std::thread reader([&] { accessed = access.drain(); });
  std::thread other([&] { said = people.drain(); });
  constexpr int count = 1000;
  {
    log to({true, access.write_end(), people.write_end()});
    for (int i = 0; i < count; ++i) to.exchange(typical());
    to.say(level::info, "hello {} %s");
    to.say(level::error, "bad");
  }
  access.close_write();
  people.close_write();
  reader.join();
  other.join();
  EXPECT_EQ(std::vector<std::string>(count, typical_line), lines_of(accessed));
  EXPECT_EQ("hello {} %s\nerror: bad\n", said);
}

TEST(Log, AccessLinesCanBeTurnedOff) {
  pipe_ends access;
  pipe_ends people;
  {
    log to({false, access.write_end(), people.write_end()});
    to.exchange(typical());
    to.say(level::info, "x");
  }
  access.close_write();
  people.close_write();
  EXPECT_EQ("", access.drain());
  EXPECT_EQ("x\n", people.drain());
}

TEST(Log, AStuckReaderBlocksNobodyAndLinesAreCounted) {
  pipe_ends access;
  pipe_ends people;
  access.fill();
  const std::size_t count = 2 * limits::max_log_lines;
  std::uint64_t dropped = 0;
  {
    log to({true, access.write_end(), people.write_end()});
    for (std::size_t i = 0; i < count; ++i) to.exchange(typical());
    dropped = to.dropped();
    // What is queued, and what its thread has gathered, may still be written.
    const std::size_t in_hand =
        limits::log_gather_bytes / std::string_view(typical_line).size() + 2;
    EXPECT_GE(dropped + limits::max_log_lines + in_hand, count);
    EXPECT_LT(dropped, count);
    // The other reader is not stuck.
    to.say(level::warning, "w");
    EXPECT_EQ('w', people.next());
    // Leaving gives up on the stuck one: if it did not, this test would not end.
  }
  access.close_write();
  const std::string taken = access.drain();
  EXPECT_EQ(std::string::npos, taken.find("request_id")) << "there was room after all";
}

TEST(Log, AfterASlowReaderEveryLineIsWrittenOrCounted) {
  pipe_ends access;
  pipe_ends people;
  const std::size_t count = 3 * limits::max_log_lines;
  std::string accessed;
  std::uint64_t dropped = 0;
  std::thread reader;
  {
    log to({true, access.write_end(), people.write_end()});
    for (std::size_t i = 0; i < count; ++i) to.exchange(typical());
    reader = std::thread([&] { accessed = access.drain(); });
    dropped = to.dropped();
  }
  access.close_write();
  reader.join();
  const std::vector<std::string> lines = lines_of(accessed);
  EXPECT_EQ(count, lines.size() + dropped);
  EXPECT_EQ(std::set<std::string>{typical_line}, std::set<std::string>(lines.begin(), lines.end()))
      << "a line is whole or not there";
}

TEST(Log, AClosedReaderIsCounted) {
  struct sigaction ignore {};
  ignore.sa_handler = SIG_IGN;
  struct sigaction before {};
  ASSERT_EQ(0, ::sigaction(SIGPIPE, &ignore, &before));
  pipe_ends access;
  pipe_ends people;
  access.close_read();
  {
    log to({true, access.write_end(), people.write_end()});
    to.exchange(typical());
    to.exchange(typical());
    while (to.dropped() < 2) std::this_thread::yield();
    EXPECT_EQ(2U, to.dropped());
  }
  ::sigaction(SIGPIPE, &before, nullptr);
}

TEST(AccessLine, EveryKeyIsInTheManualAndSoIsThisLine) {
  std::ifstream file(testing::data_folder() + "/../../docs/access-log.md");
  std::ostringstream text;
  text << file.rdbuf();
  const std::string manual = text.str();
  json::reader reader;
  ASSERT_EQ(json::reader::status::ok, reader.parse(typical_line));
  for (const auto& member : reader.root().members())
    EXPECT_NE(std::string::npos, manual.find("| `" + member.key.decoded() + "` |"))
        << "docs/access-log.md: no row for " << member.key.decoded();
  EXPECT_NE(std::string::npos, manual.find("\n" + std::string(typical_line) + "\n"));
}

}  // namespace
}  // namespace weir::observe
