#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "config/config.h"
#include "http/message.h"

namespace weir::proxy {

/// A request on its way to an upstream, without what the upstream's configuration adds.
struct upstream_call {
  std::string_view method = "POST";
  std::string_view path;  ///< behind the base path: `/chat/completions`
  std::string_view accept = "application/json";
  /// The client's own head, for the few fields that go on (HTTP-5); null for weir's own requests.
  const http::request_head* client = nullptr;
  bool withholds_credential = false;  ///< the client's own, which was meant for weir
  std::string_view content_type = "application/json";
  std::string_view body;  ///< "" for none; of an open request: how it begins

  enum class extent : std::uint8_t {
    whole,     ///< `body` is all of it
    length,    ///< more follows, `length` bytes in all
    h1_chunks  ///< more follows, nobody knows how much; each piece as an h1 chunk
  };
  extent is = extent::whole;
  std::uint64_t length = 0;
};

/// Head and body as bytes. What goes on from the client: `traceparent`, `tracestate`, `OpenAI-*`
/// and, where the upstream is configured to pass credentials through, `Authorization`. Nothing else
/// does: no credentials, cookies or hop-by-hop fields, those that its Connection names included
/// (HTTP-4, RFC 9110 7.6.1). Configured headers win over
/// weir's own, except those that frame the message.
[[nodiscard]] std::string upstream_request(const config::upstream& to, const upstream_call& call);

}  // namespace weir::proxy
