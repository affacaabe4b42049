#include "store/interruption.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace weir::store {

interruption::interruption() : descriptor_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

interruption::~interruption() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

void interruption::raise() {
  raised_ = true;
  ::eventfd_write(descriptor_, 1);
}

bool interruption::wait(millis most) const {
  pollfd one = {descriptor_, POLLIN, 0};
  ::poll(&one, 1, static_cast<int>(most.count()));
  return raised_;
}

}  // namespace weir::store
