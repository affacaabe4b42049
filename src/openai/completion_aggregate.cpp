#include "weir/openai/completion_aggregate.h"

#include "openai/folded_choice.h"

namespace weir::openai {

void completion_aggregate::write_said(folded_choice& choice, std::string& out) {
  out.append("\"text\":\"").append(choice.content);
  out.append("\",\"index\":").append(std::to_string(choice.index));
}

}  // namespace weir::openai
