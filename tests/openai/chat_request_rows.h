#pragma once
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weir/openai/chat_request.h"
#include "weir/openai/error.h"

/// Requests on both sides of each rule of the profile `full`.
namespace weir::openai {

struct request_row {
  std::string body;
  std::optional<error> want;  ///< none: the profile `full` accepts it
};

inline std::string body_of(std::string_view messages, std::string_view members = {}) {
  return R"({"model":"m","messages":)" + std::string(messages) +
         (members.empty() ? "" : "," + std::string(members)) + "}";
}

/// Members beside a model and one message.
inline request_row with(std::string_view members, std::optional<error> want = std::nullopt) {
  return {body_of(R"([{"role":"user","content":"json"}])", members), std::move(want)};
}
/// Messages alone.
inline request_row saying(std::string_view messages, std::optional<error> want = std::nullopt) {
  return {body_of(messages), std::move(want)};
}

inline std::string times(std::size_t n, std::string_view what, std::string_view between = {}) {
  std::string out;
  for (std::size_t i = 0; i < n; ++i)
    out += (i == 0 ? "" : std::string(between)) + std::string(what);
  return out;
}

inline error not_type(std::string_view param, std::string_view expected, std::string_view got) {
  return errors::invalid_type(param, expected, got);
}

/// What the profile says of a body: the error as JSON, or "".
inline std::string verdict(std::string_view body, validation profile) {
  json::reader reader;
  const result<chat_request, error> read = read_chat_request(body, reader, profile);
  return read.ok() ? "" : to_json(read.error());
}

inline void expect_verdicts(const std::vector<request_row>& rows) {
  for (const request_row& row : rows) {
    EXPECT_EQ(row.want ? to_json(*row.want) : "", verdict(row.body, validation::full)) << row.body;
  }
}

/// Section 2.1.
[[nodiscard]] std::vector<request_row> field_rows();
/// Section 2.2.
[[nodiscard]] std::vector<request_row> message_rows();
/// What concerns several fields.
[[nodiscard]] std::vector<request_row> rule_rows();

}  // namespace weir::openai
