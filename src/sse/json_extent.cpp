#include "weir/sse/json_extent.h"

namespace weir::sse {

std::size_t json_extent::scan_document(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string_) {
      if (escaped_)
        escaped_ = false;
      else if (c == '\\')
        escaped_ = true;
      else if (c == '"')
        in_string_ = false;
    } else if (c == '{' || c == '[') {
      ++depth_;
    } else if (depth_ > 0) {
      if (c == '"')
        in_string_ = true;
      else if ((c == '}' || c == ']') && --depth_ == 0)
        return i + 1;
    }
  }
  return text.size();
}

void json_extent::scan(std::string_view text) {
  while (!text.empty()) text.remove_prefix(scan_document(text));
}

}  // namespace weir::sse
