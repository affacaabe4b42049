#include "config/yaml.h"

#include <libfyaml.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <memory>
#include <optional>

#include "weir/base/limits.h"

namespace weir::config {
namespace {

struct parser_deleter {
  void operator()(fy_parser* p) const { fy_parser_destroy(p); }
};
struct diag_deleter {
  void operator()(fy_diag* d) const {
    fy_diag_reset_error(d);  // the last reference does not free collected errors
    fy_diag_unref(d);
  }
};
using parser_handle = std::unique_ptr<fy_parser, parser_deleter>;
using diag_handle = std::unique_ptr<fy_diag, diag_deleter>;

std::string_view text_of(fy_token* token) {
  std::size_t length = 0;
  const char* text = token == nullptr ? nullptr : fy_token_get_text(token, &length);
  return text == nullptr ? std::string_view() : std::string_view(text, length);
}

unsigned from_one(int zero_based) {
  return zero_based < 0 ? 1U : static_cast<unsigned>(zero_based) + 1U;
}

/// The length of the well-formed UTF-8 sequence at the start of `s`, or 0.
std::size_t sequence_length(std::string_view s) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(s[i]); };
  const auto follows = [&](std::size_t i, unsigned low, unsigned high) {
    return i < s.size() && byte(i) >= low && byte(i) <= high;
  };
  const unsigned b = byte(0);
  if (b < 0x80) return 1;
  if (b >= 0xC2 && b <= 0xDF) return follows(1, 0x80, 0xBF) ? 2 : 0;
  if (b >= 0xE0 && b <= 0xEF) {
    const unsigned low = b == 0xE0 ? 0xA0 : 0x80;
    const unsigned high = b == 0xED ? 0x9F : 0xBF;
    return follows(1, low, high) && follows(2, 0x80, 0xBF) ? 3 : 0;
  }
  if (b >= 0xF0 && b <= 0xF4) {
    const unsigned low = b == 0xF0 ? 0x90 : 0x80;
    const unsigned high = b == 0xF4 ? 0x8F : 0xBF;
    return follows(1, low, high) && follows(2, 0x80, 0xBF) && follows(3, 0x80, 0xBF) ? 4 : 0;
  }
  return 0;
}

/// The first byte that no YAML file may hold (YAML 1.2 5.1): libfyaml lets control characters pass
/// and takes ill-formed UTF-8 for the end of a value.
std::optional<problem> find_bad_byte(std::string_view text, std::string_view file) {
  place at{1, 1};
  while (!text.empty()) {
    const std::size_t length = sequence_length(text);
    const auto byte = static_cast<unsigned char>(text[0]);
    if (length == 0)
      return problem{std::string(file), at.line, at.column, "the file is not valid UTF-8 here", ""};
    if ((byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r') || byte == 0x7F)
      return problem{std::string(file), at.line, at.column, "control character in the file", ""};
    if (byte == '\n')
      at = {at.line + 1, 1};
    else
      ++at.column;
    text.remove_prefix(length);
  }
  return std::nullopt;
}

std::string_view line_of(std::string_view text, unsigned line) {
  for (; line > 1; --line) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return {};
    text.remove_prefix(end + 1);
  }
  return text.substr(0, text.find('\n'));
}

/// `{key: ${NAME}}` and `listen: [::1]:4000` mean something else in YAML than was meant.
std::string syntax_hint(std::string_view text, unsigned line) {
  const std::string_view where = line_of(text, line);
  if (where.find("${") != std::string_view::npos)
    return "inside { } and [ ] a variable must stand in quotes: \"${NAME}\"";
  if (where.find("]:") != std::string_view::npos)
    return "an IPv6 address must stand in quotes: \"[::1]:4000\"";
  if (where.find(": *") != std::string_view::npos || where.find("- *") != std::string_view::npos ||
      (!where.empty() && where.find('*') == where.find_first_not_of(' ')))
    return "a name with * must stand in quotes: \"gpt-*\"";
  return {};
}

/// Makes the tree of nodes from the events of libfyaml.
class builder {
 public:
  builder(std::string_view text, std::string_view file) : text_(text), file_(file) {}

  result<node, std::vector<problem>> build() {
    fy_diag_cfg diag_cfg;
    fy_diag_cfg_default(&diag_cfg);
    const diag_handle diag(fy_diag_create(&diag_cfg));
    if (diag == nullptr) return fail({0, 0}, "out of memory");
    fy_diag_set_collect_errors(diag.get(), true);
    fy_parse_cfg cfg{};
    cfg.flags =
        static_cast<fy_parse_cfg_flags>(FYPCF_QUIET | FYPCF_DEFAULT_VERSION_1_2 | FYPCF_JSON_NONE);
    cfg.diag = diag.get();
    const parser_handle parser(fy_parser_create(&cfg));
    if (parser == nullptr || fy_parser_set_string(parser.get(), text_.data(), text_.size()) != 0)
      return fail({0, 0}, "out of memory");

    bool going = true;
    while (going) {
      fy_event* event = fy_parser_parse(parser.get());
      if (event == nullptr) break;
      going = take(*event);
      fy_parser_event_free(parser.get(), event);
    }
    if (!problems_.empty()) return std::move(problems_);
    if (fy_parser_get_stream_error(parser.get())) return syntax_problem(diag.get());
    return std::move(root_);
  }

 private:
  struct open_node {
    node value;
    std::optional<node> key;  ///< of a mapping, when its value is due
    std::string anchor;
  };

  result<node, std::vector<problem>> fail(place at, std::string message, std::string hint = {}) {
    return std::vector<problem>{
        {std::string(file_), at.line, at.column, std::move(message), std::move(hint)}};
  }

  result<node, std::vector<problem>> syntax_problem(fy_diag* diag) {
    void* position = nullptr;
    const fy_diag_error* error = fy_diag_errors_iterate(diag, &position);
    if (error == nullptr) return fail({1, 1}, "not valid YAML");
    // These are counted from 1 already; a place past the last line is shown at its end.
    const place at{static_cast<unsigned>(std::max(error->line, 1)),
                   static_cast<unsigned>(std::max(error->column, 1))};
    return fail(at, "not valid YAML: " + std::string(error->msg), syntax_hint(text_, at.line));
  }

  bool reject(place at, std::string message, std::string hint = {}) {
    problems_.push_back(
        {std::string(file_), at.line, at.column, std::move(message), std::move(hint)});
    return false;
  }

  /// Where `token` starts; an empty value has no place of its own and stands where its key does.
  [[nodiscard]] place place_of(fy_token* token) const {
    const fy_mark* mark = token == nullptr ? nullptr : fy_token_start_mark(token);
    if (mark != nullptr) return {from_one(mark->line), from_one(mark->column)};
    if (!open_.empty() && open_.back().key) return open_.back().key->at;
    if (!open_.empty()) return open_.back().value.at;
    return {1, 1};
  }

  bool take(const fy_event& event) {
    switch (event.type) {
      case FYET_DOCUMENT_START:
        if (documents_++ > 0)
          return reject(place_of(event.document_start.document_start),
                        "a second document starts here; a configuration is one document");
        return true;
      case FYET_MAPPING_START:
        return start(node::form::mapping, event.mapping_start.mapping_start,
                     event.mapping_start.anchor, event.mapping_start.tag);
      case FYET_SEQUENCE_START:
        return start(node::form::list, event.sequence_start.sequence_start,
                     event.sequence_start.anchor, event.sequence_start.tag);
      case FYET_MAPPING_END:
      case FYET_SEQUENCE_END:
        return end();
      case FYET_SCALAR:
        return scalar(event.scalar);
      case FYET_ALIAS:
        return alias(event.alias.anchor);
      default:
        return true;
    }
  }

  bool count(place at, std::size_t nodes) {
    nodes_ += nodes;
    if (nodes_ <= limits::max_config_nodes) return true;
    return reject(
        at, "the file holds more than " + std::to_string(limits::max_config_nodes) + " values");
  }

  bool start(node::form form, fy_token* token, fy_token* anchor, fy_token* tag) {
    const place at = place_of(token);
    if (tag != nullptr) return reject(at, "tags are not supported");
    if (open_.size() == limits::max_config_depth)
      return reject(at,
                    "nested deeper than " + std::to_string(limits::max_config_depth) + " levels");
    if (!count(at, 1)) return false;
    open_node opened;
    opened.value.is = form;
    opened.value.at = at;
    opened.anchor = text_of(anchor);
    open_.push_back(std::move(opened));
    return true;
  }

  bool end() {
    open_node closed = std::move(open_.back());
    open_.pop_back();
    if (!closed.anchor.empty()) anchors_[closed.anchor] = closed.value;
    return place_value(std::move(closed.value));
  }

  bool scalar(const fy_event_scalar_data& data) {
    node value;
    value.at = place_of(data.value);
    const fy_scalar_style style =
        data.value == nullptr ? FYSS_PLAIN : fy_token_scalar_style(data.value);
    // Of a quoted scalar the mark is behind the quote.
    if ((style == FYSS_SINGLE_QUOTED || style == FYSS_DOUBLE_QUOTED) && value.at.column > 1)
      --value.at.column;
    if (data.tag != nullptr) return reject(value.at, "tags are not supported");
    if (!count(value.at, 1)) return false;
    value.text = text_of(data.value);
    value.type = style == FYSS_PLAIN ? core_type(value.text) : node::scalar_type::text;
    if (data.anchor != nullptr) anchors_[std::string(text_of(data.anchor))] = value;
    return place_value(std::move(value));
  }

  bool alias(fy_token* token) {
    const auto found = anchors_.find(std::string(text_of(token)));
    place at = place_of(token);
    if (at.column > 1) --at.column;  // the mark is behind the star
    if (found == anchors_.end())
      return reject(at, "'*" + std::string(text_of(token)) + "' refers to nothing",
                    "a name with * must stand in quotes: \"*\"");
    if (!count(at, size_of(found->second))) return false;
    if (depth_of(found->second) + open_.size() > limits::max_config_depth)
      return reject(at,
                    "nested deeper than " + std::to_string(limits::max_config_depth) + " levels");
    return place_value(found->second);
  }

  /// What a copy of `n` costs, in values: long texts count as several.
  static std::size_t size_of(const node& n) {
    std::size_t sum = 1 + n.text.size() / 64;
    for (const node& item : n.items) sum += size_of(item);
    for (const auto& [key, value] : n.members) sum += size_of(key) + size_of(value);
    return sum;
  }

  static std::size_t depth_of(const node& n) {
    if (n.is == node::form::scalar) return 0;
    std::size_t deepest = 0;
    for (const node& item : n.items) deepest = std::max(deepest, depth_of(item));
    for (const auto& [key, value] : n.members)
      deepest = std::max({deepest, depth_of(key), depth_of(value)});
    return deepest + 1;
  }

  bool place_value(node value) {
    if (open_.empty()) {
      // `---` alone is as empty as no file.
      const bool nothing = value.is == node::form::scalar && value.text.empty() &&
                           value.type == node::scalar_type::null;
      if (!nothing) root_ = std::move(value);
      return true;
    }
    open_node& parent = open_.back();
    if (parent.value.is == node::form::list) {
      parent.value.items.push_back(std::move(value));
    } else if (!parent.key) {
      if (value.is != node::form::scalar || value.type == node::scalar_type::null)
        return reject(value.at, "a key must be a name");
      parent.key = std::move(value);
    } else {
      parent.value.members.push_back({std::move(*parent.key), std::move(value)});
      parent.key.reset();
    }
    return true;
  }

  std::string_view text_;
  std::string_view file_;
  node root_ = empty_root();
  std::vector<open_node> open_;
  std::map<std::string, node> anchors_;
  std::vector<problem> problems_;
  std::size_t nodes_ = 0;
  unsigned documents_ = 0;

  static node empty_root() {
    node root;
    root.is = node::form::mapping;
    root.at = {1, 1};
    return root;
  }
};

bool all_digits(std::string_view text, const char* digits) {
  return !text.empty() && text.find_first_not_of(digits) == std::string_view::npos;
}

bool is_integer(std::string_view text) {
  if (text.substr(0, 2) == "0x") return all_digits(text.substr(2), "0123456789abcdefABCDEF");
  if (text.substr(0, 2) == "0o") return all_digits(text.substr(2), "01234567");
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) text.remove_prefix(1);
  return all_digits(text, "0123456789");
}

/// `[-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?`, `.inf` and `.nan`.
bool is_number(std::string_view text) {
  for (const std::string_view name : {".nan", ".NaN", ".NAN"})
    if (text == name) return true;
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) text.remove_prefix(1);
  for (const std::string_view name : {".inf", ".Inf", ".INF"})
    if (text == name) return true;
  const std::size_t exponent = text.find_first_of("eE");
  if (exponent != std::string_view::npos) {
    std::string_view digits = text.substr(exponent + 1);
    if (!digits.empty() && (digits[0] == '-' || digits[0] == '+')) digits.remove_prefix(1);
    if (!all_digits(digits, "0123456789")) return false;
    text = text.substr(0, exponent);
  }
  const std::size_t point = text.find('.');
  if (point == std::string_view::npos) return all_digits(text, "0123456789");
  const std::string_view whole = text.substr(0, point);
  const std::string_view fraction = text.substr(point + 1);
  if (whole.empty()) return all_digits(fraction, "0123456789");
  return all_digits(whole, "0123456789") &&
         (fraction.empty() || all_digits(fraction, "0123456789"));
}

}  // namespace

node::scalar_type core_type(std::string_view plain) {
  for (const std::string_view word : {"", "~", "null", "Null", "NULL"})
    if (plain == word) return node::scalar_type::null;
  for (const std::string_view word : {"true", "True", "TRUE", "false", "False", "FALSE"})
    if (plain == word) return node::scalar_type::boolean;
  if (is_integer(plain)) return node::scalar_type::integer;
  return is_number(plain) ? node::scalar_type::number : node::scalar_type::text;
}

const node* node::find(std::string_view key) const {
  for (const auto& [name, value] : members)
    if (name.text == key) return &value;
  return nullptr;
}

result<node, std::vector<problem>> parse_yaml(std::string_view text, std::string_view file) {
  if (text.size() > limits::max_config_bytes)
    return std::vector<problem>{
        {std::string(file), 0, 0,
         "the file is larger than " + std::to_string(limits::max_config_bytes) + " bytes", ""}};
  if (const auto bad = find_bad_byte(text, file)) return std::vector<problem>{*bad};
  return builder(text, file).build();
}

std::string to_string(const problem& p) {
  std::string out = p.file;
  if (p.line != 0) out += ':' + std::to_string(p.line) + ':' + std::to_string(p.column);
  out += ": " + p.message;
  if (!p.hint.empty()) out += " (" + p.hint + ')';
  return out;
}

}  // namespace weir::config
