#include "proxy/embeddings_exchange.h"

#include <utility>

namespace weir::proxy {

void embeddings_exchange::on_request_complete() {
  auto request = openai::read_embeddings_request(body(), context().reader);
  if (!request) return reject(request.error());
  form_ = request->form;
  choose(std::move(request->model));
}

std::string embeddings_exchange::upstream_bytes() { return json_bytes("application/json"); }

std::unique_ptr<openai::answer> embeddings_exchange::make_answer() {
  return std::make_unique<openai::embeddings_answer>(form_);
}

void embeddings_exchange::relay() {
  if (standing() == attempt::outcome::finished) send_document();
}

}  // namespace weir::proxy
