#include "openai/usage_form.h"

#include <cstdint>
#include <string_view>

#include "weir/openai/usage.h"

namespace weir::openai {

namespace {

using json::type;

constexpr std::string_view counters[] = {"prompt_tokens", "completion_tokens", "total_tokens"};
constexpr std::string_view details[] = {"prompt_tokens_details", "completion_tokens_details"};

template <std::size_t N>
bool is_one_of(json::value key, const std::string_view (&names)[N]) {
  for (const std::string_view name : names)
    if (key.equals(name)) return true;
  return false;
}

bool is_count(json::value v) { return v.integer().value_or(-1) >= 0; }

/// Objects whose members are numbers or null; of other members nobody says what they are.
bool readable_details(json::value v) {
  if (!v.is(type::object)) return !v.given();
  for (const auto [key, val] : v.members())
    if (val.is(type::string) && key.decoded().ends_with("_tokens")) return false;
  return true;
}

bool readable(json::value usage, const struct usage& read) {
  for (const std::string_view name : counters)
    if (usage[name].present() && !is_count(usage[name])) return false;
  for (const std::string_view name : details)
    if (!readable_details(usage[name])) return false;
  if (read.prompt && !usage["prompt_tokens"].present()) return false;
  if (read.completion && !usage["completion_tokens"].present()) return false;
  return usage["total_tokens"].present() || !read.prompt || !read.completion;
}

}  // namespace

std::optional<std::string> mended_usage(json::value usage) {
  const struct usage read = read_usage(usage);
  if (readable(usage, read)) return std::nullopt;
  std::string out = "{";
  const auto add = [&out](std::string_view key, std::string_view raw) {
    if (out.size() > 1) out += ',';
    out.append("\"").append(key).append("\":").append(raw);
  };
  const auto add_count = [&](std::string_view key, std::optional<std::uint64_t> n) {
    if (n) add(key, std::to_string(*n));
  };
  add_count("prompt_tokens", read.prompt);
  add_count("completion_tokens", read.completion);
  if (read.total || (read.prompt && read.completion))
    add("total_tokens",
        std::to_string(read.total.value_or(read.prompt.value_or(0) + read.completion.value_or(0))));
  for (const auto [key, val] : usage.members()) {
    if (is_one_of(key, counters)) continue;
    if (is_one_of(key, details) && !(val.is(type::object) && readable_details(val))) continue;
    add(key.text(), val.raw());
  }
  const auto add_details = [&](std::string_view key, std::string_view member,
                               std::optional<std::uint64_t> n) {
    const json::value own = usage[key];
    if (n && !(own.is(type::object) && readable_details(own)))
      add(key, "{\"" + std::string(member) + "\":" + std::to_string(*n) + "}");
  };
  add_details("prompt_tokens_details", "cached_tokens", read.cached);
  add_details("completion_tokens_details", "reasoning_tokens", read.reasoning);
  return out + '}';
}

bool counts_tokens(json::value usage) {
  const struct usage read = read_usage(usage);
  return read.prompt.value_or(0) != 0 || read.completion.value_or(0) != 0 ||
         read.total.value_or(0) != 0;
}

}  // namespace weir::openai
