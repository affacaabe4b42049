#pragma once
#include <gtest/gtest.h>

#include <cstdint>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "support/splits.h"
#include "support/test_data.h"
#include "weir/json/reader.h"
#include "weir/openai/chat_answer.h"
#include "weir/openai/chat_lint.h"
#include "weir/openai/completion_lint.h"
#include "weir/sse/event_parser.h"

namespace weir::testing {

inline std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  EXPECT_TRUE(in.good()) << path;
  return {std::istreambuf_iterator<char>(in), {}};
}

inline std::string fixture(const std::string& name) {
  return read_file(testing::data_folder() + "/fixtures/" + name);
}

/// What one answer came to.
struct chat_result {
  std::string output;
  std::optional<openai::error> failure;
  openai::chat_answer::state state{};
  openai::repair_counts repairs;
  std::optional<openai::usage> usage;
};

enum class ending : std::uint8_t { closed, lost, silence };

inline openai::chat_context streaming(bool include_usage = false, std::uint32_t n = 1) {
  openai::chat_context context;
  context.stream = true;
  context.include_usage = include_usage;
  context.n = n;
  context.requested_model = "asked";
  context.arrival = unix_seconds{1760000001};
  context.id_seed = 7;
  return context;
}

/// The same of Completions.
inline openai::chat_context completing(bool include_usage = false, std::uint32_t n = 1) {
  openai::chat_context context = streaming(include_usage, n);
  context.dialect = openai::dialect::completions;
  return context;
}

inline openai::chat_context whole(std::uint32_t n = 1) {
  openai::chat_context context = streaming(false, n);
  context.stream = false;
  return context;
}

/// Runs one answer over its pieces. `silence`: the upstream says nothing more and every wait the
/// answer asks for goes by.
inline chat_result run(const openai::chat_context& context, const pieces& input,
                       ending how = ending::closed) {
  openai::chat_answer answer(context);
  chat_result result;
  const auto take = [&] {
    const std::string_view out = answer.output();
    if (!context.stream && answer.current() == openai::chat_answer::state::open) {
      EXPECT_TRUE(out.empty());
    }
    result.output += out;
    answer.consume(out.size());
  };
  for (const std::string_view piece : input) {
    answer.feed(piece);
    take();
  }
  if (how == ending::silence)
    while (answer.waiting() != openai::chat_answer::wait::none) answer.on_wait_over();
  else
    answer.end(how == ending::lost);
  take();
  if (answer.failure() != nullptr) result.failure = *answer.failure();
  result.state = answer.current();
  result.repairs = answer.repairs();
  result.usage = answer.last_usage();
  return result;
}

inline chat_result run(const openai::chat_context& context, std::string_view input,
                       ending how = ending::closed) {
  return run(context, pieces{input}, how);
}

/// What a client makes of a stream.
struct client_view {
  std::map<std::int64_t, std::string> text;    ///< decoded content or text by choice
  std::map<std::int64_t, std::string> finish;  ///< by choice
  std::string error;                           ///< message of the error frame
  std::string usage;                           ///< raw
  bool done = false;
};

inline client_view view_of(std::string_view stream) {
  client_view view;
  sse::event_parser parser;
  json::reader reader;
  while (parser.parse(stream) == sse::event_parser::status::event_ready) {
    const std::string data(parser.current().data);
    if (data == "[DONE]") {
      view.done = true;
      continue;
    }
    EXPECT_EQ(reader.parse(data), json::reader::status::ok) << data;
    const json::value root = reader.root();
    if (root["error"].given()) view.error = root["error"]["message"].decoded();
    if (root["usage"].given()) view.usage = root["usage"].raw();
    for (const json::value choice : root["choices"].elements()) {
      const std::int64_t index = choice["index"].integer().value_or(-1);
      view.text[index] += choice["delta"]["content"].decoded() + choice["text"].decoded();
      if (choice["finish_reason"].given()) view.finish[index] += choice["finish_reason"].decoded();
    }
  }
  return view;
}

inline std::string findings_of(std::string_view stream, const openai::chat_context& context) {
  openai::lint_request request;
  request.n = context.n;
  request.include_usage = context.include_usage;
  request.include_obfuscation = context.include_obfuscation;
  request.usage_may_be_missing = true;
  request.reasoning_field = context.settings.reasoning_field;
  const auto judge = context.dialect == openai::dialect::chat ? openai::lint_chat_stream
                                                              : openai::lint_completion_stream;
  std::string all;
  for (const openai::finding& f : judge(stream, request))
    if (f.severity == openai::severity::fault)
      all += std::string(f.clause) + " event " + std::to_string(f.event) + ": " + f.detail + "\n";
  return all;
}

/// Every stream that leaves weir is legal; a failure before the first event leaves nothing.
inline void expect_legal(const chat_result& result, const openai::chat_context& context,
                         std::string_view what) {
  if (!context.stream) return;
  if (result.output.empty()) {
    EXPECT_TRUE(result.failure.has_value()) << what << ": neither an answer nor an error";
    return;
  }
  EXPECT_EQ(findings_of(result.output, context), "") << what << "\n" << result.output;
}

}  // namespace weir::testing
