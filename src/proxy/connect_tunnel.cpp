#include "proxy/connect_tunnel.h"

#include <vector>

#include "http/h1_encoder.h"
#include "weir/base/version.h"

namespace weir::proxy {
namespace {

net::io_error refusal(unsigned status) {
  if (status == 407) return {net::fault::proxy_denied, "it wants credentials, or other ones (407)"};
  return {net::fault::proxy_failed,
          "it opens no tunnel, but answers with status " + std::to_string(status)};
}

}  // namespace

connect_tunnel::connect_tunnel(const std::string& authority, const std::string& authorization) {
  const std::string agent = "weir/" + std::string(version);
  std::vector<http::field> fields = {{"Host", authority}, {"User-Agent", agent}};
  if (!authorization.empty()) fields.push_back({"Proxy-Authorization", authorization});
  // Hosts and credentials of a configuration can stand in a head; were it not so, the proxy would
  // get nothing and the connect timer would tell.
  if (!http::write_request_head(request_, "CONNECT", authority, fields)) request_.clear();
  decoder_.expect("CONNECT");
}

net::opening::progress connect_tunnel::read(std::string_view bytes) {
  using status = http::h1_response_decoder::status;
  std::string_view rest = bytes;
  switch (decoder_.parse(rest)) {
    case status::need_input:
      return {bytes.size()};
    case status::error:
      return {.error = net::io_error{
                  net::fault::proxy_failed,
                  "it does not answer in HTTP/1.1: " + std::string(decoder_.error().reason)}};
    case status::head:
    case status::body:
    case status::end:
      break;
  }
  const unsigned answered = decoder_.head().status;
  if (answered / 100 != 2) return {.error = refusal(answered)};
  return {.taken = bytes.size() - rest.size(), .open = true};
}

net::io_error connect_tunnel::closed() const {
  return {net::fault::proxy_failed, "it closed the connection before it answered"};
}

}  // namespace weir::proxy
