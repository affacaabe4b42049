#include "openai/request_shape.h"

#include <algorithm>
#include <utility>

namespace weir::openai {
namespace {

using form = shape::form;

shape of(form is) {
  shape out;
  out.is = is;
  return out;
}

/// The order of field_table's index.
bool stands_before(std::string_view one, std::string_view other) {
  return one.size() != other.size() ? one.size() < other.size() : one < other;
}

bool is_integer(json::value v) {
  return v.is(json::type::number) && v.raw().find_first_of(".eE") == std::string_view::npos;
}

/// `an array of objects` within a sentence that has its article already: `array of objects`.
std::string without_article(std::string words) {
  for (const std::string_view article : {"a ", "an "})
    if (words.starts_with(article)) return words.substr(article.size());
  return words;
}

std::string list_words(const shape& element) {
  if (element.is == form::text) return "an array of strings";
  const bool objects = element.is == form::object || element.is == form::tagged;
  return objects ? "an array of objects" : "an array";
}

}  // namespace

field_table::field_table(std::initializer_list<field> rows)
    : field_table(std::vector<field>(rows)) {}

field_table::field_table(std::vector<field> rows) : rows_(std::move(rows)) {
  for (const field& row : rows_) {
    from_ = std::min(from_, row.from);
    by_name_.push_back({row.name, by_name_.size()});
  }
  std::stable_sort(by_name_.begin(), by_name_.end(), [](const entry& one, const entry& other) {
    return stands_before(one.name, other.name);
  });
}

std::span<const field_table::entry> field_table::called(std::string_view name) const {
  const auto first = std::partition_point(by_name_.begin(), by_name_.end(), [&](const entry& e) {
    return stands_before(e.name, name);
  });
  const auto last =
      std::find_if(first, by_name_.end(), [&](const entry& e) { return e.name != name; });
  return {first, last};
}

shape shape::at_least(std::int64_t bound) && {
  least = bound;
  return std::move(*this);
}

shape shape::at_most(std::int64_t bound) && {
  most = bound;
  return std::move(*this);
}

shape shape::within(std::int64_t low, std::int64_t high) && {
  least = low;
  most = high;
  return std::move(*this);
}

shape shape::with_alone(std::string_view tag_word) && {
  alone = tag_word;
  return std::move(*this);
}

shape shape::with_keys_at_most(std::int64_t characters) && {
  most_key = characters;
  return std::move(*this);
}

field field::in_minimal() && {
  from = validation::minimal;
  return std::move(*this);
}

field field::only_with(std::string_view flag) && {
  enabled_by = flag;
  return std::move(*this);
}

namespace shapes {

shape boolean() { return of(form::boolean); }
shape integer() { return of(form::integer); }
shape decimal() { return of(form::decimal); }
shape text() { return of(form::text); }

shape word(std::initializer_list<std::string_view> words) {
  shape out = of(form::text);
  out.words = words;
  return out;
}

shape name() {
  shape out = text().within(1, 64);
  out.is_name = true;
  return out;
}

shape list_of(shape element) {
  shape out = of(form::list);
  out.parts.push_back(std::move(element));
  return out;
}

shape map_of(shape value) {
  shape out = of(form::map);
  out.parts.push_back(std::move(value));
  return out;
}

shape object(std::vector<field> fields) {
  shape out = of(form::object);
  out.fields = field_table(std::move(fields));
  return out;
}

shape tagged(std::string_view tag, std::initializer_list<variant> variants) {
  shape out = of(form::tagged);
  out.tag = tag;
  out.variants = variants;
  return out;
}

shape either(shape one, shape other) {
  shape out = of(form::either);
  out.parts.push_back(std::move(one));
  out.parts.push_back(std::move(other));
  return out;
}

field required(std::string_view name, shape is) {
  field out = optional(name, std::move(is));
  out.required = true;
  return out;
}

field optional(std::string_view name, shape is) {
  field out;
  out.name = name;
  out.is = std::move(is);
  return out;
}

}  // namespace shapes

bool is_of_type(json::value v, const shape& s) {
  switch (s.is) {
    case form::boolean:
      return v.is(json::type::boolean);
    case form::integer:
      return is_integer(v);
    case form::decimal:
      return v.is(json::type::number);
    case form::text:
      return v.is(json::type::string);
    case form::list:
      return v.is(json::type::array);
    case form::object:
    case form::tagged:
    case form::map:
      return v.is(json::type::object);
    case form::either:
      return std::any_of(s.parts.begin(), s.parts.end(),
                         [&](const shape& part) { return is_of_type(v, part); });
  }
  return false;
}

std::string_view type_words(json::value v) {
  switch (v.kind()) {
    case json::type::boolean:
      return "a boolean";
    case json::type::number:
      return is_integer(v) ? "an integer" : "a decimal number";
    case json::type::string:
      return "a string";
    case json::type::array:
      return "an array";
    case json::type::object:
      return "an object";
    case json::type::absent:
    case json::type::null:
      break;
  }
  return "null";
}

std::string type_words(const shape& s) {
  switch (s.is) {
    case form::boolean:
      return "a boolean";
    case form::integer:
      return "an integer";
    case form::decimal:
      return "a decimal";
    case form::text:
      return s.words.empty() ? "a string" : choice_words(s.words);
    case form::list:
      return list_words(s.parts.front());
    case form::object:
    case form::tagged:
    case form::map:
      return "an object";
    case form::either:
      return "one of " + type_words(s.parts.front()) + " or " +
             without_article(type_words(s.parts.back()));
  }
  return "an object";
}

std::string choice_words(const std::vector<std::string_view>& words) {
  return (words.size() > 1 ? "one of " : "") + listed(words, "or");
}

std::vector<std::string_view> tag_words(const shape& tagged) {
  std::vector<std::string_view> out;
  for (const variant& one : tagged.variants)
    if (!one.vendors_own) out.push_back(one.word);
  return out;
}

std::string listed(const std::vector<std::string_view>& words, std::string_view conjunction) {
  std::string out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i != 0) out += words.size() > 2 ? ", " : " ";
    if (i != 0 && i + 1 == words.size()) out += std::string(conjunction) + ' ';
    out += "'" + std::string(words[i]) + "'";
  }
  return out;
}

}  // namespace weir::openai
