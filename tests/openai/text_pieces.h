#pragma once
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "openai/text_rules.h"
#include "support/splits.h"

namespace weir::testing {

using said = std::vector<std::string>;

/// Pieces in one line each: "text: a", "reasoning: b", "call: f {...}"; neighbours of one kind are
/// one, as a client reads them.
inline said merged(const std::vector<openai::text_piece>& all) {
  using kind = openai::text_piece::kind;
  said out;
  const openai::text_piece* before = nullptr;
  for (const openai::text_piece& piece : all) {
    if (piece.what == kind::call) {
      out.push_back("call: " + piece.name + " " + piece.arguments);
    } else if (before != nullptr && before->what == piece.what) {
      out.back() += piece.text;
    } else {
      out.push_back((piece.what == kind::text ? "text: " : "reasoning: ") + piece.text);
    }
    EXPECT_TRUE(piece.what == kind::call || !piece.text.empty()) << "an empty piece";
    before = &piece;
  }
  return out;
}

/// What the rules make of a choice whose content came in these deltas.
template <class Deltas>
said told(openai::text_rules rules, const Deltas& deltas) {
  std::vector<openai::text_piece> out;
  for (const std::string_view delta : deltas) rules.take(delta, out);
  rules.finish(out);
  return merged(out);
}

/// Expects the same of the whole text and of the text cut anywhere.
template <class MakeRules>
void expect_told(MakeRules make_rules, std::string_view text, const said& want) {
  EXPECT_EQ(told(make_rules(), pieces{text}), want) << text;
  for_each_split(text, [&](const pieces& parts) {
    const said got = told(make_rules(), parts);
    EXPECT_TRUE(got == want) << parts[0] << " | " << parts[1];
  });
}

}  // namespace weir::testing
