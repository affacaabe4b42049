// Judges a stream as a client got it: lint_file FILE [CHOICES]. Exit code 0: it is legal; 1: it is
// not. Each finding is on stdout with its clause (docs/clauses.md).
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>

#include "weir/openai/chat_lint.h"

int main(int argc, char** argv) {
  if (argc < 2) {
    std::cerr << "usage: lint_file FILE [CHOICES]\n";
    return 2;
  }
  std::ifstream file(argv[1], std::ios::binary);
  if (!file) {
    std::cerr << argv[1] << ": cannot be read\n";
    return 2;
  }
  const std::string body(std::istreambuf_iterator<char>(file), {});

  weir::openai::lint_request request;
  request.n = argc > 2 ? static_cast<std::uint32_t>(std::atoi(argv[2])) : 1;
  request.include_usage = body.find("\"choices\":[]") != std::string::npos;
  const auto findings = weir::openai::lint_chat_stream(body, request);
  for (const weir::openai::finding& f : findings) {
    const bool fault = f.severity == weir::openai::severity::fault;
    std::cout << (fault ? "fault " : "hint ") << f.clause << " in event " << f.event << ": "
              << f.detail << '\n';
  }
  return weir::openai::is_legal(findings) ? 0 : 1;
}
