#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir::http {

/// One parameter of a field value.
struct parameter {
  std::string_view name;
  std::string_view raw;  ///< the token, or what stands between the quotes with its escapes

  /// With escapes undone.
  [[nodiscard]] std::string value() const;
};

/// `value; name=token; name="quoted \"string\""`: how Content-Type and Content-Disposition are
/// written (RFC 9110 5.6.6, 8.3; RFC 6266 4.1). Views into the field.
struct parameterized {
  std::string_view value;
  std::vector<parameter> parameters;

  /// The parameter of this name, in any case; null when it is not there once and only once.
  [[nodiscard]] const parameter* find(std::string_view name) const;
  [[nodiscard]] bool has(std::string_view name) const;
};

/// Nothing for what is not of this form.
[[nodiscard]] std::optional<parameterized> read_parameters(std::string_view field);

}  // namespace weir::http
