#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "config/config.h"
#include "http/message.h"
#include "meter/client_key.h"
#include "quota/limiter.h"
#include "route/name_pattern.h"
#include "weir/base/limits.h"
#include "weir/base/units.h"
#include "weir/openai/error.h"

namespace weir::proxy {

/// A client's key as requests meet it.
struct ring_key {
  meter::client_key key;
  std::vector<route::name_pattern> models;  ///< those of `key`; none: all
  config::stream_overrides stream;
  quota::account_list accounts;  ///< its own and its group's

  [[nodiscard]] bool allows_model(std::string_view name) const;
  [[nodiscard]] bool allows_upstream(std::string_view name) const;
  [[nodiscard]] bool allows_api(std::string_view api) const;
};

/// The keys of clients that are in force, wherever they were written.
///
/// Cost     One keyed hash for each credential that is looked at. It alone decides where the search
///          goes, so that its time says nothing about the keys there are.
/// Threads  Immutable: any.
class key_ring {
 public:
  using hasher = std::function<meter::key_hash(std::string_view secret)>;
  struct options {
    bool required = false;  ///< who has no key is not served
    bool complete = true;   ///< false: there may be more keys, which could not be read yet
    std::uint64_t output_reserve = limits::default_output_reserve;
    hasher hash;                       ///< may be left out where there are no keys
    quota::limiter* limits = nullptr;  ///< of the accounts; outlives the ring
  };

  /// Nobody has a key, and nobody needs one.
  key_ring() = default;
  key_ring(options how, std::vector<ring_key> keys);

  [[nodiscard]] bool required() const { return how_.required; }
  [[nodiscard]] bool complete() const { return how_.complete; }
  /// Tokens that are set aside for an answer whose request names no bound.
  [[nodiscard]] std::uint64_t output_reserve() const { return how_.output_reserve; }
  [[nodiscard]] quota::limiter* limits() const { return how_.limits; }
  /// Null when no key has this secret.
  [[nodiscard]] const ring_key* find(std::string_view secret) const;

 private:
  struct front_of_hash {
    std::size_t operator()(const meter::key_hash& of) const;
  };
  struct same_hash {
    bool operator()(const meter::key_hash& a, const meter::key_hash& b) const;
  };

  options how_;
  std::vector<ring_key> keys_;
  std::unordered_map<meter::key_hash, std::size_t, front_of_hash, same_hash> by_hash_;
};

/// Whose request it is.
struct authentication {
  std::shared_ptr<const ring_key> key;     ///< null: nobody's in particular
  bool by_authorization = false;           ///< and not by `x-api-key`
  std::optional<openai::error> refusal{};  ///< then it is not served
};

/// Source   HTTP-4: `Authorization: Bearer`, or `x-api-key`. A credential that is no key of ours is
///          one only where keys are required: it may be meant for an upstream.
[[nodiscard]] authentication authenticate(const std::shared_ptr<const key_ring>& ring,
                                          const http::fields& headers, micros wall_clock);

}  // namespace weir::proxy
