#include "config/proxy_environment.h"

#include <algorithm>
#include <initializer_list>
#include <string>

#include "config/no_proxy.h"
#include "config/values.h"

namespace weir::config {
namespace {

struct variable {
  std::string name;
  std::string value;
};

std::optional<variable> first_set(std::initializer_list<const char*> names,
                                  const environment& variables) {
  for (const char* const name : names)
    if (auto value = variables(name); value && !value->empty()) return variable{name, *value};
  return std::nullopt;
}

std::optional<variable> proxy_variable(const upstream_url& url, const environment& variables) {
  return url.tls ? first_set({"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"}, variables)
                 : first_set({"http_proxy", "all_proxy", "ALL_PROXY"}, variables);
}

}  // namespace

result<std::optional<forward_proxy>, problem> proxy_from_environment(const upstream_url& url,
                                                                     const environment& variables) {
  using found = std::optional<forward_proxy>;
  if (!url.socket_path.empty() || is_loopback(url.host)) return found();
  const auto named = proxy_variable(url, variables);
  if (!named) return found();
  const auto exceptions = first_set({"no_proxy", "NO_PROXY"}, variables);
  if (exceptions && no_proxy_list(exceptions->value).covers(url.host, url.port)) return found();
  auto proxy = parse_proxy(named->value);
  if (!proxy) return problem{named->name, 0, 0, proxy.error().message, ""};
  return found(*std::move(proxy));
}

std::vector<problem> use_environment_proxies(config& of, const environment& variables) {
  std::vector<problem> problems;
  for (upstream& u : of.upstreams) {
    if (u.kind != upstream_kind::http || u.proxy.way != proxy_setting::kind::unset) continue;
    auto named = proxy_from_environment(u.url, variables);
    if (!named) {
      const bool known = std::any_of(problems.begin(), problems.end(), [&](const problem& p) {
        return p.file == named.error().file;
      });
      if (!known) problems.push_back(named.error());
    } else if (*named) {
      u.proxy = {proxy_setting::kind::proxy, **std::move(named)};
    }
  }
  return problems;
}

}  // namespace weir::config
