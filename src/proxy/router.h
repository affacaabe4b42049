#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace weir::proxy {

/// What weir serves (HTTP-3, as far as it goes).
enum class service : std::uint8_t {
  chat_completions,
  completions,
  embeddings,
  forwarded,  ///< to the upstream as it is; `api` says which of them
  model_list,
  model,  ///< one; as in all that follow, `item` names it
  own_usage,
  admin_config,
  admin_streams,
  admin_stream,  ///< to be cancelled
  admin_usage,
  admin_keys,
  admin_key,  ///< to be revoked
  admin_groups,
  admin_group,
  health,
  readiness,
  metrics,
  preflight,     ///< CORS: a browser asks first
  unknown_path,  ///< ERR-21
  wrong_method,  ///< ERR-22; `allow` is the Allow field
};

struct destination {
  service what = service::unknown_path;
  std::string item;                ///< percent-decoded; that of a model may hold `/` (MOD-1)
  std::string_view allow;          ///< a literal
  std::string_view api;            ///< a literal: the dialect of a request that goes to an upstream
  std::string_view upstream_path;  ///< behind the upstream's base path; a view into `path`
};

/// Where a request goes. `path` is the target without its query, still percent-encoded.
[[nodiscard]] destination find_service(std::string_view method, std::string_view path);

/// Undoes %XX; nothing when one is malformed or stands for a control character.
[[nodiscard]] std::optional<std::string> percent_decoded(std::string_view text);

}  // namespace weir::proxy
