#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "net/event_loop.h"
#include "proxy/exchange.h"
#include "proxy/running_exchange.h"

namespace weir::proxy {

class worker;

/// A request to `/admin/v1`, by whoever has the admin key (docs/operation.md):
///
///   GET    config        which configuration is in force, and why another one is not
///   GET    streams       the running requests of all workers
///   DELETE streams/{id}  ends those with this id; their clients get an error
///
/// The workers are asked on their own threads. Who does not answer within
/// limits::admin_gather_time is left out, and the answer says so.
class admin_exchange final : public exchange {
 public:
  explicit admin_exchange(const exchange_parts& parts);

  bool wants_body() const override { return false; }
  void on_request_end() override;

 private:
  /// What a worker found.
  struct found {
    std::vector<running_exchange> running;
    std::size_t cancelled = 0;
  };
  using question = std::function<found(worker&)>;

  void on_body(std::string_view) override {}
  void answer_config();
  void ask_workers(question ask);
  void on_answer(found from_one);
  void conclude();
  void answer(unsigned status, std::string_view json);

  net::timer patience_;
  found all_;
  std::size_t outstanding_ = 0;
  /// Dies with the exchange; answers look at it first.
  std::shared_ptr<admin_exchange*> self_;
};

}  // namespace weir::proxy
