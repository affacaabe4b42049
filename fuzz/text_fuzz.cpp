#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "openai/repeated_text.h"
#include "openai/text_rules.h"

// Laws of the rules for text that need trust, on any text: it makes no difference where the text is
// cut, nor whether each delta repeats all before it; and what is neither a tag nor a call is there
// to the byte.
namespace {

using namespace weir::openai;
using kind = text_piece::kind;

void require(bool law, const char* name) {
  if (law) return;
  std::fprintf(stderr, "broken law: %s\n", name);
  std::abort();
}

struct told {
  std::string pieces;  // with the kinds, neighbours of one kind as one
  std::string text;    // all that is no call
  std::size_t calls = 0;
};

told tell(const stream_settings& settings, const std::vector<std::string>& deltas) {
  text_rules rules(settings, true);
  std::vector<text_piece> out;
  for (const std::string& delta : deltas) rules.take(delta, out);
  rules.finish(out);
  told all;
  kind before = kind::call;
  for (const text_piece& piece : out) {
    if (piece.what == kind::call) {
      all.pieces += "\ncall " + piece.name + piece.arguments;
      ++all.calls;
    } else {
      require(!piece.text.empty(), "no piece is empty");
      if (piece.what != before) all.pieces += piece.what == kind::text ? "\ntext " : "\nthought ";
      all.pieces += piece.text;
      all.text += piece.text;
    }
    before = piece.what;
  }
  return all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(data, data + size);
  std::vector<std::string> deltas;
  std::vector<std::string> grown;
  for (std::size_t at = 0; at < size;) {
    const std::size_t length = 1 + data[(at * 7) % size] % 9;
    deltas.push_back(text.substr(at, length));
    at += length;
    grown.push_back(text.substr(0, at));
  }

  stream_settings settings;
  settings.tools_in_text = true;
  const told calls = tell(settings, {text});
  require(tell(settings, deltas).pieces == calls.pieces, "calls are found wherever the cuts are");
  require(calls.calls > 0 || calls.text == text, "what is no call stays");
  settings.think_opened = !text.empty() && text.back() == '\n';
  settings.think_tags = true;
  const told both = tell(settings, {text});
  require(tell(settings, deltas).pieces == both.pieces, "thoughts are found wherever the cuts are");
  require(both.calls > 0 || both.text == text || both.text.size() + 15 == size ||
              both.text.size() + 8 == size || both.text.size() + 7 == size,
          "nothing but the two tags of a thought is left out");
  repeated_text repeated;
  for (std::size_t i = 0; i < grown.size(); ++i)
    require(repeated.news(grown[i]) == deltas[i], "a repetition brings only what is new");
  return 0;
}
