#include "app/http_client.h"

#include <algorithm>
#include <memory>

#include "http/ascii.h"
#include "http/h1_decoder.h"
#include "http/h1_encoder.h"
#include "net/event_loop.h"
#include "net/socket_connector.h"
#include "proxy/way_out.h"
#include "weir/base/limits.h"
#include "weir/base/version.h"

namespace weir::app {

namespace {

config::upstream_url url_of(const http_call& what) {
  return {what.tls, what.host, what.port, "", what.socket_path};
}

const config::forward_proxy* proxy_of(const http_call& what) {
  return what.through ? &*what.through : nullptr;
}

}  // namespace

net::endpoint way_to(const http_call& what) { return proxy::way_out(url_of(what), proxy_of(what)); }

std::string request_bytes(const http_call& what) {
  const config::upstream_url url = url_of(what);
  const std::string host = proxy::host_field(url);
  const std::string target = proxy::target_on_the_way(url, proxy_of(what), what.target);
  const std::string proxy_authorization =
      proxy::proxy_authorization_on_the_way(url, proxy_of(what));
  const std::string agent = "weir/" + std::string(version);
  const std::string length = std::to_string(what.body.size());
  const std::string credential = "Bearer " + what.key;
  std::vector<http::field> fields = {
      {"Host", host}, {"User-Agent", agent}, {"Accept-Encoding", "identity"}};
  if (!what.key.empty()) fields.push_back({"Authorization", credential});
  if (!what.body.empty()) {
    fields.push_back({"Content-Type", "application/json"});
    fields.push_back({"Content-Length", length});
  }
  if (!proxy_authorization.empty()) fields.push_back({"Proxy-Authorization", proxy_authorization});
  std::string out;
  if (!http::write_request_head(out, what.method, target, fields)) return {};
  return out + what.body;
}

namespace {

/// One call on a loop of its own:
///   connecting --> awaiting head --> body --> over
/// The timer is the connector's at first, then ours.
class transaction final : private net::connection_handler {
 public:
  transaction(const http_call& what, const body_reader& read)
      : what_(what),
        read_(read),
        network_(loop_),
        silence_(loop_, [this] { finish(end::late, "no answer in time"); }),
        total_(loop_, [this] { finish(end::late, "no answer in time"); }),
        patience_(what.silence) {}

  http_record run() {
    const std::string request = request_bytes(what_);
    if (request.empty()) {
      record_.ended = end::malformed;
      record_.detail = what_.target + " cannot be asked for";
      return std::move(record_);
    }
    if (what_.total.count() > 0) total_.start(what_.total);
    decoder_.expect(what_.method);
    connecting_ = network_.connect(way_to(what_), what_.connect_timeout, [&](auto made) {
      if (made) return begin(std::move(made).value(), request);
      finish(end::unreachable, reason(made.error()));
    });
    loop_.run();
    return std::move(record_);
  }

 private:
  using end = http_record::end;
  using status = http::h1_response_decoder::status;

  static std::string reason(const net::io_error& error) {
    return error.detail.empty() ? std::string(net::fault_name(error.what)) : error.detail;
  }

  void begin(std::unique_ptr<net::connection> made, const std::string& request) {
    connection_ = std::move(made);
    connection_->set_handler(this);
    connection_->write(request);
    wait();
  }

  void wait() {
    if (patience_.count() > 0) silence_.start(patience_);
  }

  void on_data(std::string_view bytes) override {
    wait();
    for (;;) {
      switch (decoder_.parse(bytes)) {
        case status::need_input:
          return;
        case status::head:
          take_head(decoder_.head());
          break;
        case status::body:
          if (!take_body(decoder_.body())) return;
          break;
        case status::end:
          return finish(end::complete, "");
        case status::error:
          return finish(end::malformed, std::string(decoder_.error().reason));
      }
    }
  }

  void take_head(const http::response_head& head) {
    record_.answer.status = head.status;
    record_.answer.content_type = head.headers.get("content-type");
    for (const http::field& f : head.headers) record_.answer.headers.emplace_back(f.name, f.value);
  }

  /// False when this was the last part that anybody wanted.
  bool take_body(std::string_view part) {
    received_ += part.size();
    if (read_ && record_.answer.status / 100 == 2) {
      const reading next = read_(part);
      if (next.enough) finish(end::left, "");
      if (next.silence) patience_ = *next.silence;
      if (next.silence && !next.enough) wait();
      return !next.enough;
    }
    if (received_ > limits::max_body_bytes) {
      finish(end::too_large, "the answer is too large");
      return false;
    }
    record_.answer.body += part;
    return true;
  }

  void on_end() override {
    if (decoder_.finish() == status::end) return finish(end::complete, "");
    finish(end::lost, "the connection ended inside the answer");
  }
  void on_failure(const net::io_error& error) override { finish(end::lost, reason(error)); }
  void on_drained() override {}

  void finish(end how, std::string detail) {
    record_.ended = how;
    record_.detail = std::move(detail);
    silence_.stop();
    total_.stop();
    connection_.reset();
    loop_.stop();
  }

  const http_call& what_;
  const body_reader& read_;
  net::event_loop loop_;
  net::socket_connector network_;
  net::timer silence_;
  net::timer total_;
  millis patience_;
  std::unique_ptr<net::connecting> connecting_;
  std::unique_ptr<net::connection> connection_;
  http::h1_response_decoder decoder_;
  std::size_t received_ = 0;
  http_record record_;
};

}  // namespace

bool http_answer::has(std::string_view name) const {
  return std::any_of(headers.begin(), headers.end(), [&](const auto& header) {
    return http::ascii::equal_ignoring_case(header.first, name);
  });
}

std::string_view http_answer::get(std::string_view name) const {
  for (const auto& [own, value] : headers)
    if (http::ascii::equal_ignoring_case(own, name)) return value;
  return {};
}

http_record watch(const http_call& what, const body_reader& read) {
  return transaction(what, read).run();
}

result<http_answer> call(const http_call& what,
                         const std::function<void(std::string_view)>& on_body) {
  body_reader read;
  if (on_body) {
    read = [&](std::string_view part) {
      on_body(part);
      return reading{};
    };
  }
  http_record record = watch(what, read);
  if (record.ended != http_record::end::complete) return failure{record.detail};
  return std::move(record.answer);
}

}  // namespace weir::app
