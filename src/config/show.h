#pragma once
#include <string>
#include <vector>

#include "config/config.h"

namespace weir::config {

/// The effective configuration with defaults, secrets as `***`. Loads back to the same, except for
/// the secrets; `key_file` keeps even those.
[[nodiscard]] std::string show_yaml(const config& of);
[[nodiscard]] std::string show_json(const config& of);

/// JSON Schema (2020-12) of the file, for editors.
[[nodiscard]] std::string schema_json();

/// What is allowed but deserves a word at the start: listening beyond this machine, a credential
/// over plain HTTP to another machine, an upstream that is this gateway itself.
[[nodiscard]] std::vector<std::string> warnings(const config& of);

/// Whether a request to `url` would come back to the gateway that listens on `address`.
[[nodiscard]] bool points_at(const upstream_url& url, const listen_address& address);

}  // namespace weir::config
