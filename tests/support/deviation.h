#pragma once
#include <cstdint>
#include <string_view>

#include "support/upstream_stream.h"
#include "weir/base/ids.h"

namespace weir::testing {

/// The respects in which a stream may deviate.
namespace respect {
inline constexpr std::uint64_t line_ends = 1ULL << 0;   ///< what ends a line and an event
inline constexpr std::uint64_t field = 1ULL << 1;       ///< what stands before a document
inline constexpr std::uint64_t between = 1ULL << 2;     ///< what stands between two events
inline constexpr std::uint64_t packing = 1ULL << 3;     ///< one document is one event of one line
inline constexpr std::uint64_t spelling = 1ULL << 4;    ///< of JSON
inline constexpr std::uint64_t terminator = 1ULL << 5;  ///< and what is behind it
inline constexpr std::uint64_t coding = 1ULL << 6;      ///< of the whole body
inline constexpr std::uint64_t chunks = 1ULL << 7;      ///< the answer comes in deltas
inline constexpr std::uint64_t id = 1ULL << 8;
inline constexpr std::uint64_t created = 1ULL << 9;
inline constexpr std::uint64_t model = 1ULL << 10;
inline constexpr std::uint64_t object = 1ULL << 11;
inline constexpr std::uint64_t choice_index = 1ULL << 12;
inline constexpr std::uint64_t delta = 1ULL << 13;  ///< a choice speaks in its `delta`
inline constexpr std::uint64_t role = 1ULL << 14;
inline constexpr std::uint64_t content = 1ULL << 15;    ///< is a text with something in it
inline constexpr std::uint64_t reasoning = 1ULL << 16;  ///< likewise
inline constexpr std::uint64_t finish_word = 1ULL << 17;
inline constexpr std::uint64_t finish_place = 1ULL << 18;  ///< once, at the end, alone
inline constexpr std::uint64_t finish_null = 1ULL << 19;   ///< before the end
inline constexpr std::uint64_t call_index = 1ULL << 20;
inline constexpr std::uint64_t call_id = 1ULL << 21;
inline constexpr std::uint64_t call_type = 1ULL << 22;
inline constexpr std::uint64_t call_name = 1ULL << 23;
inline constexpr std::uint64_t call_arguments = 1ULL << 24;  ///< pieces of a text
inline constexpr std::uint64_t call_list = 1ULL << 25;       ///< `tool_calls`, one fragment each
inline constexpr std::uint64_t call_order = 1ULL << 26;
inline constexpr std::uint64_t usage_place = 1ULL << 27;
inline constexpr std::uint64_t usage_form = 1ULL << 28;
inline constexpr std::uint64_t error = 1ULL << 29;
inline constexpr std::uint64_t logprobs = 1ULL << 30;
inline constexpr std::uint64_t characters = 1ULL << 31;  ///< a piece of text holds whole ones
inline constexpr std::uint64_t which_call = 1ULL << 33;  ///< an index tells the calls apart
inline constexpr std::uint64_t own_id = 1ULL << 34;      ///< an id does, from the first fragment on
inline constexpr std::uint64_t whole_name = 1ULL << 35;  ///< a name stands in one fragment
inline constexpr std::uint64_t end = 1ULL << 32;         ///< the connection closes in good order
}  // namespace respect

/// One way to stray from the contract that leaves what a client sees as it is.
struct deviation {
  std::string_view name;  ///< begins with the entry of tests/catalogue
  std::uint64_t takes;    ///< the respects in which it deviates: no other one may
  std::uint64_t needs;    ///< those which tell what it leaves untold: nothing may deviate in them
  /// False when the stream has nothing that could deviate so.
  bool (*apply)(upstream_stream& s, id_source& random);
};

/// Whether one stream may have both: each still tells what the other one relies on.
inline bool go_together(const deviation& a, const deviation& b) {
  return (a.takes & (b.takes | b.needs)) == 0 && (a.needs & b.takes) == 0;
}

}  // namespace weir::testing
