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

/// A member that is null or absent until it is first given, from then on given and the same
/// (CHAT-3).
class lint_repeated {
 public:
  lint_repeated(std::string_view key, rule broken) : key_(key), broken_(broken) {}

  void check(json::value frame, lint_report& report) {
    const json::value v = frame[key_];
    if (!first_ && !v.given()) return;
    if (!first_ && v.is(json::type::string)) first_ = v.decoded();
    if (!first_ || !v.is(json::type::string)) {
      report.add(broken_, std::string(key_) + " is " + lint::shown(v) + ".", v);
    } else if (!v.equals(*first_)) {
      report.add(broken_, std::string(key_) + " changes to " + lint::shown(v) + ".", v);
    }
  }

 private:
  std::string_view key_;
  rule broken_;
  std::optional<std::string> first_;
};

/// What all chunks of a stream have in common.
class lint_constants {
 public:
  void check(json::value chunk, lint_report& report) {
    id_.check(chunk, report);
    created_.check(chunk, report);
    model_.check(chunk, report);
    tier_.check(chunk, report);
    fingerprint_.check(chunk, report);
  }

 private:
  lint_constant id_{"id", json::type::string, rule::id_changes};
  lint_constant created_{"created", json::type::number, rule::created_changes};
  lint_constant model_{"model", json::type::string, rule::model_changes};
  lint_repeated tier_{"service_tier", rule::tier_varies};
  lint_repeated fingerprint_{"system_fingerprint", rule::fingerprint_varies};
};

}  // namespace weir::openai
