#include "demo/demo_service.h"

#include <algorithm>
#include <cassert>
#include <chrono>
#include <utility>

#include "demo/session.h"
#include "net/memory_connection.h"

namespace weir::demo {
namespace {

constexpr std::size_t id_characters = 29;  // CHAT-2

std::string_view without_version(std::string_view path) {
  constexpr std::string_view version = "/v1";
  if (path.starts_with("/v1/")) path.remove_prefix(version.size());
  return path;
}

reply method_not_allowed(std::string_view method, std::string_view path, std::string_view allowed) {
  reply r = refuse({405,
                    "Not allowed to " + std::string(method) + " on " + std::string(path) + ".",
                    {},
                    "method_not_supported"});
  r.headers.emplace_back("Allow", allowed);
  return r;
}

}  // namespace

demo_service::demo_service(net::event_loop& loop, millis pace)
    : loop_(loop),
      pace_(pace),
      scenarios_(make_scenarios()),
      started_(unix_time()),
      ids_(static_cast<std::uint64_t>(loop.wall_clock().count())) {}

demo_service::~demo_service() = default;

std::unique_ptr<net::connection> demo_service::open(net::event_loop& loop) {
  assert(&loop == &loop_);
  net::memory_pair pair = net::make_memory_pair(loop);
  auto made = std::make_unique<session>(*this, std::move(pair.far));
  session* const key = made.get();
  sessions_.emplace(key, std::move(made));
  return std::move(pair.near);
}

reply demo_service::handle(std::string_view method, std::string_view path, std::string_view body) {
  const std::string_view route = without_version(path);
  if (route == "/models") {
    if (method != "GET") return method_not_allowed(method, path, "GET");
    return list_models(scenarios_, started_);
  }
  if (route != "/chat/completions")
    return refuse({404,
                   "Unknown request URL: " + std::string(method) + " " + std::string(path) + ".",
                   {},
                   "unknown_url"});
  if (method != "POST") return method_not_allowed(method, path, "POST");
  const result<chat_call, reply> call = read_chat_call(body);
  if (!call) return call.error();
  const auto found = std::find_if(scenarios_.begin(), scenarios_.end(),
                                  [&](const scenario& s) { return s.model == call.value().model; });
  if (found == scenarios_.end()) return unknown_model(call.value().model);
  return answer(*found, *call, {ids_.alphanumeric("chatcmpl-", id_characters), unix_time()});
}

void demo_service::forget(session& gone) { sessions_.erase(&gone); }

std::int64_t demo_service::unix_time() const {
  return std::chrono::duration_cast<seconds>(loop_.wall_clock()).count();
}

}  // namespace weir::demo
