#include "net/resolver.h"

#include <netdb.h>

#include <utility>

namespace weir::net {

struct resolver::request {
  uv_getaddrinfo_t uv{};
  resolver* owner = nullptr;  // null once the resolver is gone
  event_loop::implementation* loop = nullptr;
  std::string host;
  intrusive_list<waiter> waiters;
};

namespace {

address_list addresses_of(const addrinfo* found) {
  address_list addresses;
  for (; found != nullptr; found = found->ai_next) {
    if (found->ai_family == AF_INET || found->ai_family == AF_INET6)
      addresses.emplace_back(found->ai_addr, static_cast<socklen_t>(found->ai_addrlen));
  }
  return addresses;
}

}  // namespace

resolver::~resolver() {
  for (const auto& [host, r] : pending_) {
    r->owner = nullptr;
    // One that a thread works on already comes back in its own time, to nobody.
    uv_cancel(reinterpret_cast<uv_req_t*>(&r->uv));
  }
}

void resolver::fix(const std::string& host, address_list addresses) {
  fixed_.insert_or_assign(host, std::move(addresses));
}

const address_list* resolver::known(const std::string& host) {
  if (const auto literal = socket_address::from_literal(host)) {
    literal_.assign(1, *literal);
    return &literal_;
  }
  if (const auto fixed = fixed_.find(host); fixed != fixed_.end()) return &fixed->second;
  const host_cache::answer cached = cache_.find(host, loop_.now());
  // Nobody waits for this one; should it not begin, the next connection tries again.
  if (cached.stale && !pending_.contains(host)) static_cast<void>(begin(host));
  return cached.addresses;
}

std::optional<io_error> resolver::look_up(const std::string& host, waiter& w) {
  if (const auto found = pending_.find(host); found != pending_.end()) {
    found->second->waiters.push_back(w);
    return std::nullopt;
  }
  const auto begun = begin(host);
  if (!begun) return begun.error();
  (*begun)->waiters.push_back(w);
  return std::nullopt;
}

result<resolver::request*, io_error> resolver::begin(const std::string& host) {
  auto r = std::make_unique<request>();
  r->uv.data = r.get();
  r->owner = this;
  r->loop = &loop_;
  r->host = host;
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  const int error = uv_getaddrinfo(
      &loop_.loop, &r->uv,
      [](uv_getaddrinfo_t* uv, int status, addrinfo* found) {
        const std::unique_ptr<request> answered(static_cast<request*>(uv->data));
        on_answer(*answered, status, found);
        uv_freeaddrinfo(found);
      },
      host.c_str(), nullptr, &hints);
  if (error != 0) return io_error{fault::resolve_failed, host + ": " + uv_strerror(error)};
  ++look_ups_;
  request* const under_way = r.release();
  pending_.emplace(host, under_way);
  return under_way;
}

void resolver::on_answer(request& r, int status, const addrinfo* found) {
  if (r.owner == nullptr) return;
  const turn t(*r.loop);
  r.owner->pending_.erase(r.host);
  address_list addresses = addresses_of(found);
  const auto answer = [&]() -> result<address_list, io_error> {
    if (status != 0) return io_error{fault::resolve_failed, r.host + ": " + uv_strerror(status)};
    if (addresses.empty()) return io_error{fault::resolve_failed, r.host + ": no address"};
    return addresses;
  }();
  if (answer)
    r.owner->cache_.remember(r.host, std::move(addresses), r.loop->now());
  else
    r.owner->cache_.keep(r.host, r.loop->now());
  // A waiter's call may destroy the resolver and other waiters: only `r` is touched from here on.
  while (waiter* const w = r.waiters.pop_front()) w->on_resolved(answer);
}

}  // namespace weir::net
