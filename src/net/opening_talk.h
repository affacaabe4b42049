#pragma once
#include <cstddef>
#include <memory>

#include "net/opening.h"
#include "net/tls_channel.h"

namespace weir::net {

/// An opening under way on a connected socket that does not block. Bytes behind the opening stay in
/// the socket: they are looked at first, and only those that the opening took are taken out.
class opening_talk {
 public:
  explicit opening_talk(std::shared_ptr<opening> what) : what_(std::move(what)) {}

  /// Again after each want_*, until done or failed.
  [[nodiscard]] transfer advance(int fd);

 private:
  [[nodiscard]] transfer send_rest(int fd);
  [[nodiscard]] transfer read_some(int fd);

  std::shared_ptr<opening> what_;
  std::size_t sent_ = 0;
};

}  // namespace weir::net
