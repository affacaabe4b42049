#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <string>
#include <utility>

#include "openai/error_class.h"
#include "openai/masking.h"
#include "weir/base/limits.h"
#include "weir/json/mend.h"
#include "weir/json/patch.h"
#include "weir/json/writer.h"
#include "weir/openai/error.h"

namespace weir::openai {
namespace {

using json::type;
using json::value;

/// What an upstream said, whatever its shape.
struct told {
  std::string message;
  std::string type;
  std::string param;
  std::string code;
  bool code_is_number = false;
  std::string word;                ///< a class word from elsewhere (`status` of Gemini)
  std::optional<unsigned> status;  ///< an HTTP status among the members
  value object;                    ///< the object that holds the members; absent for a bare text
  std::optional<std::uint32_t> retry_after;
  std::string_view message_key;  ///< the member of it that the message came from
  bool enveloped = false;        ///< the object was the value of `error`
};

/// Where servers put the text, the best first (X8).
constexpr std::array<std::string_view, 13> message_keys = {
    "message",   "msg",         "error_message", "errorMessage",
    "error_msg", "status_msg",  "faultstring",   "error_description",
    "detail",    "description", "reason",        "title",
    "error"};

std::string text_of(value v);

/// FastAPI's `[{"loc":["body","messages",0,"role"],"msg":"Field required"}]`, and plain lists.
std::string text_of_list(value list) {
  std::string out;
  for (const value item : list.elements()) {
    std::string path;
    for (const value step : item["loc"].elements()) {
      if (step.equals("body") && path.empty()) continue;
      if (step.is(type::number)) {
        path += '[' + std::string(step.raw()) + ']';
      } else {
        if (!path.empty()) path += '.';
        path += step.decoded();
      }
    }
    const std::string text = text_of(item);
    if (text.empty()) continue;
    if (!out.empty()) out += "; ";
    if (!path.empty()) out += path + ": ";
    out += text;
    if (out.size() > limits::max_error_message_bytes) break;
  }
  return out;
}

/// The text in a value, however deep; "" when there is none.
std::string text_of(value v) {
  switch (v.kind()) {
    case type::string:
      return v.decoded();
    case type::array:
      return text_of_list(v);
    case type::object:
      for (const std::string_view key : message_keys) {
        if (std::string text = text_of(v[key]); !text.empty()) return text;
      }
      return {};
    default:
      return {};
  }
}

std::optional<unsigned> http_status(value v) {
  unsigned number = 0;
  const std::string_view text = v.is(type::string) ? v.text() : v.raw();
  if (!v.is(type::string) && !v.is(type::number)) return std::nullopt;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (fault != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  if (number < 400 || number > 599) return std::nullopt;
  return number;
}

/// Whole seconds of a delay: `34.07s` of Google's RetryInfo, or a plain number (EMAP-3).
std::optional<std::uint32_t> delay(value v) {
  constexpr double longest = 24 * 60 * 60;
  std::optional<double> span = v.real();
  if (const std::string_view text = v.text(); text.ends_with('s')) {
    double number = 0;
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (fault == std::errc{} && end + 1 == text.data() + text.size()) span = number;
  }
  if (!span || !(*span > 0) || *span > longest) return std::nullopt;
  return static_cast<std::uint32_t>(std::ceil(*span));
}

/// Members of one object; what `t` knows already stays.
void read_members(told& t, value object) {
  if (t.message.empty()) {
    for (const std::string_view key : message_keys) {
      t.message = text_of(object[key]);
      if (t.message.empty()) continue;
      t.message_key = key;
      break;
    }
  }
  for (const std::string_view key : {"type", "error_type", "errorType"}) {
    const value v = object[key];
    // Anthropic's envelope says `"type":"error"`, which names no class.
    if (t.type.empty() && v.is(type::string) && !v.equals("error")) t.type = v.decoded();
  }
  for (const std::string_view key : {"code", "error_code", "errorcode", "errorCode"}) {
    const value v = object[key];
    if (!t.code.empty() || (!v.is(type::string) && !v.integer())) continue;
    t.code = v.is(type::string) ? v.decoded() : std::string(v.raw());
    t.code_is_number = v.is(type::number);
  }
  if (t.param.empty()) t.param = object["param"].decoded();
  for (const std::string_view key :
       {"code", "error_code", "status", "status_code", "statusCode", "http_status", "http_code"}) {
    if (!t.status) t.status = http_status(object[key]);
  }
  if (t.word.empty()) t.word = object["status"].decoded();
  if (!t.retry_after) t.retry_after = delay(object["retry_after"]);
  for (const value detail : object["details"].elements()) {
    if (!t.retry_after) t.retry_after = delay(detail["retryDelay"]);
  }
}

/// FastAPI's path as OpenAI spells it: `messages[0].role` (ERR-35).
std::string param_of_detail(value detail) {
  const std::string text = text_of_list(detail);
  const std::size_t colon = text.find(": ");
  if (!detail.at(0)["loc"].is(type::array) || colon == std::string::npos) return {};
  return text.substr(0, colon);
}

/// The object inside a document that tells the error, if it is not the document itself.
value inner_object(value document) {
  value inner = document["error"];
  if (inner.is(type::array)) inner = inner.at(0);
  if (inner.is(type::object)) {
    // {"error":{"error":{...}}}: a gateway behind a gateway.
    while (inner["error"].is(type::object)) inner = inner["error"];
    return inner;
  }
  if (const value v = document["errors"].at(0); v.is(type::object)) return v;
  for (const std::string_view key : {"base_resp", "fault", "detail"}) {
    if (const value v = document[key]; v.is(type::object)) return v;
  }
  return document["choices"].at(0)["error"];  // X9
}

/// Finds what the document tells, innermost first (X1-X10, docs/clauses.md).
told read_document(value document) {
  told t;
  if (document.is(type::array)) document = document.at(0);  // Gemini: [{"error":{...}}]
  if (document.is(type::string)) {
    t.message = document.decoded();
    return t;
  }
  const value inner = inner_object(document);
  if (inner.is(type::object)) {
    t.object = inner;
    t.enveloped = inner.raw().data() == document["error"].raw().data();
    read_members(t, inner);
    read_members(t, inner["detail"]);  // Apigee's errorcode
  }
  const std::string_view inner_key = t.message_key;
  const bool chunk = document["choices"].present();
  if (!chunk || t.message.empty()) read_members(t, document);
  if (inner.is(type::object)) {
    t.message_key = inner_key;
  } else if (!chunk) {  // the other members of a chunk tell no error
    t.object = document;
  }
  if (t.param.empty()) t.param = param_of_detail(document["detail"]);
  return t;
}

bool null_or_string(value v) { return v.is(type::null) || v.is(type::string); }

/// The envelope as section 2.3 has it; the code may be a number, which every client takes.
bool complete(value object) {
  return object["message"].is(type::string) && object["type"].is(type::string) &&
         null_or_string(object["param"]) &&
         (null_or_string(object["code"]) || object["code"].integer());
}

void hide(json::patch& edits, value v) {
  if (v.is(type::string)) {
    const std::string text = v.decoded();
    if (std::string safe = masked(text); safe != text) edits.replace(v, json::quoted(safe));
  }
  for (const value item : v.elements()) hide(edits, item);
  for (const value::member m : v.members()) hide(edits, m.val);
}

/// The bytes of `object`, every string without secrets (ERR-36), fit to stand in one SSE line.
std::string safe_bytes(value object) {
  json::patch edits(object.raw());
  hide(edits, object);
  std::string bytes = edits.empty() ? std::string(object.raw()) : edits.apply();
  json::reader again;
  if (again.parse(bytes) != json::reader::status::ok) return {};
  if (again.has_line_break() || again.has_line_separator() || again.has_lone_surrogate()) {
    bytes = json::mend(bytes).text;
  }
  return bytes;
}

/// The four members first, then those of the upstream that we do not know (P4). Empty when there
/// are none and the code is text: then the plain envelope says it all.
std::string rebuilt(const told& t, const error& e) {
  std::string rest;
  for (const value::member m : t.object.members()) {
    const std::string key = m.key.decoded();
    const bool known = key == "message" || key == "type" || key == "param" || key == "code" ||
                       key == "error" || key == t.message_key || key == "choices" ||
                       (key == "object" && m.val.equals("error"));
    if (known) continue;
    rest += ',';
    rest += m.key.raw();
    rest += ':';
    rest += m.val.raw();
  }
  if (rest.empty() && !t.code_is_number) return {};
  const auto text_or_null = [](const std::string& text) {
    return text.empty() ? std::string("null") : json::quoted(text);
  };
  std::string object = "{\"message\":" + json::quoted(e.message) +
                       ",\"type\":" + json::quoted(e.type) + ",\"param\":" + text_or_null(e.param) +
                       ",\"code\":" + (t.code_is_number ? e.code : text_or_null(e.code)) + rest +
                       "}";
  json::reader again;
  if (again.parse(object) != json::reader::status::ok) return {};
  return safe_bytes(again.root());
}

/// GEN-6, section 11: what the upstream's words say, else its status. Of the words the code is the
/// most precise, and one that covers half of all faults says less than a status.
error_class classify(const told& t, unsigned status) {
  std::optional<error_class> general;
  for (const std::string* word : {&t.code, &t.type, &t.word}) {
    const std::optional<error_class> c = class_of_word(*word);
    if (!c) continue;
    if (c->category != "invalid_request" && c->category != "server") return *c;
    if (!general) general = c;
  }
  if (status >= 400) return class_of_status(status);
  if (t.status) return class_of_status(*t.status);
  return general ? *general : class_of_status(502);
}

/// EMAP-3: 529 is Anthropic's alone.
unsigned chat_status(unsigned status) { return status == 529 ? 503 : status; }

error finished(told t, unsigned status) {
  const bool inside_success = status < 400;
  const error_class c = classify(t, status);
  error e;
  e.status = chat_status(!inside_success ? status : t.status ? *t.status : c.status);
  e.category = c.category;
  e.retry_after = t.retry_after;
  e.message = masked(cut_utf8(t.message, limits::max_error_message_bytes));
  if (e.message.empty()) e.message = sentence_of(c);
  e.type = masked(t.type);
  e.param = masked(t.param);
  e.code = masked(t.code);
  if (t.type.empty()) {
    e.type = c.type;
    if (t.code.empty()) e.code = c.code;
  }
  // A frame has to fit its line (CHAT-36).
  if (t.object.raw().size() > limits::max_output_line_bytes / 2) return e;
  if (t.enveloped && complete(t.object)) {
    e.source = safe_bytes(t.object);
    e.message = masked(t.message);
  } else {
    e.source = rebuilt(t, e);
  }
  return e;
}

/// The words of an HTML page: no tags, no scripts, single spaces.
std::string text_of_page(std::string_view page) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 3> hidden = {
      {{"<style", "</style"}, {"<script", "</script"}, {"<!--", "-->"}}};
  const auto begins = [](std::string_view text, std::string_view prefix) {
    if (text.size() < prefix.size()) return false;
    for (std::size_t i = 0; i < prefix.size(); ++i) {
      if ((text[i] | 0x20) != (prefix[i] | 0x20)) return false;
    }
    return true;
  };
  std::string out;
  bool gap = false;
  std::size_t i = 0;
  while (i < page.size() && out.size() < 2 * limits::max_error_message_bytes) {
    const std::string_view here = page.substr(i);
    if (here[0] == '<') {
      for (const auto& [open, close] : hidden) {
        if (!begins(here, open)) continue;
        while (i < page.size() && !begins(page.substr(i), close)) ++i;
      }
      while (i < page.size() && page[i] != '>') ++i;
      ++i;
      gap = true;
      continue;
    }
    if (static_cast<unsigned char>(here[0]) <= 0x20) {
      gap = true;
    } else {
      if (gap && !out.empty()) out += ' ';
      gap = false;
      out += here[0];
    }
    ++i;
  }
  return out;
}

}  // namespace

error read_error(json::value document, unsigned status) {
  return finished(read_document(document), status);
}

error read_error_text(std::string_view body, unsigned status) {
  constexpr std::string_view space = " \t\r\n\f\v";
  const std::size_t begin = body.find_first_not_of(space);
  told t;
  if (begin != std::string_view::npos) {
    body = body.substr(begin, body.find_last_not_of(space) + 1 - begin);
    t.message = body.starts_with('<') ? text_of_page(body) : std::string(body);
  }
  return finished(std::move(t), status);
}

}  // namespace weir::openai
