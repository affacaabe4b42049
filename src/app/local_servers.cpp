#include "app/local_servers.h"

#include <algorithm>
#include <future>

#include "app/http_client.h"
#include "weir/json/reader.h"

namespace weir::app {

namespace {

bool lists_models(const config::upstream& candidate) {
  http_call ask;
  ask.host = candidate.url.host;
  ask.port = candidate.url.port;
  ask.target = candidate.url.base_path + "/models";
  ask.connect_timeout = millis{200};
  ask.silence = millis{500};
  const result<http_answer> answer = call(ask);
  if (!answer || answer->status != 200) return false;
  json::reader reader;
  return reader.parse(answer->body) == json::reader::status::ok &&
         reader.root()["data"].is(json::type::array);
}

}  // namespace

std::vector<config::upstream> looked_for(std::vector<config::upstream> candidates) {
  std::vector<std::future<bool>> asked;
  asked.reserve(candidates.size());
  for (const config::upstream& candidate : candidates)
    asked.push_back(
        std::async(std::launch::async, [&candidate] { return lists_models(candidate); }));
  for (std::size_t i = 0; i < candidates.size(); ++i) candidates[i].tentative = !asked[i].get();
  std::stable_partition(candidates.begin(), candidates.end(),
                        [](const config::upstream& u) { return !u.tentative; });
  return candidates;
}

}  // namespace weir::app
