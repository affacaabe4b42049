#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "meter/allowance.h"
#include "weir/base/result.h"
#include "weir/json/reader.h"

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

/// What is set for a key, as members of a JSON object, without braces: `"group":"red",...`. What is
/// not set is left out. The hash, the hint, the name and the times are not among them.
[[nodiscard]] std::string settings_json(const client_key& key);
[[nodiscard]] std::string settings_json(const allowance& may);

/// Reads them back. Members that are named in `others`, with commas between, are passed over.
///
/// Errors   A sentence about the first member that is unknown or has another type.
[[nodiscard]] std::optional<failure> read_settings(json::value object, std::string_view others,
                                                   client_key& into);
[[nodiscard]] std::optional<failure> read_settings(json::value object, allowance& into);

}  // namespace weir::meter
