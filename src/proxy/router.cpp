#include "proxy/router.h"

namespace weir::proxy {
namespace {

struct fixed_path {
  std::string_view path;
  service what;
  bool post;
};
constexpr fixed_path fixed_paths[] = {
    {"/v1/chat/completions", service::chat_completions, true},
    {"/v1/completions", service::completions, true},
    {"/v1/models", service::model_list, false},
    {"/healthz", service::health, false},
    {"/readyz", service::readiness, false},
    {"/metrics", service::metrics, false},
};
constexpr std::string_view model_prefix = "/v1/models/";

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
    if (f.post ? method == "POST" : reads) return {f.what, {}, {}};
    return {service::wrong_method, {}, f.post ? "POST" : "GET, HEAD"};
  }
  if (path.size() > model_prefix.size() && path.substr(0, model_prefix.size()) == model_prefix) {
    auto id = percent_decoded(path.substr(model_prefix.size()));
    if (!id) return {};
    if (!reads) return {service::wrong_method, {}, "GET, HEAD"};
    return {service::model, std::move(*id), {}};
  }
  return {};
}

}  // namespace weir::proxy
