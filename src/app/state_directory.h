#pragma once

#include <functional>
#include <optional>
#include <string>

namespace weir::app {

/// Where a program of this user, or of this unit of systemd, keeps what outlives it:
/// STATE_DIRECTORY (systemd.exec), else `weir` in XDG_STATE_HOME or in ~/.local/state (XDG base
/// directories). Nothing when the environment names no home.
[[nodiscard]] std::optional<std::string> state_directory(
    const std::function<std::optional<std::string>(const std::string&)>& variable);

}  // namespace weir::app
