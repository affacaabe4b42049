#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "../tests/json/simdjson_oracle.h"
#include "weir/json/mend.h"
#include "weir/json/patch.h"
#include "weir/json/reader.h"
#include "weir/json/text_joiner.h"
#include "weir/json/writer.h"

// Laws of the JSON layer on any bytes: the reader judges as simdjson does, what is mended is clean
// and stays as it is, strings survive writing and splitting, edits give JSON.
namespace {

using namespace weir::json;

void require(bool law, const char* name) {
  if (law) return;
  std::fprintf(stderr, "broken law: %s\n", name);
  std::abort();
}

void check_reader(std::string_view text) {
  const std::string_view difference = disagreement(text);
  require(difference.empty(), difference.data());

  reader r;
  const reader::status status = r.parse(text);
  const std::string_view root = r.root().raw();
  if (status == reader::status::ok) {
    require(r.rest().empty() || r.rest().end() == text.end(), "the rest ends with the text");
    require(root.end() <= (r.rest().empty() ? text.end() : r.rest().begin()),
            "document, then rest");
    reader again;
    require(again.parse(root) == status && again.rest().empty(), "a document reads by itself");
  } else {
    require(r.fault() <= text.size(), "the fault is inside the text");
    require(!r.truncated() || r.fault() == text.size(), "a stopped text has its fault at its end");
    require(status == reader::status::empty || !r.reason().empty(), "a fault has a reason");
  }
}

void check_mend(std::string_view text) {
  const mended once = mend(text);
  reader r;
  require(r.parse(text) != reader::status::ok || !once.text.empty(), "JSON stays JSON");
  if (once.text.empty()) return;
  require(r.parse(once.text) == reader::status::ok && r.rest().empty(), "mended is JSON");
  require(!r.has_line_break() && !r.has_line_separator() && !r.has_lone_surrogate(),
          "mended is clean");
  const mended twice = mend(once.text);
  require(twice.text == once.text, "mending twice changes nothing");
  require(once.consumed <= text.size(), "no more consumed than there is");
}

/// The inside of the string "text" of a mended document.
std::string mended_inside(const mended& document) {
  reader r;
  require(r.parse(document.text) == reader::status::ok, "mended is JSON");
  return std::string(r.root()["text"].text());
}

void check_joining(std::string_view text) {
  std::string bytes;  // a JSON string can be cut anywhere between these
  for (const char c : text) {
    if (c != '"' && c != '\\') bytes.push_back(c);
  }
  const auto document = [](std::string_view inside) {
    return "{\"text\":\"" + std::string(inside) + "\"}";
  };
  static constexpr std::string_view keys[] = {"text"};
  text_joiner joiner;
  std::string joined;
  for (std::size_t at = 0, n = 0; at < bytes.size(); ++n) {
    const std::size_t length = 1 + static_cast<unsigned char>(bytes[n % bytes.size()]) % 4;
    const std::string_view cut = std::string_view(bytes).substr(at, length);
    joined += joiner.join(mended_inside(mend(document(cut), {keys})));
    at += cut.size();
  }
  joined += joiner.flush();
  require(joined == mended_inside(mend(document(bytes))), "pieces join to the whole text");
}

void check_strings(std::string_view text) {
  const std::string spelled = weir::json::quoted(text);
  reader r;
  require(r.parse(spelled) == reader::status::ok && r.rest().empty(), "a written string reads");
  const std::string decoded = r.root().decoded();
  require(weir::json::quoted(decoded) == spelled, "a string is spelled in one way");

  std::string joined;
  std::string_view inside = r.root().text();
  while (!inside.empty()) {
    const std::size_t cut = split_point(inside, 7);
    require(cut > 0 && cut <= inside.size(), "a split advances");
    joined += unescaped(inside.substr(0, cut));
    inside.remove_prefix(cut);
  }
  require(joined == decoded, "pieces join to the whole");
}

void check_patch(std::string_view text) {
  reader r;
  if (r.parse(text) != reader::status::ok || !r.root().is(type::object)) return;
  patch edits(text);
  for (const value::member m : r.root().members()) {
    const std::string key = m.key.decoded();
    switch (m.val.kind()) {
      case type::number:
        edits.remove(r.root(), key);
        break;
      case type::string:
        edits.set(r.root(), key, "[0]");
        break;
      case type::object:
        edits.insert(m.val, "inner", "{}");
        break;
      default:
        edits.replace(m.val, "\"new\"");
    }
  }
  edits.set(r.root(), "added", "true");
  const std::string edited = edits.apply();
  const std::size_t rest = r.rest().size();
  reader after;
  require(after.parse(edited) == reader::status::ok, "edited is JSON");
  require(after.rest().size() == rest, "what follows the document stays");
  require(after.root()["added"].raw() == "true", "what was set is there");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // A copy without a byte behind it: reads beyond the text are seen.
  const std::unique_ptr<char[]> bytes(new char[size]);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(data[i]);
  const std::string_view text(bytes.get(), size);
  check_reader(text);
  check_mend(text);
  check_joining(text);
  check_strings(text);
  check_patch(text);
  return 0;
}
