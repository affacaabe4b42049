#pragma once
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "weir/json/reader.h"
#include "weir/openai/chat_event.h"
#include "weir/openai/dialect.h"

namespace weir::openai {

struct dialect_rules;
struct folded_choice;
struct json_tree;

/// Folds the machine's events into one document (contract 4.1, AGG-1..AGG-4, CMPL-4). How a choice
/// of it is written is the dialect's.
///
/// Memory   The answer's text once; the caller ends an answer whose folded() grows too large.
/// Errors   An error event makes the document worthless (AGG-2): the caller looks at the machine's
///          failure() and does not ask for it.
/// Threads  None.
class aggregate : public chat_sink {
 public:
  virtual ~aggregate();

  void on_event(const chat_event& event, const chat_envelope& envelope) final;

  /// The document, once the `done` event came.
  [[nodiscard]] const std::string& document() const { return document_; }
  /// Bytes of payload taken so far.
  [[nodiscard]] std::size_t folded() const { return folded_; }

 protected:
  explicit aggregate(dialect d);

 private:
  /// Appends the members of the choice that stand before `logprobs`.
  virtual void write_said(folded_choice& choice, std::string& out) = 0;

  folded_choice& at(std::uint32_t index);
  void take_members(json_tree& into, std::string_view members);
  void take_choice(const chat_event& event);
  void take_delta(folded_choice& into, const chat_event& event);
  void take_call(folded_choice& into, std::string_view raw);
  void write(const chat_envelope& envelope);

  const dialect_rules& dialect_;
  std::map<std::uint32_t, std::unique_ptr<folded_choice>> choices_;
  std::unique_ptr<json_tree> top_vendor_;
  std::string usage_;
  std::string moderation_;
  std::string document_;
  std::size_t folded_ = 0;
  json::reader reader_;
};

/// The one for a dialect.
[[nodiscard]] std::unique_ptr<aggregate> make_aggregate(dialect d);

}  // namespace weir::openai
