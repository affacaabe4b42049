#pragma once
#include <string>
#include <string_view>

#include "weir/base/result.h"
#include "weir/openai/lint.h"

namespace weir::app {

/// What a request asks for, as far as its answer is judged by it.
struct asked {
  bool completions = false;  ///< it has a `prompt`: the Completions API
  bool stream = true;
  std::string model;
  openai::lint_request answer;
};

/// Reads a request body. It is not validated: a server may take what weir would refuse.
[[nodiscard]] result<asked> read_asked(std::string_view body);

}  // namespace weir::app
