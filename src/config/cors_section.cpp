// The keys of `cors:`. Their meanings stand in docs/config.md word for word.
#include <algorithm>
#include <string_view>

#include "config/codecs.h"
#include "config/schema.h"
#include "weir/base/limits.h"

namespace weir::config {
namespace codecs {
namespace {

/// A list of texts, each of which must please `right`.
std::vector<std::string> read_texts(reader& from, const node& value, std::string_view what,
                                    std::string_view rule, bool (*right)(std::string_view)) {
  if (value.is != node::form::list) {
    from.fail_type(value, what);
    return {};
  }
  if (value.items.size() > limits::max_cors_entries)
    from.fail(value.at, "at most " + std::to_string(limits::max_cors_entries) + " of them");
  std::vector<std::string> out;
  for (const node& item : value.items) {
    auto text = from.read_nonempty_text(item, rule);
    if (!text) continue;
    if (!right(*text)) from.fail(item.at, "must be " + std::string(rule));
    out.push_back(std::move(*text));
  }
  return out;
}

tree show_texts(const std::vector<std::string>& value) {
  std::vector<tree> texts;
  for (const std::string& text : value) texts.push_back(tree::of_text(text));
  return tree::of_list(std::move(texts));
}

tree texts_schema() {
  return object({{"type", tree::of_text("array")}, {"items", string_schema()}});
}

/// The serialization of an origin (RFC 6454 6.2): a page's address up to its path, in lower case.
/// `null` is none: every sandboxed frame says it.
bool is_origin(std::string_view text) {
  if (text == "*") return true;
  const std::size_t colon = text.find("://");
  if (colon == 0 || colon == std::string_view::npos) return false;
  const std::string_view host = text.substr(colon + 3);
  const auto lower_or = [](std::string_view also) {
    return [also](char c) {
      return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
             also.find(c) != std::string_view::npos;
    };
  };
  return !host.empty() &&
         std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(colon),
                     lower_or("+-.")) &&
         std::all_of(host.begin(), host.end(), lower_or("-._:[]"));
}

bool is_header_name(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("!#$%&'+-.^_`|~").find(c) != std::string_view::npos;
  });
}

}  // namespace

/// Origins of pages, or `*` and nothing else.
struct origins {
  static std::vector<std::string> read(reader& from, const node& value) {
    auto out =
        read_texts(from, value, "a list of origins",
                   "an origin like https://app.example.com, in lower case and without a path, or *",
                   is_origin);
    if (out.size() > 1 && std::find(out.begin(), out.end(), "*") != out.end())
      from.fail(value.at, "'*' is every origin and stands alone");
    return out;
  }
  static tree show(const std::vector<std::string>& value) { return show_texts(value); }
  static tree schema() { return texts_schema(); }
};

struct header_names {
  static std::vector<std::string> read(reader& from, const node& value) {
    return read_texts(from, value, "a list of header names", "the name of a header",
                      is_header_name);
  }
  static tree show(const std::vector<std::string>& value) {
    return value.empty() ? tree() : show_texts(value);
  }
  static tree schema() { return texts_schema(); }
};

cors_settings cors::read(reader& from, const node& value) {
  cors_settings out = read_section<cors_settings>(from, value, "a mapping");
  if (const node* const written = value.find("credentials"))
    if (out.credentials && out.any_origin())
      from.fail(written->at, "'credentials' and every origin exclude each other",
                "name the origins");
  return out;
}

tree cors::show(const cors_settings& value) { return value.on() ? show_section(value) : tree(); }

tree cors::schema() { return reference(section_of<cors_settings>().name); }

}  // namespace codecs

template <>
const section<cors_settings>& section_of() {
  using c = cors_settings;
  static const section<c> table{
      "cors",
      {
          required_key<c, codecs::origins, &c::origins>(
              "origins",
              "The origins whose pages may read answers, as browsers write them; `*` alone is "
              "every one.",
              "[https://app.example.com]"),
          key<c, codecs::header_names, &c::headers>(
              "headers",
              "The request headers that pages may send; otherwise those that the browser asks for.",
              "[authorization, content-type]"),
          key<c, codecs::flag, &c::credentials>(
              "credentials",
              "Whether pages may send cookies and the like, for a proxy in front. Not with `*`.",
              "false"),
          key<c, codecs::duration, &c::max_age>(
              "max_age", "How long a browser may remember what it was allowed.", "1h"),
      },
      {}};
  return table;
}

}  // namespace weir::config
