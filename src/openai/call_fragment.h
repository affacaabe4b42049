#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "weir/json/reader.h"

namespace weir::openai {

/// One entry of `tool_calls`, or one `function_call`, as an upstream sent it: what it says, in
/// whatever shape it says it (K5, K6, K14, K15, K21, docs/clauses.md). Texts are the insides of
/// JSON strings, spelled as in the source; "" is nothing.
struct call_fragment {
  json::value entry;                  ///< the object itself
  json::value body;                   ///< its `function` or `custom`; the entry itself without one
  std::optional<std::int64_t> index;  ///< also from "0" and 0.0
  std::string_view id;                ///< never the word null; digits when it was a number
  std::string_view name;
  std::string_view arguments;
  bool has_arguments = false;  ///< the member stood there, if only as "" or null
  bool serialised = false;     ///< the arguments were no string (K14)
  bool custom = false;         ///< a custom tool's: free text in place of arguments
  bool doubled = false;        ///< two members of one object have one name
  bool legacy = false;         ///< came as `function_call` (CHAT-20)
  /// In the form of CHAT-16, first or later: nothing has another type or stands elsewhere.
  bool regular = true;
};

/// Reads entries; arguments that were no string are written into its own room (K14).
class call_reader {
 public:
  /// The fragment's views live as long as the entry's document and until the next call.
  [[nodiscard]] call_fragment read(json::value entry);
  [[nodiscard]] call_fragment read_legacy(json::value function_call);

 private:
  void read_body(call_fragment& into);

  std::string serialised_;
};

}  // namespace weir::openai
