#pragma once
#include <termios.h>

#include <cstddef>
#include <optional>
#include <string>

namespace weir::app {

/// The whole terminal for a view that is drawn again and again: the alternate screen without a
/// cursor, keys as they are pressed. Leaving gives everything back as it was.
class full_screen {
 public:
  full_screen() { enter(); }
  ~full_screen() { leave(); }
  full_screen(const full_screen&) = delete;
  full_screen& operator=(const full_screen&) = delete;

  void enter();
  void leave();

  /// Draws `text` in place of what was there; lines end with LF.
  void draw(const std::string& text) const;
  /// Lines of the terminal.
  [[nodiscard]] static std::size_t height();
  /// A key that was pressed, if one was.
  [[nodiscard]] static std::optional<char> key();

 private:
  bool entered_ = false;
  std::optional<termios> before_{};
};

}  // namespace weir::app
