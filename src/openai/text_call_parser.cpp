#include "openai/text_call_parser.h"

#include <algorithm>
#include <utility>

#include "openai/partial_match.h"
#include "weir/base/limits.h"
#include "weir/json/mend.h"
#include "weir/json/writer.h"

namespace weir::openai {

using declared = offered_tools::declared;

/// The words of one form; Mistral's has but its opening.
struct text_call_parser::form {
  struct suffix {
    std::string_view word;
    declared type = declared::unknown;
  };
  std::string_view opening;
  std::string_view closing = {};  ///< "" for a call without a block around it
  std::string_view call = {};     ///< stands before a function's name
  std::string_view call_named = {};
  std::string_view call_end = {};
  std::string_view parameter = {};  ///< stands before a parameter's name
  suffix parameter_named[2] = {};
  std::string_view parameter_end = {};
  bool padded = false;  ///< a line end on either side of a value is not part of it

  static constexpr form qwen(std::string_view opening, std::string_view closing) {
    return {opening,       closing,     "<function=",   ">", "</function>",
            "<parameter=", {{">"}, {}}, "</parameter>", true};
  }
  static constexpr form deepseek(std::string_view opening, std::string_view closing) {
    return {opening,
            closing,
            "<｜DSML｜invoke name=\"",
            "\">",
            "</｜DSML｜invoke>",
            "<｜DSML｜parameter name=\"",
            {{"\" string=\"true\">", declared::text}, {"\" string=\"false\">", declared::other}},
            "</｜DSML｜parameter>",
            false};
  }
};

const text_call_parser::form text_call_parser::forms[] = {
    form::qwen("<tool_call>", "</tool_call>"),
    form::qwen("<function=", ""),
    form::deepseek("<｜DSML｜function_calls>", "</｜DSML｜function_calls>"),
    form::deepseek("<｜DSML｜tool_calls>", "</｜DSML｜tool_calls>"),
    {"[TOOL_CALLS]"},
};

namespace {

bool is_name_byte(char c) {
  return static_cast<unsigned char>(c) > ' ' && c != '<' && c != '>' && c != '[' && c != ']' &&
         c != '{' && c != '}' && c != '"' && c != '\'';
}

/// Without the line end that the template writes on either side.
std::string_view without_padding(std::string_view value) {
  if (value.starts_with('\n')) value.remove_prefix(1);
  if (value.ends_with('\n')) value.remove_suffix(1);
  return value;
}

json_tree string_tree(std::string_view text) {
  const std::string quoted = json::quoted(text);
  json_tree out;
  out.kind = json::type::string;
  out.scalar = quoted.substr(1, quoted.size() - 2);
  return out;
}

json_tree object_tree() {
  json_tree out;
  out.kind = json::type::object;
  return out;
}

json_tree value_tree(std::string_view text, declared type) {
  if (type == declared::text) return string_tree(text);
  json::reader reader;
  if (reader.parse(text) == json::reader::status::ok && reader.rest().empty()) {
    const bool kept = type == declared::other || !reader.root().is(json::type::string);
    return kept ? json_tree::of(reader.root()) : string_tree(text);
  }
  if (type == declared::other) {  // True of Python is no string where none was declared
    const json::mended mended = json::mend(text);
    const bool all = space_at_start(text.substr(mended.consumed)) == text.size() - mended.consumed;
    if (!mended.text.empty() && all && reader.parse(mended.text) == json::reader::status::ok)
      return json_tree::of(reader.root());
  }
  return string_tree(text);
}

}  // namespace

call_opening find_call_opening(std::string_view text, std::size_t from) {
  for (std::size_t i = from; i < text.size(); ++i) {
    if (text[i] != '<' && text[i] != '[') continue;
    for (const text_call_parser::form& form : text_call_parser::forms) {
      const std::string_view rest = text.substr(i);
      if (rest.starts_with(form.opening)) return {i, true};
      if (begins(rest, form.opening)) return {i, false};
    }
  }
  return {text.size(), false};
}

void text_call_parser::start() {
  at_ = searched_ = 0;
  extent_ = {};
  step_ = step::opening;
  calls_.clear();
}

text_call_parser::status text_call_parser::read(std::string_view text) {
  text_ = text;
  while (step_ != step::end) {
    const outcome taken = take_step();
    if (taken == outcome::more) return status::open;
    if (taken == outcome::wrong) return status::wrong;
  }
  return status::complete;
}

text_call_parser::outcome text_call_parser::take_step() {
  switch (step_) {
    case step::opening:
      return read_opening();
    case step::block:
      return read_block();
    case step::name:
      return read_function_name(form_->call_named, step::arguments);
    case step::arguments:
      return read_arguments();
    case step::end_of_call:
      return after_space().empty() ? outcome::more : end_call();
    case step::parameter:
      return read_parameter();
    case step::value:
      return read_value();
    case step::list:
      return read_list();
    case step::listed_name:
      return read_function_name({}, step::listed_arguments);
    case step::listed_id:
      return name({}, step::listed_arguments);
    case step::listed_arguments:
      return read_listed_arguments();
    case step::end:
      break;
  }
  return outcome::done;
}

// ---------------------------------------------------------------------------------------------
// Steps

text_call_parser::outcome text_call_parser::read_opening() {
  for (const form& known : forms) {
    if (!rest().starts_with(known.opening)) continue;
    form_ = &known;
    const bool bare = known.closing.empty();
    return word(known.opening, known.call.empty() ? step::list : bare ? step::name : step::block);
  }
  return outcome::wrong;
}

text_call_parser::outcome text_call_parser::read_block() {
  const std::string_view next = after_space();
  if (next.empty()) return outcome::more;
  if (next[0] == '{') {
    const outcome read = json();
    return read == outcome::done ? add_object(reader_.root()) : read;
  }
  const outcome call = word(form_->call, step::name);
  if (call != outcome::wrong || calls_.empty()) return call;
  return word(form_->closing, step::end);
}

text_call_parser::outcome text_call_parser::read_arguments() {
  const std::string_view next = after_space();
  if (next.empty()) return outcome::more;
  if (next[0] == '{' && arguments_.children.empty()) {
    const outcome read = json();
    if (read != outcome::done) return read;
    arguments_ = json_tree::of(reader_.root());
    step_ = step::end_of_call;
    return outcome::done;
  }
  const outcome parameter = word(form_->parameter, step::parameter);
  return parameter != outcome::wrong ? parameter : end_call();
}

text_call_parser::outcome text_call_parser::read_parameter() {
  outcome found = outcome::wrong;
  for (const form::suffix& suffix : form_->parameter_named) {
    if (suffix.word.empty() || found != outcome::wrong) continue;
    found = name(suffix.word, step::value);
    declared_ = suffix.type;
  }
  return found;
}

text_call_parser::outcome text_call_parser::read_value() {
  const std::size_t end = rest().find(form_->parameter_end, searched_);
  if (end == std::string_view::npos) {
    const std::size_t begun = form_->parameter_end.size() - 1;
    searched_ = rest().size() - std::min(rest().size(), begun);
    return outcome::more;
  }
  if (arguments_.names.size() == limits::max_vendor_members) return outcome::wrong;
  const std::string_view raw = rest().substr(0, end);
  const std::string_view value = form_->padded ? without_padding(raw) : raw;
  if (declared_ == declared::unknown) declared_ = tools_.type_of(function_, name_);
  arguments_.member(string_tree(name_).scalar) = value_tree(value, declared_);
  at_ += end + form_->parameter_end.size();
  searched_ = 0;
  step_ = step::arguments;
  return outcome::done;
}

text_call_parser::outcome text_call_parser::read_list() {
  const std::string_view next = after_space();
  if (next.empty()) return outcome::more;
  if (next[0] != '[') {
    step_ = step::listed_name;
    return outcome::done;
  }
  const outcome read = json();
  if (read != outcome::done) return read;
  for (const json::value element : reader_.root().elements())
    if (add_object(element) == outcome::wrong) return outcome::wrong;
  step_ = step::end;
  return calls_.empty() ? outcome::wrong : outcome::done;
}

text_call_parser::outcome text_call_parser::read_listed_arguments() {
  const std::string_view next = after_space();
  if (next.empty()) return outcome::more;
  if (next[0] == '{') {
    const outcome read = json();
    if (read != outcome::done) return read;
    step_ = step::end;
    return add_call(function_, json_tree::of(reader_.root()));
  }
  const outcome id = word("[CALL_ID]", step::listed_id);
  return id != outcome::wrong ? id : word("[ARGS]", step::listed_arguments);
}

// ---------------------------------------------------------------------------------------------
// Parts

text_call_parser::outcome text_call_parser::word(std::string_view expected, step next) {
  if (begins(rest(), expected)) return outcome::more;
  if (!rest().starts_with(expected)) return outcome::wrong;
  at_ += expected.size();
  step_ = next;
  return outcome::done;
}

/// A name, into name_, and what must follow it at once.
text_call_parser::outcome text_call_parser::name(std::string_view suffix, step next) {
  const std::string_view all = rest().substr(0, limits::max_text_call_name_bytes + 1);
  const auto length = static_cast<std::size_t>(
      std::find_if_not(all.begin(), all.end(), is_name_byte) - all.begin());
  if (length > limits::max_text_call_name_bytes) return outcome::wrong;
  if (length == all.size()) return outcome::more;
  if (length == 0) return outcome::wrong;
  const std::string_view behind = rest().substr(length);
  if (begins(behind, suffix)) return outcome::more;
  if (!behind.starts_with(suffix)) return outcome::wrong;
  name_ = all.substr(0, length);
  at_ += length + suffix.size();
  step_ = next;
  return outcome::done;
}

text_call_parser::outcome text_call_parser::read_function_name(std::string_view suffix, step next) {
  const outcome read = name(suffix, next);
  function_ = name_;
  arguments_ = object_tree();
  return read;
}

/// An object or a list, into reader_. What models write is mended as what servers write is.
text_call_parser::outcome text_call_parser::json() {
  searched_ += extent_.scan_document(rest().substr(searched_));
  if (!extent_.closed()) return outcome::more;
  const std::string_view document = rest().substr(0, std::exchange(searched_, 0));
  at_ += document.size();
  if (reader_.parse(document) == json::reader::status::ok) return outcome::done;
  json::mended mended = json::mend(document);
  if (mended.consumed != document.size()) return outcome::wrong;
  mended_ = std::move(mended.text);
  return reader_.parse(mended_) == json::reader::status::ok ? outcome::done : outcome::wrong;
}

/// The rest behind the space there may be before any part.
std::string_view text_call_parser::after_space() {
  at_ += space_at_start(rest());
  return rest();
}

// ---------------------------------------------------------------------------------------------
// Calls

/// `{"name":N,"arguments":A}`, A an object, or a string that holds one, or nothing.
text_call_parser::outcome text_call_parser::add_object(json::value object) {
  const json::value function = object["name"];
  json::value arguments = object["arguments"];
  if (!arguments.present()) arguments = object["parameters"];  // Llama 3
  if (!arguments.given()) return add_call(function.decoded(), object_tree());
  if (!arguments.is(json::type::string))
    return add_call(function.decoded(), json_tree::of(arguments));
  const std::string inside = arguments.decoded();
  json::reader reader;
  if (reader.parse(inside) != json::reader::status::ok || !reader.rest().empty())
    return outcome::wrong;
  return add_call(function.decoded(), json_tree::of(reader.root()));
}

text_call_parser::outcome text_call_parser::add_call(std::string_view function,
                                                     const json_tree& arguments) {
  if (function.empty() || arguments.kind != json::type::object || !tools_.offers(function) ||
      calls_.size() == limits::max_tool_calls)
    return outcome::wrong;
  text_call& call = calls_.emplace_back();
  call.name = function;
  arguments.append_to(call.arguments);
  return outcome::done;
}

/// The closing word of a call whose arguments are read.
text_call_parser::outcome text_call_parser::end_call() {
  const outcome ended = word(form_->call_end, form_->closing.empty() ? step::end : step::block);
  return ended == outcome::done ? add_call(function_, arguments_) : ended;
}

}  // namespace weir::openai
