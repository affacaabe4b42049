// Runs the way of an answer for tests in other languages.
//
//   answer_tool [--completions] < JOBS
//       a job is a line `N INCLUDE_USAGE STREAM BYTES` (0 or 1 in the middle) and so many bytes of
//       an upstream's body; the answer to each is a line `STATE BYTES` (complete or failed) and so
//       many bytes of output
#include <cstddef>
#include <cstdlib>
#include <iostream>
#include <limits>
#include <string>
#include <string_view>

#include "weir/openai/chat_answer.h"

int main(int argc, char** argv) {
  std::ios::sync_with_stdio(false);
  weir::openai::chat_context context;
  if (argc == 2 && std::string_view(argv[1]) == "--completions")
    context.dialect = weir::openai::dialect::completions;
  context.requested_model = "asked";
  context.arrival = weir::unix_seconds{1760000001};
  std::size_t size = 0;
  while (std::cin >> context.n >> context.include_usage >> context.stream >> size) {
    std::cin.ignore(std::numeric_limits<std::streamsize>::max(), '\n');
    std::string body(size, '\0');
    if (!std::cin.read(body.data(), static_cast<std::streamsize>(size))) return EXIT_FAILURE;
    weir::openai::chat_answer answer(context);
    answer.feed(body);
    answer.end(false);
    std::cout << (answer.failure() == nullptr ? "complete " : "failed ") << answer.output().size()
              << '\n'
              << answer.output();
  }
  return std::cin.eof() ? EXIT_SUCCESS : EXIT_FAILURE;
}
