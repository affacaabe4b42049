#include "proxy/route_choice.h"

#include <algorithm>
#include <optional>

namespace weir::proxy {
namespace {

using knowledge = upstream_models::knowledge;
using reason = route_choice::reason;
using verdict = route_choice::verdict;

std::optional<std::size_t> index_of(const config::config& config, std::string_view name) {
  for (std::size_t i = 0; i < config.upstreams.size(); ++i)
    if (config.upstreams[i].name == name) return i;
  return std::nullopt;
}

std::vector<std::size_t> remote_upstreams(const config::config& config,
                                          const model_catalogue& models) {
  std::vector<std::size_t> remote;
  for (std::size_t i = 0; i < config.upstreams.size(); ++i)
    if (config.upstreams[i].kind != config::upstream_kind::demo &&
        is_there(config.upstreams[i], models.knowledge_of(i)))
      remote.push_back(i);
  return remote;
}

/// Sorted: within a priority the order is kept.
route_choice found(reason why, std::vector<route_target> targets, std::string label) {
  std::stable_sort(
      targets.begin(), targets.end(),
      [](const route_target& a, const route_target& b) { return a.priority < b.priority; });
  return {verdict::found, why, std::move(targets), nullptr, std::move(label)};
}

/// As the upstreams themselves are configured.
route_choice found(reason why, const config::config& config,
                   const std::vector<std::size_t>& upstreams, std::string label) {
  std::vector<route_target> targets;
  targets.reserve(upstreams.size());
  for (const std::size_t i : upstreams)
    targets.push_back({i, {}, 1, config.upstreams[i].priority, nullptr});
  return found(why, std::move(targets), std::move(label));
}

route_choice candidates_of(const config::config& config, const config::model_route& route) {
  std::vector<route_target> targets;
  for (const config::candidate& c : route.candidates)
    if (const auto upstream = index_of(config, c.upstream))
      targets.push_back({*upstream, c.model, c.weight, c.priority, &c.stream});
  if (targets.empty()) return {};
  route_choice out = found(reason::configured, std::move(targets), route.name);
  out.route = &route;
  return out;
}

}  // namespace

route_choice choose_route(const config::config& config, const route::model_table& table,
                          const model_catalogue& models, std::string_view model, bool waited) {
  const std::vector<std::size_t> remote = remote_upstreams(config, models);
  if (model.empty())
    return remote.size() == 1 ? found(reason::only_upstream, config, remote, "other")
                              : route_choice();
  if (const auto entry = table.find(model))
    if (route_choice out = candidates_of(config, config.models[*entry]); out.what == verdict::found)
      return out;

  const std::vector<std::size_t> listing = models.upstreams_of(model);
  if (!listing.empty()) return found(reason::listed, config, listing, std::string(model));

  std::vector<std::size_t> possible;
  std::copy_if(remote.begin(), remote.end(), std::back_inserter(possible),
               [&](std::size_t i) { return offers(config.upstreams[i], model); });
  bool others_pending = false;  // the built-in upstream may yet list the model
  for (std::size_t i = 0; i < config.upstreams.size(); ++i)
    if (config.upstreams[i].kind == config::upstream_kind::demo)
      others_pending = others_pending || models.knowledge_of(i) == knowledge::pending;
  if (remote.size() == 1) {
    if (others_pending && !waited)
      return {verdict::pending, reason::only_upstream, {}, nullptr, {}};
    if (possible.empty()) return {};
    return found(reason::only_upstream, config, possible, "other");
  }
  if (!models.complete() && !waited) return {verdict::pending, reason::unlisted, {}, nullptr, {}};
  std::vector<std::size_t> unlisted;
  for (const std::size_t i : possible)
    if (models.knowledge_of(i) != knowledge::listed) unlisted.push_back(i);
  if (unlisted.empty()) return {};
  return found(reason::unlisted, config, unlisted, "other");
}

}  // namespace weir::proxy
