#pragma once
#include <string>

#include "config/config.h"
#include "net/connector.h"

namespace weir::proxy {

/// What is connected to for requests to `url`: the server itself, its socket, or the proxy on the
/// way (null: none). To https a proxy is asked for a tunnel; it reads requests for http itself
/// (docs/adr/0024). For one connection.
[[nodiscard]] net::endpoint way_out(const config::upstream_url& url,
                                    const config::forward_proxy* through, std::string ca_file = {});

/// The request target in the form that goes the same way: absolute (RFC 9112 3.2.2) to a proxy that
/// reads the request, else `path` as it is.
[[nodiscard]] std::string target_on_the_way(const config::upstream_url& url,
                                            const config::forward_proxy* through, std::string path);

/// `Proxy-Authorization` of a request on that way; "" for none.
[[nodiscard]] std::string proxy_authorization_on_the_way(const config::upstream_url& url,
                                                         const config::forward_proxy* through);

/// `Host` of an upstream: the port only when it is not the scheme's.
[[nodiscard]] std::string host_field(const config::upstream_url& url);

}  // namespace weir::proxy
