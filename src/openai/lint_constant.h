#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "openai/lint_report.h"
#include "openai/lint_value.h"
#include "weir/json/reader.h"

namespace weir::openai {

/// A member that has one value throughout a stream (CHAT-2, CHAT-4): the first one counts, and
/// values of another type are another rule's.
class lint_constant {
 public:
  lint_constant(std::string_view key, json::type kind, rule broken)
      : key_(key), kind_(kind), broken_(broken) {}

  void check(json::value frame, lint_report& report) {
    const json::value v = frame[key_];
    if (!v.is(kind_) || (kind_ == json::type::number && !v.integer())) return;
    std::string text = v.is(json::type::string) ? v.decoded() : std::string(v.raw());
    if (!first_) {
      first_ = std::move(text);
    } else if (text != *first_) {
      report.add(broken_, std::string(key_) + " changes to " + lint::shown(v) + ".", v);
    }
  }

 private:
  std::string_view key_;
  json::type kind_;
  rule broken_;
  std::optional<std::string> first_;
};

}  // namespace weir::openai
