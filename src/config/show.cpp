#include "config/show.h"

#include "config/schema.h"
#include "config/tree.h"
#include "config/values.h"

namespace weir::config {
namespace {

bool is_any_address(const std::string& host) { return host == "0.0.0.0" || host == "::"; }

/// `origin` may be a path with anything in its name; a comment is one line.
std::string one_line(std::string text) {
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = '?';
  return text;
}

/// One of ours: what a client passes through came over plain HTTP already.
bool sends_credential(const upstream& u) { return !u.key.empty() || !u.headers.empty(); }

}  // namespace

std::string show_yaml(const config& of) {
  std::string out = "# Effective configuration";
  if (!of.origin.empty()) out += ", from " + one_line(of.origin);
  out += ". Secrets are shown as ***.\n";
  for (const upstream& u : of.upstreams)
    if (u.kind == upstream_kind::demo)
      out += "# The built-in upstream '" + u.name + "' is offered as well.\n";
  return out + to_yaml(show_config(of));
}

std::string show_json(const config& of) { return to_json(show_config(of)); }

std::string schema_json() { return to_json(schema_tree()); }

bool points_at(const upstream_url& url, const listen_address& address) {
  if (url.port != address.port || address.port == 0) return false;
  if (url.host == address.host) return true;
  return is_loopback(url.host) && (is_loopback(address.host) || is_any_address(address.host));
}

std::vector<std::string> warnings(const config& of) {
  std::vector<std::string> out;
  if (of.listen.path.empty() && !is_loopback(of.listen.host))
    out.push_back("listening on " + to_text(of.listen) +
                  ", beyond this machine: whoever reaches it can use every upstream and its key, "
                  "for this release has no client keys");
  for (const upstream& u : of.upstreams) {
    if (u.kind != upstream_kind::http || u.tentative) continue;
    if (!u.url.tls && sends_credential(u) && !is_loopback(u.url.host))
      out.push_back("upstream '" + u.name +
                    "' gets a credential over plain http: everybody on the way can read it");
    if (points_at(u.url, of.listen))
      out.push_back("upstream '" + u.name + "' is this gateway itself: requests would go round");
  }
  return out;
}

}  // namespace weir::config
