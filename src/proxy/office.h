#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "proxy/key_ring.h"
#include "proxy/router.h"
#include "weir/base/units.h"
#include "weir/openai/error.h"

namespace weir::proxy {

/// A request that is about what the database holds. Whoever made it may do so: that was looked at.
struct office_request {
  service what = service::unknown_path;
  std::string method;
  std::string item;   ///< of the path: the name of a key or of a group
  std::string query;  ///< still percent-encoded
  std::string body;
  std::shared_ptr<const ring_key> key;  ///< who asks for his own numbers; else null
  micros wall_clock{0};
};

struct office_answer {
  unsigned status = 200;
  std::string_view content_type = "application/json";  ///< a literal
  std::string body;
  std::optional<openai::error> error{};  ///< in place of all of that
};

/// Reads and changes what the database holds, where waiting holds up nobody: usage, keys, groups.
///
/// Threads  Any.
class office {
 public:
  /// `reply` is called once, from a thread of the office. False when too many requests wait
  /// already: then it is not called.
  [[nodiscard]] virtual bool ask(office_request request,
                                 std::function<void(office_answer)> reply) = 0;

 protected:
  ~office() = default;
};

}  // namespace weir::proxy
