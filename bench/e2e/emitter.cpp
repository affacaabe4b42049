// An upstream for measurements: answers POST /v1/chat/completions with a paced chat completion
// stream (or one JSON document), GET /v1/models with its one model. One thread, epoll.
//
//   emitter --port 0 --events 300 --interval-ms 20 --per-write 1 --shape clean|deviating
//
// Each write is one h1 chunk with --per-write events; --interval-ms is between two writes of one
// stream, 0 is as fast as the reader reads. The streams' phases are spread evenly over the
// interval, so that 500 streams at 20 ms are one write every 40 us and not 500 at once.
#include <cctype>
#include <functional>
#include <memory>
#include <queue>
#include <string>
#include <string_view>
#include <vector>

#include "e2e/chat_stream.h"
#include "e2e/options.h"
#include "e2e/system.h"

namespace weir::bench {
namespace {

constexpr std::uint32_t listener_index = 0xffffffff;
constexpr std::size_t max_request_bytes = std::size_t{1} << 20;

struct plan {
  std::uint64_t events;
  std::uint64_t interval_ns;
  std::uint64_t per_write;
  shape form;
};

struct client {
  int socket = -1;
  std::uint64_t life =
      0;  ///< counts the streams of this slot: an old turn must not touch a new one
  std::string input;
  std::string output;  ///< what the socket did not take
  std::unique_ptr<chat_stream> stream;
  std::uint64_t sent_events = 0;
  std::uint64_t due_ns = 0;
};

/// When which stream writes next.
struct turn {
  std::uint64_t due_ns;
  std::uint32_t index;
  std::uint64_t life;
  bool operator>(const turn& other) const { return due_ns > other.due_ns; }
};

class emitter {
 public:
  emitter(int listener, const plan& what)
      : listener_(listener), plan_(what), document_(chat_stream::document(plan_.events)) {
    poller_.add(listener_, listener_index, EPOLLIN);
  }

  [[noreturn]] void run() {
    for (;;) {
      const std::uint64_t now = now_ns();
      while (!turns_.empty() && turns_.top().due_ns < now) {
        const turn next = turns_.top();
        turns_.pop();
        client& c = clients_[next.index];
        if (c.life == next.life && c.stream) write_events(next.index);
      }
      const std::uint64_t idle = now + 1'000'000'000;
      poller_.wait_until(turns_.empty() ? idle : turns_.top().due_ns,
                         [this](std::uint32_t index, std::uint32_t events) {
                           if (index == listener_index) return accept_all();
                           if ((events & EPOLLOUT) != 0) flush(index);
                           if ((events & ~EPOLLOUT) != 0) read(index);
                         });
    }
  }

 private:
  void accept_all() {
    for (;;) {
      const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (socket < 0) return;  // EAGAIN, or a client that has left again
      prepare_stream_socket(socket);
      std::uint32_t index = static_cast<std::uint32_t>(clients_.size());
      if (free_.empty()) {
        clients_.emplace_back();
      } else {
        index = free_.back();
        free_.pop_back();
      }
      clients_[index].socket = socket;
      poller_.add(socket, index, EPOLLIN);
    }
  }

  void drop(std::uint32_t index) {
    client& c = clients_[index];
    ::close(c.socket);
    const std::uint64_t life = c.life + 1;
    c = client{};
    c.life = life;
    free_.push_back(index);
  }

  void read(std::uint32_t index) {
    client& c = clients_[index];
    if (c.socket < 0) return;
    char bytes[65536];
    const ssize_t count = ::recv(c.socket, bytes, sizeof bytes, 0);
    if (count < 0 && errno == EAGAIN) return;
    if (count <= 0) return drop(index);
    c.input.append(bytes, static_cast<std::size_t>(count));
    if (c.input.size() > max_request_bytes) return drop(index);
    if (!c.stream) take_request(index);
  }

  /// Answers the request in the input once it is there as a whole.
  void take_request(std::uint32_t index) {
    client& c = clients_[index];
    const std::size_t head_end = c.input.find("\r\n\r\n");
    if (head_end == std::string::npos) return;
    std::string head = c.input.substr(0, head_end + 2);
    for (char& ch : head) ch = static_cast<char>(std::tolower(static_cast<unsigned char>(ch)));
    std::size_t length = 0;
    constexpr std::string_view field = "\r\ncontent-length:";
    if (const std::size_t at = head.find(field); at != std::string::npos)
      length = std::strtoul(head.c_str() + at + field.size(), nullptr, 10);
    if (c.input.size() < head_end + 4 + length) return;
    const std::string body = c.input.substr(head_end + 4, length);
    c.input.erase(0, head_end + 4 + length);

    if (head.starts_with("get /v1/models ")) {
      answer(index, R"({"object":"list","data":[{"id":"bench","object":"model",)"
                    R"("created":1760000000,"owned_by":"bench"}]})");
    } else if (body.find(R"("stream":true)") == std::string::npos) {
      answer(index, document_);
    } else {
      start_stream(index, body.find(R"("include_usage":true)") != std::string::npos);
    }
  }

  void answer(std::uint32_t index, const std::string& document) {
    send(index, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " +
                    std::to_string(document.size()) + "\r\n\r\n" + document);
  }

  void start_stream(std::uint32_t index, bool include_usage) {
    client& c = clients_[index];
    c.stream = std::make_unique<chat_stream>(plan_.form, include_usage);
    c.sent_events = 0;
    // The golden ratio spreads any number of phases evenly.
    phase_ += 0x9e3779b97f4a7c15;
    const auto share = static_cast<double>(phase_ >> 11) * 0x1p-53;
    c.due_ns =
        now_ns() + static_cast<std::uint64_t>(share * static_cast<double>(plan_.interval_ns));
    std::string out =
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\n"
        "Transfer-Encoding: chunked\r\n\r\n";
    append_chunk(out, c.stream->opening());
    turns_.push({c.due_ns, index, c.life});
    send(index, out);
  }

  void write_events(std::uint32_t index) {
    client& c = clients_[index];
    payload_.clear();
    const std::uint64_t now = now_ns();
    for (std::uint64_t i = 0; i < plan_.per_write && c.sent_events < plan_.events; ++i)
      payload_ += c.stream->event(c.sent_events++, now);
    const bool last = c.sent_events == plan_.events;
    if (last) payload_ += c.stream->ending(plan_.events);
    message_.clear();
    append_chunk(message_, payload_);
    if (last) {
      message_ += "0\r\n\r\n";
      c.stream.reset();
      ++c.life;
    } else {
      c.due_ns = plan_.interval_ns == 0 ? now : c.due_ns + plan_.interval_ns;
      turns_.push({c.due_ns, index, c.life});
    }
    send(index, message_);
  }

  static void append_chunk(std::string& out, std::string_view payload) {
    if (payload.empty()) return;
    char size[32];
    out.append(size, static_cast<std::size_t>(
                         std::snprintf(size, sizeof size, "%zx\r\n", payload.size())));
    out.append(payload).append("\r\n");
  }

  void send(std::uint32_t index, std::string_view bytes) {
    client& c = clients_[index];
    if (!c.output.empty()) {
      c.output += bytes;
      return;
    }
    const ssize_t count = ::send(c.socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count < 0 && errno != EAGAIN) return drop(index);
    const std::size_t taken = count < 0 ? 0 : static_cast<std::size_t>(count);
    if (taken == bytes.size()) return;
    c.output = bytes.substr(taken);
    ++c.life;  // its turn comes when the output is gone
    poller_.change(c.socket, index, EPOLLIN | EPOLLOUT);
  }

  void flush(std::uint32_t index) {
    client& c = clients_[index];
    if (c.socket < 0) return;
    const ssize_t count = ::send(c.socket, c.output.data(), c.output.size(), MSG_NOSIGNAL);
    if (count < 0 && errno == EAGAIN) return;
    if (count < 0) return drop(index);
    c.output.erase(0, static_cast<std::size_t>(count));
    if (!c.output.empty()) return;
    poller_.change(c.socket, index, EPOLLIN);
    if (c.stream) turns_.push({c.due_ns, index, c.life});
  }

  int listener_;
  plan plan_;
  std::string document_;
  poller poller_;
  std::vector<client> clients_;
  std::vector<std::uint32_t> free_;
  std::priority_queue<turn, std::vector<turn>, std::greater<>> turns_;
  std::uint64_t phase_ = 0;
  std::string payload_;
  std::string message_;
};

int serve(options given) {
  const auto port = static_cast<std::uint16_t>(given.number("port", 0));
  plan what{};
  what.events = given.number("events", 300);
  what.interval_ns = given.number("interval-ms", 20) * 1'000'000;
  what.per_write = given.number("per-write", 1);
  const std::string_view form = given.text("shape", "clean");
  given.finish();
  if (form != "clean" && form != "deviating") given.refuse("--shape is clean or deviating");
  if (what.events == 0 || what.per_write == 0) given.refuse("--events and --per-write are above 0");
  what.form = form == "clean" ? shape::clean : shape::deviating;
  const bound_listener made = listen_on(port, false);
  std::printf("listening on %u\n", static_cast<unsigned>(made.port));
  std::fflush(stdout);
  emitter(made.socket, what).run();
}

}  // namespace
}  // namespace weir::bench

int main(int count, char** words) { return weir::bench::serve(weir::bench::options(count, words)); }
