// Judges streams for tests in other languages.
//
//   lint_tool [--n N] [--include-usage] [--no-obfuscation] [--names-tool] < STREAM
//       one finding per line:
//       {"rule":"role-missing","clause":"CHAT-8","severity":"fault","event":0,"offset":0,"detail":"..."}
//       and exit code 1 when one of them is a fault
//   lint_tool --batch < JOBS
//       a job is a line `N INCLUDE_USAGE BYTES` (0 or 1 in the middle) and so many bytes of a
//       stream; for each job one line with the array of its findings
#include <cstddef>
#include <cstdlib>
#include <iostream>
#include <iterator>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "weir/json/writer.h"
#include "weir/openai/chat_lint.h"

namespace {

using weir::openai::finding;
using weir::openai::lint_request;

std::string json_of(const finding& f) {
  const bool fault = f.severity == weir::openai::severity::fault;
  return "{\"rule\":" + weir::json::quoted(f.rule) + ",\"clause\":" + weir::json::quoted(f.clause) +
         ",\"severity\":" + (fault ? "\"fault\"" : "\"hint\"") +
         ",\"event\":" + std::to_string(f.event) + ",\"offset\":" + std::to_string(f.offset) +
         ",\"detail\":" + weir::json::quoted(f.detail) + "}";
}

int run_batch() {
  lint_request request;
  std::size_t size = 0;
  while (std::cin >> request.n >> request.include_usage >> size) {
    std::cin.ignore(std::numeric_limits<std::streamsize>::max(), '\n');
    std::string body(size, '\0');
    if (!std::cin.read(body.data(), static_cast<std::streamsize>(size))) return EXIT_FAILURE;
    std::string line = "[";
    for (const finding& f : lint_chat_stream(body, request)) {
      if (line.size() > 1) line += ',';
      line += json_of(f);
    }
    std::cout << line << "]\n";
  }
  return std::cin.eof() ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace

int main(int argc, char** argv) {
  constexpr int usage_error = 2;
  const std::vector<std::string_view> arguments(argv + 1, argv + argc);
  std::ios::sync_with_stdio(false);
  lint_request request;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i] == "--batch" && arguments.size() == 1) {
      return run_batch();
    } else if (arguments[i] == "--n" && i + 1 < arguments.size()) {
      request.n = static_cast<std::uint32_t>(
          std::strtoul(std::string(arguments[++i]).c_str(), nullptr, 10));
    } else if (arguments[i] == "--include-usage") {
      request.include_usage = true;
    } else if (arguments[i] == "--no-obfuscation") {
      request.include_obfuscation = false;
    } else if (arguments[i] == "--names-tool") {
      request.names_tool = true;
    } else {
      std::cerr << "lint_tool: what is `" << arguments[i] << "`?\n";
      return usage_error;
    }
  }
  const std::string body((std::istreambuf_iterator<char>(std::cin)),
                         std::istreambuf_iterator<char>());
  const std::vector<finding> findings = lint_chat_stream(body, request);
  for (const finding& f : findings) std::cout << json_of(f) << '\n';
  return is_legal(findings) ? EXIT_SUCCESS : EXIT_FAILURE;
}
