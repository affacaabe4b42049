#include "net/connection.h"

namespace weir::net {

std::string_view fault_name(fault f) {
  switch (f) {
    case fault::resolve_failed:
      return "resolve_failed";
    case fault::refused:
      return "refused";
    case fault::unreachable:
      return "unreachable";
    case fault::connect_timeout:
      return "connect_timeout";
    case fault::proxy_unreachable:
      return "proxy_unreachable";
    case fault::proxy_denied:
      return "proxy_denied";
    case fault::proxy_failed:
      return "proxy_failed";
    case fault::tls_failed:
      return "tls_failed";
    case fault::reset:
      return "reset";
    case fault::stalled:
      return "stalled";
    case fault::io_error:
      return "io_error";
  }
  return "io_error";
}

output_hold::grip::~grip() {
  if (const auto held = of_.lock()) (*held)->on_released();
}

}  // namespace weir::net
