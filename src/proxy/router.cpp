#include "proxy/router.h"

#include <algorithm>
#include <utility>

namespace weir::proxy {
namespace {

struct fixed_path {
  std::string_view path;
  service what;
  std::string_view api = {};  ///< "": answered by weir itself, and read, not posted
};
constexpr fixed_path fixed_paths[] = {
    {"/v1/chat/completions", service::chat_completions, "chat"},
    {"/v1/completions", service::completions, "cmpl"},
    {"/v1/embeddings", service::embeddings, "emb"},
    {"/v1/moderations", service::forwarded, "moderations"},
    {"/v1/rerank", service::forwarded, "rerank"},
    {"/v1/models", service::model_list},
    {"/admin/v1/config", service::admin_config},
    {"/admin/v1/streams", service::admin_streams},
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
constexpr std::string_view model_prefix = "/v1/models/";
constexpr std::string_view stream_prefix = "/admin/v1/streams/";

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
    if (f.api.empty()) return reads ? to(f.what) : wrong_method("GET, HEAD");
    return method == "POST" ? upwards(f.what, f.api, path) : wrong_method("POST");
  }
  for (const forwarded_tree& f : forwarded_trees) {
    if (!path.starts_with(f.prefix)) continue;
    if (!is_plain(path)) return {};
    return method == "POST" ? upwards(service::forwarded, f.api, path) : wrong_method("POST");
  }
  if (path.size() > model_prefix.size() && path.substr(0, model_prefix.size()) == model_prefix) {
    auto id = percent_decoded(path.substr(model_prefix.size()));
    if (!id) return {};
    if (!reads) return wrong_method("GET, HEAD");
    destination d = to(service::model);
    d.model_id = std::move(*id);
    return d;
  }
  if (path.starts_with(stream_prefix)) {
    auto id = percent_decoded(path.substr(stream_prefix.size()));
    if (!id || id->empty()) return {};
    if (method != "DELETE") return wrong_method("DELETE");
    destination d = to(service::admin_stream);
    d.stream_id = std::move(*id);
    return d;
  }
  return {};
}

}  // namespace weir::proxy
