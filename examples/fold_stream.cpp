// Folds a stream of chat completions on stdin into the one document that the API would have sent
// without `stream`, on stdout:
//
//   fold_stream < captured.sse | jq -r .choices[0].message.content
#include <iostream>
#include <iterator>
#include <string>

#include "weir/openai/chat_answer.h"

int main() {
  const std::string body(std::istreambuf_iterator<char>(std::cin), {});

  weir::openai::chat_context context;
  context.stream = false;  // the client wants a document, whatever comes
  context.requested_model = "unknown";
  weir::openai::chat_answer answer(context);
  answer.feed(body);
  answer.end(false);

  if (answer.failure() != nullptr) {
    std::cerr << weir::openai::to_json(*answer.failure()) << '\n';
    return 1;
  }
  std::cout << answer.output() << '\n';
  if (const auto usage = answer.last_usage())
    std::cerr << usage->prompt.value_or(0) << " tokens in, " << usage->completion.value_or(0)
              << " out\n";
  return 0;
}
