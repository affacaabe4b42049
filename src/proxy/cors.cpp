#include "proxy/cors.h"

#include <algorithm>
#include <chrono>

#include "http/ascii.h"

namespace weir::proxy {
namespace {

constexpr std::string_view exposed =
    "x-request-id, x-weir-upstream, x-weir-attempts, x-weir-repairs, x-upstream-request-id, "
    "retry-after, x-should-retry";

/// What stands for this origin in the answer; empty when it is not allowed. Two fields are none.
std::string_view allowed_origin(const config::cors_settings& settings,
                                const http::request_head& head) {
  if (head.headers.count("origin") != 1) return {};
  if (settings.any_origin()) return "*";
  const auto found =
      std::find(settings.origins.begin(), settings.origins.end(), head.headers.get("origin"));
  return found == settings.origins.end() ? std::string_view{} : std::string_view{*found};
}

/// `#field-name`, and nothing that is none: it goes back in a head of ours.
bool is_name_list(std::string_view list) {
  return !list.empty() && std::all_of(list.begin(), list.end(), [](char c) {
    return http::ascii::is_token_char(c) || http::ascii::is_ows(c) || c == ',';
  });
}

}  // namespace

bool is_preflight(const http::request_head& head) {
  return head.method == "OPTIONS" && head.headers.has("origin") &&
         head.headers.has("access-control-request-method");
}

std::vector<http::field> cors_fields(const config::cors_settings& settings,
                                     const http::request_head& head) {
  std::vector<http::field> out;
  if (!settings.on()) return out;
  // Also where nothing is allowed: a cache must not show this answer to another origin.
  if (!settings.any_origin()) out.push_back({"Vary", "Origin"});
  const std::string_view origin = allowed_origin(settings, head);
  if (origin.empty()) return out;
  out.push_back({"Access-Control-Allow-Origin", origin});
  if (settings.credentials && !settings.any_origin())
    out.push_back({"Access-Control-Allow-Credentials", "true"});
  if (!is_preflight(head)) out.push_back({"Access-Control-Expose-Headers", exposed});
  return out;
}

std::vector<http::field> preflight_fields(const config::cors_settings& settings,
                                          const http::request_head& head, std::string& scratch) {
  if (allowed_origin(settings, head).empty()) return {};
  scratch = std::to_string(std::chrono::duration_cast<seconds>(settings.max_age).count());
  const std::size_t digits = scratch.size();
  for (const std::string& name : settings.headers)
    (scratch += scratch.size() == digits ? "" : ", ") += name;
  std::string_view headers = std::string_view{scratch}.substr(digits);
  if (settings.headers.empty()) headers = head.headers.get("access-control-request-headers");
  std::vector<http::field> out{
      {"Access-Control-Allow-Methods", "GET, HEAD, POST, DELETE"},
      {"Access-Control-Max-Age", std::string_view{scratch}.substr(0, digits)}};
  if (is_name_list(headers)) out.push_back({"Access-Control-Allow-Headers", headers});
  return out;
}

}  // namespace weir::proxy
