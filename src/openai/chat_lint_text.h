#pragma once
#include <cstddef>
#include <map>
#include <string>
#include <string_view>

#include "openai/lint_report.h"
#include "weir/json/reader.h"

namespace weir::openai {

/// Hints about what a choice says: legal text that looks as if the server had left it unfinished.
///
/// Source   CHAT-22, CHAT-35; C5, F18, K29 (docs/clauses.md).
class lint_text {
 public:
  explicit lint_text(const lint_request& request) : request_(request) {}

  /// A piece of text of the member `name`.
  void take(std::string_view name, json::value text, lint_report& report);
  /// The choice is over.
  void end(lint_report& report) const;

 private:
  struct member {
    std::string all;
    std::string last;         ///< piece
    std::size_t repeats = 0;  ///< pieces that began with the whole of the one before
    bool cumulative = true;   ///< every piece did so far
    lint_report::place first_repeat;
  };

  void look_for_marks(const member& said, std::size_t known, lint_report& report);
  void look_for_repeats(member& said, const std::string& piece, const lint_report& report);

  lint_request request_;
  std::map<std::string, member, std::less<>> members_;
  bool tags_told_ = false;
  bool call_told_ = false;
};

}  // namespace weir::openai
