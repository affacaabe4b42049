#pragma once
#include <cstddef>
#include <string_view>

#include "observe/exchange_record.h"

namespace weir::proxy {

/// Copies the beginning of a body for the record, once it is told how much of it.
///
/// Input    Bytes split anywhere.
/// Memory   So much, and nothing before `begin`.
class body_copy {
 public:
  void begin(std::size_t most) { most_ = most; }
  void add(std::string_view bytes);
  /// What was copied; a cut never leaves a part of a character.
  [[nodiscard]] observe::kept_text take();

 private:
  std::size_t most_ = 0;
  observe::kept_text copied_;
};

}  // namespace weir::proxy
