#include "openai/call_fragment.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <vector>

#include "openai/vendor_text.h"
#include "weir/json/writer.h"

namespace weir::openai {

namespace {

/// An index however it is spelled (K5).
std::optional<std::int64_t> index_of(json::value v) {
  if (const auto whole = v.integer()) return whole;
  constexpr double beyond_any_list = 1e9;
  if (const auto real = v.real(); real && std::abs(*real) < beyond_any_list)
    return static_cast<std::int64_t>(*real);
  std::int64_t number = 0;
  const std::string_view text = v.text();
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (fault != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// K6: what some servers write where they have no id.
std::string_view id_of(json::value v) {
  if (v.is(json::type::number)) return v.raw();
  const std::string_view text = v.text();
  return text == "null" || text == "None" ? std::string_view{} : text;
}

/// Two members have one name, of the many in `object`.
bool has_doubled_among_many(json::value object) {
  std::vector<std::string> names;
  names.reserve(object.size());
  for (const auto [key, val] : object.members()) names.push_back(key.decoded());
  std::sort(names.begin(), names.end());
  return std::adjacent_find(names.begin(), names.end()) != names.end();
}

bool has_doubled_member(json::value object) {
  constexpr std::size_t few = 16;  // as calls have them: looked through without an allocation
  if (object.size() > few) return has_doubled_among_many(object);
  std::size_t before = 0;
  for (const auto [key, val] : object.members()) {
    std::size_t left = before++;
    for (const auto [other, other_val] : object.members()) {
      if (left-- == 0) break;
      if (same_name(other.text(), key.text())) return true;
    }
  }
  return false;
}

}  // namespace

call_fragment call_reader::read(json::value entry) {
  call_fragment out;
  out.entry = entry;
  const json::value type = entry["type"];
  const json::value custom = entry["custom"];
  const json::value function = entry["function"];
  out.custom = custom.is(json::type::object) && !function.is(json::type::object);
  out.body = out.custom ? custom : function;
  if (!out.body.is(json::type::object)) {
    out.body = entry;
    out.custom = type.equals("custom");
    out.regular = false;
  }
  out.index = index_of(entry["index"]);
  out.id = id_of(entry["id"]);
  const json::value id = entry["id"];
  if (!entry["index"].integer() || (id.present() && !id.is(json::type::string)) ||
      (id.present() && out.id.empty()) ||
      (type.present() && !type.equals(out.custom ? "custom" : "function")))
    out.regular = false;
  out.doubled = has_doubled_member(entry);
  read_body(out);
  return out;
}

call_fragment call_reader::read_legacy(json::value function_call) {
  call_fragment out;
  out.entry = function_call;
  out.body = function_call;
  out.index = 0;
  out.legacy = true;
  read_body(out);
  return out;
}

void call_reader::read_body(call_fragment& into) {
  const json::value name = into.body["name"];
  into.name = name.text();
  into.doubled = into.doubled || has_doubled_member(into.body);
  if (into.doubled) into.regular = false;
  if (name.present() && into.name.empty()) into.regular = false;
  json::value arguments = into.body["arguments"];
  if (!arguments.present() || into.custom) {
    const json::value input = into.body["input"];
    if (input.present()) arguments = input;
  }
  into.has_arguments = arguments.present();
  if (arguments.is(json::type::string)) {
    into.arguments = arguments.text();
  } else if (arguments.given()) {
    into.regular = false;
    into.serialised = true;
    const std::string text = json::quoted(json::compact(arguments.raw()));
    serialised_.assign(text, 1, text.size() - 2);
    into.arguments = serialised_;
  } else if (arguments.present()) {
    into.regular = false;
  }
}

}  // namespace weir::openai
