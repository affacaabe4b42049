#include "config/load.h"

#include "config/file.h"
#include "config/reader.h"
#include "config/schema.h"
#include "config/yaml.h"
#include "weir/base/limits.h"

namespace weir::config {

result<config, std::vector<problem>> load_text(std::string_view yaml, std::string_view name,
                                               const environment& variables) {
  const auto root = parse_yaml(yaml, name);
  if (!root) return root.error();
  reader from(name, variables);
  config loaded = read_config(from, *root);
  std::vector<problem> problems = from.problems();
  if (!problems.empty()) return problems;
  loaded.origin = name;
  return loaded;
}

result<config, std::vector<problem>> load_file(const std::string& path,
                                               const environment& variables) {
  const auto text = read_file(path, limits::max_config_bytes);
  if (!text)
    return std::vector<problem>{{path, 0, 0, "cannot be read: " + text.error().message, ""}};
  auto loaded = load_text(*text, path, variables);
  if (loaded) loaded->file = path;
  return loaded;
}

}  // namespace weir::config
