#include "proxy/key_ring.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <utility>

#include "proxy/request_headers.h"
#include "weir/base/same_secret.h"

namespace weir::proxy {
namespace {

bool names(const std::vector<std::string>& list, std::string_view one) {
  return list.empty() || std::find(list.begin(), list.end(), one) != list.end();
}

std::string_view bytes_of(const meter::key_hash& hash) {
  return {reinterpret_cast<const char*>(hash.data()), hash.size()};
}

}  // namespace

bool ring_key::allows_model(std::string_view name) const {
  return models.empty() ||
         std::any_of(models.begin(), models.end(),
                     [&](const route::name_pattern& p) { return p.matches(name); });
}

bool ring_key::allows_upstream(std::string_view name) const { return names(key.upstreams, name); }
bool ring_key::allows_api(std::string_view api) const { return names(key.apis, api); }

std::size_t key_ring::front_of_hash::operator()(const meter::key_hash& of) const {
  std::size_t front = 0;
  std::memcpy(&front, of.data(), sizeof front);
  return front;
}

bool key_ring::same_hash::operator()(const meter::key_hash& a, const meter::key_hash& b) const {
  return same_secret(bytes_of(a), bytes_of(b));
}

key_ring::key_ring(options how, std::vector<ring_key> keys)
    : how_(std::move(how)), keys_(std::move(keys)) {
  for (std::size_t i = 0; i < keys_.size(); ++i) by_hash_.emplace(keys_[i].key.hash, i);
}

const ring_key* key_ring::find(std::string_view secret) const {
  if (by_hash_.empty() || secret.empty()) return nullptr;
  const auto found = by_hash_.find(how_.hash(secret));
  return found == by_hash_.end() ? nullptr : &keys_[found->second];
}

authentication authenticate(const std::shared_ptr<const key_ring>& ring,
                            const http::fields& headers, micros wall_clock) {
  const std::string_view bearer = bearer_credential(headers);
  const std::string_view other = headers.get("x-api-key");
  authentication out;
  const ring_key* found = ring->find(bearer);
  out.by_authorization = found != nullptr;
  if (found == nullptr) found = ring->find(other);
  const std::string_view given =
      bearer.empty() || (found != nullptr && !out.by_authorization) ? other : bearer;
  if (found == nullptr) {
    if (!ring->required()) return out;
    if (given.empty())
      out.refusal = openai::errors::no_credential();
    else if (!ring->complete())
      out.refusal = openai::errors::overloaded("The keys of clients cannot be read at the moment.");
    else
      out.refusal = openai::errors::wrong_credential(given);
    return out;
  }
  // A key that is not good any more is told so by whoever has it, required or not.
  const auto now = std::chrono::floor<seconds>(wall_clock).count();
  const meter::client_key& key = found->key;
  const bool expired = key.expires && *key.expires <= now;
  if (key.revoked || expired) {
    out.refusal = openai::errors::wrong_credential(
        given, key.revoked ? "It was revoked." : "It has expired.");
    return out;
  }
  out.key = std::shared_ptr<const ring_key>(ring, found);
  return out;
}

}  // namespace weir::proxy
