#include "openai/request_check.h"

#include <algorithm>
#include <string_view>

#include "openai/masking.h"

namespace weir::openai {
namespace {

using form = shape::form;
using json::value;

/// Below 0, 0 or above 0.
template <class T>
int order(T one, T other) {
  return (one > other ? 1 : 0) - (one < other ? 1 : 0);
}

/// Of a number that no double holds: 1e-999 rather than 1e999.
bool is_tiny(std::string_view digits) {
  const std::size_t exponent = digits.find_first_of("eE");
  if (exponent != std::string_view::npos) return digits[exponent + 1] == '-';
  return digits.starts_with("0.") || digits.starts_with("-0.");
}

/// Where the number stands to a bound.
int compare(value number, std::int64_t bound) {
  if (const auto whole = number.integer()) return order(*whole, bound);
  const std::string_view digits = number.raw();
  const int far = digits.starts_with('-') ? -1 : 1;
  if (digits.find_first_of(".eE") == std::string_view::npos) return far;  // more than 64 bits
  const auto near = static_cast<double>(bound);
  if (const auto real = number.real()) return order(*real, near);
  return is_tiny(digits) ? order(0.0, near) : far;
}

/// Characters, as the API counts the length of a string.
std::size_t length_of(std::string_view utf8) {
  return static_cast<std::size_t>(std::count_if(utf8.begin(), utf8.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
  }));
}

std::size_t size(std::optional<std::int64_t> bound) { return static_cast<std::size_t>(*bound); }
bool below(std::size_t length, std::optional<std::int64_t> least) {
  return least && length < size(least);
}
bool above(std::size_t length, std::optional<std::int64_t> most) {
  return most && length > size(most);
}

bool is_name(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
  });
}

/// The members of an object that a table has rows for, found in one pass: beside them there may be
/// millions that nobody knows.
class known_members {
 public:
  known_members(const field_table& fields, value object)
      : fields_(fields), values_(fields.rows().size()) {
    for (const auto [key, member] : object.members()) {
      const std::string_view text = key.text();
      const bool escaped = text.find('\\') != std::string_view::npos;
      for (const auto& known : escaped ? fields.called(key.decoded()) : fields.called(text))
        values_[known.row] = member;  // of several the last one counts
    }
  }

  /// That of the row; absent when there is none.
  [[nodiscard]] value operator[](std::size_t row) const { return values_[row]; }
  [[nodiscard]] bool is_true(std::string_view name) const {
    const auto rows = fields_.called(name);
    return !rows.empty() && values_[rows.front().row].boolean().value_or(false);
  }

 private:
  const field_table& fields_;
  std::vector<value> values_;
};

/// One walk over a request. The path says where we are.
class walk {
 public:
  explicit walk(validation profile) : profile_(profile) {}

  fault check(const shape& s, value v) {
    if (!is_of_type(v, s)) return errors::invalid_type(path_, type_words(s), type_words(v));
    switch (s.is) {
      case form::boolean:
        break;
      case form::integer:
      case form::decimal:
        return check_range(s, v);
      case form::text:
        return check_text(s, v);
      case form::list:
        return check_list(s, v);
      case form::object:
        return check_fields(s.fields, v);
      case form::tagged:
        return check_tagged(s, v);
      case form::map:
        return check_map(s, v);
      case form::either:
        return check(is_of_type(v, s.parts.front()) ? s.parts.front() : s.parts.back(), v);
    }
    return std::nullopt;
  }

 private:
  /// Enters a member or an element for the time of its scope.
  class step {
   public:
    step(walk& owner, std::string_view name) : owner_(owner), length_(owner.path_.size()) {
      if (length_ != 0) owner.path_ += '.';
      owner.path_ += name;
    }
    step(walk& owner, std::size_t index) : owner_(owner), length_(owner.path_.size()) {
      owner.path_ += '[';
      owner.path_ += std::to_string(index);
      owner.path_ += ']';
    }
    ~step() { owner_.path_.resize(length_); }
    step(const step&) = delete;
    step& operator=(const step&) = delete;

   private:
    walk& owner_;
    std::size_t length_;
  };

  /// The loop over the rows of one table.
  fault check_fields(const field_table& fields, value v) {
    if (fields.from() > profile_) return std::nullopt;
    const known_members members(fields, v);
    const std::vector<field>& rows = fields.rows();
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (!rows[i].required || rows[i].from > profile_ || members[i].present()) continue;
      const step inside(*this, rows[i].name);
      return errors::missing_parameter(path_);
    }
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const field& row = rows[i];
      if (row.from > profile_) continue;
      if (!row.required && !members[i].given()) continue;  // REQ-1
      const step inside(*this, row.name);
      const bool disabled = !row.enabled_by.empty() && !members.is_true(row.enabled_by);
      if (disabled && is_of_type(members[i], row.is))
        return errors::only_allowed_with(path_, row.enabled_by);
      if (fault wrong = check(row.is, members[i])) return wrong;
    }
    return std::nullopt;
  }

  fault check_tagged(const shape& s, value v) {
    const value tag = v[s.tag];
    for (const variant& one : s.variants)
      if (tag.equals(one.word)) return check_fields(one.fields, v);
    const step inside(*this, s.tag);
    return tag.present() ? wrong_word(tag_words(s), tag) : errors::missing_parameter(path_);
  }

  fault check_range(const shape& s, value v) {
    const auto kind = s.is == form::integer ? errors::number::integer : errors::number::decimal;
    if (s.least && compare(v, *s.least) < 0)
      return errors::below_minimum(path_, std::to_string(*s.least), v.raw(), kind);
    if (s.most && compare(v, *s.most) > 0)
      return errors::above_maximum(path_, std::to_string(*s.most), v.raw(), kind);
    return std::nullopt;
  }

  [[nodiscard]] error wrong_word(const std::vector<std::string_view>& words, value v) const {
    if (!v.is(json::type::string))
      return errors::invalid_type(path_, choice_words(words), type_words(v));
    return errors::invalid_value(path_, v.decoded(), listed(words, "and"));
  }

  fault check_text(const shape& s, value v) {
    if (!s.words.empty()) {
      const bool known = std::any_of(s.words.begin(), s.words.end(),
                                     [&](std::string_view word) { return v.equals(word); });
      if (known) return std::nullopt;
      return wrong_word(s.words, v);
    }
    if (!s.least && !s.most && !s.is_name) return std::nullopt;
    const std::string text = v.decoded();
    const std::size_t length = length_of(text);
    if (below(length, s.least)) return errors::empty_string(path_);
    if (above(length, s.most)) return errors::string_too_long(path_, size(s.most), length);
    if (s.is_name && !is_name(text)) return errors::not_a_name(path_);
    return std::nullopt;
  }

  fault check_list(const shape& s, value v) {
    const std::size_t length = v.size();
    if (below(length, s.least)) return errors::empty_array(path_);
    if (above(length, s.most)) return errors::array_too_long(path_, size(s.most), length);
    const shape& each = s.parts.front();
    std::size_t index = 0;
    for (const value element : v.elements()) {
      const step inside(*this, index++);
      if (fault wrong = check(each, element)) return wrong;
    }
    if (s.alone.empty() || length < 2) return std::nullopt;
    for (const value element : v.elements())
      if (element[each.tag].equals(s.alone)) return errors::array_too_long(path_, 1, length);
    return std::nullopt;
  }

  fault check_map(const shape& s, value v) {
    const std::size_t members = v.size();
    if (above(members, s.most)) return errors::too_many_properties(path_, size(s.most), members);
    for (const auto [key, member] : v.members()) {
      const std::string name = key.decoded();
      const std::size_t length = length_of(name);
      if (above(length, s.most_key))
        return errors::property_name_too_long(path_, name, size(s.most_key), length);
      const step inside(*this, echoed(name));
      if (fault wrong = check(s.parts.front(), member)) return wrong;
    }
    return std::nullopt;
  }

  validation profile_;
  std::string path_;
};

}  // namespace

fault check_request(const shape& table, value root, validation profile) {
  return walk(profile).check(table, root);
}

}  // namespace weir::openai
