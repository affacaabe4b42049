#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "meter/usage.h"

namespace weir::meter {

/// What passed by, in bytes of JSON: the body of a request, and what an answer said.
struct passed_bytes {
  std::uint64_t request = 0;
  std::uint64_t text = 0;
  std::uint64_t reasoning = 0;
};

/// How many tokens something was that nobody counted. Each model teaches its own ratio of bytes to
/// tokens by the usage it does report: it depends on tokenizer, language and kind of text.
///
/// Method   Sums of bytes and of tokens, apart for what goes in and what comes out; older samples
///          fade once the sums are large (`limits::token_ratio_bytes`). A model that never reported
///          anything has limits::bytes_per_token. An answer with bytes has at least one token.
/// Memory   A few numbers for each of at most limits::max_estimated_models models.
/// Threads  None.
class token_estimates {
 public:
  void learn(std::string_view model, const passed_bytes& passed, const usage& told);
  [[nodiscard]] usage guess(std::string_view model, const passed_bytes& passed) const;

 private:
  struct ratio {
    double bytes = 0;
    double tokens = 0;

    void learn(std::uint64_t more_bytes, std::uint64_t more_tokens);
    [[nodiscard]] std::uint64_t tokens_of(std::uint64_t some_bytes) const;
  };
  struct of_model {
    ratio request;
    ratio answer;
  };
  struct text_hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };
  std::unordered_map<std::string, of_model, text_hash, std::equal_to<>> models_;
};

}  // namespace weir::meter
