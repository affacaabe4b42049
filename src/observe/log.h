#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "observe/exchange_record.h"

namespace weir::observe {

enum class level : unsigned char { info, warning, error };

/// The program's log: JSON lines on stdout for exchanges (one each), plain lines on stderr for
/// people. Writing never blocks a worker: a bounded queue drops and counts when the reader of the
/// pipe is slow. Any thread.
class log {
 public:
  struct options {
    bool access_lines = true;
  };
  explicit log(const options& what);
  ~log();  ///< flushes

  void exchange(const exchange_record& record);
  void say(level how, std::string_view text);
  [[nodiscard]] std::uint64_t dropped() const;

 private:
  struct implementation;
  std::unique_ptr<implementation> implementation_;
};

/// The access line of one exchange, without the newline: a JSON object with stable keys
/// (docs/access-log.md).
[[nodiscard]] std::string access_line(const exchange_record& record);

}  // namespace weir::observe
