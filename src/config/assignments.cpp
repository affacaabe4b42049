#include "config/assignments.h"

#include <algorithm>

#include "config/codecs.h"
#include "config/reader.h"

namespace weir::config {
namespace {

/// The value as it would be written in the file, where `$${` is a literal `${`.
node plain_scalar(std::string_view text) {
  node out;
  out.type = core_type(text);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text.substr(i, 2) == "${") out.text += '$';
    out.text += text[i];
  }
  return out;
}

}  // namespace

result<stream_overrides> parse_assignments(const std::vector<std::string>& texts) {
  node written;
  written.is = node::form::mapping;
  for (const std::string& text : texts) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos) return failure{"must be NAME=VALUE, not " + quoted_name(text)};
    node name;
    name.type = node::scalar_type::text;
    name.text = text.substr(0, equals);
    const auto same = [&](const node::member& m) { return m.key.text == name.text; };
    std::erase_if(written.members, same);
    written.members.push_back({std::move(name), plain_scalar(text.substr(equals + 1))});
  }
  const environment no_variables = [](const std::string&) { return std::nullopt; };
  reader from("", no_variables);
  const stream_overrides out = read_section<stream_overrides>(from, written, "NAME=VALUE");
  const std::vector<problem> problems = from.problems();
  if (problems.empty()) return out;
  const problem& first = problems.front();
  return failure{first.message + (first.hint.empty() ? "" : " (" + first.hint + ")")};
}

}  // namespace weir::config
