#pragma once
#include <string_view>

#include "net/event_loop.h"
#include "proxy/exchange.h"
#include "proxy/model_book.h"

namespace weir::proxy {

/// A request that weir answers by itself: models, health, metrics, and paths it does not serve. The
/// body, if there is one, is read and ignored.
class own_exchange final : public exchange, private model_listener {
 public:
  explicit own_exchange(const exchange_parts& parts);
  ~own_exchange() override;

  bool wants_body() const override { return false; }
  void on_request_end() override;
  void on_client_gone() override;

 private:
  void on_body(std::string_view) override {}
  void on_models_changed() override;
  void answer();
  void answer_preflight();
  void answer_models();
  void answer_model();
  void answer_readiness();
  void answer_metrics();
  void stop_waiting();

  net::timer patience_;  // for the first model lists
  bool waiting_ = false;
};

}  // namespace weir::proxy
