#include "app/reloader.h"

#include <chrono>
#include <string>
#include <utility>

#include "weir/base/limits.h"

namespace weir::app {

namespace {

std::vector<std::string> files_of(const config::config& config) {
  std::vector<std::string> files;
  if (!config.file.empty()) files.push_back(config.file);
  for (const config::upstream& upstream : config.upstreams)
    if (!upstream.key_file.empty()) files.push_back(upstream.key_file);
  for (const std::string& file :
       {config.tls.cert_file, config.tls.key_file, config.tls.client_ca_file})
    if (!file.empty()) files.push_back(file);
  return files;
}

micros wall_clock() {
  return std::chrono::duration_cast<micros>(std::chrono::system_clock::now().time_since_epoch());
}

}  // namespace

reloader::reloader(load_config load, const config::config& running, server& to)
    : load_(std::move(load)), server_(to), files_(files_of(running)), thread_([this] { run(); }) {}

reloader::~reloader() {
  {
    const std::lock_guard lock(guard_);
    over_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void reloader::ask() {
  {
    const std::lock_guard lock(guard_);
    asked_ = true;
  }
  wake_.notify_one();
}

void reloader::run() {
  std::unique_lock lock(guard_);
  while (!over_) {
    wake_.wait_for(lock, limits::config_look, [this] { return asked_ || over_; });
    if (over_) return;
    const bool asked = std::exchange(asked_, false);
    lock.unlock();
    // Before the files are read: what changes meanwhile is another change.
    if (asked) files_.accept();
    if (asked || files_.changed()) reload();
    lock.lock();
  }
}

void reloader::reload() {
  auto loaded = load_();
  if (!loaded) {
    std::vector<std::string> problems;
    for (const config::problem& p : loaded.error()) problems.push_back(config::to_string(p));
    return refuse(std::move(problems));
  }
  auto next = std::make_shared<const config::config>(std::move(loaded).value());
  if (const auto fixed = server_.reload(next)) return refuse({*fixed});
  const std::uint64_t version = server_.history().applied(next->origin, wall_clock());
  server_.log().say(observe::level::info,
                    "configuration " + std::to_string(version) + " is in force: " + next->origin);
  files_.follow(files_of(*next));
}

void reloader::refuse(std::vector<std::string> problems) {
  for (const std::string& problem : problems) server_.log().say(observe::level::error, problem);
  const std::uint64_t version = server_.history().refused(std::move(problems), wall_clock());
  server_.log().say(observe::level::error, "the configuration was not taken; " +
                                               std::to_string(version) + " stays in force");
}

}  // namespace weir::app
