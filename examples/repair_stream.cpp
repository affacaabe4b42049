// A stream of chat completions from anywhere on stdin, the legal one on stdout:
//
//   curl -sN $UPSTREAM/v1/chat/completions -d @request.json | repair_stream
//
// `weir repair` is this with options, timers and a report.
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <iostream>
#include <random>

#include "weir/openai/chat_answer.h"

int main() {
  weir::openai::chat_context context;
  context.stream = true;
  context.requested_model = "unknown";
  // The library has neither clock nor randomness of its own: same input, same output.
  context.arrival =
      weir::unix_seconds{std::chrono::system_clock::to_time_t(std::chrono::system_clock::now())};
  context.id_seed = std::random_device{}();

  weir::openai::chat_answer answer(context);
  answer.commit();  // failures shall be error events, for there is no status here
  const auto write_output = [&answer] {
    std::cout << answer.output() << std::flush;
    answer.consume(answer.output().size());
  };

  std::array<char, 65536> buffer{};
  while (answer.current() == weir::openai::chat_answer::state::open) {
    if (answer.has_more()) {  // of a compressed input
      answer.go_on();
    } else {
      const ssize_t got = ::read(STDIN_FILENO, buffer.data(), buffer.size());
      if (got > 0)
        answer.feed({buffer.data(), static_cast<std::size_t>(got)});
      else
        answer.end(got < 0);
    }
    write_output();
  }

  answer.repairs().for_each([](weir::openai::clause clause, std::uint32_t times) {
    std::cerr << "repaired " << weir::openai::clause_name(clause) << ' ' << times << " times\n";
  });
  if (answer.failure() != nullptr) std::cerr << answer.failure()->message << '\n';
  return answer.failure() == nullptr ? 0 : 1;
}
