#include "observe/line_sink.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <thread>

#include "weir/base/limits.h"

namespace weir::observe {
namespace {

constexpr int patience_millis = 50;
constexpr int farewell_rounds = static_cast<int>(limits::log_farewell.count()) / patience_millis;

}  // namespace

void line_sink::sink_it_(const spdlog::details::log_msg& message) {
  gathered_.append(message.payload.data(), message.payload.size());
  gathered_ += '\n';
  ++gathered_lines_;
  const auto comes_more = [this] { return !hurried_ && more_ && more_(); };
  if (gathered_.size() < limits::log_gather_bytes) {
    if (comes_more()) return;
    if (!hurried_) std::this_thread::sleep_for(limits::log_gather);
    if (comes_more()) return;
  }
  write_gathered();
}

void line_sink::write_gathered() {
  if (!gathered_.empty() && (gone_ || !write_all(gathered_))) lost_ += gathered_lines_;
  gathered_.clear();
  gathered_lines_ = 0;
}

bool line_sink::write_all(std::string_view text) {
  while (!text.empty()) {
    if (!wait_for_reader()) {
      gone_ = true;
      return false;
    }
    // A pipe that polls writable takes PIPE_BUF bytes without blocking.
    const std::size_t most = std::min<std::size_t>(text.size(), PIPE_BUF);
    const ssize_t written = ::write(descriptor_, text.data(), most);
    if (written > 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno != EINTR && errno != EAGAIN) {
      // A full disk may have room again later, a closed pipe has no reader ever after.
      gone_ = errno == EPIPE || errno == EBADF;
      return false;
    }
  }
  return true;
}

bool line_sink::wait_for_reader() {
  while (true) {
    pollfd wanted{descriptor_, POLLOUT, 0};
    const int ready = ::poll(&wanted, 1, patience_millis);
    if (ready > 0) return true;  // also on POLLERR: then write tells why
    if (ready < 0 && errno != EINTR) return false;
    if (hurried_ && ++hurried_rounds_ > farewell_rounds) return false;
  }
}

}  // namespace weir::observe
