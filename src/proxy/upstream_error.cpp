#include "proxy/upstream_error.h"

#include <utility>

#include "proxy/request_headers.h"
#include "proxy/way_out.h"
#include "weir/json/reader.h"

namespace weir::proxy {
namespace {

void replace_all(std::string& text, std::string_view what, std::string_view by) {
  if (what.empty()) return;
  for (std::size_t at = text.find(what); at != std::string::npos;
       at = text.find(what, at + by.size()))
    text.replace(at, what.size(), by);
}

/// Whether a host is more than a word that may stand in any text.
bool tells_apart(std::string_view host) {
  return host.find_first_of(".:") != std::string_view::npos || host.size() >= 8;
}

std::string quoted_name(const config::upstream& from) { return "Upstream `" + from.name + "` "; }

}  // namespace

std::string without_secrets(std::string text, const config::upstream& from) {
  // Short values (`1`, `true`, a dummy key) are settings, not secrets, and would tear texts apart.
  constexpr std::size_t shortest_secret = 8;
  const auto hide = [&text](const config::secret& s) {
    if (s.reveal().size() >= shortest_secret) replace_all(text, s.reveal(), "***");
  };
  hide(from.key);
  for (const auto& [name, value] : from.headers) hide(value);
  if (from.kind == config::upstream_kind::demo) return text;  // it has no address
  const std::string host = host_field(from.url);
  replace_all(text, "https://" + host, from.name);
  replace_all(text, "http://" + host, from.name);
  if (host.find(':') != std::string::npos) replace_all(text, host, from.name);
  if (const config::forward_proxy* const proxy = from.proxy.in_use()) {
    // A proxy's own error pages name itself and the host that it could not find.
    hide(proxy->credential);
    if (tells_apart(from.url.host)) replace_all(text, from.url.host, from.name);
    if (tells_apart(proxy->host)) replace_all(text, proxy->host, "proxy");
  }
  return text;
}

openai::error without_secrets(openai::error e, const config::upstream& from) {
  e.message = without_secrets(std::move(e.message), from);
  e.source = without_secrets(std::move(e.source), from);
  return e;
}

openai::error relayed_error(const config::upstream& from, unsigned status,
                            std::optional<millis> pause, std::string_view body) {
  if (status < 400)
    return unusable_answer(
        from, "answered with status " + std::to_string(status) +
                  (status < 400 && status >= 300 ? ", a redirect; weir follows none." : "."));
  // Only a proxy says so (RFC 9110 15.5.8), and to us: the client has no credential for it.
  if (status == 407)
    return connect_error(from, {net::fault::proxy_denied, "status 407 in place of an answer"});
  if ((status == 401 || status == 403) && !from.key_passthrough)
    return openai::errors::upstream_auth(from.name);

  json::reader reader;
  const bool is_json =
      reader.parse(body) == json::reader::status::ok && reader.root().kind() > json::type::string;
  openai::error e =
      is_json ? openai::read_error(reader.root(), status) : openai::read_error_text(body, status);
  if (e.status == 529) e.status = 503;  // EMAP-3
  if (pause && (e.status == 429 || e.status >= 500)) e.retry_after = whole_seconds(*pause);
  return without_secrets(std::move(e), from);
}

openai::error connect_error(const config::upstream& to, const net::io_error& why) {
  if (why.what == net::fault::connect_timeout) return openai::errors::upstream_timeout("connect");
  return openai::errors::upstream_failed(quoted_name(to) + "could not be reached (" +
                                         std::string(net::fault_name(why.what)) + ").");
}

openai::error unusable_answer(const config::upstream& from, std::string_view what) {
  return openai::errors::upstream_failed(quoted_name(from) + std::string(what));
}

openai::error loss_error(const config::upstream& from, const response_loss& loss) {
  if (loss.why == response_loss::cause::malformed)
    return unusable_answer(from, "did not answer in HTTP/1.1 (" + loss.detail + ").");
  return unusable_answer(from, "closed the connection before it answered.");
}

}  // namespace weir::proxy
