#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "demo/demo_service.h"
#include "demo/reply.h"
#include "http/h1_decoder.h"
#include "net/connection.h"
#include "net/event_loop.h"

namespace weir::demo {

/// The far end of one connection: HTTP/1.1 requests one after the other, each answered by a replay.
///
///   reading --request--> replaying --last part, keep-alive--> reading
///       \___(refused)________\______________________________> forgotten
class session final : private net::connection_handler {
 public:
  session(demo_service& service, std::unique_ptr<net::connection> connection);

 private:
  /// What to do after a step; `over`: this object is destroyed.
  enum class next : std::uint8_t { go_on, wait, over };

  void on_data(std::string_view bytes) override;
  void on_end() override;
  void on_failure(const net::io_error& error) override;
  void on_drained() override;

  void run();
  void hold_back();
  [[nodiscard]] next read();
  [[nodiscard]] next replay();
  void begin(reply answer);
  void send(const reply::part& part, bool last);
  [[nodiscard]] next finish();
  [[nodiscard]] next leave();

  demo_service& service_;
  std::unique_ptr<net::connection> connection_;
  net::timer beat_;
  http::h1_request_decoder decoder_;
  std::string input_;  // not yet decoded
  std::string body_;   // of the request
  reply reply_;
  std::size_t sent_ = 0;  // parts
  bool replaying_ = false;
  bool keep_alive_ = true;
};

}  // namespace weir::demo
