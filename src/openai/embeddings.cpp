#include "openai/embeddings.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "openai/base64.h"
#include "openai/json_request.h"
#include "openai/request_shape.h"
#include "weir/base/limits.h"

namespace weir::openai {
namespace {

using json::type;
using json::value;

constexpr std::size_t float_bytes = 4;

/// The numbers of an array as the bytes EMB-1 speaks of; nothing when they are not all floats.
std::optional<std::string> packed(value numbers) {
  std::string bytes;
  bytes.reserve(numbers.size() * float_bytes);
  for (const value number : numbers.elements()) {
    const std::optional<double> exact = number.real();
    if (!exact || std::abs(*exact) > std::numeric_limits<float>::max()) return std::nullopt;
    const auto bits = std::bit_cast<std::uint32_t>(static_cast<float>(*exact));
    for (unsigned shift = 0; shift < 32; shift += 8)
      bytes += static_cast<char>(bits >> shift & 0xff);
  }
  return bytes;
}

/// The way back: a JSON array, nothing when `bytes` are no finite floats.
std::optional<std::string> unpacked(std::string_view bytes) {
  if (bytes.size() % float_bytes != 0) return std::nullopt;
  std::string array = "[";
  for (std::size_t at = 0; at < bytes.size(); at += float_bytes) {
    std::uint32_t bits = 0;
    for (std::size_t i = 0; i < float_bytes; ++i)
      bits |= std::uint32_t{static_cast<unsigned char>(bytes[at + i])} << (8 * i);
    const auto number = std::bit_cast<float>(bits);
    if (!std::isfinite(number)) return std::nullopt;
    std::array<char, 32> digits;
    const char* const end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    const std::string_view spelled(digits.data(), static_cast<std::size_t>(end - digits.data()));
    if (at != 0) array += ',';
    array += spelled;
    // A vector is floats for typed readers, too.
    if (spelled.find_first_of(".e") == std::string_view::npos) array += ".0";
  }
  array += ']';
  return array;
}

/// The vector in the form `wanted`; nothing when it is, or cannot be brought into it.
std::optional<std::string> converted(value vector, vector_form wanted) {
  if (wanted == vector_form::base64 && vector.is(type::array)) {
    const auto bytes = packed(vector);
    if (!bytes) return std::nullopt;
    std::string text = "\"";
    append_base64(text, *bytes);
    text += '"';
    return text;
  }
  if (wanted == vector_form::numbers && vector.is(type::string)) {
    const auto bytes = base64_decoded(vector.decoded());
    return bytes ? unpacked(*bytes) : std::nullopt;
  }
  return std::nullopt;
}

/// One entry of `data`, on its way to its place.
struct entry {
  std::string_view text;
  std::optional<std::int64_t> index;
  std::string_view vector;             ///< within `text`
  std::optional<std::string> in_form;  ///< what stands in the place of `vector`
};

entry read_entry(value from, vector_form wanted) {
  const value vector = from["embedding"];
  return {from.raw(), from["index"].integer(), vector.raw(), converted(vector, wanted)};
}

void append_entry(std::string& out, const entry& e) {
  if (!e.in_form) {
    out += e.text;
    return;
  }
  const auto before = static_cast<std::size_t>(e.vector.data() - e.text.data());
  out += e.text.substr(0, before);
  out += *e.in_form;
  out += e.text.substr(before + e.vector.size());
}

bool has_error(value document) {
  const value error = document["error"];
  return error.is(type::object) || (error.is(type::string) && !error.equals(""));
}

bool is_event_stream(std::string_view text) {
  return text.starts_with("data:") || text.starts_with("event:") || text.starts_with(":");
}

}  // namespace

result<embeddings_request, error> read_embeddings_request(std::string_view body,
                                                          json::reader& reader) {
  if (auto fault = read_object(body, reader)) return *std::move(fault);
  const value root = reader.root();
  auto model = read_model(root);
  if (!model) return model.error();
  if (model->empty()) return errors::model_missing();

  const value input = root["input"];
  if (!input.given()) return errors::missing_parameter("input");
  if (!input.is(type::string) && !input.is(type::array))
    return errors::invalid_type("input", "one of a string or array", type_words(input));
  if (input.is(type::array) && input.size() == 0) return errors::empty_array("input");

  const value form = root["encoding_format"];
  embeddings_request request{std::move(model).value(), vector_form::any};
  if (!form.given() || form.equals("float")) request.form = vector_form::numbers;
  if (form.equals("base64")) request.form = vector_form::base64;
  return request;
}

// ---------------------------------------------------------------------------------------------

void embeddings_answer::feed(std::string_view bytes) {
  if (current() != state::open || bytes.empty()) return;
  ++pieces_;
  body_.feed(bytes);
  if (!body_.waits()) read_body(limits::max_inflated_step_bytes);
  body_.keep();
}

bool embeddings_answer::has_more() const { return current() == state::open && body_.waits(); }

void embeddings_answer::go_on() {
  read_body(limits::max_inflated_step_bytes);
  body_.keep();
}

void embeddings_answer::on_end(bool lost) {
  read_body(std::numeric_limits<std::size_t>::max());
  auto last = answer_body::status::ready;
  while (current() == state::open && last == answer_body::status::ready) {
    last = body_.finish();
    if (last == answer_body::status::ready) take(body_.piece());
  }
  if (current() != state::open) return;
  if (const auto fault = read(lost || last == answer_body::status::truncated)) return fail(*fault);
  if (body_.coded()) repairs_.add(clause::sse_10);  // F33, F34
  whole_ = true;
}

void embeddings_answer::read_body(std::size_t most) {
  body_.begin_step(most);
  auto last = answer_body::status::ready;
  while (current() == state::open && last == answer_body::status::ready) {
    last = body_.next();
    if (last == answer_body::status::ready) take(body_.piece());
  }
  if (last == answer_body::status::corrupt)
    fail(errors::upstream_invalid("Its compressed body is corrupt."));
}

void embeddings_answer::take(std::string_view piece) {
  if (text_.size() + piece.size() > limits::max_embeddings_bytes)
    return fail(errors::upstream_invalid("The answer is larger than the limit."));
  text_ += piece;
}

void embeddings_answer::fail(const error& why) {
  if (current() != state::open) return;
  failure_ = why;
  text_ = std::string();
}

answer::state embeddings_answer::current() const {
  if (failure_) return state::failed;
  return whole_ ? state::complete : state::open;
}

std::string_view embeddings_answer::output() const {
  return whole_ ? std::string_view(text_).substr(consumed_) : std::string_view();
}

std::optional<error> embeddings_answer::read(bool lost) {
  json::reader reader;
  switch (reader.parse(text_)) {
    case json::reader::status::ok:
      break;
    case json::reader::status::empty:
      return lost ? errors::upstream_truncated(end_detail())
                  : errors::upstream_failed("The answer was empty.");
    case json::reader::status::invalid:
    case json::reader::status::too_deep:
      if (reader.truncated()) return errors::upstream_truncated(end_detail());
      if (is_event_stream(text_))
        return errors::upstream_invalid("It is an event stream, and none was asked for.");
      if (text_.starts_with('{') || text_.starts_with('['))
        return errors::upstream_invalid("It is not JSON.");
      return read_error_text(text_, 0);
  }
  const value root = reader.root();
  if (!reader.rest().empty()) {
    text_.resize(text_.size() - reader.rest().size());
    repairs_.add(clause::sse_13);
  }
  if (has_error(root) || !root["data"].is(type::array)) return read_error(root, 0);
  if (const value counts = root["usage"]; counts.is(type::object)) usage_ = read_usage(counts);
  extend_usage(root);
  return std::nullopt;
}

/// And the vectors, which may stand before the usage or behind it.
void embeddings_answer::extend_usage(value root) {
  const value counts = root["usage"];
  const std::string members = extends_usage_ && usage_ ? extends_usage_->members(*usage_) : "";
  if (members.empty()) return bring_into_form(root["data"]);
  const std::string extended = extended_usage(counts, members);
  const std::size_t size = counts.raw().size();
  const auto begin = static_cast<std::size_t>(counts.raw().data() - text_.data());
  const bool behind = counts.raw().data() > root["data"].raw().data();
  const std::size_t from_end = text_.size() - begin;
  bring_into_form(root["data"]);
  text_.replace(behind ? text_.size() - from_end : begin, size, extended);
}

void embeddings_answer::bring_into_form(value data) {
  std::vector<entry> entries;
  entries.reserve(data.size());
  for (const value element : data.elements()) entries.push_back(read_entry(element, wanted_));
  const auto changed = std::count_if(entries.begin(), entries.end(),
                                     [](const entry& e) { return e.in_form.has_value(); });
  const bool numbered = std::all_of(entries.begin(), entries.end(),
                                    [](const entry& e) { return e.index.has_value(); });
  const auto by_index = [](const entry& a, const entry& b) { return a.index < b.index; };
  const bool in_order = !numbered || std::is_sorted(entries.begin(), entries.end(), by_index);
  if (changed == 0 && in_order) return;
  repairs_.add(clause::emb_1, static_cast<std::uint32_t>(changed) + (in_order ? 0U : 1U));

  std::vector<std::string_view> places;
  places.reserve(entries.size());
  for (const entry& e : entries) places.push_back(e.text);
  if (!in_order) std::stable_sort(entries.begin(), entries.end(), by_index);
  // What stands between the places stays where it is.
  std::string out;
  std::string_view rest = text_;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const auto before = static_cast<std::size_t>(places[i].data() - rest.data());
    out += rest.substr(0, before);
    append_entry(out, entries[i]);
    rest.remove_prefix(before + places[i].size());
  }
  out += rest;
  text_ = std::move(out);
}

}  // namespace weir::openai
