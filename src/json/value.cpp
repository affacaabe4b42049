#include <charconv>

#include "weir/json/reader.h"
#include "weir/json/writer.h"

namespace weir::json {

std::string_view value::raw() const {
  if (nodes_ == nullptr) return {};
  return {text_ + self().begin, self().end - self().begin};
}

std::string_view value::text() const {
  if (kind() != type::string) return {};
  return raw().substr(1, raw().size() - 2);
}

std::string value::decoded() const {
  if (kind() != type::string) return {};
  return self().escaped ? unescaped(text()) : std::string(text());
}

bool value::equals(std::string_view s) const {
  if (kind() != type::string) return false;
  return self().escaped ? unescaped(text()) == s : text() == s;
}

std::optional<std::int64_t> value::integer() const {
  if (kind() != type::number) return std::nullopt;
  const std::string_view digits = raw();
  std::int64_t out = 0;
  const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), out);
  if (error != std::errc() || stop != digits.data() + digits.size()) return std::nullopt;
  return out;
}

std::optional<double> value::real() const {
  if (kind() != type::number) return std::nullopt;
  const std::string_view digits = raw();
  double out = 0;
  const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), out);
  if (error != std::errc()) return std::nullopt;
  return out;
}

std::optional<bool> value::boolean() const {
  if (kind() != type::boolean) return std::nullopt;
  return text_[self().begin] == 't';
}

value value::operator[](std::string_view key) const {
  if (kind() != type::object) return {};
  std::uint32_t found = 0;  // no member has index 0
  // A key is one node, its value starts in the next.
  for (std::uint32_t i = index_ + 1; i != self().next; i = nodes_[i + 1].next) {
    const node& k = nodes_[i];
    const std::string_view inside(text_ + k.begin + 1, k.end - k.begin - 2);
    if (k.escaped ? unescaped(inside) == key : inside == key) found = i + 1;
  }
  return found != 0 ? value(text_, nodes_, found) : value();
}

value value::at(std::size_t i) const {
  for (const value v : elements()) {
    if (i-- == 0) return v;
  }
  return {};
}

std::size_t value::size() const {
  std::size_t count = 0;
  if (kind() == type::object) {
    for ([[maybe_unused]] const member m : members()) ++count;
  } else {
    for ([[maybe_unused]] const value v : elements()) ++count;
  }
  return count;
}

value::range<value::member> value::members() const {
  if (kind() != type::object) return {{text_, nodes_, 0}, {text_, nodes_, 0}};
  return {{text_, nodes_, index_ + 1}, {text_, nodes_, self().next}};
}

value::range<value> value::elements() const {
  if (kind() != type::array) return {{text_, nodes_, 0}, {text_, nodes_, 0}};
  return {{text_, nodes_, index_ + 1}, {text_, nodes_, self().next}};
}

}  // namespace weir::json
