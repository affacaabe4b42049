#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace weir::json {

/// One JSON document in two spellings that differ only in whitespace between tokens.
struct random_document {
  std::string compact;
  std::string spaced;
};

/// Builds a document from arbitrary bytes: each byte is one decision, and when they run out the
/// simplest choice is made. So a property over byte vectors shrinks to small documents.
class random_json {
 public:
  explicit random_json(const std::vector<std::uint8_t>& choices) : choices_(choices) {}

  [[nodiscard]] random_document container() {
    random_document out;
    space(out);
    if (pick(2) == 0) {
      object(out, 0);
    } else {
      array(out, 0);
    }
    space(out);
    return out;
  }

  [[nodiscard]] random_document string_only() {
    random_document out;
    string(out);
    return out;
  }

 private:
  std::size_t pick(std::size_t bound) {
    if (next_ == choices_.size()) return 0;
    return choices_[next_++] % bound;
  }

  static void both(random_document& out, std::string_view token) {
    out.compact += token;
    out.spaced += token;
  }

  void space(random_document& out) {
    static constexpr std::string_view spaces[] = {"", "", "", " ", "\t", "\n", "\r\n", "  "};
    out.spaced += spaces[pick(8)];
  }

  void value(random_document& out, std::size_t depth) {
    static constexpr std::string_view numbers[] = {"0",
                                                   "-0",
                                                   "7",
                                                   "-12",
                                                   "18446744073709551616",
                                                   "-99999999999999999999",
                                                   "1.50",
                                                   "1e999",
                                                   "2E+3",
                                                   "0.1e-7",
                                                   "-0.0",
                                                   "123456789012345678901234567890",
                                                   "1e-9",
                                                   "3.14159",
                                                   "10",
                                                   "9007199254740993"};
    switch (pick(depth < 6 ? 8 : 6)) {
      case 0:
        return both(out, "null");
      case 1:
        return both(out, "true");
      case 2:
        return both(out, "false");
      case 3:
        return both(out, numbers[pick(16)]);
      case 4:
      case 5:
        return string(out);
      case 6:
        return object(out, depth + 1);
      default:
        return array(out, depth + 1);
    }
  }

  void string(random_document& out) {
    static constexpr std::string_view pieces[] = {"a",
                                                  "hello world",
                                                  "\\n",
                                                  "\\\"",
                                                  "\\\\",
                                                  "\\/",
                                                  "\\u0041",
                                                  "\\ud83d\\ude00",
                                                  "\\ud83d",
                                                  "\\udE00",
                                                  "\xC3\xA9",
                                                  "\xE2\x82\xAC",
                                                  "\xF0\x9F\x98\x80",
                                                  "\xE2\x80\xA8",
                                                  "\xC2\x85",
                                                  "\xE2\x80\xA9",
                                                  "{",
                                                  "}",
                                                  "[,]:",
                                                  "\x7F",
                                                  " ",
                                                  "",
                                                  "\\u0000",
                                                  "0123456789abcdef"};
    both(out, "\"");
    for (std::size_t n = pick(6); n > 0; --n) both(out, pieces[pick(24)]);
    both(out, "\"");
  }

  void object(random_document& out, std::size_t depth) {
    both(out, "{");
    space(out);
    for (std::size_t n = pick(5), i = 0; i < n; ++i) {
      if (i > 0) {
        both(out, ",");
        space(out);
      }
      string(out);
      space(out);
      both(out, ":");
      space(out);
      value(out, depth);
      space(out);
    }
    both(out, "}");
  }

  void array(random_document& out, std::size_t depth) {
    both(out, "[");
    space(out);
    for (std::size_t n = pick(5), i = 0; i < n; ++i) {
      if (i > 0) {
        both(out, ",");
        space(out);
      }
      value(out, depth);
      space(out);
    }
    both(out, "]");
  }

  const std::vector<std::uint8_t>& choices_;
  std::size_t next_ = 0;
};

}  // namespace weir::json
