#include "weir/sse/json_extent.h"

namespace weir::sse {

std::size_t json_extent::scan_document(std::string_view text) {
  std::size_t i = 0;
  while (i < text.size()) {
    if (in_string_) {
      if (escaped_) {
        escaped_ = false;
        ++i;
        continue;
      }
      while (i < text.size() && text[i] != '"' && text[i] != '\\') ++i;
      if (i == text.size()) break;
      escaped_ = text[i] == '\\';
      in_string_ = escaped_;
      ++i;
      continue;
    }
    const char c = text[i++];
    if (c == '{' || c == '[') {
      ++depth_;
    } else if (depth_ > 0) {
      if (c == '"')
        in_string_ = true;
      else if ((c == '}' || c == ']') && --depth_ == 0)
        break;
    }
  }
  return i;
}

void json_extent::scan(std::string_view text) {
  while (!text.empty()) text.remove_prefix(scan_document(text));
}

}  // namespace weir::sse
