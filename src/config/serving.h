#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "config/secret.h"
#include "weir/base/limits.h"
#include "weir/base/units.h"

namespace weir::config {

/// Where it is counted what keys and groups take.
struct quota_backend {
  enum class kind : std::uint8_t {
    memory,  ///< of this process
    redis,   ///< of all that share it
  };
  kind what = kind::memory;
  std::string host;
  std::uint16_t port = 6379;
  std::string user;
  secret password;
  std::uint32_t database = 0;

  friend bool operator==(const quota_backend&, const quota_backend&) = default;
};
/// What happens to requests of keys with limits while it is away.
enum class when_away : std::uint8_t { serve, refuse };

/// What one client, and all of them together, may take of weir (docs/limits.md). Counts of 0 are
/// any number.
struct client_limits {
  std::uint64_t header_size = limits::max_head_bytes;
  millis header_time = limits::request_head_time;
  std::uint64_t body_size = limits::max_body_bytes;
  std::optional<millis> body_time = limits::request_body_time;
  millis body_idle = limits::request_body_idle;
  millis keep_alive = limits::keep_alive_idle;
  std::uint32_t requests_per_connection = 0;
  std::uint32_t connections = limits::default_connections;
  std::uint32_t connections_per_address = 0;
  std::uint32_t streams = 0;
  std::uint64_t buffered = limits::default_buffered_bytes;
  quota_backend backend;
  when_away backend_away = when_away::serve;
};

/// What its TLS shows to clients, and whom it lets in: files, PEM. Without them it speaks plain
/// HTTP.
struct tls_settings {
  std::string cert_file;
  std::string key_file;
  std::string client_ca_file;  ///< "": anybody

  [[nodiscard]] bool on() const { return !cert_file.empty(); }
};

/// How it ends when it is told to.
struct drain_settings {
  std::optional<millis> grace;  ///< so long new requests are still served
  millis limit = limits::shutdown_grace;
};

/// Who may use `/admin/v1`: nobody without a key.
struct admin_settings {
  secret key;
  std::string key_file;  ///< where `key` was read from; "" when it was written or there is none
};

}  // namespace weir::config
