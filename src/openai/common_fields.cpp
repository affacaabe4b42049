#include "openai/common_fields.h"

#include <limits>

#include "weir/base/limits.h"

namespace weir::openai::common {

using shapes::boolean;
using shapes::decimal;
using shapes::either;
using shapes::integer;
using shapes::list_of;
using shapes::map_of;
using shapes::object;
using shapes::optional;
using shapes::text;

field n() {
  constexpr std::int64_t most = limits::max_choices;
  return optional("n", integer().within(1, most)).in_minimal();
}

field stop() { return optional("stop", either(text(), list_of(text()).within(1, 4))); }

field stream() { return optional("stream", boolean()).in_minimal(); }

field stream_options() {
  return optional("stream_options",
                  object({optional("include_usage", boolean()).in_minimal(),
                          optional("include_obfuscation", boolean()).in_minimal()}))
      .only_with("stream")  // ERR-14
      .in_minimal();
}

field seed() {
  constexpr std::int64_t least = std::numeric_limits<std::int64_t>::min();
  constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
  return optional("seed", integer().within(least, most));
}

field logit_bias() { return optional("logit_bias", map_of(integer().within(-100, 100))); }

shape penalty() { return decimal().within(-2, 2); }

}  // namespace weir::openai::common
