#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "weir/base/units.h"

namespace weir::observe {

/// What became of the configuration while the program runs, for `/metrics` and `/admin/v1/config`.
///
/// Threads  Any: a lock, taken once for a reload and once for whoever asks.
class config_history {
 public:
  struct refusal {
    micros at{0};  ///< since the Unix epoch
    std::vector<std::string> problems;
  };
  struct view {
    std::uint64_t version = 0;  ///< of the one in force; 1 is the one the program began with
    micros since{0};            ///< the Unix epoch: when it came into force
    std::string origin;
    std::uint64_t refused = 0;            ///< configurations that never came into force
    std::optional<refusal> last_refusal;  ///< nothing once another came into force
  };

  /// Another configuration is in force. Returns its version.
  std::uint64_t applied(std::string origin, micros at);
  /// One was not taken; what was in force stays. Returns the version that stays.
  std::uint64_t refused(std::vector<std::string> problems, micros at);
  [[nodiscard]] view now() const;

 private:
  mutable std::mutex guard_;
  view view_;
};

}  // namespace weir::observe
