#include "proxy/retry_rules.h"

#include <algorithm>
#include <string_view>

namespace weir::proxy {
namespace {

using verdict = upstream_board::verdict;

struct rule {
  std::string_view category;
  retry_scope scope;
  verdict of_upstream;
};

/// Classes that do not stand here are the client's own.
constexpr rule rules[] = {
    // It asks for a pause; it works.
    {"rate_limit", retry_scope::anywhere, verdict::none},
    {"conflict", retry_scope::anywhere, verdict::none},
    {"request_timeout", retry_scope::anywhere, verdict::none},
    {"server", retry_scope::anywhere, verdict::bad},
    {"overloaded", retry_scope::anywhere, verdict::bad},
    {"upstream_error", retry_scope::anywhere, verdict::bad},
    {"upstream_truncated", retry_scope::anywhere, verdict::bad},
    // Asked again it would be as late, and have twice the work.
    {"upstream_timeout", retry_scope::elsewhere, verdict::bad},
    // Of weir's account there: another may have credit.
    {"quota", retry_scope::elsewhere, verdict::none},
    {"upstream_auth", retry_scope::elsewhere, verdict::none},
};

const rule* rule_of(const openai::error& why) {
  const auto* const found = std::find_if(std::begin(rules), std::end(rules),
                                         [&](const rule& r) { return r.category == why.category; });
  return found == std::end(rules) ? nullptr : found;
}

}  // namespace

retry_scope retry_scope_of(const openai::error& why) {
  const rule* const r = rule_of(why);
  return r == nullptr ? retry_scope::nowhere : r->scope;
}

verdict verdict_of(const openai::error& why) {
  const rule* const r = rule_of(why);
  return r == nullptr ? verdict::good : r->of_upstream;
}

}  // namespace weir::proxy
