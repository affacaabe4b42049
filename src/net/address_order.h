#pragma once
#include "net/host_cache.h"

namespace weir::net {

/// The addresses of a name in the order in which they are to be tried (RFC 8305 4): as they came,
/// but with the families taking turns, so that a family without a way out costs one try and not
/// many.
[[nodiscard]] address_list interleaved(const address_list& addresses);

}  // namespace weir::net
