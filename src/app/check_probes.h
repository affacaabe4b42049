#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace weir::app {

/// One question to a live endpoint.
struct probe {
  enum class kind : std::uint8_t {
    answer,     ///< the answer is judged
    refusal,    ///< the request is broken: an error is the right answer
    departure,  ///< the client leaves early; the next request must be served
  };
  std::string_view name;
  std::string_view about;    ///< what it asks for, for people
  std::string_view members;  ///< of the request, behind `model`
  kind wants = kind::answer;
  bool optional = true;           ///< a server may refuse it
  std::string_view finish{};      ///< the finish reason that such a request leads to
  std::string_view instead_of{};  ///< a member that a server may not know ...
  std::string_view instead{};     ///< ... and the one that took its place

  /// The body of the request.
  [[nodiscard]] std::string request(std::string_view model) const;
  /// The same with the other spelling.
  [[nodiscard]] std::string respelled(std::string_view model) const;
};

/// All probes in their order. The first one tells whether there is anything to check.
[[nodiscard]] std::span<const probe> probes();

}  // namespace weir::app
