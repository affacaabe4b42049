#include "weir/openai/chat_aggregate.h"

#include "openai/folded_choice.h"

namespace weir::openai {

void chat_aggregate::write_said(folded_choice& choice, std::string& out) {
  const auto add = [&out](const auto&... parts) { (out.append(parts), ...); };
  json_tree* calls = choice.message.find("tool_calls");
  if (calls != nullptr)
    for (json_tree& call : calls->children) call.erase("index");
  const bool spoke_otherwise = calls != nullptr ||
                               choice.message.find("function_call") != nullptr ||
                               !choice.refusal.empty();
  // AGG-1: beside a call or a refusal an empty content is no content.
  const bool null_content = !choice.has_content || (choice.content.empty() && spoke_otherwise);
  add("\"index\":", std::to_string(choice.index), ",\"message\":{\"role\":\"assistant\"");
  if (null_content)
    add(",\"content\":null");
  else
    add(",\"content\":\"", choice.content, "\"");
  if (choice.has_refusal)
    add(",\"refusal\":\"", choice.refusal, "\"");
  else
    add(",\"refusal\":null");
  choice.message.append_members_to(out, false);
  out += '}';
}

}  // namespace weir::openai
