#pragma once
#include <string>

namespace weir::config {

/// Something wrong with a configuration, and where. Never holds a secret or an expanded variable.
struct problem {
  std::string file;
  unsigned line = 0;  ///< from 1; 0: the file as a whole
  unsigned column = 0;
  std::string message;
  std::string hint;  ///< "" or what may have been meant
};

/// One line for people: `weir.yaml:3:5: unknown key 'upsteams' (did you mean 'upstreams'?)`.
[[nodiscard]] std::string to_string(const problem& p);

}  // namespace weir::config
