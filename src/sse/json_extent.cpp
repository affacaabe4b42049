#include "weir/sse/json_extent.h"

namespace weir::sse {

std::size_t json_extent::scan_document(std::string_view text) {
  std::size_t i = 0;
  while (i < text.size()) {
    if (quote_ != 0) {
      if (escaped_) {
        escaped_ = false;
        ++i;
        continue;
      }
      while (i < text.size() && text[i] != quote_ && text[i] != '\\') ++i;
      if (i == text.size()) break;
      escaped_ = text[i] == '\\';
      if (!escaped_) quote_ = 0;
      ++i;
      continue;
    }
    const char c = text[i++];
    if (c == '{' || c == '[') {
      ++depth_;
    } else if (depth_ > 0) {
      if (c == '"' || c == '\'')
        quote_ = c;
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
