#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/accounting.h"
#include "config/cors.h"
#include "config/keys.h"
#include "config/prices.h"
#include "config/proxy.h"
#include "config/routing.h"
#include "config/secret.h"
#include "config/serving.h"
#include "config/stream.h"
#include "route/name_pattern.h"
#include "weir/base/units.h"

namespace weir::config {

/// A parsed upstream URL. `http://host:port/base`, `https://...` or `unix:/socket:/base`; an empty
/// path becomes `/v1`.
struct upstream_url {
  bool tls = false;
  std::string host;
  std::uint16_t port = 0;
  std::string base_path;  ///< starts with `/`, no trailing slash; `""` for a bare `/`... never `//`
  /// The Unix socket it listens on, for `unix:`; the host is `localhost` then, the port 0.
  std::string socket_path{};

  friend bool operator==(const upstream_url&, const upstream_url&) = default;
};

enum class upstream_kind : std::uint8_t { http, demo };

struct upstream {
  std::string name;
  upstream_kind kind = upstream_kind::http;
  upstream_url url;
  secret key;
  bool key_passthrough = false;  ///< the client's own credential goes on
  std::vector<std::pair<std::string, secret>> headers;
  std::vector<std::pair<std::string, std::string>> query;
  /// Looked for on this machine, and not there yet: it counts once it lists models.
  bool tentative = false;
  std::string key_file;  ///< where `key` was read from; "" when it was written or there is none
  std::string ca_file;
  proxy_setting proxy;
  std::uint32_t priority = 1;               ///< among the upstreams that list a model themselves
  std::vector<route::name_pattern> models;  ///< names and patterns of those it offers; none: all
  std::uint32_t max_concurrent = 0;         ///< requests at once, of all workers; 0: any number
  std::uint32_t max_per_minute = 0;         ///< requests begun in a minute; 0: any number
  breaker_settings breaker;
  stream_overrides stream;
};

/// Where a model name may lead. `model` is the upstream's name for it; "" means the client's own.
struct candidate {
  std::string upstream;
  std::string model;
  std::uint32_t weight = 1;    ///< its share among those of the same priority
  std::uint32_t priority = 1;  ///< the lowest goes first; the next only when it is exhausted
  stream_overrides stream;
};

/// An entry of `models:`: an exact name or a pattern, and at least one candidate.
struct model_route {
  std::string name;
  std::vector<candidate> candidates;
  routing_overrides routing;
};

struct timeouts {
  millis connect{5000};
  millis first_byte{300000};
  millis first_token{300000};
  millis idle{120000};
  std::optional<millis> total;
};

struct listen_address {
  std::string host = "127.0.0.1";
  std::uint16_t port = 4000;
  std::string path;  ///< of a Unix socket, in place of both; "": TCP

  friend bool operator==(const listen_address&, const listen_address&) = default;
};

/// The effective configuration: an immutable snapshot shared by the workers.
struct config {
  listen_address listen;
  tls_settings tls;
  std::uint32_t workers = 0;  ///< 0: one per core
  std::vector<upstream> upstreams;
  std::vector<model_route> models;
  weir::config::timeouts timeouts;
  routing_overrides routing;
  stream_overrides stream;
  client_limits limits;
  drain_settings drain;
  admin_settings admin;
  cors_settings cors;
  std::vector<priced_model> prices;
  store_settings store;
  key_settings keys;
  /// Where it came from, for people: a path, `command line`, or `environment and local ports`.
  std::string origin;
  std::string file;  ///< the one it was read from; "" when it was none

  [[nodiscard]] const upstream* find_upstream(std::string_view name) const;
  /// Which of its upstreams is the same server as `of`, under the same name and reached in the same
  /// way: connections to it, and what was learned of it, serve both.
  [[nodiscard]] std::optional<std::size_t> find_server(const upstream& of) const;
};

}  // namespace weir::config
