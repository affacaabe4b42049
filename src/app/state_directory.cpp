#include "app/state_directory.h"

namespace weir::app {

std::optional<std::string> state_directory(
    const std::function<std::optional<std::string>(const std::string&)>& variable) {
  const auto said = [&](const char* name) { return variable(name).value_or(""); };
  // Several are possible, with colons between; the first is the one of `StateDirectory=weir`.
  if (const std::string of_unit = said("STATE_DIRECTORY"); !of_unit.empty())
    return of_unit.substr(0, of_unit.find(':'));
  if (const std::string state = said("XDG_STATE_HOME"); !state.empty()) return state + "/weir";
  if (const std::string home = said("HOME"); !home.empty()) return home + "/.local/state/weir";
  return std::nullopt;
}

}  // namespace weir::app
