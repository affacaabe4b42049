#pragma once
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "gateway_bench.h"
#include "support/routes.h"

namespace weir::test {

/// Upstreams `a`, `b` and `c`, each with a script of its own, and a model `m` that leads to them.
/// A request to an upstream without a script gets a whole stream that says its name.
class routing_bench : public gateway_bench {
 public:
  explicit routing_bench(const std::vector<std::pair<std::string, std::uint32_t>>& candidates) {
    settings.upstreams.clear();
    settings.routing = {};
    settings.routing.backoff = millis{1};
    config::model_route route;
    route.name = "m";
    for (const auto& [name, priority] : candidates) {
      settings.upstreams.push_back(upstream(name));
      config::candidate one;
      one.upstream = name;
      one.priority = priority;
      route.candidates.push_back(one);
    }
    settings.models.push_back(std::move(route));
    network.answer = [this](upstream_peer& peer, const received_request& request) {
      const std::string host = request.header("host");
      const std::string name = host.substr(0, host.find('.'));
      asked.push_back(name);
      if (const auto script = scripts.find(name); script != scripts.end())
        return script->second(peer, request);
      answer_well(peer, name);
    };
  }

  static void answer_well(upstream_peer& peer, const std::string& name) {
    peer.begin_stream();
    peer.chunk(chat_role() + chat_word("I am " + name) + chat_finish() + std::string(chat_done));
    peer.end_chunks();
  }

  /// The names of the upstreams that were asked, in their order.
  [[nodiscard]] std::string who() const {
    std::string out;
    for (const std::string& name : asked) out += name;
    return out;
  }
  [[nodiscard]] std::string metric(const std::string& line) const {
    const std::string text = observe::render_metrics({all_metrics, history});
    const std::size_t at = text.find('\n' + line + ' ');
    if (at == std::string::npos) return "";
    const std::size_t from = at + line.size() + 2;
    return text.substr(from, text.find('\n', from) - from);
  }

  std::map<std::string, upstream_peer::script> scripts;
  std::vector<std::string> asked;
};

inline auto responds(unsigned status, std::string body, std::vector<http::field> headers = {}) {
  return [=](upstream_peer& peer, const received_request&) {
    peer.respond(status, "application/json", body, headers);
  };
}

/// One behind the other, the last one for ever.
inline upstream_peer::script in_turn(std::vector<upstream_peer::script> scripts) {
  return [scripts = std::move(scripts), next = std::size_t{0}](
             upstream_peer& peer, const received_request& request) mutable {
    scripts[std::min(next, scripts.size() - 1)](peer, request);
    ++next;
  };
}

}  // namespace weir::test
