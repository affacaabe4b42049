#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "weir/base/result.h"

namespace re2 {
class RE2;
}

namespace weir::route {

/// The name of a model, or what stands for several:
///   gpt-5          exactly this
///   gpt-*          a `*` stands for any run of characters, also none
///   /gpt-[45].*/   between slashes a regular expression (RE2) that fits the whole name
///
/// Memory   A regular expression is compiled once, copies share it.
/// Cost     Of a match O(pattern * name) at worst, of a regular expression O(name).
/// Threads  Immutable: any.
class name_pattern {
 public:
  enum class form : std::uint8_t { exact, wildcard, expression };

  /// The failure says what is wrong with a regular expression.
  [[nodiscard]] static result<name_pattern> parse(std::string text);

  [[nodiscard]] bool matches(std::string_view name) const;
  [[nodiscard]] form kind() const { return kind_; }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  name_pattern(std::string text, form kind) : text_(std::move(text)), kind_(kind) {}

  std::string text_;
  form kind_;
  std::shared_ptr<const re2::RE2> expression_;
};

/// What `text` is.
[[nodiscard]] name_pattern::form form_of(std::string_view text);

/// Whether `name` is one of those that `pattern`, with its stars, stands for.
[[nodiscard]] bool matches_stars(std::string_view pattern, std::string_view name);

}  // namespace weir::route
