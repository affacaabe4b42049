#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "weir/openai/chat_lint.h"

namespace weir::openai {

/// Collects findings; each belongs to the event that was announced last.
class lint_report {
 public:
  void at(std::size_t event, std::size_t offset) {
    event_ = event;
    offset_ = offset;
  }
  void add(std::string_view clause, std::string detail) {
    findings_.push_back({clause, event_, offset_, std::move(detail)});
  }
  [[nodiscard]] std::vector<finding> take() { return std::move(findings_); }

 private:
  std::vector<finding> findings_;
  std::size_t event_ = 0;
  std::size_t offset_ = 0;
};

}  // namespace weir::openai
