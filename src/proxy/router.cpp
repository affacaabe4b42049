#include "proxy/router.h"

#include <algorithm>
#include <utility>

namespace weir::proxy {
namespace {

struct fixed_path {
  std::string_view path;
  service what;
  std::string_view api = {};   ///< "": answered by weir itself
  bool can_be_posted = false;  ///< of those
};
constexpr fixed_path fixed_paths[] = {
    {"/v1/chat/completions", service::chat_completions, "chat"},
    {"/v1/completions", service::completions, "cmpl"},
    {"/v1/embeddings", service::embeddings, "emb"},
    {"/v1/moderations", service::forwarded, "moderations"},
    {"/v1/rerank", service::forwarded, "rerank"},
    {"/v1/models", service::model_list},
    {"/v1/usage", service::own_usage},
    {"/admin/v1/config", service::admin_config},
    {"/admin/v1/streams", service::admin_streams},
    {"/admin/v1/usage", service::admin_usage},
    {"/admin/v1/keys", service::admin_keys, {}, true},
    {"/admin/v1/groups", service::admin_groups},
    {"/healthz", service::health},
    {"/readyz", service::readiness},
    {"/metrics", service::metrics},
};

/// All paths below are forwarded.
struct forwarded_tree {
  std::string_view prefix;
  std::string_view api;
};
constexpr forwarded_tree forwarded_trees[] = {{"/v1/audio/", "audio"}, {"/v1/images/", "images"}};

constexpr std::string_view version_prefix = "/v1";

/// One of several: what follows the prefix names it.
struct item_path {
  std::string_view prefix;
  service what;
  std::string_view methods;  ///< as `Allow` has them
};
constexpr item_path item_paths[] = {
    {"/v1/models/", service::model, "GET, HEAD"},
    {"/admin/v1/streams/", service::admin_stream, "DELETE"},
    {"/admin/v1/keys/", service::admin_key, "DELETE"},
    {"/admin/v1/groups/", service::admin_group, "PUT, DELETE"},
};

/// Whether `method` stands in a list such as `GET, HEAD`.
bool in_list(std::string_view list, std::string_view method) {
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    if (list.substr(0, comma) == method) return true;
    list.remove_prefix(std::min(comma + 2, list.size()));
  }
  return false;
}

destination to(service what) {
  destination d;
  d.what = what;
  return d;
}

destination wrong_method(std::string_view allow) {
  destination d = to(service::wrong_method);
  d.allow = allow;
  return d;
}

destination upwards(service what, std::string_view api, std::string_view path) {
  destination d = to(what);
  d.api = api;
  d.upstream_path = path.substr(version_prefix.size());
  return d;
}

/// Whether an upstream cannot take `path` for another one than weir did: plain segments, none of
/// them empty, `.` or `..`, nothing encoded (RFC 3986 5.2.4, 6.2.2).
bool is_plain(std::string_view path) {
  while (!path.empty()) {
    path.remove_prefix(1);  // its slash
    const std::string_view segment = path.substr(0, path.find('/'));
    const bool plain = std::all_of(segment.begin(), segment.end(), [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
             c == '-' || c == '_' || c == '.' || c == '~';
    });
    if (!plain || segment.empty() || segment == "." || segment == "..") return false;
    path.remove_prefix(segment.size());
  }
  return true;
}

std::optional<unsigned> hex_digit(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a') + 10;
  if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A') + 10;
  return std::nullopt;
}

}  // namespace

std::optional<std::string> percent_decoded(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (text.size() - i < 3) return std::nullopt;
    const auto high = hex_digit(text[i + 1]);
    const auto low = hex_digit(text[i + 2]);
    if (!high || !low) return std::nullopt;
    const unsigned byte = *high * 16 + *low;
    if (byte < 0x20 || byte == 0x7f) return std::nullopt;
    out += static_cast<char>(byte);
    i += 2;
  }
  return out;
}

destination find_service(std::string_view method, std::string_view path) {
  const bool reads = method == "GET" || method == "HEAD";
  // A trailing slash is a common slip in base URLs; no path of ours ends in one.
  if (path.size() > 1 && path.back() == '/') path.remove_suffix(1);
  for (const fixed_path& f : fixed_paths) {
    if (path != f.path) continue;
    if (f.api.empty() && f.can_be_posted)
      return reads || method == "POST" ? to(f.what) : wrong_method("GET, HEAD, POST");
    if (f.api.empty()) return reads ? to(f.what) : wrong_method("GET, HEAD");
    return method == "POST" ? upwards(f.what, f.api, path) : wrong_method("POST");
  }
  for (const forwarded_tree& f : forwarded_trees) {
    if (!path.starts_with(f.prefix)) continue;
    if (!is_plain(path)) return {};
    return method == "POST" ? upwards(service::forwarded, f.api, path) : wrong_method("POST");
  }
  for (const item_path& f : item_paths) {
    if (path.size() <= f.prefix.size() || !path.starts_with(f.prefix)) continue;
    auto item = percent_decoded(path.substr(f.prefix.size()));
    if (!item) return {};
    if (!in_list(f.methods, method)) return wrong_method(f.methods);
    destination d = to(f.what);
    d.item = std::move(*item);
    return d;
  }
  return {};
}

}  // namespace weir::proxy
