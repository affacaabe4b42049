#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/secret.h"
#include "config/stream.h"
#include "meter/allowance.h"
#include "meter/client_key.h"
#include "route/name_pattern.h"
#include "weir/base/limits.h"

namespace weir::config {

/// A key of a client as the file has it: its allowance, and what it is good for.
struct client_entry : meter::allowance {
  std::string name;
  secret key;
  std::string key_file;  ///< where `key` was read from; "" when it was written or there is none
  std::optional<meter::key_hash> hash;  ///< in place of the key
  std::string group;
  std::vector<std::pair<std::string, std::string>> labels;
  std::vector<route::name_pattern> models;
  std::vector<std::string> upstreams;
  std::vector<std::string> apis;
  std::optional<std::int64_t> expires;  ///< seconds since the Unix epoch
  bool store_content = false;
  stream_overrides stream;
};

struct group_entry : meter::allowance {
  std::string name;
};

/// `keys:`, the keys of clients (docs/accounting.md).
struct key_settings {
  bool required = false;
  secret hash_key;
  std::string hash_key_file;  ///< as client_entry::key_file
  std::uint64_t output_reserve = limits::default_output_reserve;
  std::vector<client_entry> clients;
  std::vector<group_entry> groups;
};

/// The names of APIs, as records and metrics have them.
inline constexpr std::array<std::string_view, 7> api_names = {
    "chat", "cmpl", "emb", "moderations", "rerank", "audio", "images"};

}  // namespace weir::config
