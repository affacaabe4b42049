#pragma once
#include <optional>
#include <string_view>

namespace weir::openai {

/// A row of contract section 11: how the chat dialect tells a class of failures.
struct error_class {
  unsigned status;
  std::string_view type;
  std::string_view code;      ///< "" is null
  std::string_view category;  ///< openai::error::category
};

/// By a word in which some server named its failure: `rate_limit_exceeded`, `NotFoundError`,
/// `RESOURCE_EXHAUSTED`. Nothing for a word that names none.
[[nodiscard]] std::optional<error_class> class_of_word(std::string_view word);

/// By an HTTP status of 400 and above.
[[nodiscard]] error_class class_of_status(unsigned status);

/// The sentence of the catalogue for a failure of which nothing else is known.
[[nodiscard]] std::string_view sentence_of(const error_class& c);

}  // namespace weir::openai
