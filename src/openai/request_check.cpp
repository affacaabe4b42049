#include "openai/request_check.h"

#include <algorithm>
#include <string_view>

#include "openai/masking.h"

namespace weir::openai {
namespace {

using form = shape::form;
using json::value;

/// Where the number stands to a bound: below 0, 0 or above 0.
int compare(value number, std::int64_t bound) {
  if (const auto whole = number.integer()) return *whole < bound ? -1 : *whole > bound ? 1 : 0;
  const std::string_view digits = number.raw();
  const int far = digits.starts_with('-') ? -1 : 1;
  const std::size_t exponent = digits.find_first_of("eE");
  // More than 64 bits, and so beyond every bound.
  if (digits.find_first_of(".eE") == std::string_view::npos) return far;
  const auto near = static_cast<double>(bound);
  if (const auto real = number.real()) return *real < near ? -1 : *real > near ? 1 : 0;
  // A double holds neither 1e999 nor 1e-999; the latter is as good as 0.
  const bool tiny = exponent != std::string_view::npos ? digits[exponent + 1] == '-'
                                                       : digits.substr(far < 0).starts_with("0.");
  if (!tiny) return far;
  return 0 < bound ? -1 : 0 > bound ? 1 : 0;
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

  [[nodiscard]] bool looks_at(const field& f) const { return f.from <= profile_; }

  /// The loop over the rows of one table.
  fault check_fields(const std::vector<field>& fields, value v) {
    for (const field& f : fields) {
      if (!f.required || !looks_at(f) || v[f.name].present()) continue;
      const step inside(*this, f.name);
      return errors::missing_parameter(path_);
    }
    for (const field& f : fields) {
      if (!looks_at(f)) continue;
      const value member = v[f.name];
      if (!f.required && !member.given()) continue;  // REQ-1
      const step inside(*this, f.name);
      if (!f.enabled_by.empty() && is_of_type(member, f.is) &&
          v[f.enabled_by].boolean() != std::optional<bool>(true)) {
        return errors::only_allowed_with(path_, f.enabled_by);
      }
      if (fault wrong = check(f.is, member)) return wrong;
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
