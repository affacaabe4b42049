#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "weir/json/reader.h"
#include "weir/openai/chat_request.h"

// Laws of the request side on any body: `full` accepts nothing that `minimal` refuses, a refusal is
// an error of the client in the API's envelope, members that nobody knows change nothing, and what
// goes up is JSON that both profiles judge as they judged the client's.
namespace {

using namespace weir::openai;
using weir::json::reader;

void require(bool law, const char* name) {
  if (law) return;
  std::fprintf(stderr, "broken law: %s\n", name);
  std::abort();
}

bool is_object(std::string_view text) {
  reader r;
  return r.parse(text) == reader::status::ok && r.rest().empty() &&
         r.root().is(weir::json::type::object);
}

/// The error as JSON, or "".
std::string verdict(std::string_view body, validation profile) {
  reader r;
  const auto read = read_chat_request(body, r, profile);
  if (read.ok()) return {};
  require(read.error().status == 400, "a refused body is the client's fault");
  const std::string text = to_json(read.error());
  require(is_object(text), "an error is JSON");
  require(text.size() < 8192, "an error is short");
  return text;
}

/// The body with a stranger as its first member.
std::string with_stranger(std::string_view body) {
  const std::size_t brace = body.find('{') + 1;
  reader r;
  (void)r.parse(body);
  const std::string_view comma = r.root().size() == 0 ? "" : ",";
  return std::string(body.substr(0, brace)) + R"("x-stranger":{"role":[1]})" + std::string(comma) +
         std::string(body.substr(brace));
}

void check_edits(std::string_view body, bool accepted_in_full) {
  for (const token_limit_field field : {token_limit_field::as_is, token_limit_field::max_tokens,
                                        token_limit_field::max_completion_tokens}) {
    reader r;
    const auto request = read_chat_request(body, r);
    body_edits edits;
    edits.model = "other";
    edits.ask_for_usage = true;
    edits.max_tokens_field = field;
    const std::string sent = upstream_body(body, r.root(), *request, edits);
    require(verdict(sent, validation::minimal).empty(), "what goes up is a request");
    if (accepted_in_full && field == token_limit_field::as_is)
      require(verdict(sent, validation::full).empty(), "edits break no rule");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string body(reinterpret_cast<const char*>(data), size);
  const std::string minimal = verdict(body, validation::minimal);
  const std::string full = verdict(body, validation::full);
  require(minimal.empty() || !full.empty(), "full accepts nothing that minimal refuses");
  if (is_object(body)) {
    const std::string strange = with_stranger(body);
    require(verdict(strange, validation::minimal) == minimal, "strangers change nothing");
    require(verdict(strange, validation::full) == full, "strangers change nothing in full");
  }
  if (minimal.empty()) check_edits(body, full.empty());
  return 0;
}
