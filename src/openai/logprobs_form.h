#pragma once
#include <cstddef>
#include <string>
#include <string_view>

#include "weir/json/reader.h"

namespace weir::openai {

struct json_tree;

/// `logprobs` as one dialect has them. Holds nothing.
class logprobs_form {
 public:
  virtual ~logprobs_form() = default;

  /// Null, absent, or right as it is.
  [[nodiscard]] virtual bool regular(json::value logprobs) const = 0;
  /// How many tokens they speak of, also in another dialect's form.
  [[nodiscard]] virtual std::size_t tokens(json::value logprobs) const = 0;
  /// The characters of these tokens; 0 where the form does not count them.
  [[nodiscard]] virtual std::size_t characters(json::value) const { return 0; }

  /// Their text, mended where needed; "" for null and for lists without a token. `begin` is where
  /// the first token begins in the text of its choice, in characters. The view is of the document
  /// or of `room`.
  [[nodiscard]] std::string_view mended(json::value logprobs, std::size_t begin,
                                        std::string& room) const;

  /// One chunk's behind those of the chunks before it (contract 4.1, CMPL-4).
  virtual void append(json_tree& into, const json_tree& more) const = 0;

 private:
  virtual void write(std::string& out, json::value logprobs, std::size_t begin) const = 0;
};

/// Both lists, and of every token all members (CHAT-28, contract 3.1).
[[nodiscard]] const logprobs_form& chat_logprobs();
/// Four lists that go along with each other (contract 5.1).
[[nodiscard]] const logprobs_form& completion_logprobs();

}  // namespace weir::openai
