#pragma once
#include <cstdint>
#include <string_view>

#include "weir/json/reader.h"

namespace weir::openai {

/// The `tools` of a request, asked what a call written as text may be.
///
/// Input    The list as JSON, which must outlive this object; "" when it is not at hand: then every
///          function is offered, and nothing is known of its parameters.
/// Memory   The reader's index of the list, from the first question on.
class offered_tools {
 public:
  /// What a parameter was declared as, in its JSON Schema.
  enum class declared : std::uint8_t { unknown, text, other };

  explicit offered_tools(std::string_view list) : list_(list) {}

  [[nodiscard]] bool offers(std::string_view function);
  [[nodiscard]] declared type_of(std::string_view function, std::string_view parameter);

 private:
  [[nodiscard]] json::value tools();
  [[nodiscard]] json::value find(std::string_view function);

  std::string_view list_;
  json::reader reader_;
};

}  // namespace weir::openai
