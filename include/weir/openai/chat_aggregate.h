#pragma once
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "weir/json/reader.h"
#include "weir/openai/chat_event.h"

namespace weir::openai {

struct json_tree;

/// Folds the machine's events into one `chat.completion` document (contract 4.1, AGG-1..AGG-4).
///
/// Memory   The answer's text once; the caller ends an answer whose folded() grows too large.
/// Errors   An error event makes the document worthless (AGG-2): the caller looks at the machine's
///          failure() and does not ask for it.
class chat_aggregate final : public chat_sink {
 public:
  chat_aggregate();
  ~chat_aggregate();

  void on_event(const chat_event& event, const chat_envelope& envelope) override;

  /// The document, once the `done` event came.
  [[nodiscard]] const std::string& document() const { return document_; }
  /// Bytes of payload taken so far.
  [[nodiscard]] std::size_t folded() const { return folded_; }

 private:
  struct choice;

  choice& at(std::uint32_t index);
  void add_delta(choice& into, const chat_event& event);
  void add_tool(choice& into, std::string_view raw);
  void write(const chat_envelope& envelope);

  std::map<std::uint32_t, std::unique_ptr<choice>> choices_;
  std::unique_ptr<json_tree> top_vendor_;
  std::string usage_;
  std::string moderation_;
  std::string document_;
  std::size_t folded_ = 0;
  json::reader reader_;
};

}  // namespace weir::openai
