#include "app/hand_over.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string_view>

#include "app/service_manager.h"
#include "net/file_descriptor.h"

extern char** environ;

namespace weir::app {
namespace {

constexpr const char* predecessor_variable = "WEIR_PREDECESSOR";

std::vector<std::string> own_arguments() {
  std::ifstream file("/proc/self/cmdline", std::ios::binary);
  std::vector<std::string> out;
  for (std::string one; std::getline(file, one, '\0');) out.push_back(one);
  return out;
}

/// The path this program was started by. When a newer file has its place, that is the one meant;
/// /proc calls the old one `... (deleted)`.
std::string own_path() {
  std::array<char, 4096> buffer{};
  const ssize_t size = ::readlink("/proc/self/exe", buffer.data(), buffer.size());
  std::string path(buffer.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
  constexpr std::string_view gone = " (deleted)";
  if (path.size() > gone.size() && path.ends_with(gone)) path.resize(path.size() - gone.size());
  return path;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (std::string& text : texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

std::vector<std::string> environment_for_successor(std::size_t sockets) {
  std::vector<std::string> out;
  for (char** one = environ; *one != nullptr; ++one) {
    const std::string_view text(*one);
    // The watchdog's is the number of this process; that of the next is not known yet.
    if (!text.starts_with("WATCHDOG_PID=")) out.emplace_back(text);
  }
  out.push_back("WEIR_SOCKETS=" + std::to_string(sockets));
  out.push_back(std::string(predecessor_variable) + '=' + std::to_string(::getpid()));
  return out;
}

}  // namespace

result<pid_t> start_successor(const std::vector<int>& sockets) {
  std::vector<std::string> arguments = own_arguments();
  const std::string path = own_path();
  if (arguments.empty() || path.empty())
    return failure{"/proc does not tell how this one was started"};
  std::vector<std::string> variables = environment_for_successor(sockets.size());

  // Copies above the numbers they will get, so that no dup2 overwrites one that is still needed.
  std::vector<net::file_descriptor> copies;
  const int above = first_inherited + static_cast<int>(sockets.size());
  for (const int fd : sockets) {
    copies.emplace_back(::fcntl(fd, F_DUPFD_CLOEXEC, above));
    if (!copies.back().valid()) return failure{std::strerror(errno)};  // NOLINT: one thread asks
  }
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  for (std::size_t i = 0; i < copies.size(); ++i)
    ::posix_spawn_file_actions_adddup2(&actions, copies[i].get(),
                                       first_inherited + static_cast<int>(i));
  pid_t child = 0;
  const int error = ::posix_spawn(&child, path.c_str(), &actions, nullptr,
                                  pointers(arguments).data(), pointers(variables).data());
  ::posix_spawn_file_actions_destroy(&actions);
  if (error != 0) return failure{path + ": " + std::strerror(error)};  // NOLINT: as above
  return child;
}

void release_predecessor() {
  const char* const text = std::getenv(predecessor_variable);  // NOLINT: start-up
  if (text == nullptr) return;
  const std::string_view written(text);
  pid_t pid = 0;
  std::from_chars(written.data(), written.data() + written.size(), pid);
  // Only the parent: whoever has that number by now may be somebody else.
  if (pid > 1 && pid == ::getppid()) ::kill(pid, SIGTERM);
  ::unsetenv(predecessor_variable);  // NOLINT: start-up
}

std::string end_of(pid_t successor) {
  std::string told;
  int status = 0;
  for (pid_t child = 0; (child = ::waitpid(-1, &status, WNOHANG)) > 0;) {
    if (child != successor) continue;
    told = WIFEXITED(status) ? "with code " + std::to_string(WEXITSTATUS(status))
                             : "by signal " + std::to_string(WTERMSIG(status));
  }
  return told;
}

}  // namespace weir::app
