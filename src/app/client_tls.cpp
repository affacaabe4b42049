#include "app/client_tls.h"

#include <utility>

namespace weir::app {

result<std::shared_ptr<const net::tls_server>> client_tls(const config::tls_settings& from) {
  if (!from.on()) return std::shared_ptr<const net::tls_server>();
  auto made = net::tls_server::make({from.cert_file, from.key_file, from.client_ca_file});
  if (!made) return made.error();
  return std::shared_ptr<const net::tls_server>(std::move(made).value());
}

}  // namespace weir::app
