#include "config/config.h"

#include <algorithm>

namespace weir::config {

namespace {

/// Calls `f(written, in_force)` for each setting: the one place that knows which belongs to which.
template <class Overrides, class Policy, class F>
void for_each_setting(Overrides& written, Policy& in_force, F f) {
  f(written.mode, in_force.dialect.mode);
  f(written.role_content, in_force.dialect.role_content);
  f(written.reasoning_field, in_force.dialect.reasoning_field);
  f(written.include_reasoning, in_force.dialect.include_reasoning);
  f(written.echo_model, in_force.dialect.echo_model);
  f(written.heartbeat, in_force.heartbeat);
  f(written.commit_after, in_force.commit_after);
  f(written.eof_as_stop, in_force.dialect.eof_as_stop);
  f(written.cumulative, in_force.dialect.cumulative);
  f(written.close_arguments, in_force.dialect.close_arguments);
  f(written.think_tags, in_force.dialect.think_tags);
  f(written.think_opened, in_force.dialect.think_opened);
  f(written.tools_in_text, in_force.dialect.tools_in_text);
  f(written.strip_tokens, in_force.dialect.strip_tokens);
  f(written.validation, in_force.validation);
  f(written.max_tokens_field, in_force.max_tokens_field);
  f(written.completions, in_force.completions);
  f(written.cost, in_force.cost);
}

}  // namespace

stream_policy apply(stream_policy base, const stream_overrides& nearer) {
  for_each_setting(nearer, base, [](const auto& written, auto& in_force) {
    in_force = written.value_or(in_force);
  });
  return base;
}

stream_overrides as_overrides(const stream_policy& policy) {
  stream_overrides out;
  for_each_setting(out, policy, [](auto& written, const auto& in_force) { written = in_force; });
  return out;
}

const upstream* config::find_upstream(std::string_view name) const {
  const auto found = std::find_if(upstreams.begin(), upstreams.end(),
                                  [&](const upstream& u) { return u.name == name; });
  return found == upstreams.end() ? nullptr : &*found;
}

std::optional<std::size_t> config::find_server(const upstream& of) const {
  const upstream* const found = find_upstream(of.name);
  const bool same = found != nullptr && found->kind == of.kind && found->url == of.url &&
                    found->ca_file == of.ca_file && found->proxy == of.proxy;
  if (!same) return std::nullopt;
  return static_cast<std::size_t>(found - upstreams.data());
}

}  // namespace weir::config
