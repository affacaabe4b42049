#pragma once
#include <string>
#include <string_view>

#include "config/config.h"
#include "weir/base/result.h"

namespace weir::app {

/// What commands that speak to an endpoint (`check`, `bench`, `top`) have in common on the command
/// line.

[[nodiscard]] bool is_url(std::string_view text);

/// For CLI11: "" or what is wrong. The text of a url may hold a credential, and is not repeated.
[[nodiscard]] std::string usable_url(const std::string& text);
[[nodiscard]] std::string usable_duration(const std::string& text);

struct key_options {
  std::string key;
  std::string variable;  ///< --key-env
};
/// The key for an endpoint: what the command line says, else what is in `own_variable`, else
/// OPENAI_API_KEY. The last was not meant for this command: it does not go in the clear to another
/// machine.
[[nodiscard]] result<std::string> endpoint_key(const key_options& said,
                                               const std::string& own_variable,
                                               const config::upstream_url& url);

}  // namespace weir::app
