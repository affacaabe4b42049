#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "weir/base/result.h"
#include "weir/base/units.h"

namespace weir::app {

/// A blocking request of the command line to a server on this machine; the gateway itself never
/// uses it.
struct http_call {
  std::string host;  ///< an IP literal
  std::uint16_t port = 0;
  std::string method = "GET";
  std::string target;
  std::string body;  ///< JSON; "" for none
  millis connect_timeout{1000};
  millis silence{0};  ///< longest wait for the next bytes; 0: for ever
};

struct http_answer {
  unsigned status = 0;
  std::string content_type;
  std::string body;  ///< what `on_body` did not take
};

/// Makes the call. `on_body`, if given, gets the body's parts of a 2xx as they arrive; otherwise
/// the body is gathered (at most limits::max_body_bytes).
[[nodiscard]] result<http_answer> call(const http_call& what,
                                       const std::function<void(std::string_view)>& on_body = {});

}  // namespace weir::app
