#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "meter/allowance.h"

namespace weir::meter {

/// The keyed hash of a key's secret: HMAC-SHA256. The secret itself is nowhere.
using key_hash = std::array<std::uint8_t, 32>;
/// 64 hexadecimal digits.
[[nodiscard]] std::string to_text(const key_hash& hash);
[[nodiscard]] std::optional<key_hash> parse_hash(std::string_view text);

/// Who asks: a client's key without its secret.
struct client_key {
  std::string name;  ///< unique for ever; stands in records, so that no other key may get it later
  key_hash hash{};
  std::string hint;   ///< a few characters of the secret, for people: `sk-weir-ab...wxyz`
  std::string group;  ///< "": none
  /// Go into the tags of each of its records.
  std::vector<std::pair<std::string, std::string>> labels;
  // What it is good for; an empty list is everything.
  std::vector<std::string> models;     ///< names and patterns, as in the configuration
  std::vector<std::string> upstreams;  ///< configured names
  std::vector<std::string> apis;       ///< chat, cmpl, emb, ..., as records call them
  allowance may;
  bool store_content = false;
  // Seconds since the Unix epoch.
  std::int64_t created = 0;
  std::optional<std::int64_t> expires;
  std::optional<std::int64_t> revoked;

  friend bool operator==(const client_key&, const client_key&) = default;
};

/// Keys that share an allowance.
struct key_group {
  std::string name;
  allowance may;

  friend bool operator==(const key_group&, const key_group&) = default;
};

}  // namespace weir::meter
