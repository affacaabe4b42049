#include "proxy/route_choice.h"

#include <optional>
#include <vector>

namespace weir::proxy {
namespace {

using knowledge = upstream_models::knowledge;
using verdict = route_choice::verdict;

std::optional<std::size_t> index_of(const config::config& config, std::string_view name) {
  for (std::size_t i = 0; i < config.upstreams.size(); ++i)
    if (config.upstreams[i].name == name) return i;
  return std::nullopt;
}

std::vector<std::size_t> remote_upstreams(const config::config& config) {
  std::vector<std::size_t> remote;
  for (std::size_t i = 0; i < config.upstreams.size(); ++i)
    if (config.upstreams[i].kind != config::upstream_kind::demo) remote.push_back(i);
  return remote;
}

route_choice only_upstream(const config::config& config) {
  const std::vector<std::size_t> remote = remote_upstreams(config);
  if (remote.size() != 1) return {};
  return {verdict::found, remote.front(), {}, nullptr, "other"};
}

}  // namespace

route_choice choose_route(const config::config& config, const route::model_table& table,
                          const model_catalogue& models, std::string_view model, std::uint64_t turn,
                          bool waited) {
  if (model.empty()) return only_upstream(config);
  if (const auto entry = table.find(model)) {
    const config::model_route& route = config.models[*entry];
    if (!route.candidates.empty()) {
      const config::candidate& first = route.candidates.front();
      if (const auto upstream = index_of(config, first.upstream))
        return {verdict::found, *upstream, first.model, &route, route.name};
    }
  }
  if (const auto upstream = models.upstream_of(model))
    return {verdict::found, *upstream, {}, nullptr, std::string(model)};

  const std::vector<std::size_t> remote = remote_upstreams(config);
  bool others_pending = false;  // the built-in upstream may yet list the model
  for (std::size_t i = 0; i < config.upstreams.size(); ++i)
    if (config.upstreams[i].kind == config::upstream_kind::demo)
      others_pending = others_pending || models.knowledge_of(i) == knowledge::pending;
  if (remote.size() == 1) {
    if (others_pending && !waited) return {verdict::pending, 0, {}, nullptr, {}};
    return {verdict::found, remote.front(), {}, nullptr, "other"};
  }
  if (!models.complete() && !waited) return {verdict::pending, 0, {}, nullptr, {}};
  std::vector<std::size_t> unlisted;
  for (const std::size_t i : remote)
    if (models.knowledge_of(i) != knowledge::listed) unlisted.push_back(i);
  if (!unlisted.empty())
    return {verdict::found, unlisted[turn % unlisted.size()], {}, nullptr, "other"};
  return {};
}

}  // namespace weir::proxy
