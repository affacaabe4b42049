#include "app/endpoint_option.h"

#include "app/effective_config.h"
#include "config/values.h"

namespace weir::app {

namespace {

std::string variable(const std::string& name) {
  return environment_variable(name).value_or(std::string());
}

}  // namespace

bool is_url(std::string_view text) {
  return text.starts_with("http://") || text.starts_with("https://") || text.starts_with("unix:/");
}

std::string usable_url(const std::string& text) {
  const auto parsed = config::parse_url(text);
  return parsed ? std::string() : parsed.error().message;
}

std::string usable_duration(const std::string& text) {
  const auto parsed = config::parse_duration(text);
  return parsed ? std::string() : parsed.error().message;
}

result<std::string> endpoint_key(const key_options& said, const std::string& own_variable,
                                 const config::upstream_url& url) {
  if (!said.key.empty()) return said.key;
  if (!said.variable.empty()) {
    std::string key = variable(said.variable);
    if (key.empty()) return failure{"the environment has no " + said.variable};
    return key;
  }
  if (std::string key = variable(own_variable); !key.empty()) return key;
  if (!url.tls && !config::is_loopback(url.host)) return std::string();
  return variable("OPENAI_API_KEY");
}

}  // namespace weir::app
