#pragma once
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "openai/lint_rules.h"
#include "weir/json/reader.h"
#include "weir/openai/lint.h"

namespace weir::openai {

/// Collects findings about one body; each belongs to the event that was announced last.
class lint_report {
 public:
  /// Where a finding stands.
  struct place {
    std::size_t event = 0;
    std::size_t offset = 0;
    std::size_t begin = 0;
    std::size_t end = 0;
  };

  explicit lint_report(std::string_view body) : body_(body) {}

  /// Announces event `number`; `bytes` are a part of the body.
  void at(std::size_t number, std::string_view bytes) {
    const auto begin = static_cast<std::size_t>(bytes.data() - body_.data());
    here_ = {number, begin, begin, begin + bytes.size()};
  }

  /// The current event, or the part of it that `shown` is.
  [[nodiscard]] place here(json::value shown = {}) const {
    place p = here_;
    const std::string_view raw = shown.raw();
    // The data of an event of several lines is joined, and so no part of the body.
    const std::less_equal<const char*> before;
    if (raw.empty() || !before(body_.data(), raw.data()) ||
        !before(raw.data() + raw.size(), body_.data() + body_.size()))
      return p;
    p.begin = static_cast<std::size_t>(raw.data() - body_.data());
    p.end = p.begin + raw.size();
    return p;
  }

  void add(rule broken, std::string detail, json::value shown = {}) {
    add_at(here(shown), broken, std::move(detail));
  }
  /// What shows only later than where it stands.
  void add_at(const place& where, rule broken, std::string detail) {
    const lint_rule& r = rule_of(broken);
    findings_.push_back({r.name, r.clause, r.severity, where.event, where.offset, where.begin,
                         where.end, std::move(detail)});
  }

  [[nodiscard]] std::vector<finding> take() { return std::move(findings_); }

 private:
  std::string_view body_;
  std::vector<finding> findings_;
  place here_;
};

}  // namespace weir::openai
