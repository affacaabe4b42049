#include "proxy/way_out.h"

#include <memory>
#include <utility>

#include "openai/base64.h"
#include "proxy/connect_tunnel.h"

namespace weir::proxy {
namespace {

std::string bracketed(const std::string& host) {
  return host.find(':') == std::string::npos ? host : '[' + host + ']';
}

/// RFC 7617 2.
std::string basic_authorization(const config::forward_proxy& proxy) {
  if (proxy.credential.empty()) return {};
  std::string out = "Basic ";
  openai::append_base64(out, proxy.credential.reveal());
  return out;
}

}  // namespace

net::endpoint way_out(const config::upstream_url& url, const config::forward_proxy* through,
                      std::string ca_file) {
  net::endpoint to{url.host, url.port, url.tls, std::move(ca_file), url.socket_path, {}};
  if (through == nullptr) return to;
  to.via = net::relay{through->host, through->port, nullptr};
  if (url.tls)
    to.via->opens = std::make_shared<connect_tunnel>(
        bracketed(url.host) + ':' + std::to_string(url.port), basic_authorization(*through));
  return to;
}

std::string target_on_the_way(const config::upstream_url& url, const config::forward_proxy* through,
                              std::string path) {
  if (through == nullptr || url.tls) return path;
  return "http://" + host_field(url) + path;
}

std::string proxy_authorization_on_the_way(const config::upstream_url& url,
                                           const config::forward_proxy* through) {
  return through == nullptr || url.tls ? std::string() : basic_authorization(*through);
}

std::string host_field(const config::upstream_url& url) {
  std::string host = bracketed(url.host);
  if (url.port != 0 && url.port != (url.tls ? 443 : 80)) host += ':' + std::to_string(url.port);
  return host.empty() ? "localhost" : host;
}

}  // namespace weir::proxy
