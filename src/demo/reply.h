#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "demo/scenario.h"
#include "weir/base/result.h"

namespace weir::demo {

/// What a chat completion request asks for, as far as a recording can honour it.
struct chat_call {
  std::string model;
  bool stream = false;
  bool include_usage = false;
  std::uint32_t n = 1;
};

/// What is new in every answer.
struct stamp {
  std::string id;
  std::int64_t created = 0;
};

/// An answer ready to be sent: no placeholder and no condition is left.
struct reply {
  struct part {
    std::string bytes;
    unsigned beats = 0;  ///< of silence afterwards
  };

  unsigned status = 200;
  std::vector<std::pair<std::string, std::string>> headers;  ///< without the framing
  std::vector<part> body;
  recording::framing how = recording::framing::length;
  std::size_t slice = 0;
};

/// Reads a request body. What a real server would refuse is a reply, too.
[[nodiscard]] result<chat_call, reply> read_chat_call(std::string_view body);

/// The recording of `s` that answers `call`.
[[nodiscard]] reply answer(const scenario& s, const chat_call& call, const stamp& stamp);

/// `GET /v1/models`.
[[nodiscard]] reply list_models(const std::vector<scenario>& scenarios, std::int64_t created);

/// An error document in the OpenAI dialect. `param` and `code`: "" is null.
struct refusal {
  unsigned status = 400;
  std::string message;
  std::string_view param = {};
  std::string_view code = {};
};
[[nodiscard]] reply refuse(const refusal& why);
[[nodiscard]] reply unknown_model(std::string_view model);

}  // namespace weir::demo
