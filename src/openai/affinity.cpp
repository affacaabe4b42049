#include "openai/affinity.h"

#include <algorithm>
#include <string_view>

#include "weir/base/hash.h"
#include "weir/base/limits.h"

namespace weir::openai {
namespace {

/// Hashes pieces one behind the other, up to a bound.
class bounded_hash {
 public:
  void add(std::string_view text) {
    const std::string_view part = text.substr(0, left_);
    left_ -= part.size();
    hash_ = hash64(part, hash_);
  }
  [[nodiscard]] std::uint64_t value() const { return hash_; }

 private:
  std::uint64_t hash_ = hash64({});
  std::size_t left_ = limits::max_affinity_bytes;
};

std::optional<std::uint64_t> hash_of_text(json::value text) {
  if (!text.is(json::type::string) || text.text().empty()) return std::nullopt;
  return hash64(text.raw());
}

}  // namespace

std::optional<std::uint64_t> prompt_affinity(json::value body) {
  if (const auto key = hash_of_text(body["prompt_cache_key"])) return key;
  bounded_hash hash;
  const json::value messages = body["messages"];
  if (messages.is(json::type::array) && messages.size() != 0) {
    for (const json::value message : messages.elements()) {
      hash.add(message.raw());
      if (message["role"].equals("user")) break;
    }
    return hash.value();
  }
  for (const std::string_view name : {"prompt", "input"}) {
    const json::value prompt = body[name];
    if (!prompt.present()) continue;
    hash.add(prompt.raw());
    return hash.value();
  }
  return std::nullopt;
}

std::optional<std::uint64_t> user_affinity(json::value body) {
  const auto user = hash_of_text(body["safety_identifier"]);
  return user ? user : hash_of_text(body["user"]);
}

}  // namespace weir::openai
