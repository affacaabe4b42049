#pragma once
#include <openssl/ssl.h>

#include <memory>
#include <string>
#include <unordered_map>

#include "weir/base/limits.h"

namespace weir::net {

/// The latest session to resume of each endpoint, at most limits::max_tls_sessions.
class tls_sessions {
 public:
  /// Takes over the caller's reference to `session`.
  void remember(const std::string& endpoint, SSL_SESSION* session) {
    const bool is_new = sessions_.find(endpoint) == sessions_.end();
    // Any will do: its endpoint's next connection shakes hands in full.
    if (is_new && sessions_.size() >= limits::max_tls_sessions) sessions_.erase(sessions_.begin());
    sessions_.insert_or_assign(endpoint, owned(session));
  }

  /// Null when there is none.
  [[nodiscard]] SSL_SESSION* find(const std::string& endpoint) const {
    const auto found = sessions_.find(endpoint);
    return found == sessions_.end() ? nullptr : found->second.get();
  }

  void forget(const std::string& endpoint) { sessions_.erase(endpoint); }

  [[nodiscard]] std::size_t size() const { return sessions_.size(); }

 private:
  struct release {
    void operator()(SSL_SESSION* session) const { SSL_SESSION_free(session); }
  };
  using owned = std::unique_ptr<SSL_SESSION, release>;
  std::unordered_map<std::string, owned> sessions_;
};

}  // namespace weir::net
