#pragma once
#include "weir/openai/aggregate.h"

namespace weir::openai {

/// A `text_completion`: each choice has a `text` and an `index` (contract 5.1).
class completion_aggregate final : public aggregate {
 public:
  completion_aggregate() : aggregate(dialect::completions) {}

 private:
  void write_said(folded_choice& choice, std::string& out) override;
};

}  // namespace weir::openai
