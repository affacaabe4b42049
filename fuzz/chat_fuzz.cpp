// The way of an answer on arbitrary bytes, in both dialects: what leaves is always legal, legal
// input leaves as it came, no split changes anything, and repairing twice changes nothing (P1, P2,
// P3).
//
// Input    byte 0: the request (bit 0 stream, bit 1 include_usage, bit 2 two choices, bit 3 tools,
//                  bit 4 functions), bit 5 the opt-in repairs, bit 6 Completions
//          byte 1: how the upstream ends (closed, lost, silent) and the seed of the splits
//          the rest: the upstream's body
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "weir/base/ids.h"
#include "weir/json/reader.h"
#include "weir/openai/chat_answer.h"
#include "weir/openai/chat_lint.h"
#include "weir/openai/completion_lint.h"

namespace {

using weir::openai::chat_answer;
using weir::openai::chat_context;
using weir::openai::dialect;

struct outcome {
  std::string output;
  bool failed = false;
  std::uint32_t repairs = 0;
};

outcome run(const chat_context& context, std::string_view body, unsigned ending,
            std::optional<std::uint64_t> splits) {
  chat_answer answer(context);
  outcome out;
  const auto take = [&] {
    out.output += answer.output();
    answer.consume(answer.output().size());
  };
  if (splits) {
    weir::id_source random(*splits);
    while (!body.empty()) {
      const auto length = static_cast<std::size_t>(1 + random.next() % 9);
      answer.feed(body.substr(0, length));
      take();
      body.remove_prefix(std::min(length, body.size()));
    }
  } else {
    answer.feed(body);
    take();
  }
  if (ending == 2)
    while (answer.waiting() != chat_answer::wait::none) answer.on_wait_over();
  if (answer.current() == chat_answer::state::open) answer.end(ending == 1);
  take();
  out.failed = answer.failure() != nullptr;
  out.repairs = answer.repairs().total();
  return out;
}

[[noreturn]] void broken(const char* law, std::string_view body, std::string_view output,
                         std::string_view detail) {
  std::fprintf(stderr, "broken: %s\n%.*s\n--- input\n%.*s\n--- output\n%.*s\n", law,
               static_cast<int>(detail.size()), detail.data(), static_cast<int>(body.size()),
               body.data(), static_cast<int>(output.size()), output.data());
  std::abort();
}

std::string findings(const std::vector<weir::openai::finding>& found) {
  std::string all;
  for (const weir::openai::finding& f : found)
    if (f.severity == weir::openai::severity::fault)
      all += std::string(f.clause) + " event " + std::to_string(f.event) + ": " + f.detail + "\n";
  return all;
}

using judge = std::vector<weir::openai::finding>(std::string_view body,
                                                 const weir::openai::lint_request& request);

/// Those of the dialect.
judge& stream_judge(const chat_context& context) {
  return context.dialect == dialect::chat ? weir::openai::lint_chat_stream
                                          : weir::openai::lint_completion_stream;
}
judge& document_judge(const chat_context& context) {
  return context.dialect == dialect::chat ? weir::openai::lint_chat_completion
                                          : weir::openai::lint_completion;
}

/// The opt-in repairs, all at once: they may change what was legal.
weir::openai::stream_settings trusting() {
  weir::openai::stream_settings settings;
  settings.reasoning_field = weir::openai::stream_settings::reasoning_name::reasoning;
  settings.eof_as_stop = settings.cumulative = settings.close_arguments = true;
  settings.think_tags = settings.tools_in_text = settings.strip_tokens = true;
  return settings;
}

void check_stream(const chat_context& context, std::string_view body, unsigned ending,
                  bool trusts) {
  weir::openai::lint_request request;
  request.n = context.n;
  request.include_usage = context.include_usage;
  request.offers_tools = context.offers_tools;
  request.offers_functions = context.offers_functions;
  const bool was_legal = weir::openai::is_legal(stream_judge(context)(body, request));
  request.usage_may_be_missing = true;

  const outcome once = run(context, body, ending, std::nullopt);
  if (once.output.empty()) {
    if (!once.failed) broken("neither an answer nor an error", body, once.output, "");
    return;
  }
  const std::string faults = findings(stream_judge(context)(once.output, request));
  if (!faults.empty()) broken("the output is not legal", body, once.output, faults);
  if (trusts) return;
  if (was_legal && once.output != body) broken("legal input was changed", body, once.output, "");
  const outcome twice = run(context, once.output, 0, std::nullopt);
  if (twice.output != once.output) broken("repaired twice", once.output, twice.output, "");
}

void check_document(const chat_context& context, std::string_view body, unsigned ending) {
  const outcome once = run(context, body, ending, std::nullopt);
  if (once.failed) {
    if (!once.output.empty()) broken("output beside a failure", body, once.output, "");
    return;
  }
  weir::openai::lint_request request;
  request.n = context.n;
  request.usage_may_be_missing = true;
  const std::string faults = findings(document_judge(context)(once.output, request));
  if (!faults.empty()) broken("the document is not legal", body, once.output, faults);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  chat_context context;
  context.stream = (data[0] & 1U) != 0;
  context.include_usage = (data[0] & 2U) != 0;
  context.n = (data[0] & 4U) != 0 ? 2 : 1;
  context.offers_tools = (data[0] & 8U) != 0;
  context.offers_functions = (data[0] & 16U) != 0;
  const bool trusts = (data[0] & 32U) != 0;
  if (trusts) context.settings = trusting();
  if ((data[0] & 64U) != 0) context.dialect = dialect::completions;
  context.requested_model = "asked";
  context.arrival = weir::unix_seconds{1760000001};
  context.id_seed = 7;
  const unsigned ending = data[1] % 3U;
  const std::string_view body(reinterpret_cast<const char*>(data) + 2, size - 2);

  const outcome whole = run(context, body, ending, std::nullopt);
  const outcome split = run(context, body, ending, data[1]);
  if (whole.output != split.output || whole.failed != split.failed ||
      whole.repairs != split.repairs)
    broken("a split changed the output", body, whole.output, split.output);
  if (context.stream)
    check_stream(context, body, ending, trusts);
  else
    check_document(context, body, ending);
  return 0;
}
