#pragma once
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "weir/json/reader.h"
#include "weir/openai/chat_request.h"

namespace weir::openai {

struct field;
struct variant;

/// The members of an object in the order in which they are looked at. A name may have two rows.
class field_table {
 public:
  field_table() = default;
  field_table(std::initializer_list<field> rows);
  explicit field_table(std::vector<field> rows);

  [[nodiscard]] const std::vector<field>& rows() const { return rows_; }
  /// A name, and the index of a row that has it.
  struct entry {
    std::string_view name;
    std::size_t row;
  };
  [[nodiscard]] std::span<const entry> called(std::string_view name) const;
  /// The first profile that looks at any of the rows.
  [[nodiscard]] validation from() const { return from_; }

 private:
  std::vector<field> rows_;
  std::vector<entry> by_name_;  // shorter names first: most strangers are told by their length
  validation from_ = validation::full;
};

/// What a value of a request may be: the language in which chat_request_fields.cpp writes section
/// 2.1 of the contract down. Plain data; request_check.h walks it.
struct shape {
  enum class form : std::uint8_t {
    boolean,
    integer,
    decimal,
    text,
    list,
    object,  ///< known members; others are nobody's business (REQ-9, REQ-10)
    tagged,  ///< an object whose member `tag` says which other members it has
    map,     ///< every member is known by its value alone
    either
  };

  form is = form::object;
  /// How large: a number's value, characters of a text, elements of a list, members of a map. Texts
  /// and lists have no other lower bound than 1.
  std::optional<std::int64_t> least;
  std::optional<std::int64_t> most;

  std::vector<std::string_view> words;  ///< of a text: it is one of these
  bool is_name = false;                 ///< of a text: letters, digits, `_` and `-` only
  field_table fields;                   ///< of an object
  std::string_view tag;                 ///< of a tagged object
  std::vector<variant> variants;        ///< of a tagged object
  std::vector<shape> parts;             ///< of either; the one of a list's elements, a map's values
  std::string_view alone;               ///< of a list: an element with this tag is the only one
  std::optional<std::int64_t> most_key;  ///< of a map: characters of a key

  [[nodiscard]] shape at_least(std::int64_t bound) &&;
  [[nodiscard]] shape at_most(std::int64_t bound) &&;
  [[nodiscard]] shape within(std::int64_t low, std::int64_t high) &&;
  [[nodiscard]] shape with_alone(std::string_view tag_word) &&;
  [[nodiscard]] shape with_keys_at_most(std::int64_t characters) &&;
};

/// A member that an object may or must have. null stands for an absent optional one (REQ-1).
struct field {
  std::string_view name;
  shape is;
  bool required = false;
  validation from = validation::full;  ///< the first profile that looks at it (REQ-2)
  std::string_view enabled_by;         ///< only allowed while this flag beside it is true (ERR-14)

  [[nodiscard]] field in_minimal() &&;
  [[nodiscard]] field only_with(std::string_view flag) &&;
};

/// The further members of a tagged object with this word as its tag.
struct variant {
  std::string_view word;
  field_table fields;
  /// Let through, but not among the values that messages list: a vendor's (REQ-10).
  bool vendors_own = false;
};

namespace shapes {
[[nodiscard]] shape boolean();
[[nodiscard]] shape integer();
[[nodiscard]] shape decimal();
[[nodiscard]] shape text();
[[nodiscard]] shape word(std::initializer_list<std::string_view> words);
[[nodiscard]] shape name();  ///< `[A-Za-z0-9_-]{1,64}`
[[nodiscard]] shape list_of(shape element);
[[nodiscard]] shape map_of(shape value);
[[nodiscard]] shape object(std::vector<field> fields = {});
[[nodiscard]] shape tagged(std::string_view tag, std::initializer_list<variant> variants);
[[nodiscard]] shape either(shape one, shape other);
[[nodiscard]] field required(std::string_view name, shape is);
[[nodiscard]] field optional(std::string_view name, shape is);
}  // namespace shapes

/// Whether the type of `v` is one that `s` speaks of; its content may still be wrong.
[[nodiscard]] bool is_of_type(json::value v, const shape& s);

/// The words of section 2.3 for what a value is: `an integer`, `a string`, `null`.
[[nodiscard]] std::string_view type_words(json::value v);
/// And for what it should have been: `a decimal`, `an array of objects`, `one of 'low' or 'high'`.
[[nodiscard]] std::string type_words(const shape& s);
/// `'a'`, `one of 'a' or 'b'`.
[[nodiscard]] std::string choice_words(const std::vector<std::string_view>& words);
/// What the tag of a tagged object may be.
[[nodiscard]] std::vector<std::string_view> tag_words(const shape& tagged);

/// `'a'`, `'a' and 'b'`, `'a', 'b', and 'c'`.
[[nodiscard]] std::string listed(const std::vector<std::string_view>& words,
                                 std::string_view conjunction);

}  // namespace weir::openai
