#pragma once

#include <memory>
#include <string>

#include "proxy/exchange.h"
#include "proxy/office.h"

namespace weir::proxy {

/// What the office answers (docs/operation.md, docs/accounting.md):
///
///   GET    /v1/usage                 a key's own numbers, for who has the key
///   GET    /admin/v1/usage           everybody's, for who has the admin key, as all that follows
///   GET    /admin/v1/keys            POST: another one
///   DELETE /admin/v1/keys/{name}     revokes it
///   GET    /admin/v1/groups
///   PUT    /admin/v1/groups/{name}   DELETE
class office_exchange final : public exchange {
 public:
  explicit office_exchange(const exchange_parts& parts);

  bool wants_body() const override;
  std::uint64_t body_limit() const override { return limits::max_admin_body_bytes; }
  void on_request_end() override;

 private:
  void on_body(std::string_view bytes) override { body_ += bytes; }
  [[nodiscard]] bool allowed();
  void on_reply(const office_answer& reply);

  std::string body_;
  /// Dies with the exchange; a reply looks at it first.
  std::shared_ptr<office_exchange*> self_;
};

}  // namespace weir::proxy
