#include "proxy/readiness.h"

#include "route/near_names.h"
#include "weir/json/writer.h"

namespace weir::proxy {

readiness judge_readiness(const config::config& config, const model_catalogue& models,
                          const upstream_board& board, bool shutting_down) {
  readiness verdict;
  std::string upstreams;
  std::size_t there = 0;
  for (std::size_t i = 0; i < config.upstreams.size(); ++i)
    if (is_there(config.upstreams[i], models.knowledge_of(i))) ++there;
  const bool alone = there == 1;
  for (std::size_t i = 0; i < config.upstreams.size(); ++i) {
    const config::upstream& upstream = config.upstreams[i];
    if (!is_there(upstream, models.knowledge_of(i))) continue;
    const bool usable = board.usable(i);
    const bool counts = upstream.kind != config::upstream_kind::demo || alone;
    verdict.ready = verdict.ready || (usable && counts);
    if (!upstreams.empty()) upstreams += ',';
    json::append_string(upstreams, upstream.name);
    upstreams += usable ? R"(:"usable")" : R"(:"unreachable")";
  }
  verdict.ready = verdict.ready && !shutting_down;
  verdict.body = R"({"status":)";
  verdict.body += verdict.ready   ? R"("ready")"
                  : shutting_down ? R"("shutting_down")"
                                  : R"("no_usable_upstream")";
  verdict.body += R"(,"upstreams":{)" + upstreams + "}}";
  return verdict;
}

openai::error model_not_found(const model_catalogue& models, std::string_view model,
                              const ring_key* key) {
  std::vector<std::string> known = models.names();
  if (key != nullptr)
    std::erase_if(known, [&](const std::string& name) { return !key->allows_model(name); });
  std::string near_names;
  for (const std::string& name : route::near_names(model, known)) {
    if (!near_names.empty()) near_names += ", ";
    near_names += '`' + name + '`';
  }
  return openai::errors::model_not_found(model, near_names);
}

}  // namespace weir::proxy
