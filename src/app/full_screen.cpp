#include "app/full_screen.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>
#include <string_view>

namespace weir::app {

namespace {

void put(std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = ::write(STDOUT_FILENO, text.data(), text.size());
    if (count <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(count));
  }
}

}  // namespace

void full_screen::enter() {
  if (entered_) return;
  entered_ = true;
  termios now{};
  if (::isatty(STDIN_FILENO) == 1 && ::tcgetattr(STDIN_FILENO, &now) == 0) {
    before_ = now;
    now.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);  // signals stay: Ctrl-C is one
    ::tcsetattr(STDIN_FILENO, TCSANOW, &now);
  }
  put("\033[?1049h\033[?25l\033[2J");
}

void full_screen::leave() {
  if (!entered_) return;
  entered_ = false;
  put("\033[?25h\033[?1049l");
  if (before_) ::tcsetattr(STDIN_FILENO, TCSANOW, &*before_);
}

void full_screen::draw(const std::string& text) const {
  if (!entered_) return;
  std::string out = "\033[H";
  bool first = true;
  for (std::string_view rest = text; !rest.empty();) {
    const std::size_t end = rest.find('\n');
    if (!first) out += "\r\n";
    first = false;
    out.append(rest.substr(0, end)).append("\033[K");  // what was longer before
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  }
  put(out + "\033[J");
}

std::size_t full_screen::height() {
  constexpr std::size_t usual = 24;
  winsize size{};
  return ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row != 0 ? size.ws_row : usual;
}

std::optional<char> full_screen::key() {
  if (::isatty(STDIN_FILENO) != 1) return std::nullopt;
  pollfd waiting{STDIN_FILENO, POLLIN, 0};
  char pressed = 0;
  if (::poll(&waiting, 1, 0) != 1 || ::read(STDIN_FILENO, &pressed, 1) != 1) return std::nullopt;
  return pressed;
}

}  // namespace weir::app
