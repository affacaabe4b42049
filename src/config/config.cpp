#include "config/config.h"

#include <algorithm>

namespace weir::config {

stream_policy apply(stream_policy base, const stream_overrides& nearer) {
  base.dialect.role_content = nearer.role_content.value_or(base.dialect.role_content);
  base.dialect.echo_model = nearer.echo_model.value_or(base.dialect.echo_model);
  base.dialect.eof_as_stop = nearer.eof_as_stop.value_or(base.dialect.eof_as_stop);
  base.heartbeat = nearer.heartbeat.value_or(base.heartbeat);
  base.commit_after = nearer.commit_after.value_or(base.commit_after);
  return base;
}

const upstream* config::find_upstream(std::string_view name) const {
  const auto found = std::find_if(upstreams.begin(), upstreams.end(),
                                  [&](const upstream& u) { return u.name == name; });
  return found == upstreams.end() ? nullptr : &*found;
}

}  // namespace weir::config
