#pragma once
#include <string>
#include <string_view>

#include "config/config.h"
#include "proxy/key_ring.h"
#include "proxy/model_catalogue.h"
#include "proxy/upstream_board.h"
#include "weir/openai/error.h"

namespace weir::proxy {

struct readiness {
  bool ready = false;
  std::string body;  ///< JSON: the verdict and each upstream's state, by name
};

/// Ready: at least one upstream is usable, and the program is not shutting down. The built-in
/// upstream counts only when it is the only one (docs/http.md).
[[nodiscard]] readiness judge_readiness(const config::config& config, const model_catalogue& models,
                                        const upstream_board& board, bool shutting_down);

/// ERR-5 with the names that may have been meant, of those that the client's key is for.
[[nodiscard]] openai::error model_not_found(const model_catalogue& models, std::string_view model,
                                            const ring_key* key = nullptr);

}  // namespace weir::proxy
