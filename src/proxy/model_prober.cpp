#include "proxy/model_prober.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <utility>

#include "proxy/gathered_body.h"
#include "proxy/upstream_request.h"
#include "weir/base/limits.h"

namespace weir::proxy {

/// The questions to one upstream, one after the other.
///   waiting --timer--> connecting --> reading --> waiting
class model_prober::probe final : private response_handler {
 public:
  probe(model_prober& owner, std::size_t upstream)
      : owner_(owner), upstream_(upstream), timer_(owner.context_.loop, [this] { on_timer(); }) {
    timer_.start(millis{0});
  }

 private:
  [[nodiscard]] upstream_state& upstream() { return *owner_.context_.upstreams[upstream_]; }

  void on_timer() {
    if (asking_) return fail("no answer in time");
    asking_ = true;
    asked_at_ = owner_.context_.loop.now();
    status_ = 0;
    fault_.clear();
    body_.emplace(coding::content_decoder(), limits::max_model_list_bytes);
    timer_.start(limits::model_list_time);
    if (auto lease = upstream().pool->take_idle()) {
      lease_ = std::move(*lease);
      return ask();
    }
    connecting_ = upstream().pool->dial(
        owner_.context_.config->timeouts.connect,
        [this](result<upstream_lease, net::io_error> made) {
          owner_.context_.loop.defer(
              [done = std::shared_ptr<net::connecting>(std::move(connecting_))] {});
          owner_.context_.board->reached(upstream_, made.ok());
          if (!made) return fail(std::string(net::fault_name(made.error().what)));
          lease_ = std::move(made).value();
          ask();
        });
  }

  void ask() {
    upstream_call call;
    call.method = "GET";
    call.path = "/models";
    const std::string request = upstream_request(upstream().settings, call);
    if (request.empty()) return fail("the request cannot be written");
    lease_->send("GET", request, *this);
  }

  void on_response_head(const http::response_head& head) override { status_ = head.status; }
  void on_response_body(std::string_view bytes) override {
    if (body_->add(bytes) != gathered_body::state::open) fail("its answer cannot be read");
  }
  void on_response_end() override {
    lease_.release();
    owner_.context_.board->reached(upstream_, true);
    if (status_ < 500) owner_.context_.board->answered(upstream_, owner_.context_.loop.now());
    std::optional<std::vector<model_entry>> models;
    // Models without a time of their own keep the one of the first answer: no change, no news.
    if (!since_)
      since_ = std::chrono::duration_cast<seconds>(owner_.context_.loop.wall_clock()).count();
    if (status_ == 200 && body_->end() == gathered_body::state::whole)
      models = read_model_list(body_->text(), upstream().settings.name, *since_);
    // It has no list, or none for us: that will not be another in a few seconds.
    if (status_ == 401 || status_ == 403 || status_ == 404 || status_ == 405) answered_ = true;
    conclude(std::move(models));
  }
  void on_response_progress() override {}
  void on_response_lost(const response_loss& loss) override { fail(loss.detail); }

  void fail(std::string why) {
    fault_ = std::move(why);
    status_ = 0;
    conclude(std::nullopt);
  }

  void conclude(std::optional<std::vector<model_entry>> models) {
    connecting_.reset();
    lease_.abandon();
    asking_ = false;
    body_.reset();
    answered_ = answered_ || models.has_value();
    const bool settled = answered_ && owner_.context_.board->usable(upstream_);
    timer_.start(settled ? limits::model_list_refresh : limits::model_list_retry);
    upstream_models known;
    if (models) {
      known.state = upstream_models::knowledge::listed;
      known.models = std::move(*models);
    } else {
      known.state = upstream_models::knowledge::unlisted;
    }
    probe_result result;
    result.upstream = upstream_;
    result.status = status_;
    result.fault = fault_;
    result.listed = known.state == upstream_models::knowledge::listed;
    result.models = known.models.size();
    result.took = owner_.context_.loop.now() - asked_at_;
    owner_.on_answer(result, std::move(known));
  }

  model_prober& owner_;
  const std::size_t upstream_;
  net::timer timer_;  // waiting: for the next question; asking: for its answer
  std::unique_ptr<net::connecting> connecting_;
  upstream_lease lease_;
  bool asking_ = false;
  bool answered_ = false;
  std::optional<std::int64_t> since_;
  unsigned status_ = 0;
  std::string fault_;
  micros asked_at_{0};
  std::optional<gathered_body> body_;
};

model_prober::model_prober(worker_context& context, publish tell, observer watch)
    : context_(context),
      tell_(std::move(tell)),
      watch_(std::move(watch)),
      known_(context.models.current().upstreams()) {
  for (std::size_t i = 0; i < known_.size(); ++i)
    probes_.push_back(std::make_unique<probe>(*this, i));
}

model_prober::~model_prober() = default;

void model_prober::on_answer(const probe_result& result, upstream_models models) {
  if (watch_) watch_(result);
  upstream_models& known = known_[result.upstream];
  const bool lost_list = models.state == upstream_models::knowledge::unlisted &&
                         known.state == upstream_models::knowledge::listed;
  if (lost_list || models == known) return;
  known = std::move(models);
  const auto now = std::chrono::duration_cast<seconds>(context_.loop.wall_clock()).count();
  tell_(std::make_shared<model_catalogue>(*context_.config, known_, now));
}

}  // namespace weir::proxy
