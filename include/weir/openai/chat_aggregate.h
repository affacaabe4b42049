#pragma once
#include "weir/openai/aggregate.h"

namespace weir::openai {

/// A `chat.completion`: each choice has an `index` and a `message` (contract 3.1).
class chat_aggregate final : public aggregate {
 public:
  chat_aggregate() : aggregate(dialect::chat) {}

 private:
  void write_said(folded_choice& choice, std::string& out) override;
};

}  // namespace weir::openai
