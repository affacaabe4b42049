#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/config.h"
#include "net/connector.h"
#include "weir/base/result.h"
#include "weir/base/units.h"

namespace weir::app {

/// A blocking request of the command line to one server, on a connection of its own; the gateway
/// itself never uses it.
struct http_call {
  std::string host;  ///< a name, or an address without brackets
  std::uint16_t port = 0;
  bool tls = false;
  std::string socket_path;                       ///< of a Unix socket, in place of host and port
  std::optional<config::forward_proxy> through;  ///< the proxy on the way
  std::string method = "GET";
  std::string target;
  std::string body;  ///< JSON; "" for none
  std::string key;   ///< sent as `Authorization: Bearer`; "" for none
  millis connect_timeout{1000};
  millis silence{0};  ///< longest wait for the next bytes; 0: for ever
  millis total{0};    ///< longest time for all of it; 0: for ever
};

/// The bytes of the request; "" when something in it cannot stand in a head.
[[nodiscard]] std::string request_bytes(const http_call& what);
/// What is connected to for it; for one connection.
[[nodiscard]] net::endpoint way_to(const http_call& what);

struct http_answer {
  unsigned status = 0;  ///< 0: no head came
  std::string content_type;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;  ///< what the reader of the body did not take

  [[nodiscard]] bool has(std::string_view name) const;
  /// The first header of this name, whatever its case; "" when there is none.
  [[nodiscard]] std::string_view get(std::string_view name) const;
};

/// What a call came to.
struct http_record {
  enum class end : std::uint8_t {
    complete,
    left,         ///< the reader wanted no more
    unreachable,  ///< no connection, or none that TLS would trust
    late,         ///< `silence` or `total` was over
    lost,         ///< the connection ended inside the answer
    malformed,    ///< what came is not HTTP/1.1
    too_large,    ///< more than limits::max_body_bytes
  };
  http_answer answer;  ///< as far as it came
  end ended = end::unreachable;
  std::string detail;  ///< why it is neither complete nor left
};

/// What the reader of a body wants next.
struct reading {
  bool enough = false;              ///< leave now: the server sees the connection close
  std::optional<millis> silence{};  ///< from now on
};
using body_reader = std::function<reading(std::string_view part)>;

/// Makes the call. `read` gets the parts of a 2xx's body as they arrive; without it, and of another
/// status, the body is gathered.
[[nodiscard]] http_record watch(const http_call& what, const body_reader& read = {});

/// The same for callers who want the whole answer or a reason.
[[nodiscard]] result<http_answer> call(const http_call& what,
                                       const std::function<void(std::string_view)>& on_body = {});

}  // namespace weir::app
