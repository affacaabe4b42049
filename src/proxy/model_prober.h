#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "net/event_loop.h"
#include "proxy/model_catalogue.h"
#include "proxy/upstream_connection.h"
#include "proxy/worker_context.h"

namespace weir::proxy {

/// Asks every upstream for `GET /models`: at once, every limits::model_list_refresh, and, until it
/// has answered for the first time (a refusal is an answer), every limits::model_list_retry. What
/// changes is published. An upstream that cannot be
/// reached keeps the list it gave before.
class model_prober {
 public:
  using publish = std::function<void(std::shared_ptr<const model_catalogue>)>;

  model_prober(worker_context& context, publish tell);
  ~model_prober();
  model_prober(const model_prober&) = delete;
  model_prober& operator=(const model_prober&) = delete;

 private:
  class probe;

  void on_answer(std::size_t upstream, upstream_models models);

  worker_context& context_;
  publish tell_;
  std::vector<upstream_models> known_;
  std::vector<std::unique_ptr<probe>> probes_;
};

}  // namespace weir::proxy
