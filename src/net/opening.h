#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "net/connection.h"

namespace weir::net {

/// What has to be said on a fresh connection before it leads to where it shall: asking a proxy for
/// a tunnel, say. It is good for one connection. Which protocol that is, this layer does not know.
class opening {
 public:
  virtual ~opening() = default;

  /// What is sent at first; the same each time, and alive as long as this object.
  [[nodiscard]] virtual std::string_view request() const = 0;

  struct progress {
    std::size_t taken = 0;            ///< of the bytes; what is left over belongs to the connection
    bool open = false;                ///< it leads there now
    std::optional<io_error> error{};  ///< it never will
  };
  /// Bytes came, of which a prefix is taken: all of them, unless this ends the opening. Never
  /// empty.
  [[nodiscard]] virtual progress read(std::string_view bytes) = 0;
  /// The peer ended its side instead.
  [[nodiscard]] virtual io_error closed() const = 0;
};

}  // namespace weir::net
