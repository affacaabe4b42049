#include "meter/client_key.h"

#include <algorithm>
#include <cstddef>
#include <initializer_list>

#include "weir/base/limits.h"
#include "weir/json/writer.h"

namespace weir::meter {
namespace {

constexpr std::string_view digits = "0123456789abcdef";

std::optional<unsigned> value_of(char c) {
  const auto at = digits.find(c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c);
  return at == std::string_view::npos ? std::nullopt : std::optional(static_cast<unsigned>(at));
}

}  // namespace

std::string to_text(const key_hash& hash) {
  std::string out;
  for (const std::uint8_t byte : hash) {
    out += digits[byte >> 4U];
    out += digits[byte & 15U];
  }
  return out;
}

std::optional<key_hash> parse_hash(std::string_view text) {
  key_hash out{};
  if (text.size() != 2 * out.size()) return std::nullopt;
  for (std::size_t i = 0; i < out.size(); ++i) {
    const auto high = value_of(text[2 * i]);
    const auto low = value_of(text[2 * i + 1]);
    if (!high || !low) return std::nullopt;
    out[i] = static_cast<std::uint8_t>(*high << 4U | *low);
  }
  return out;
}

namespace {

void add(std::string& out, std::string_view name, std::string_view raw) {
  if (!out.empty()) out += ',';
  out += json::quoted(name) + ':';
  out += raw;
}

void add_list(std::string& out, std::string_view name, const std::vector<std::string>& list) {
  if (list.empty()) return;
  std::string items;
  for (const std::string& one : list) items += (items.empty() ? "" : ",") + json::quoted(one);
  add(out, name, '[' + items + ']');
}

struct count_member {
  std::string_view name;
  std::optional<std::uint64_t> allowance::*of;
  std::uint64_t most;
};
constexpr count_member counts[] = {
    {"requests_per_minute", &allowance::requests_per_minute, limits::max_requests_per_minute},
    {"tokens_per_minute", &allowance::tokens_per_minute, limits::max_tokens_per_minute},
    {"max_concurrent", &allowance::max_concurrent, limits::max_concurrent_requests},
};
struct money_member {
  std::string_view name;
  std::optional<nano_usd> allowance::*of;
};
constexpr money_member amounts[] = {{"usd_per_day", &allowance::usd_per_day},
                                    {"usd_per_month", &allowance::usd_per_month}};
struct list_member {
  std::string_view name;
  std::vector<std::string> client_key::*of;
};
constexpr list_member lists[] = {{"models", &client_key::models},
                                 {"upstreams", &client_key::upstreams},
                                 {"apis", &client_key::apis}};

failure wants(std::string_view name, std::string_view what) {
  return {"'" + std::string(name) + "' must be " + std::string(what)};
}

/// Whether it is one of the allowance; null takes a limit away.
std::optional<failure> read_limit(std::string_view name, json::value value, allowance& into,
                                  bool& known) {
  known = true;
  for (const count_member& m : counts) {
    if (m.name != name) continue;
    const auto number = value.integer();
    if (value.is(json::type::null))
      into.*m.of = std::nullopt;
    else if (!number || *number < 1 || static_cast<std::uint64_t>(*number) > m.most)
      return wants(name, "a whole number from 1 to " + std::to_string(m.most));
    else
      into.*m.of = static_cast<std::uint64_t>(*number);
    return std::nullopt;
  }
  for (const money_member& m : amounts) {
    if (m.name != name) continue;
    const auto amount = value.is(json::type::number) ? parse_usd(value.raw()) : std::nullopt;
    if (!value.is(json::type::null) && !amount)
      return wants(name, "an amount of USD like 12.50, with up to nine decimals, at most " +
                             std::to_string(limits::max_configured_usd));
    into.*m.of = amount;
    return std::nullopt;
  }
  known = false;
  return std::nullopt;
}

bool in_list(std::string_view list, std::string_view name) {
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    if (list.substr(0, comma) == name) return true;
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return false;
}

failure unknown(std::string_view name) {
  return {"there is no setting '" + std::string(name.substr(0, limits::max_key_name_bytes)) + "'"};
}

std::optional<failure> read_list(std::string_view name, json::value value,
                                 std::vector<std::string>& into) {
  if (!value.is(json::type::array)) return wants(name, "a list of text");
  for (const json::value item : value.elements()) {
    if (!item.is(json::type::string) || item.text().empty()) return wants(name, "a list of text");
    into.push_back(item.decoded());
  }
  return std::nullopt;
}

std::optional<failure> read_labels(json::value value, client_key& into) {
  if (!value.is(json::type::object) || value.size() > limits::max_tags)
    return wants("labels", "an object of text, of at most " + std::to_string(limits::max_tags));
  for (const auto& [label, text] : value.members()) {
    if (!text.is(json::type::string)) return wants("labels", "an object of text");
    into.labels.emplace_back(label.decoded(), text.decoded());
  }
  return std::nullopt;
}

}  // namespace

std::string settings_json(const allowance& may) {
  std::string out;
  for (const count_member& m : counts)
    if (may.*m.of) add(out, m.name, std::to_string(*(may.*m.of)));
  for (const money_member& m : amounts)
    if (may.*m.of) add(out, m.name, to_text(*(may.*m.of)));
  return out;
}

std::string settings_json(const client_key& key) {
  std::string out;
  if (!key.group.empty()) add(out, "group", json::quoted(key.group));
  if (!key.labels.empty()) {
    std::string labels;
    for (const auto& [name, text] : key.labels) add(labels, name, json::quoted(text));
    add(out, "labels", '{' + labels + '}');
  }
  for (const list_member& m : lists) add_list(out, m.name, key.*m.of);
  if (const std::string limits = settings_json(key.may); !limits.empty())
    out += (out.empty() ? "" : ",") + limits;
  if (key.store_content) add(out, "store_content", "true");
  return out;
}

std::optional<failure> read_settings(json::value object, allowance& into) {
  for (const auto& [key, value] : object.members()) {
    const std::string name = key.decoded();
    bool known = false;
    if (auto fault = read_limit(name, value, into, known)) return fault;
    if (!known) return unknown(name);
  }
  return std::nullopt;
}

std::optional<failure> read_settings(json::value object, std::string_view others,
                                     client_key& into) {
  for (const auto& [key, value] : object.members()) {
    const std::string name = key.decoded();
    bool known = false;
    std::optional<failure> fault = read_limit(name, value, into.may, known);
    if (!known && name == "group") {
      known = true;
      if (!value.is(json::type::string)) fault = wants(name, "text");
      into.group = value.decoded();
    } else if (!known && name == "labels") {
      known = true;
      fault = read_labels(value, into);
    } else if (!known && name == "store_content") {
      known = true;
      if (!value.boolean()) fault = wants(name, "true or false");
      into.store_content = value.boolean().value_or(false);
    }
    for (const list_member& m : lists)
      if (m.name == name) {
        known = true;
        fault = read_list(name, value, into.*m.of);
      }
    if (fault) return fault;
    if (!known && !in_list(others, name)) return unknown(name);
  }
  return std::nullopt;
}

}  // namespace weir::meter
