#include "http/target.h"

#include <algorithm>
#include <cstddef>

#include "http/ascii.h"

namespace weir::http {
namespace {

bool is_one_of(std::string_view set, char c) { return set.find(c) != std::string_view::npos; }

// unreserved / sub-delims (RFC 3986 2)
bool is_plain(char c) {
  return ascii::is_alpha(c) || ascii::is_digit(c) || is_one_of("-._~!$&'()*+,;=", c);
}

bool all_encoded_or(std::string_view s, std::string_view also) {
  for (std::size_t i = 0; i < s.size(); ++i) {
    if (s[i] == '%') {
      if (s.size() - i < 3 || ascii::hex_value(s[i + 1]) < 0 || ascii::hex_value(s[i + 2]) < 0)
        return false;
      i += 2;
    } else if (!is_plain(s[i]) && !is_one_of(also, s[i])) {
      return false;
    }
  }
  return true;
}

}  // namespace

bool is_origin_form(std::string_view target) {
  if (target.empty() || target.front() != '/') return false;
  const std::size_t mark = target.find('?');
  if (!all_encoded_or(target.substr(0, mark), ":@/")) return false;
  return mark == std::string_view::npos || all_encoded_or(target.substr(mark + 1), ":@/?[]{}|^`");
}

bool is_host(std::string_view value) {
  std::string_view port;
  if (!value.empty() && value.front() == '[') {
    const std::size_t close = value.find(']');
    if (close == std::string_view::npos || close == 1) return false;
    const std::string_view address = value.substr(1, close - 1);
    if (!std::all_of(address.begin(), address.end(),
                     [](char c) { return is_plain(c) || c == ':'; }))
      return false;
    port = value.substr(close + 1);
  } else {
    const std::size_t colon = value.find(':');
    if (!all_encoded_or(value.substr(0, colon), "")) return false;
    if (colon != std::string_view::npos) port = value.substr(colon);
  }
  if (port.empty()) return true;
  return port.front() == ':' && std::all_of(port.begin() + 1, port.end(), ascii::is_digit);
}

}  // namespace weir::http
