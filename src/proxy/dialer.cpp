#include "proxy/dialer.h"

#include <utility>

#include "proxy/way_out.h"

namespace weir::proxy {
namespace {

/// A connection inside the process is there at once, but its news come in a later turn, as
/// net::connector promises.
class in_process_connecting final : public net::connecting {
 public:
  struct state {
    net::connector::callback done;
    std::unique_ptr<net::connection> made;
  };

  in_process_connecting(net::event_loop& loop, std::unique_ptr<net::connection> made,
                        net::connector::callback done)
      : state_(std::make_shared<state>(state{std::move(done), std::move(made)})) {
    loop.post([weak = std::weak_ptr<state>(state_)] {
      const std::shared_ptr<state> alive = weak.lock();
      if (!alive) return;
      const net::connector::callback call = std::move(alive->done);
      if (alive->made) return call(std::move(alive->made));
      call(net::io_error{net::fault::unreachable, "the built-in upstream is not available"});
    });
  }

 private:
  std::shared_ptr<state> state_;
};

}  // namespace

std::unique_ptr<net::connecting> dialer::dial(const config::upstream& to, millis timeout,
                                              net::connector::callback done) {
  if (to.kind == config::upstream_kind::demo) {
    return std::make_unique<in_process_connecting>(loop_, open_demo_ ? open_demo_(loop_) : nullptr,
                                                   std::move(done));
  }
  return network_.connect(way_out(to.url, to.proxy.in_use(), to.ca_file), timeout, std::move(done));
}

}  // namespace weir::proxy
