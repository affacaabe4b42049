#include "app/upstream_probe.h"

#include <chrono>

#include "demo/demo_service.h"
#include "net/event_loop.h"
#include "net/socket_connector.h"
#include "observe/log.h"
#include "observe/metrics.h"
#include "proxy/worker.h"

namespace weir::app {
namespace {

/// Its worker serves nobody.
class no_group final : public proxy::worker_group {
  [[nodiscard]] std::size_t size() const override { return 0; }
  void on_each(std::function<void(proxy::worker&)>) override {}
};

}  // namespace

probed_upstreams probe_upstreams(const std::shared_ptr<const config::config>& config) {
  probed_upstreams out;
  out.results.resize(config->upstreams.size());

  net::event_loop loop;
  demo::demo_service demo(loop);
  net::socket_connector network(loop);
  observe::metrics_shard metrics;
  const std::vector<const observe::metrics_shard*> all_metrics = {&metrics};
  observe::config_history history;
  observe::log log(observe::log::options{false});
  no_group nobody_else;
  proxy::client_board nobody;
  const auto board = std::make_shared<proxy::upstream_board>(config);
  proxy::worker worker({loop,
                        network,
                        [&demo](net::event_loop& l) { return demo.open(l); },
                        config,
                        board,
                        metrics,
                        {all_metrics, history},
                        log,
                        nobody_else,
                        nobody});
  out.models = std::make_shared<proxy::model_catalogue>(
      *config, std::vector<proxy::upstream_models>{},
      std::chrono::duration_cast<seconds>(loop.wall_clock()).count());
  std::size_t missing = config->upstreams.size();
  if (missing == 0) return out;
  std::vector<bool> told(missing);
  loop.post([&] {
    worker.probe_models(
        [&](const auto&, std::shared_ptr<const proxy::model_catalogue> models) {
          out.models = std::move(models);
        },
        [&](const proxy::probe_result& result) {
          if (told[result.upstream]) return;
          told[result.upstream] = true;
          out.results[result.upstream] = result;
          // What it changes is published behind this call.
          if (--missing == 0) loop.defer([&] { loop.stop(); });
        });
  });
  loop.run();
  return out;
}

}  // namespace weir::app
