#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "openai/arguments_text.h"
#include "openai/call_fragment.h"
#include "openai/vendor_text.h"
#include "weir/base/ids.h"
#include "weir/openai/repairs.h"

namespace weir::openai {

/// What a client hears next of a call: its opening, or a piece of its arguments (CHAT-16). Texts
/// are the insides of JSON strings.
struct call_piece {
  std::uint32_t index = 0;
  bool opens = false;
  bool custom = false;
  std::string_view id;            ///< of an opening
  std::string_view name;          ///< of an opening
  std::string_view arguments;     ///< of a later piece; not empty unless it carries unknown members
  std::string_view entry_vendor;  ///< unknown members of the entry, as `,"key":value...`
  std::string_view body_vendor;   ///< unknown members of its `function` or `custom`, likewise
  bool waited = false;            ///< the `{}` that call_list::passing::waits stands for
};

class call_sink {
 public:
  virtual void on_call_piece(const call_piece& piece) = 0;

 protected:
  ~call_sink() = default;
};

/// The calls of one choice: which call a fragment belongs to, and what of it may be said now.
///
///   call:  unnamed --name whole--> opened --its arguments are whole and a next call is there,
///                                            or the choice ends--> closed
///
/// Only the first call that is not closed speaks; what comes for later ones waits (CHAT-19).
///
/// Source   CHAT-16..CHAT-20; deviations K1-K36 (docs/clauses.md).
/// Memory   A call's arguments (see arguments_text), and what waits: limits::max_held_calls_bytes,
///          then the open call is taken for whole.
/// Cost     A fragment in the form of CHAT-16 is not copied but into the tracked arguments.
class call_list {
 public:
  call_list(id_source& ids, repair_counts& repairs);
  call_list(call_list&&) noexcept;
  ~call_list();

  /// What becomes of a fragment in the form of CHAT-16.
  enum class passing : std::uint8_t {
    passes,  ///< it may be said as it came; it is noted as said
    waits,   ///< the same, but only if nothing follows: a first `{}` (CHAT-17)
    no,      ///< take() it
  };
  [[nodiscard]] passing pass(const call_fragment& fragment, call_sink& sink);

  /// Takes a fragment of any form. `of_document`: whole calls, as documents have them.
  enum class source : std::uint8_t { stream, document };
  void take(const call_fragment& fragment, source from, call_sink& sink);
  /// Takes entry `position` of a whole message that repeats what deltas already told (CHAT-35).
  void repeat(std::size_t position, const call_fragment& fragment, call_sink& sink);
  /// The entries of one frame's list are different calls (K2): says where a list begins.
  void begin_list() { ++list_; }

  /// The choice ends: says whatever waits. `close_arguments` adds missing brackets (K19).
  enum class at_end : std::uint8_t { leave_arguments, close_arguments };
  void finish(at_end how, call_sink& sink);

  /// At least one call that a client can hear of.
  [[nodiscard]] bool any() const;
  [[nodiscard]] std::size_t size() const { return calls_.size(); }
  /// A first `{}` waits for what follows.
  [[nodiscard]] bool holds_empty_object() const;

 private:
  struct call;

  [[nodiscard]] call& find(const call_fragment& fragment, source from);
  [[nodiscard]] call* with_id(std::string_view id);
  [[nodiscard]] call* with_index(std::int64_t index);
  [[nodiscard]] bool begins_anew(const call& known, const call_fragment& fragment) const;
  [[nodiscard]] call& open(const call_fragment& fragment);
  void learn(call& into, const call_fragment& fragment, source from);
  void add_arguments(call& into, std::string_view inside);
  void wait_with(call& into, std::string_view inside);
  void take_nameless(call& into);
  void note_vendor(call& into, const call_fragment& fragment) const;
  void speak(call_sink& sink);
  void say_opening(call& c, call_sink& sink);
  void say_arguments(call& c, call_sink& sink);
  void say_later(call& c, call_piece piece, call_sink& sink);
  void close(call& c, call_sink& sink);
  [[nodiscard]] std::string unused_id(const call& of);

  id_source& ids_;
  repair_counts& repairs_;
  std::vector<std::unique_ptr<call>> calls_;
  std::size_t current_ = 0;  ///< the call that speaks; the ones before it are closed
  std::size_t held_ = 0;     ///< bytes that wait behind it
  std::uint32_t said_ = 0;   ///< calls that were opened
  std::uint64_t list_ = 0;
  std::string decoded_;  ///< scratch
};

}  // namespace weir::openai
