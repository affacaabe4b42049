#include "openai/offered_tools.h"

namespace weir::openai {

/// The list, read once; absent when there is none.
json::value offered_tools::tools() {
  if (list_.empty()) return {};
  if (!reader_.root().present() && reader_.parse(list_) != json::reader::status::ok) list_ = {};
  return reader_.root();
}

json::value offered_tools::find(std::string_view function) {
  for (const json::value tool : tools().elements())
    if (tool["function"]["name"].equals(function)) return tool["function"];
  return {};
}

bool offered_tools::offers(std::string_view function) {
  return !tools().present() || find(function).present();
}

offered_tools::declared offered_tools::type_of(std::string_view function,
                                               std::string_view parameter) {
  const json::value type = find(function)["parameters"]["properties"][parameter]["type"];
  if (!type.is(json::type::string) && !type.is(json::type::array)) return declared::unknown;
  bool text = type.equals("string");
  for (const json::value one : type.elements()) text = text || one.equals("string");
  return text ? declared::text : declared::other;
}

}  // namespace weir::openai
