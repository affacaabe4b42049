#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.h"
#include "observe/exchange_record.h"
#include "proxy/body_copy.h"
#include "proxy/key_ring.h"
#include "proxy/response_writer.h"
#include "proxy/router.h"
#include "proxy/running_exchange.h"
#include "proxy/worker_context.h"
#include "weir/base/limits.h"
#include "weir/openai/error.h"

namespace weir::proxy {

class exchange_owner {
 public:
  /// The response is complete (perhaps before the request is). The exchange may be destroyed at the
  /// end of the turn.
  virtual void on_exchange_done() = 0;
  /// The client shall wait with the rest of its request (HTTP-13); what was read of it already
  /// still comes. Nothing happens once the request is complete.
  virtual void pause_request() = 0;
  virtual void resume_request() = 0;

 protected:
  ~exchange_owner() = default;
};

/// What an exchange is made of. `head` stays valid as long as the exchange.
struct exchange_parts {
  std::shared_ptr<worker_context> context;
  const http::request_head& head;
  destination where;
  response_writer& response;
  exchange_owner& owner;
  std::string_view peer;
};

/// One client request with its response. Kinds: upstream_exchange, own_exchange. The base keeps the
/// record that becomes the access line and the metrics, once, when the exchange is over.
class exchange {
 public:
  explicit exchange(const exchange_parts& parts);
  virtual ~exchange() = default;
  exchange(const exchange&) = delete;
  exchange& operator=(const exchange&) = delete;

  /// A part of the request body came. Beyond body_limit() it is refused (ERR-23).
  void read_body(std::string_view bytes);
  /// All that one read brought of the body was told.
  virtual void on_body_progress() {}
  /// Whether a body is wanted; else a client that asks first is answered at once.
  [[nodiscard]] virtual bool wants_body() const = 0;
  /// How large the request body may be (HTTP-12).
  [[nodiscard]] virtual std::uint64_t body_limit() const {
    return context_->config->limits.body_size;
  }
  /// The request is complete.
  virtual void on_request_end() = 0;
  /// The output queue fell to its low watermark.
  virtual void on_client_drained() {}
  /// The client went away: whatever is under way is cancelled now (HTTP-10).
  virtual void on_client_gone();
  /// What it is doing; nothing for one that no upstream answers, or that is over.
  [[nodiscard]] std::optional<running_exchange> running();
  [[nodiscard]] const std::string& id() const { return record_.request_id; }
  /// The client's key wants the beginning of request and answer on record. Before its body comes.
  void keep_content();
  /// The client met one of `limits:`; an error follows.
  void met_limit(std::string_view key) { record_.limit = key; }
  /// The time for running exchanges is over: end with an error.
  virtual void end_now(const openai::error& why);

 protected:
  [[nodiscard]] worker_context& context() { return *context_; }
  [[nodiscard]] const http::request_head& head() const { return head_; }
  [[nodiscard]] const destination& where() const { return where_; }
  [[nodiscard]] response_writer& response() { return response_; }
  [[nodiscard]] observe::exchange_record& record() { return record_; }
  [[nodiscard]] bool over() const { return over_; }

  /// Whose request it is (HTTP-4). False when he may not ask: then he was told so.
  [[nodiscard]] bool recognise();
  /// Null when it is nobody's in particular.
  [[nodiscard]] const std::shared_ptr<const ring_key>& key() const { return client_.key; }
  /// Whether `Authorization` holds it, and no credential for an upstream.
  [[nodiscard]] bool key_in_authorization() const { return client_.by_authorization; }

  void pause_request() { owner_.pause_request(); }
  void resume_request() { owner_.resume_request(); }
  /// Adds `x-request-id` and sends.
  void send(unsigned status, std::vector<http::field> headers, std::string_view body);
  void send_error(const openai::error& e, std::vector<http::field> headers = {});
  /// An answer before the request is complete: what follows of it is not read. When a response is
  /// under way, it breaks off.
  void refuse(const openai::error& why, std::vector<http::field> headers = {});
  /// A part of the body as it is meant, for the record if that is wanted.
  void copy_request(std::string_view bytes) { request_copy_.add(bytes); }
  /// The response is complete: reports, then tells the owner.
  void done();
  /// Logs and counts, once.
  void report();
  /// A part of the request body, within the limit.
  virtual void on_body(std::string_view bytes) = 0;
  /// As running_exchange::state; "": not to be told of.
  [[nodiscard]] virtual std::string_view state_name() { return {}; }
  /// What of a running_exchange only the kind knows.
  virtual void describe(running_exchange&) {}
  /// What of the record only the exchange's kind knows.
  virtual void complete_record() {}

 private:
  void keep_record(observe::record_sink& into);

  const std::shared_ptr<worker_context> context_;
  const http::request_head& head_;
  destination where_;
  response_writer& response_;
  exchange_owner& owner_;
  observe::exchange_record record_;
  authentication client_;
  body_copy request_copy_;
  micros started_;
  bool over_ = false;
};

/// The exchange for a destination.
[[nodiscard]] std::unique_ptr<exchange> make_exchange(const exchange_parts& parts);

}  // namespace weir::proxy
