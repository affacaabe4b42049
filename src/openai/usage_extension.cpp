#include "weir/openai/usage_extension.h"

namespace weir::openai {

std::string extended_usage(json::value object, std::string_view members) {
  const std::string added = '{' + std::string(members) + '}';
  json::reader reader;
  if (members.empty() || reader.parse(added) != json::reader::status::ok)
    return std::string(object.raw());
  std::string out = "{";
  const auto add = [&out](std::string_view key, std::string_view raw) {
    if (out.size() > 1) out += ',';
    out.append("\"").append(key).append("\":").append(raw);
  };
  for (const auto [key, val] : object.members()) {
    if (!reader.root()[key.decoded()].present())
      add(key.text(), val.raw());
    else if (key.equals("cost"))
      add("upstream_cost", val.raw());
  }
  if (out.size() > 1) out += ',';
  return out.append(members) + '}';
}

}  // namespace weir::openai
