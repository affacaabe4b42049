#include "openai/chat_lint_text.h"

#include <algorithm>
#include <array>

namespace weir::openai {

namespace {

constexpr std::string_view think = "<think>";
constexpr std::string_view think_end = "</think>";

/// How models write calls when nobody taught the server to read them (K29).
constexpr std::array<std::string_view, 4> call_marks = {"<tool_call>", "<function=", "[TOOL_CALLS]",
                                                        "<\xEF\xBD\x9C"
                                                        "DSML"};

/// `<|im_end|>`, `</s>` and the like, alone in a piece (C5).
bool is_control_token(std::string_view piece) {
  static constexpr std::array<std::string_view, 3> words = {"</s>", "<s>", "<eos>"};
  if (std::find(words.begin(), words.end(), piece) != words.end()) return true;
  return piece.size() > 4 && piece.starts_with("<|") && piece.ends_with("|>") &&
         piece.find_first_of(" \n") == std::string_view::npos;
}

/// U+FFFD as the server wrote it: decoding makes it of half a surrogate pair, too.
bool holds_replacement(std::string_view inside) {
  for (const std::string_view spelling : {"\xEF\xBF\xBD", "\\ufffd", "\\uFFFD"}) {
    if (inside.find(spelling) != std::string_view::npos) return true;
  }
  return false;
}

/// `mark` stands in `text`, and not only in its first `known` bytes.
bool appears(std::string_view mark, std::string_view text, std::size_t known) {
  const std::size_t from = known < mark.size() ? 0 : known - mark.size() + 1;
  return text.find(mark, from) != std::string_view::npos;
}

}  // namespace

void lint_text::take(std::string_view name, json::value text, lint_report& report) {
  const std::string piece = text.decoded();
  member& said = members_.try_emplace(std::string(name)).first->second;
  if (is_control_token(piece)) {
    report.add(rule::control_token, "A control token is sent as text: " + piece + ".", text);
  }
  if (holds_replacement(text.text())) {
    report.add(rule::character_lost, "The text holds U+FFFD, what is left of a broken character.",
               text);
  }
  look_for_repeats(said, piece, report);
  const std::size_t known = said.all.size();
  said.all += piece;
  if (name == "content") look_for_marks(said, known, report);
}

void lint_text::look_for_marks(const member& said, std::size_t known, lint_report& report) {
  const std::size_t begin = said.all.find_first_not_of(" \t\r\n");
  if (begin == std::string::npos) return;
  if (!tags_told_ && std::string_view(said.all).substr(begin).starts_with(think)) {
    tags_told_ = true;
    report.add(rule::think_tags, "The content begins with <think>.");
  } else if (!tags_told_ && appears(think_end, said.all, known)) {
    tags_told_ = true;
    report.add(rule::think_tag_alone, "There is a </think> in the content that nothing opened.");
  }
  if (call_told_ || !request_.offers_tools) return;
  for (const std::string_view mark : call_marks) {
    if (!appears(mark, said.all, known)) continue;
    call_told_ = true;
    report.add(rule::call_in_text,
               "The content holds " + std::string(mark) + ", a tool call as the model writes it.");
    return;
  }
}

void lint_text::look_for_repeats(member& said, const std::string& piece,
                                 const lint_report& report) {
  if (!said.last.empty()) {
    const bool repeats = piece.size() > said.last.size() && piece.starts_with(said.last);
    if (repeats && ++said.repeats == 1) said.first_repeat = report.here();
    said.cumulative = said.cumulative && repeats;
  }
  said.last = piece;
}

/// CHAT-35: a suspicion only, since "1", "15", "150" may be three pieces of a number.
void lint_text::end(lint_report& report) const {
  constexpr std::size_t enough_repeats = 2;
  constexpr std::size_t enough_text = 4;
  for (const auto& [name, said] : members_) {
    if (!said.cumulative || said.repeats < enough_repeats || said.last.size() < enough_text)
      continue;
    report.add_at(said.first_repeat, rule::text_cumulative,
                  "Each piece of " + name + " repeats all of it so far.");
  }
}

}  // namespace weir::openai
