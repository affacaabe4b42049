#pragma once
#include <string>
#include <string_view>

namespace weir::testing {

/// Streams of Completions in short: `%` is the head of a chunk up to its choices, `$` the end of an
/// event.
inline std::string dress_completion(std::string_view body) {
  std::string out;
  for (const char c : body)
    if (c == '%')
      out +=
          R"({"id":"cmpl-1","object":"text_completion","created":1760000000,"model":"m","choices":)";
    else if (c == '$')
      out += "}\n\n";
    else
      out += c;
  return out;
}

}  // namespace weir::testing
