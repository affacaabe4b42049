// A client for measurements: holds --streams chat completions of an emitter open through whatever
// listens on --port, checks every one of them, and prints what a window of time saw.
//
//   load --port 4000 --streams 500 --events 300 --warmup-ms 1000 --duration-ms 6000 --done yes
//        --usage yes --document no --new-connections no --watch PID,PID
//
// All are asked for at once. When each has had an event (or, with --document, its JSON document)
// and the warm-up is over, the window begins; what ends before the end of the window is asked for
// again, on the same connection or a new one. After the window what still runs is read to its end.
// In the window: events and their one-way delays, answers, how long they took and how long their
// first text took; CPU of the watched processes and of the machine. One thread, epoll. It shares
// nothing with weir that could be wrong in both.
#include <string.h>  // strcasestr
#include <sys/resource.h>

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "e2e/chat_stream.h"
#include "e2e/options.h"
#include "e2e/process_sample.h"
#include "e2e/stream_check.h"
#include "e2e/system.h"
#include "observe/delay_histogram.h"

namespace weir::bench {
namespace {

struct plan {
  std::uint16_t port;
  std::uint64_t streams;
  std::uint64_t events;
  std::uint64_t warmup_ns;
  std::uint64_t duration_ns;
  std::uint64_t patience_ns;
  bool expect_done;
  bool ask_usage;
  bool document;
  bool new_connections;
  std::vector<std::uint64_t> watched;
};

enum class fault : std::uint8_t { status, framing, lost, text, no_done, error_frame, late, count };
constexpr std::array<const char*, static_cast<std::size_t>(fault::count)> fault_names{
    "status", "framing", "lost", "text", "no_done", "error_frame", "late"};

struct client {
  int socket = -1;
  bool open = false;  ///< an answer is awaited
  bool started = false;
  bool head_over = false;
  bool spoke = false;  ///< of the current answer, a text has come
  std::uint64_t asked_ns = 0;
  std::size_t length = 0;  ///< what Content-Length says is still to come; 0: chunked
  std::string head;
  std::string body;  ///< not yet a whole event, or the document
  chunked_reader framing;
  stream_check check;
};

/// What the processes and the machine had used at one point of time.
struct reading {
  std::uint64_t at_ns = 0;
  machine_sample machine;
  double own_s = 0;
  std::vector<process_sample> processes;
};

class load {
 public:
  explicit load(plan what)
      : plan_(std::move(what)), text_hash_(text_hash::of_stream(plan_.events)) {
    const std::string body =
        R"({"model":"bench",)" + std::string(plan_.document ? "" : R"("stream":true,)") +
        std::string(plan_.ask_usage ? R"("stream_options":{"include_usage":true},)" : "") +
        R"("messages":[{"role":"user","content":"Say something for a while."}]})";
    request_ = "POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\n" +
               std::string(plan_.new_connections ? "Connection: close\r\n" : "") +
               "Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
               "\r\n\r\n" + body;
  }

  int run() {
    const std::uint64_t begin = now_ns();
    open_all();
    while (started_ < plan_.streams && faults_ == 0 && now_ns() - begin < plan_.patience_ns)
      turn(begin + plan_.patience_ns);
    fail_unless(started_ == plan_.streams, fault::late, plan_.streams - started_);
    const std::uint64_t opened = now_ns();
    turns_until(opened + plan_.warmup_ns);

    first_ = take_reading();
    counting_ = true;
    turns_until(first_.at_ns + plan_.duration_ns);
    counting_ = false;
    last_ = take_reading();
    for (std::size_t i = 0; i < plan_.watched.size(); ++i)
      last_.processes[i] = with_memory(last_.processes[i], plan_.watched[i]);

    closing_ = true;
    const std::uint64_t patience_end = now_ns() + plan_.patience_ns;
    while (open_ > 0 && now_ns() < patience_end) turn(patience_end);
    fail_unless(open_ == 0, fault::late, open_);
    print(opened - begin);
    return faults_ == 0 ? 0 : 1;
  }

 private:
  void open_all() {
    clients_.resize(plan_.streams);
    for (client& c : clients_) {
      c.asked_ns = now_ns();
      connect(c);
      ask(c);
    }
  }

  void connect(client& c) {
    const sockaddr_in address = loopback(plan_.port);
    c.socket = check(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
    check(::connect(c.socket, generic(address), sizeof address), "connect");
    prepare_stream_socket(c.socket);
    poller_.add(c.socket, static_cast<std::uint32_t>(&c - clients_.data()), EPOLLIN);
  }

  void ask_again(client& c) {
    c.asked_ns = now_ns();
    if (plan_.new_connections) {
      ::close(c.socket);
      connect(c);
    }
    ask(c);
  }

  void ask(client& c) {
    const ssize_t count = ::send(c.socket, request_.data(), request_.size(), MSG_NOSIGNAL);
    if (count != static_cast<ssize_t>(request_.size())) return close(c, fault::lost);
    c.head_over = false;
    c.spoke = false;
    c.length = 0;
    c.head.clear();
    c.body.clear();
    c.framing = {};
    c.check = {};
    c.open = true;
    ++open_;
  }

  void turn(std::uint64_t deadline_ns) {
    poller_.wait_until(deadline_ns,
                       [this](std::uint32_t index, std::uint32_t) { read(clients_[index]); });
  }
  void turns_until(std::uint64_t deadline_ns) {
    while (now_ns() < deadline_ns) turn(deadline_ns);
  }

  void read(client& c) {
    const ssize_t count = ::recv(c.socket, buffer_.data(), buffer_.size(), 0);
    if (count < 0 && errno == EAGAIN) return;
    const std::uint64_t now = now_ns();
    if (count <= 0 && !c.open) return void(::close(c.socket));  // idle, and nothing is to come
    if (count <= 0) return close(c, fault::lost);
    const std::string_view bytes(buffer_.data(), static_cast<std::size_t>(count));
    if (!c.open) return close(c, fault::framing);  // bytes that nobody asked for
    if (!c.head_over) {
      c.head += bytes;
      const std::size_t end = c.head.find("\r\n\r\n");
      if (end == std::string::npos) return;
      if (!c.head.starts_with("HTTP/1.1 200 ")) return close(c, fault::status);
      c.head_over = true;
      c.length = content_length(c.head.substr(0, end + 2));
      const std::string rest = c.head.substr(end + 4);
      return read_body(c, rest, now);
    }
    read_body(c, bytes, now);
  }

  [[nodiscard]] static std::size_t content_length(const std::string& head) {
    const char* const field = ::strcasestr(head.c_str(), "\r\ncontent-length:");
    return field == nullptr ? 0 : std::strtoul(field + 17, nullptr, 10);
  }

  void read_body(client& c, std::string_view bytes, std::uint64_t now) {
    using status = chunked_reader::status;
    if (c.length == 0) return take(c, c.framing.read(bytes, c.body), now);
    if (bytes.size() > c.length) return close(c, fault::framing);
    c.body += bytes;
    c.length -= bytes.size();
    // Behind the last byte the length is 0, but nothing more is read of this answer.
    take(c, c.length == 0 ? status::complete : status::more, now);
  }

  void take(client& c, chunked_reader::status status, std::uint64_t now) {
    if (plan_.document) {
      if (status != chunked_reader::status::complete) {
        if (status == chunked_reader::status::malformed) close(c, fault::framing);
        return;
      }
      c.check.add_document(c.body);
      c.body.clear();
      start(c);
      return finish(c, now);
    }
    c.check.add(c.body, [&](std::uint64_t sent_ns) {
      if (!c.spoke && counting_) first_texts_.add(now - c.asked_ns);
      c.spoke = true;
      if (!counting_) return;
      ++events_;
      if (sent_ns != 0) delays_.add(now > sent_ns ? now - sent_ns : 0);
    });
    if (c.check.texts() > 0) start(c);
    if (status == chunked_reader::status::malformed) return close(c, fault::framing);
    if (status == chunked_reader::status::complete) finish(c, now);
  }

  void start(client& c) {
    if (!c.started) ++started_;
    c.started = true;
  }

  void finish(client& c, std::uint64_t now) {
    c.open = false;
    --open_;
    if (counting_) answers_.add(now - c.asked_ns);
    const bool text_right =
        (plan_.document || c.check.texts() == plan_.events) && c.check.hash() == text_hash_;
    if (c.check.error_frame()) return close(c, fault::error_frame);
    if (!text_right || !c.body.empty()) return close(c, fault::text);
    if (plan_.expect_done && !plan_.document && !c.check.done()) return close(c, fault::no_done);
    ++right_;
    if (!closing_) ask_again(c);
  }

  void close(client& c, fault why) {
    if (c.open) --open_;
    c.open = false;
    ::close(c.socket);
    fail_unless(false, why, 1);
  }

  void fail_unless(bool fine, fault why, std::uint64_t times) {
    if (fine) return;
    faults_ += times;
    fault_counts_[static_cast<std::size_t>(why)] += times;
  }

  [[nodiscard]] reading take_reading() const {
    reading r;
    r.at_ns = now_ns();
    r.machine = machine_cpu();
    for (const std::uint64_t pid : plan_.watched) r.processes.push_back(cpu_of(pid));
    rusage own{};
    ::getrusage(RUSAGE_SELF, &own);
    r.own_s = static_cast<double>(own.ru_utime.tv_sec + own.ru_stime.tv_sec) +
              static_cast<double>(own.ru_utime.tv_usec + own.ru_stime.tv_usec) * 1e-6;
    return r;
  }

  void print(std::uint64_t opening_ns) const {
    const auto us = [](std::uint64_t ns) { return static_cast<double>(ns) / 1000; };
    std::printf("{\"window_s\":%.6f,\"opening_ms\":%.1f,\"events\":%llu,\"streams_right\":%llu,",
                static_cast<double>(last_.at_ns - first_.at_ns) * 1e-9, us(opening_ns) / 1000,
                static_cast<unsigned long long>(events_), static_cast<unsigned long long>(right_));
    std::printf("\"faults\":{");
    for (std::size_t i = 0; i < fault_names.size(); ++i)
      std::printf("%s\"%s\":%llu", i == 0 ? "" : ",", fault_names[i],
                  static_cast<unsigned long long>(fault_counts_[i]));
    std::printf("}");
    print_times("delay_us", delays_);
    print_times("first_text_us", first_texts_);
    print_times("answer_us", answers_);
    std::printf(",\"machine\":{\"busy_s\":%.2f,\"total_s\":%.2f},\"own_s\":%.3f,\"processes\":[",
                last_.machine.busy_s - first_.machine.busy_s,
                last_.machine.total_s - first_.machine.total_s, last_.own_s - first_.own_s);
    for (std::size_t i = 0; i < plan_.watched.size(); ++i) {
      const process_sample& a = first_.processes[i];
      const process_sample& b = last_.processes[i];
      std::printf(
          "%s{\"pid\":%llu,\"cpu_s\":%.6f,\"user_s\":%.2f,\"rss_kb\":%llu,\"pss_kb\":%llu,"
          "\"private_kb\":%llu,\"anonymous_kb\":%llu}",
          i == 0 ? "" : ",", static_cast<unsigned long long>(plan_.watched[i]), b.cpu_s - a.cpu_s,
          b.user_s - a.user_s, static_cast<unsigned long long>(b.rss_kb),
          static_cast<unsigned long long>(b.pss_kb), static_cast<unsigned long long>(b.private_kb),
          static_cast<unsigned long long>(b.anonymous_kb));
    }
    std::printf("]}\n");
  }

  static void print_times(const char* name, const observe::delay_histogram& times) {
    const auto us = [](std::uint64_t ns) { return static_cast<double>(ns) / 1000; };
    std::printf(",\"%s\":{\"count\":%llu,\"p50\":%.1f,\"p90\":%.1f,\"p99\":%.1f,\"max\":%.1f}",
                name, static_cast<unsigned long long>(times.total()), us(times.quantile(0.5)),
                us(times.quantile(0.9)), us(times.quantile(0.99)), us(times.longest()));
  }

  plan plan_;
  std::uint64_t text_hash_;
  std::string request_;
  poller poller_;
  std::vector<client> clients_;
  std::array<char, std::size_t{1} << 18> buffer_{};
  std::uint64_t open_ = 0;
  std::uint64_t started_ = 0;
  bool counting_ = false;
  bool closing_ = false;
  reading first_;
  reading last_;
  std::uint64_t events_ = 0;
  observe::delay_histogram delays_;
  observe::delay_histogram first_texts_;  ///< from the request to the first text of its stream
  observe::delay_histogram answers_;      ///< from the request to the end of its answer
  std::uint64_t right_ = 0;
  std::uint64_t faults_ = 0;
  std::array<std::uint64_t, fault_names.size()> fault_counts_{};
};

bool yes_or_no(options& given, std::string_view name, std::string_view fallback) {
  const std::string_view value = given.text(name, fallback);
  if (value != "yes" && value != "no") given.refuse("--" + std::string(name) + " is yes or no");
  return value == "yes";
}

int measure(options given) {
  plan what{};
  what.port = static_cast<std::uint16_t>(given.number("port", 4000));
  what.streams = given.number("streams", 1);
  what.events = given.number("events", 300);
  what.warmup_ns = given.number("warmup-ms", 1000) * 1'000'000;
  what.duration_ns = given.number("duration-ms", 6000) * 1'000'000;
  what.patience_ns = given.number("patience-ms", 10000) * 1'000'000;
  what.expect_done = yes_or_no(given, "done", "yes");
  what.ask_usage = yes_or_no(given, "usage", "yes");
  what.document = yes_or_no(given, "document", "no");
  what.new_connections = yes_or_no(given, "new-connections", "no");
  what.watched = given.numbers("watch");
  given.finish();
  if (what.streams == 0 || what.streams > 100000) given.refuse("--streams is 1 to 100000");
  return load(std::move(what)).run();
}

}  // namespace
}  // namespace weir::bench

int main(int count, char** words) {
  return weir::bench::measure(weir::bench::options(count, words));
}
