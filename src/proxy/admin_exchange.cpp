#include "proxy/admin_exchange.h"

#include <chrono>
#include <iterator>
#include <string>
#include <utility>

#include "config/show.h"
#include "proxy/admin_access.h"
#include "proxy/worker.h"
#include "proxy/worker_group.h"
#include "weir/base/limits.h"
#include "weir/json/writer.h"

namespace weir::proxy {
namespace {

/// Seconds since the Unix epoch, as the API tells times.
std::string epoch_seconds(micros at) {
  return std::to_string(std::chrono::duration_cast<seconds>(at).count());
}

std::string to_json(const running_exchange& r) {
  return R"({"id":)" + json::quoted(r.id) + R"(,"age_ms":)" +
         std::to_string(std::chrono::duration_cast<millis>(r.age).count()) + R"(,"state":)" +
         json::quoted(r.state) + R"(,"api":)" + json::quoted(r.dialect) + R"(,"model":)" +
         json::quoted(r.model) + R"(,"upstream":)" +
         (r.upstream.empty() ? "null" : json::quoted(r.upstream)) + R"(,"attempts":)" +
         std::to_string(r.attempts) + R"(,"stream":)" + (r.stream ? "true" : "false") +
         R"(,"events":)" + std::to_string(r.events) + R"(,"output_pieces":)" +
         std::to_string(r.output_pieces) + R"(,"bytes_out":)" + std::to_string(r.bytes_out) +
         R"(,"peer":)" + json::quoted(r.peer) + '}';
}

}  // namespace

admin_exchange::admin_exchange(const exchange_parts& parts)
    : exchange(parts),
      patience_(parts.context->loop, [this] { conclude(); }),
      self_(std::make_shared<admin_exchange*>(this)) {}

void admin_exchange::on_request_end() {
  if (over()) return;
  if (const auto refusal = refuse_admin(context().config->admin, head().headers)) {
    send_error(*refusal, credential_fields(*refusal));
    return done();
  }
  switch (where().what) {
    case service::admin_config:
      return answer_config();
    case service::admin_streams:
      return ask_workers([](worker& one) { return found{one.running(), 0}; });
    default:
      return ask_workers([id = where().item](worker& one) { return found{{}, one.cancel(id)}; });
  }
}

void admin_exchange::answer_config() {
  const observe::config_history::view now = context().all_metrics.config.now();
  std::string refusal = "null";
  if (now.last_refusal) {
    refusal = R"({"at":)" + epoch_seconds(now.last_refusal->at) + R"(,"problems":[)";
    const std::vector<std::string>& problems = now.last_refusal->problems;
    for (std::size_t i = 0; i < problems.size(); ++i)
      refusal += (i == 0 ? "" : ",") + json::quoted(problems[i]);
    refusal += "]}";
  }
  answer(200, R"({"version":)" + std::to_string(now.version) + R"(,"since":)" +
                  epoch_seconds(now.since) + R"(,"origin":)" + json::quoted(now.origin) +
                  R"(,"refused":)" + std::to_string(now.refused) + R"(,"last_error":)" + refusal +
                  R"(,"effective":)" + config::show_json(*context().config) + '}');
}

void admin_exchange::ask_workers(question ask) {
  worker_group& workers = context().workers;
  outstanding_ = workers.size();
  patience_.start(limits::admin_gather_time);
  workers.on_each([home = &context().loop, self = std::weak_ptr<admin_exchange*>(self_),
                   ask = std::move(ask)](worker& one) {
    home->post([self, result = ask(one)]() mutable {
      if (const auto there = self.lock()) (*there)->on_answer(std::move(result));
    });
  });
}

void admin_exchange::on_answer(found from_one) {
  if (over()) return;
  all_.cancelled += from_one.cancelled;
  all_.running.insert(all_.running.end(), std::make_move_iterator(from_one.running.begin()),
                      std::make_move_iterator(from_one.running.end()));
  if (--outstanding_ == 0) conclude();
}

void admin_exchange::conclude() {
  patience_.stop();
  if (over()) return;
  const std::string complete =
      std::string(R"("complete":)") + (outstanding_ == 0 ? "true" : "false");
  if (where().what == service::admin_streams) {
    std::string list;
    for (const running_exchange& r : all_.running) list += (list.empty() ? "" : ",") + to_json(r);
    return answer(200, R"({"object":"list",)" + complete + R"(,"data":[)" + list + "]}");
  }
  const bool any = all_.cancelled != 0;
  answer(any ? 200 : 404, R"({"id":)" + json::quoted(where().item) + R"(,"cancelled":)" +
                              std::to_string(all_.cancelled) + ',' + complete + '}');
}

void admin_exchange::answer(unsigned status, std::string_view json) {
  send(status, {{"Content-Type", "application/json"}, {"Cache-Control", "no-store"}}, json);
  done();
}

}  // namespace weir::proxy
