// The scanner of multipart/form-data on arbitrary bytes: the first line of the input is the
// boundary, the rest the body.
//
// 1. No split changes a result.
// 2. A body that is accepted reads the same to the simplest reader there is, which cuts it wherever
//    the text of the boundary stands, whatever surrounds it.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/multipart.h"

namespace {

using weir::http::multipart_scanner;

[[noreturn]] void fail(const char* what, std::string_view detail) {
  std::fprintf(stderr, "multipart_fuzz: %s: %.*s\n", what, static_cast<int>(detail.size()),
               detail.data());
  std::abort();
}

void check(bool holds, const char* what, std::string_view detail) {
  if (!holds) fail(what, detail);
}

struct reading {
  std::vector<std::string> parts;  // head and content as they stand
  std::string fault;
  bool complete = false;

  /// With the parts that were whole; what is told of another one hangs on the cuts.
  [[nodiscard]] bool same_as(const reading& other) const {
    return parts == other.parts && fault == other.fault && complete == other.complete;
  }
};

class reader {
 public:
  explicit reader(std::string_view boundary) : scanner_(boundary) {}

  void feed(std::string_view piece) {
    using status = multipart_scanner::status;
    const std::unique_ptr<char[]> copy{new char[piece.size()]};
    std::copy(piece.begin(), piece.end(), copy.get());
    std::string_view input{copy.get(), piece.size()};
    for (;;) {
      const std::uint64_t before = scanner_.consumed();
      switch (scanner_.parse(input)) {
        case status::need_input:
          check(input.empty(), "need_input left bytes behind", input);
          return;
        case status::part:
          check(!open_, "a part in a part", "");
          open_ = "";
          for (const auto& f : scanner_.headers()) {
            *open_ += f.name;
            *open_ += ':';
            *open_ += f.value;
            *open_ += '\n';
          }
          *open_ += '\n';
          break;
        case status::content:
          check(open_.has_value() && !scanner_.content().empty(), "content of nothing", "");
          *open_ += scanner_.content();
          break;
        case status::part_end:
          check(open_.has_value(), "the end of nothing", "");
          read_.parts.push_back(*open_);
          open_.reset();
          break;
        case status::end:
          check(!open_, "the end in a part", "");
          break;
        case status::error:
          read_.fault = scanner_.error();
          return;
      }
      check(scanner_.consumed() >= before, "went back", "");
    }
  }
  reading take() {
    read_.complete = read_.fault.empty() && scanner_.complete();
    return read_;
  }

 private:
  multipart_scanner scanner_;
  reading read_;
  std::optional<std::string> open_;
};

std::string_view trimmed(std::string_view s) {
  const auto space = [](char c) { return c == ' ' || c == '\t'; };
  while (!s.empty() && space(s.front())) s.remove_prefix(1);
  while (!s.empty() && space(s.back())) s.remove_suffix(1);
  return s;
}

void compare_with_cutter(std::string_view boundary, std::string_view body, const reading& ours) {
  const std::string mark = "--" + std::string(boundary);
  std::vector<std::string_view> pieces;
  for (std::size_t at = 0;;) {
    const std::size_t next = std::min(body.find(mark, at), body.size());
    pieces.push_back(body.substr(at, next - at));
    if (next == body.size()) break;
    at = next + mark.size();
  }
  check(pieces.size() == ours.parts.size() + 2, "another number of parts", "");
  check(pieces.front().empty() || pieces.front() == "\r\n", "something in front", pieces.front());
  check(pieces.back() == "--" || pieces.back() == "--\r\n", "something behind", pieces.back());
  for (std::size_t i = 0; i < ours.parts.size(); ++i) {
    std::string_view rest = pieces[i + 1];
    check(rest.starts_with("\r\n") && rest.ends_with("\r\n"), "no line of its own", rest);
    rest.remove_prefix(2);
    std::string part;
    while (!rest.starts_with("\r\n")) {
      const std::size_t end = rest.find("\r\n");
      const std::size_t colon = rest.find(':');
      check(end != std::string_view::npos && colon < end, "a head that is none", rest);
      part += rest.substr(0, colon);
      part += ':';
      part += trimmed(rest.substr(colon + 1, end - colon - 1));
      part += '\n';
      rest.remove_prefix(end + 2);
    }
    check(rest.size() >= 4, "no line end before the boundary", rest);
    part += '\n';
    part += rest.substr(2, rest.size() - 4);
    check(part == ours.parts[i], "another part", part);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input{reinterpret_cast<const char*>(data), size};
  const std::size_t line = std::min(input.find('\n'), input.size());
  const std::string_view boundary = input.substr(0, line);
  const std::string_view body = input.substr(std::min(line + 1, input.size()));
  const std::string type = "multipart/form-data; boundary=\"" + std::string(boundary) + "\"";
  if (weir::http::form_boundary(type) != std::string(boundary) || boundary.empty()) return 0;

  reader whole(boundary);
  reader bytes(boundary);
  reader pieces(boundary);
  whole.feed(body);
  for (std::size_t i = 0; i < body.size(); ++i) bytes.feed(body.substr(i, 1));
  std::uint32_t seed = 2166136261U;  // the cuts hang on the bytes: a found input replays
  for (const char c : input) seed = (seed ^ static_cast<unsigned char>(c)) * 16777619U;
  for (std::string_view rest = body; !rest.empty();) {
    seed = seed * 1664525U + 1013904223U;
    const std::size_t cut = std::min<std::size_t>(rest.size(), (seed >> 16) % 24);
    pieces.feed(rest.substr(0, cut));
    rest.remove_prefix(cut);
  }
  const reading want = whole.take();
  check(want.same_as(bytes.take()), "byte by byte is different", body);
  check(want.same_as(pieces.take()), "a split is different", body);
  if (want.complete) compare_with_cutter(boundary, body, want);
  return 0;
}
