#include "proxy/upstream_pool.h"

#include <utility>

#include "weir/base/limits.h"

namespace weir::proxy {

std::optional<upstream_lease> upstream_pool::take_idle() {
  if (idle_.empty()) return std::nullopt;
  upstream_connection* const connection = idle_.back();
  idle_.pop_back();
  connection->lend();
  return upstream_lease(connection);
}

std::unique_ptr<net::connecting> upstream_pool::dial(millis timeout, callback done) {
  return dialer_.dial(
      *to_, timeout,
      [this, done = std::move(done)](result<std::unique_ptr<net::connection>, net::io_error> made) {
        if (!made) return done(made.error());
        auto connection =
            std::make_unique<upstream_connection>(*this, loop_, std::move(made).value());
        upstream_connection* const key = connection.get();
        open_.emplace(key, std::move(connection));
        key->lend();
        done(upstream_lease(key));
      });
}

void upstream_pool::on_idle(upstream_connection& connection) {
  idle_.push_back(&connection);
  if (idle_.size() <= limits::max_idle_upstream_connections) return;
  upstream_connection* const oldest = idle_.front();
  oldest->abandon();
}

void upstream_pool::bury(upstream_connection& connection) {
  std::erase(idle_, &connection);
  const auto found = open_.find(&connection);
  if (found == open_.end()) return;
  // It may be on the call stack.
  loop_.defer([dead = std::shared_ptr<upstream_connection>(std::move(found->second))] {});
  open_.erase(found);
}

}  // namespace weir::proxy
