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

/// What one question to one upstream came to.
struct probe_result {
  std::size_t upstream = 0;
  unsigned status = 0;  ///< 0: no answer
  std::string fault;    ///< why there is none; for logs and the command line
  bool listed = false;  ///< it told its models
  std::size_t models = 0;
  micros took{0};  ///< from the first byte to the last, connecting included
};

/// Asks every upstream for `GET /models`: at once, every limits::model_list_refresh, and, until it
/// has answered for the first time (a refusal is an answer) or while it cannot be used, every
/// limits::model_list_retry. What changes is published. An upstream that cannot be reached keeps
/// the list it gave before. An answer tells the board that it lives.
class model_prober {
 public:
  using publish = std::function<void(std::shared_ptr<const model_catalogue>)>;
  using observer = std::function<void(const probe_result&)>;

  /// `watch` is told of every question's end, before what it changes is published.
  model_prober(worker_context& context, publish tell, observer watch = {});
  ~model_prober();
  model_prober(const model_prober&) = delete;
  model_prober& operator=(const model_prober&) = delete;

 private:
  class probe;

  void on_answer(const probe_result& result, upstream_models models);

  worker_context& context_;
  publish tell_;
  observer watch_;
  std::vector<upstream_models> known_;
  std::vector<std::unique_ptr<probe>> probes_;
};

}  // namespace weir::proxy
