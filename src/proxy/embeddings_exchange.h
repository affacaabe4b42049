#pragma once
#include <memory>
#include <string>

#include "openai/embeddings.h"
#include "proxy/upstream_exchange.h"

namespace weir::proxy {

/// POST /v1/embeddings: one document, its vectors in the form the client asked for (EMB-1).
class embeddings_exchange final : public upstream_exchange {
 public:
  explicit embeddings_exchange(const exchange_parts& parts) : upstream_exchange(parts) {}

 private:
  void on_request_complete() override;
  std::string upstream_bytes() override;
  std::unique_ptr<openai::answer> make_answer() override;
  void relay() override;

  openai::vector_form form_ = openai::vector_form::numbers;
};

}  // namespace weir::proxy
