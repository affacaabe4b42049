#include "proxy/embeddings_exchange.h"

#include <utility>

#include "proxy/priced_usage.h"

namespace weir::proxy {

void embeddings_exchange::on_request_complete() {
  auto request = openai::read_embeddings_request(body(), context().reader);
  if (!request) return reject(request.error());
  form_ = request->form;
  choose(std::move(request->model));
}

std::string embeddings_exchange::upstream_bytes() { return json_bytes("application/json"); }

std::unique_ptr<openai::answer> embeddings_exchange::make_answer() {
  std::shared_ptr<const openai::usage_extension> cost;
  const config::cost_form form = policy().cost;
  if (form != config::cost_form::none)
    if (const config::dated_price* const price = price_of(upstream().settings.name, served_model()))
      cost = std::make_shared<priced_usage>(*price, form);
  return std::make_unique<openai::embeddings_answer>(form_, std::move(cost));
}

void embeddings_exchange::relay() {
  if (standing() == attempt::outcome::finished) send_document();
}

}  // namespace weir::proxy
