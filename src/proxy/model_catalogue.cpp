#include "proxy/model_catalogue.h"

#include <algorithm>
#include <utility>

#include "route/model_table.h"
#include "weir/base/limits.h"
#include "weir/json/reader.h"

namespace weir::proxy {
namespace {

std::string name_of(json::value entry) {
  if (entry.is(json::type::string)) return entry.decoded();
  for (const std::string_view key : {"id", "model", "name"}) {
    if (entry[key].is(json::type::string)) return entry[key].decoded();
  }
  return {};
}

}  // namespace

std::optional<std::vector<model_entry>> read_model_list(std::string_view body,
                                                        const std::string& owner,
                                                        std::int64_t created) {
  json::reader reader;
  if (reader.parse(body) != json::reader::status::ok) return std::nullopt;
  json::value list = reader.root();
  if (list.is(json::type::object)) {
    const json::value data = list["data"];
    list = data.is(json::type::array) ? data : list["models"];
  }
  if (!list.is(json::type::array)) return std::nullopt;

  std::vector<model_entry> models;
  for (const json::value entry : list.elements()) {
    if (models.size() == limits::max_listed_models) break;
    model_entry model;
    model.id = name_of(entry);
    if (model.id.empty()) continue;
    const json::value owned_by = entry["owned_by"];
    model.owned_by = owned_by.text().empty() ? owner : owned_by.decoded();
    model.created = entry["created"].integer().value_or(created);
    models.push_back(std::move(model));
  }
  return models;
}

bool offers(const config::upstream& upstream, std::string_view model) {
  const auto fits = [&](const route::name_pattern& p) { return p.matches(model); };
  return upstream.models.empty() ||
         std::any_of(upstream.models.begin(), upstream.models.end(), fits);
}

bool is_there(const config::upstream& upstream, upstream_models::knowledge known) {
  return !upstream.tentative || known == upstream_models::knowledge::listed;
}

std::vector<upstream_models> carried_over(const std::vector<upstream_models>& known,
                                          const config::config& before,
                                          const config::config& next) {
  std::vector<upstream_models> out(next.upstreams.size());
  for (std::size_t i = 0; i < out.size(); ++i)
    if (const auto old = before.find_server(next.upstreams[i])) out[i] = known[*old];
  return out;
}

model_catalogue::model_catalogue(const config::config& config,
                                 std::vector<upstream_models> upstreams, std::int64_t now)
    : upstreams_(std::move(upstreams)) {
  upstreams_.resize(config.upstreams.size());
  for (std::size_t i = 0; i < upstreams_.size(); ++i) {
    std::erase_if(upstreams_[i].models,
                  [&](const model_entry& m) { return !offers(config.upstreams[i], m.id); });
    for (const model_entry& model : upstreams_[i].models) {
      std::vector<std::size_t>& listing = places_[model.id].upstreams;
      if (listing.empty() || listing.back() != i) listing.push_back(i);
    }
  }
  const auto add = [this](model_entry model) {
    place& p = places_[model.id];
    if (p.merged) return;
    p.merged = merged_.size();
    merged_.push_back(std::move(model));
  };
  for (const config::model_route& route : config.models) {
    if (route.candidates.empty() || route::is_pattern(route.name)) continue;
    const config::candidate& first = route.candidates.front();
    model_entry alias{route.name, first.upstream, now};
    const std::string& target = first.model.empty() ? route.name : first.model;
    for (std::size_t i = 0; i < upstreams_.size(); ++i) {
      if (config.upstreams[i].name != first.upstream) continue;
      const auto& own = upstreams_[i].models;
      const auto known = std::find_if(own.begin(), own.end(),
                                      [&](const model_entry& m) { return m.id == target; });
      if (known != own.end()) alias.created = known->created;
    }
    add(std::move(alias));
  }
  for (const upstream_models& upstream : upstreams_)
    for (const model_entry& model : upstream.models) add(model);
}

const model_entry* model_catalogue::find(std::string_view id) const {
  const auto found = places_.find(std::string(id));
  if (found == places_.end() || !found->second.merged) return nullptr;
  return &merged_[*found->second.merged];
}

std::vector<std::size_t> model_catalogue::upstreams_of(std::string_view id) const {
  const auto found = places_.find(std::string(id));
  return found == places_.end() ? std::vector<std::size_t>() : found->second.upstreams;
}

bool model_catalogue::complete() const {
  return std::none_of(upstreams_.begin(), upstreams_.end(), [](const upstream_models& u) {
    return u.state == upstream_models::knowledge::pending;
  });
}

std::vector<std::string> model_catalogue::names() const {
  std::vector<std::string> names;
  names.reserve(merged_.size());
  for (const model_entry& model : merged_) names.push_back(model.id);
  return names;
}

}  // namespace weir::proxy
