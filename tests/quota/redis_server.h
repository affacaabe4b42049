#pragma once
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "quota/redis_connection.h"

namespace weir::quota {

/// A server of Redis on a free port of this machine, with nothing kept on disk.
class redis_server {
 public:
  [[nodiscard]] static bool installed() { return std::filesystem::exists(program); }

  explicit redis_server(std::string password = "") : password_(std::move(password)) {
    std::string name = "/tmp/weir-redis-XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary directory");
    directory_ = name;
    // Somebody may take the free port before the server does.
    for (int tries = 0; tries < 5; ++tries) {
      port_ = free_port();
      if (start()) return;
    }
    throw std::runtime_error("redis-server does not start");
  }
  ~redis_server() {
    resume();
    stop();
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }
  redis_server(const redis_server&) = delete;
  redis_server& operator=(const redis_server&) = delete;

  [[nodiscard]] redis_address address() const { return {"127.0.0.1", port_, "", password_, 0}; }

  bool start() {
    std::vector<std::string> words = {
        program,    "--port",    std::to_string(port_), "--bind", "127.0.0.1",
        "--save",   "",          "--appendonly",        "no",     "--dir",
        directory_, "--logfile", directory_ + "/log"};
    if (!password_.empty()) words.insert(words.end(), {"--requirepass", password_});
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    if (::posix_spawn(&pid_, program, nullptr, nullptr, arguments.data(), environ) != 0)
      return false;
    for (int looks = 0; looks < 500; ++looks) {
      if (redis_connection::connect(address(), millis{1000}, millis{1000})) return true;
      if (::waitpid(pid_, nullptr, WNOHANG) == pid_) break;
      ::usleep(20'000);
    }
    return false;
  }
  /// As a crash: it says no good-bye.
  void stop() {
    if (pid_ == 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }
  /// It is there, and answers nobody.
  void freeze() const { ::kill(pid_, SIGSTOP); }
  void resume() const {
    if (pid_ != 0) ::kill(pid_, SIGCONT);
  }
  void flush() const {
    const auto c = redis_connection::connect(address(), millis{1000}, millis{1000});
    (*c)->add({"FLUSHALL"});
    if (!(*c)->run()) throw std::runtime_error("FLUSHALL");
  }

 private:
  static constexpr const char* program = "/usr/bin/redis-server";

  static std::uint16_t free_port() {
    const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    if (::bind(socket, reinterpret_cast<sockaddr*>(&at), size) != 0 ||
        ::getsockname(socket, reinterpret_cast<sockaddr*>(&at), &size) != 0)
      throw std::runtime_error("no free port");
    ::close(socket);
    return ntohs(at.sin_port);
  }

  const std::string password_;
  std::string directory_;
  std::uint16_t port_ = 0;
  pid_t pid_ = 0;
};

}  // namespace weir::quota
