#include "quota/redis_connection.h"

#include <hiredis/hiredis.h>
#include <sys/time.h>

#include <chrono>
#include <utility>

namespace weir::quota {
namespace {

timeval timeval_of(millis time) {
  const auto whole = std::chrono::duration_cast<seconds>(time);
  timeval out{};
  out.tv_sec = whole.count();
  out.tv_usec = micros(time - whole).count();
  return out;
}

}  // namespace

redis_connection::~redis_connection() { redisFree(raw_); }

failure redis_connection::fault() const {
  return {"redis: " + std::string(raw_->err == 0 ? "no answer" : raw_->errstr)};
}

result<std::unique_ptr<redis_connection>> redis_connection::connect(const redis_address& to,
                                                                    millis connect_time,
                                                                    millis answer_time) {
  redisContext* const raw =
      redisConnectWithTimeout(to.host.c_str(), to.port, timeval_of(connect_time));
  if (raw == nullptr) return failure{"redis: no memory for a connection"};
  std::unique_ptr<redis_connection> made(new redis_connection(raw));
  if (raw->err != 0 || redisSetTimeout(raw, timeval_of(answer_time)) != REDIS_OK)
    return made->fault();
  if (!to.password.empty())
    made->add(to.user.empty() ? std::vector<std::string>{"AUTH", to.password}
                              : std::vector<std::string>{"AUTH", to.user, to.password});
  if (to.database != 0) made->add({"SELECT", std::to_string(to.database)});
  made->add({"PING"});  // whether it takes commands at all
  if (const auto ready = made->run(); !ready) return ready.error();
  return made;
}

void redis_connection::add(const std::vector<std::string>& command) {
  std::vector<const char*> words;
  std::vector<std::size_t> sizes;
  for (const std::string& word : command) {
    words.push_back(word.data());
    sizes.push_back(word.size());
  }
  if (redisAppendCommandArgv(raw_, static_cast<int>(words.size()), words.data(), sizes.data()) ==
      REDIS_OK)
    ++added_;
}

result<std::vector<redis_connection::numbers>> redis_connection::run() {
  std::vector<numbers> out;
  for (; added_ != 0; --added_) {
    void* got = nullptr;
    if (redisGetReply(raw_, &got) != REDIS_OK || got == nullptr) return fault();
    const std::unique_ptr<redisReply, void (*)(void*)> reply(static_cast<redisReply*>(got),
                                                             &freeReplyObject);
    if (reply->type == REDIS_REPLY_ERROR)
      return failure{"redis: " + std::string(reply->str, reply->len)};
    numbers& all = out.emplace_back();
    if (reply->type != REDIS_REPLY_ARRAY) continue;
    for (std::size_t i = 0; i < reply->elements; ++i)
      if (reply->element[i]->type == REDIS_REPLY_INTEGER) all.push_back(reply->element[i]->integer);
  }
  return out;
}

}  // namespace weir::quota
