#include "proxy/office_exchange.h"

#include <utility>

#include "proxy/admin_access.h"

namespace weir::proxy {

office_exchange::office_exchange(const exchange_parts& parts)
    : exchange(parts), self_(std::make_shared<office_exchange*>(this)) {}

bool office_exchange::wants_body() const {
  return head().method == "POST" || head().method == "PUT";
}

bool office_exchange::allowed() {
  if (where().what != service::own_usage) {
    const auto refusal = refuse_admin(context().config->admin, head().headers);
    if (!refusal) return true;
    send_error(*refusal, credential_fields(*refusal));
    done();
    return false;
  }
  if (!recognise()) return false;
  if (key()) return true;
  const std::string_view given = bearer_credential(head().headers);
  const openai::error why =
      given.empty() ? openai::errors::no_credential() : openai::errors::wrong_credential(given);
  send_error(why, credential_fields(why));
  done();
  return false;
}

void office_exchange::on_request_end() {
  if (over() || !allowed()) return;
  if (context().office == nullptr) {
    send_error(openai::errors::refused(
        404, "Nothing is kept here: store.ledger is none, or could not be opened."));
    return done();
  }
  office_request request;
  request.what = where().what;
  request.method = head().method == "HEAD" ? "GET" : std::string(head().method);
  request.item = where().item;
  request.query = head().query();
  request.body = std::move(body_);
  request.key = key();
  request.wall_clock = record().wall_clock;
  const bool taken = context().office->ask(
      std::move(request),
      [home = &context().loop, self = std::weak_ptr<office_exchange*>(self_)](office_answer reply) {
        home->post([self, reply = std::move(reply)] {
          if (const auto there = self.lock()) (*there)->on_reply(reply);
        });
      });
  if (taken) return;
  send_error(openai::errors::overloaded("Too many of these requests are waiting."));
  done();
}

void office_exchange::on_reply(const office_answer& reply) {
  if (over()) return;
  if (reply.error)
    send_error(*reply.error);
  else
    send(reply.status, {{"Content-Type", reply.content_type}, {"Cache-Control", "no-store"}},
         reply.body);
  done();
}

}  // namespace weir::proxy
