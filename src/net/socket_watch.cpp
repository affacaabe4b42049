#include "net/socket_watch.h"

#include <utility>

namespace weir::net {

struct socket_watch::handle {
  uv_poll_t poll{};
  event_loop::implementation* loop = nullptr;
  socket_watch* owner = nullptr;
};

std::unique_ptr<socket_watch> socket_watch::make(event_loop::implementation& loop,
                                                 file_descriptor socket) {
  auto h = std::make_unique<handle>();
  if (uv_poll_init(&loop.loop, &h->poll, socket.get()) != 0) return nullptr;
  h->poll.data = h.get();
  h->loop = &loop;
  return std::unique_ptr<socket_watch>(new socket_watch(h.release(), std::move(socket)));
}

socket_watch::socket_watch(handle* h, file_descriptor socket)
    : handle_(h), socket_(std::move(socket)) {
  handle_->owner = this;
}

socket_watch::~socket_watch() {
  handle_->owner = nullptr;
  uv_close(reinterpret_cast<uv_handle_t*>(&handle_->poll),
           [](uv_handle_t* h) { delete static_cast<handle*>(h->data); });
}

void socket_watch::wait_for(interest in) {
  const int events = (in.readable ? UV_READABLE : 0) | (in.writable ? UV_WRITABLE : 0) |
                     (in.hangup ? UV_DISCONNECT : 0);
  if (events == waiting_for_) return;
  waiting_for_ = events;
  uv_poll_start(&handle_->poll, events, [](uv_poll_t* poll, int status, int ready) {
    on_poll(*static_cast<handle*>(poll->data), status, ready);
  });
}

void socket_watch::on_poll(handle& h, int status, int events) {
  const turn t(*h.loop);
  socket_watch* const self = h.owner;
  if (self == nullptr || self->observer_ == nullptr) return;
  if (status < 0) {
    // libuv stops the handle when the socket has an error pending; the observer asks again.
    self->waiting_for_ = 0;
    self->observer_->on_ready(true, true, true);
    return;
  }
  // The observer may go away in the first of two calls; what is left out is told again.
  if ((events & UV_DISCONNECT) != 0) return self->observer_->on_hangup();
  self->observer_->on_ready((events & UV_READABLE) != 0, (events & UV_WRITABLE) != 0, false);
}

}  // namespace weir::net
