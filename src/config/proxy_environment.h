#pragma once
#include <optional>
#include <vector>

#include "config/config.h"
#include "config/load.h"
#include "config/problem.h"
#include "weir/base/result.h"

namespace weir::config {

/// The proxy that the environment names for requests to `url`, as curl has it:
///
///   https   `https_proxy`, else `HTTPS_PROXY`, else `all_proxy`, else `ALL_PROXY`
///   http    `http_proxy`, else `all_proxy`, else `ALL_PROXY`. Never `HTTP_PROXY`: where programs
///   run
///           as CGI, a client's header `Proxy` sets it (httpoxy, CVE-2016-5385).
///
/// None for what `no_proxy`, else `NO_PROXY` covers, for this machine (`localhost`, loopback
/// addresses; Go's rule) and for Unix sockets. An empty variable is as good as none.
/// Fails when the variable that counts cannot be used; the problem's `file` is its name.
[[nodiscard]] result<std::optional<forward_proxy>, problem> proxy_from_environment(
    const upstream_url& url, const environment& variables);

/// Gives each upstream without a setting of its own what the environment says, and returns what is
/// wrong: one problem for a variable, however many upstreams would need it.
[[nodiscard]] std::vector<problem> use_environment_proxies(config& of,
                                                           const environment& variables);

}  // namespace weir::config
