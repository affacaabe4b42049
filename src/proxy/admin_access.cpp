#include "proxy/admin_access.h"

#include "weir/base/same_secret.h"

namespace weir::proxy {

std::optional<openai::error> refuse_admin(const config::admin_settings& admin,
                                          const http::fields& headers) {
  if (admin.key.empty()) return openai::errors::admin_disabled();
  const std::string_view given = bearer_credential(headers);
  if (given.empty()) return openai::errors::no_credential();
  if (same_secret(admin.key.reveal(), given)) return std::nullopt;
  return openai::errors::wrong_credential(given);
}

std::vector<http::field> credential_fields(const openai::error& why) {
  if (why.status != 401) return {};
  return {{"WWW-Authenticate", "Bearer"}};
}

}  // namespace weir::proxy
