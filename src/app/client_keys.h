#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/bookkeeper.h"
#include "config/config.h"
#include "meter/client_key.h"
#include "proxy/key_ring.h"
#include "quota/limiter.h"
#include "store/key_secret.h"
#include "store/key_store.h"
#include "weir/base/result.h"
#include "weir/base/units.h"

namespace weir::app {

/// The secret by which keys are hashed: the configuration's, or the one that is kept beside the
/// ledger, in the directory for state when that is no file. Where neither can be, one that nobody
/// else has.
[[nodiscard]] result<std::string> hashing_key(const config::key_settings& keys,
                                              const std::optional<record_places>& where);

/// What stands in the configuration, as the database would have it.
[[nodiscard]] meter::client_key key_of(const config::client_entry& entry,
                                       const store::key_hasher& hash);

struct ring_parts {
  const config::config& config;
  const store::key_store::content& database;
  bool complete = true;  ///< false: the database could not be read yet
  const store::key_hasher& hash;
  quota::limiter& limits;
  micros wall_clock{0};
};
/// The keys of configuration and database; where both have a name, the configuration's counts.
/// `warnings` gets a sentence about each key that cannot be used.
[[nodiscard]] std::shared_ptr<const proxy::key_ring> make_key_ring(
    const ring_parts& from, std::vector<std::string>& warnings);

/// What is wrong with a key that is to be made, in a sentence; "" when nothing is.
[[nodiscard]] std::string fault_of_key(const meter::client_key& key, const config::config& config,
                                       const std::vector<meter::key_group>& groups);

/// Where a key is written.
enum class key_origin : std::uint8_t { config, database };
/// `active`, `expired` or `revoked`.
[[nodiscard]] std::string_view state_of(const meter::client_key& key, std::int64_t now);
/// A key as lists show it, an object: never its hash.
[[nodiscard]] std::string key_json(const meter::client_key& key, key_origin origin,
                                   std::int64_t now);
/// A key that was just made, once with its secret.
[[nodiscard]] std::string new_key_json(const meter::client_key& key, const std::string& secret);
/// `2026-11-27T12:00:00Z`
[[nodiscard]] std::string time_text(std::int64_t time);

}  // namespace weir::app
