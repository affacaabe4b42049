#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace weir::json {

enum class type : std::uint8_t { absent, null, boolean, number, string, array, object };

/// One value of a text that `reader` accepted, in document order. 16 bytes.
struct node {
  std::uint32_t begin;  ///< offset of the first byte of the value
  std::uint32_t end;    ///< offset behind its last byte
  std::uint32_t next;   ///< index of the node behind this value and everything inside it
  type kind;
  bool escaped;  ///< a string that contains a backslash
};

/// A handle on one value: two words, valid until the reader parses again or the text goes away.
/// `absent` (no such member) answers every question with nothing, so look-ups chain.
class value {
 public:
  value() = default;
  value(const char* text, const node* nodes, std::uint32_t index)
      : text_(text), nodes_(nodes), index_(index) {}

  [[nodiscard]] type kind() const { return nodes_ == nullptr ? type::absent : self().kind; }
  [[nodiscard]] bool present() const { return kind() != type::absent; }
  [[nodiscard]] bool is(type k) const { return kind() == k; }
  /// Neither absent nor null.
  [[nodiscard]] bool given() const { return kind() > type::null; }

  /// The value as it stands in the text, spelling kept (P4). Empty when absent.
  [[nodiscard]] std::string_view raw() const;
  /// The characters between the quotes of a string, escapes kept; empty for every other type.
  [[nodiscard]] std::string_view text() const;
  /// The string with its escapes undone, as UTF-8 (a lone surrogate becomes U+FFFD).
  [[nodiscard]] std::string decoded() const;
  /// True for a string whose decoded text equals `s`. No allocation when nothing is escaped.
  [[nodiscard]] bool equals(std::string_view s) const;
  /// A number written as an integer that fits; nothing for 1.5, 1e3 or 20 digits.
  [[nodiscard]] std::optional<std::int64_t> integer() const;
  /// The nearest double; nothing for what a double cannot hold (1e999, 1e-999).
  [[nodiscard]] std::optional<double> real() const;
  [[nodiscard]] std::optional<bool> boolean() const;

  /// The member with this (decoded) key; the last one when keys repeat, as common parsers do.
  [[nodiscard]] value operator[](std::string_view key) const;
  /// The i-th element of an array.
  [[nodiscard]] value at(std::size_t i) const;
  /// Members of an object or elements of an array.
  [[nodiscard]] std::size_t size() const;

  struct member;
  class iterator;
  template <class Item>
  class range;
  /// Iterates `member{key, value}` of an object in text order; nothing for other types.
  [[nodiscard]] range<member> members() const;
  /// Iterates the elements of an array; nothing for other types.
  [[nodiscard]] range<value> elements() const;

 private:
  [[nodiscard]] const node& self() const { return nodes_[index_]; }

  const char* text_ = nullptr;
  const node* nodes_ = nullptr;
  std::uint32_t index_ = 0;
};

/// Strict reader of JSON texts (RFC 8259): one validating pass over the text into a reused index of
/// spans. Values are never converted, so 20-digit integers, exponents and key order survive
/// (GEN-9).
///
/// Source   RFC 8259; strictness against simdjson is a property test (docs/adr).
/// Input    A text that outlives the handles. Bytes behind the first document are left in `rest()`.
/// Errors   `invalid` names offset and reason. `too_deep` beyond limits::max_json_depth.
/// Memory   16 bytes a value, reused from text to text; no allocation once warm. More than
///          limits::max_kept_json_nodes are given back when a shorter text comes.
/// Cost     One pass (bench/micro/json_reader_bench).
/// Threads  None. One object per worker or stream.
class reader {
 public:
  enum class status : std::uint8_t { ok, empty, invalid, too_deep };

  /// Reads the first document of `text`; leading and trailing whitespace is skipped. A number or
  /// word that runs on (`01`, `1-2`, `nullx`) is a fault, not a document with a rest.
  [[nodiscard]] status parse(std::string_view text);

  /// The document; absent unless the last status was `ok`.
  [[nodiscard]] value root() const;
  /// What follows the document, without leading whitespace: "" when the text was one document.
  [[nodiscard]] std::string_view rest() const { return rest_; }

  /// Offset and reason of the first fault after `invalid` or `too_deep`. A text that merely stops
  /// too early has its fault at text.size() and `truncated()` is true.
  [[nodiscard]] std::size_t fault() const { return fault_; }
  [[nodiscard]] std::string_view reason() const { return reason_; }
  [[nodiscard]] bool truncated() const { return truncated_; }

  /// The document holds raw U+0085, U+2028 or U+2029 (legal JSON that breaks line splitters).
  [[nodiscard]] bool has_line_separator() const { return line_separator_; }
  /// A \uD800-\uDFFF escape without its partner.
  [[nodiscard]] bool has_lone_surrogate() const { return lone_surrogate_; }
  /// Whitespace between tokens contains CR or LF (legal JSON, but not one SSE line). What stands
  /// before and behind the document does not count: root().raw() is without it.
  [[nodiscard]] bool has_line_break() const { return line_break_; }

 private:
  class pass;

  std::vector<node> nodes_;  // may be longer than the document needs; node 0 is the root
  std::string_view text_;
  std::string_view rest_;
  std::string_view reason_;
  std::size_t fault_ = 0;
  bool ok_ = false;
  bool truncated_ = false;
  bool line_separator_ = false;
  bool lone_surrogate_ = false;
  bool line_break_ = false;
};

// ---------------------------------------------------------------------------------------------

class value::iterator {
 public:
  iterator(const char* text, const node* nodes, std::uint32_t index)
      : text_(text), nodes_(nodes), index_(index) {}
  [[nodiscard]] value here() const { return {text_, nodes_, index_}; }
  void skip() { index_ = nodes_[index_].next; }
  [[nodiscard]] std::uint32_t index() const { return index_; }

 private:
  const char* text_;
  const node* nodes_;
  std::uint32_t index_;
};

struct value::member {
  value key;  ///< a string value; compare with key.equals("id")
  value val;
};

/// Forward range over the children of one value: `for (auto m : v.members())`.
template <class Item>
class value::range {
 public:
  class cursor {
   public:
    cursor(iterator at, bool pairs) : at_(at), pairs_(pairs) {}
    Item operator*() const {
      if constexpr (std::is_same_v<Item, member>) {
        iterator next = at_;
        next.skip();
        return {at_.here(), next.here()};
      } else {
        return at_.here();
      }
    }
    cursor& operator++() {
      at_.skip();
      if (pairs_) at_.skip();
      return *this;
    }
    bool operator!=(const cursor& other) const { return at_.index() != other.at_.index(); }

   private:
    iterator at_;
    bool pairs_;
  };

  range(iterator first, iterator last) : first_(first), last_(last) {}
  [[nodiscard]] cursor begin() const { return {first_, std::is_same_v<Item, member>}; }
  [[nodiscard]] cursor end() const { return {last_, std::is_same_v<Item, member>}; }

 private:
  iterator first_;
  iterator last_;
};

}  // namespace weir::json
