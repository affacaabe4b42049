#pragma once
#include <string>
#include <vector>

#include "config/config.h"
#include "config/load.h"
#include "weir/base/result.h"

namespace weir::config {

/// The upstreams whose keys stand in the environment (`OPENAI_API_KEY`, ...), at the public base
/// urls of their OpenAI-compatible APIs; `OPENAI_BASE_URL` moves the first. An empty variable is as
/// good as none. Fails with one problem per variable that cannot be used; its `file` is the
/// variable's name.
[[nodiscard]] result<std::vector<upstream>, std::vector<problem>> upstreams_from_environment(
    const environment& variables);

/// Where servers of models usually listen on this machine, to be probed by the caller.
[[nodiscard]] std::vector<upstream> local_candidates();

}  // namespace weir::config
