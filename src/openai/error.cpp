#include "weir/openai/error.h"

#include <string>

#include "openai/masking.h"
#include "weir/base/limits.h"
#include "weir/json/writer.h"

namespace weir::openai {
namespace {

void append_or_null(std::string& out, std::string_view text) {
  if (text.empty()) {
    out += "null";
  } else {
    json::append_string(out, text);
  }
}

/// Our own detail behind the catalogue's sentence.
std::string with_detail(std::string_view sentence, std::string_view detail) {
  std::string out(sentence);
  if (!detail.empty()) {
    out += ' ';
    out += masked(cut_utf8(detail, limits::max_error_message_bytes));
  }
  return out;
}

error make(unsigned status, std::string message, std::string_view type, std::string_view param,
           std::string_view code, std::string_view category) {
  error e;
  e.status = status;
  e.message = std::move(message);
  e.type = type;
  e.param = param;
  e.code = code;
  e.category = category;
  return e;
}

/// The client's own fault.
error invalid(unsigned status, std::string message, std::string_view param, std::string_view code) {
  return make(status, std::move(message), "invalid_request_error", param, code, "invalid_request");
}

std::string sentence(std::initializer_list<std::string_view> parts) {
  std::string out;
  for (const std::string_view part : parts) out += part;
  return out;
}

std::string_view number_word(errors::number kind) {
  return kind == errors::number::integer ? "integer" : "decimal";
}

/// The spelling of ERR-16 to ERR-18, which is not that of ERR-35.
std::string message_member(std::size_t message, std::string_view member) {
  return sentence({"messages.[", std::to_string(message), "].", member});
}

error too_large(std::string_view detail) {
  error e = invalid(413, with_detail("Request body too large.", detail), "", "request_too_large");
  e.category = "too_large";
  return e;
}

}  // namespace

std::string to_json(const error& e) {
  std::string out = R"({"error":)";
  if (!e.source.empty()) {
    out += e.source;
    out += '}';
    return out;
  }
  out += R"({"message":)";
  json::append_string(out, e.message);
  out += R"(,"type":)";
  json::append_string(out, e.type);
  out += R"(,"param":)";
  append_or_null(out, e.param);
  out += R"(,"code":)";
  append_or_null(out, e.code);
  out += "}}";
  return out;
}

namespace errors {

error not_json(std::size_t offset, std::string_view reason) {
  const std::string detail =
      sentence({"Byte ", std::to_string(offset), ": ", reason, reason.empty() ? "" : "."});
  return invalid(
      400,
      with_detail("We could not parse the JSON body of your request. (HINT: This likely means you "
                  "aren't using your HTTP library correctly. The OpenAI API expects a JSON "
                  "payload, but what was sent was not valid JSON.)",
                  detail),
      "", "");
}

error model_missing() { return invalid(400, "you must provide a model parameter", "", ""); }

error model_not_found(std::string_view model, std::string_view near_names) {
  std::string message =
      sentence({"The model `", echoed(model), "` does not exist or you do not have access to it."});
  if (!near_names.empty()) message += sentence({" Did you mean ", near_names, "?"});
  error e = invalid(404, std::move(message), "", "model_not_found");
  e.category = "not_found";
  return e;
}

error missing_parameter(std::string_view param) {
  return invalid(400, sentence({"Missing required parameter: '", param, "'."}), param,
                 "missing_required_parameter");
}

error invalid_type(std::string_view param, std::string_view expected, std::string_view got) {
  return invalid(400,
                 sentence({"Invalid type for '", param, "': expected ", expected, ", but got ", got,
                           " instead."}),
                 param, "invalid_type");
}

error invalid_value(std::string_view param, std::string_view value, std::string_view supported) {
  return invalid(
      400,
      sentence({"Invalid value: '", echoed(value), "'. Supported values are: ", supported, "."}),
      param, "invalid_value");
}

error below_minimum(std::string_view param, std::string_view minimum, std::string_view got,
                    number kind) {
  const std::string_view word = number_word(kind);
  return invalid(
      400,
      sentence({"Invalid '", param, "': ", word, " below minimum value. Expected a value ",
                ">= ", minimum, ", but got ", echoed(got), " instead."}),
      param, sentence({word, "_below_min_value"}));
}

error above_maximum(std::string_view param, std::string_view maximum, std::string_view got,
                    number kind) {
  const std::string_view word = number_word(kind);
  return invalid(
      400,
      sentence({"Invalid '", param, "': ", word, " above maximum value. Expected a value ",
                "<= ", maximum, ", but got ", echoed(got), " instead."}),
      param, sentence({word, "_above_max_value"}));
}

error empty_string(std::string_view param) {
  return invalid(400,
                 sentence({"Invalid '", param, "': empty string. Expected a string with minimum ",
                           "length 1, but got an empty string instead."}),
                 param, "empty_string");
}

error string_too_long(std::string_view param, std::size_t most, std::size_t got) {
  return invalid(
      400,
      sentence({"Invalid '", param, "': string too long. Expected a string with maximum ",
                "length ", std::to_string(most), ", but got a string with length ",
                std::to_string(got), " instead."}),
      param, "string_above_max_length");
}

error not_a_name(std::string_view param) {
  return invalid(400,
                 sentence({"Invalid '", param, "': string does not match pattern. Expected a ",
                           "string that matches the pattern '^[a-zA-Z0-9_-]+$'."}),
                 param, "invalid_value");
}

error empty_array(std::string_view param) {
  return invalid(400,
                 sentence({"Invalid '", param, "': empty array. Expected an array with minimum ",
                           "length 1, but got an empty array instead."}),
                 param, "empty_array");
}

error array_too_long(std::string_view param, std::size_t most, std::size_t got) {
  return invalid(
      400,
      sentence({"Invalid '", param, "': array too long. Expected an array with maximum length ",
                std::to_string(most), ", but got an array with length ", std::to_string(got),
                " instead."}),
      param, "array_above_max_length");
}

error too_many_properties(std::string_view param, std::size_t most, std::size_t got) {
  return invalid(
      400,
      sentence({"Invalid '", param, "': too many properties. Expected an object with at most ",
                std::to_string(most), " properties, but got an object with ", std::to_string(got),
                " properties instead."}),
      param, "object_above_max_properties");
}

error property_name_too_long(std::string_view param, std::string_view name, std::size_t most,
                             std::size_t got) {
  const std::string shown = echoed(name);
  return invalid(
      400,
      sentence({"Invalid property name in '", param, "': '", shown, "' is too long. Expected a ",
                "string with maximum length ", std::to_string(most), ", but got a string with ",
                "length ", std::to_string(got), " instead."}),
      sentence({param, ".", shown}), "property_name_above_max_length");
}

error only_allowed_with(std::string_view param, std::string_view flag) {
  return invalid(
      400, sentence({"The '", param, "' parameter is only allowed when '", flag, "' is enabled."}),
      param, "");
}

error orphan_tool_message(std::size_t message) {
  return invalid(400,
                 "Invalid parameter: messages with role 'tool' must be a response to a preceeding "
                 "message with 'tool_calls'.",
                 message_member(message, "role"), "");
}

error unanswered_calls(std::string_view ids, std::optional<std::size_t> message) {
  return invalid(400,
                 sentence({"An assistant message with 'tool_calls' must be followed by tool ",
                           "messages responding to each 'tool_call_id'. The following ",
                           "tool_call_ids did not have response messages: ", echoed(ids)}),
                 message ? message_member(*message, "role") : "messages", "");
}

error content_missing(std::size_t message) {
  return invalid(400, "Invalid value for 'content': expected a string, got null.",
                 message_member(message, "content"), "");
}

error word_json_missing() {
  return invalid(400,
                 "'messages' must contain the word 'json' in some form, to use 'response_format' "
                 "of type 'json_object'.",
                 "messages", "");
}

error no_credential() {
  error e = invalid(401,
                    "You didn't provide an API key. You need to provide your API key in an "
                    "Authorization header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY).",
                    "", "");
  e.category = "authentication";
  return e;
}

error wrong_credential(std::string_view given, std::string_view detail) {
  // Enough to see which one it was, of a long one; nothing of what may be a mistyped short one.
  const bool is_long = given.size() >= 16;
  const std::string shown = is_long ? std::string(given.substr(0, 3)) + "***" +
                                          std::string(given.substr(given.size() - 2))
                                    : "***";
  error e = invalid(
      401, with_detail(sentence({"Incorrect API key provided: ", echoed(shown), "."}), detail), "",
      "invalid_api_key");
  e.category = "authentication";
  return e;
}

error admin_disabled() {
  error e =
      invalid(403, "The admin API is off: no `admin.key` is configured.", "", "admin_disabled");
  e.category = "authentication";
  return e;
}

error unknown_url(std::string_view method, std::string_view path) {
  error e = invalid(404,
                    sentence({"Unknown request URL: ", echoed(method), " ", echoed(path),
                              ". Please check the URL for typos, or see the docs at "
                              "https://platform.openai.com/docs/api-reference/."}),
                    "", "unknown_url");
  e.category = "not_found";
  return e;
}

error method_not_allowed(std::string_view method, std::string_view path) {
  return invalid(405,
                 sentence({"Not allowed to ", echoed(method), " on ", echoed(path),
                           ". (HINT: Perhaps you meant to use a different HTTP method?)"}),
                 "", "method_not_supported");
}

error body_too_large(std::size_t limit) {
  return too_large(sentence({"The limit is ", std::to_string(limit), " bytes."}));
}

error model_too_late(std::size_t limit) {
  return too_large(sentence({"The field 'model' must end within the first ", std::to_string(limit),
                             " bytes of a form: put it before the file."}));
}

error bad_request(unsigned status, std::string_view reason) {
  return invalid(status, with_detail("Bad HTTP request.", reason), "", "");
}

error request_timeout() {
  return make(408, "The request was not received in time.", "invalid_request_error", "",
              "request_timeout", "request_timeout");
}

error too_many_connections(std::uint32_t most) {
  error e = make(429,
                 sentence({"Rate limit reached: ", std::to_string(most),
                           " connections from your address are open. Please try again in 1s."}),
                 "requests", "", "rate_limit_exceeded", "rate_limited");
  e.retry_after = 1;
  return e;
}

error refused(unsigned status, std::string_view words) {
  error e = invalid(status, masked(cut_utf8(words, limits::max_error_message_bytes)), "", "");
  if (status == 403) e.category = "permission";
  if (status == 404) e.category = "not_found";
  if (status == 409) e.category = "conflict";
  return e;
}

namespace {

/// `1.5s`, `120ms`: some clients read it out of the sentence.
std::string short_time(millis wait) {
  const auto count = std::max<millis::rep>(wait.count(), 1);
  if (count < 1000) return std::to_string(count) + "ms";
  std::string text = std::to_string(count / 1000);
  if (const auto rest = count % 1000; rest != 0) {
    text += '.' + std::to_string(1000 + rest).substr(1);
    while (text.back() == '0') text.pop_back();
  }
  return text + 's';
}

std::string quota_numbers(const used_quota& what, bool used) {
  std::string text = ": Limit " + std::to_string(what.limit) + ", ";
  if (used) text += "Used " + std::to_string(what.used) + ", ";
  return text + "Requested " + std::to_string(what.requested) + '.';
}

}  // namespace

error rate_limited(const used_quota& what, std::string_view type, millis wait) {
  error e = make(429,
                 sentence({"Rate limit reached for ", echoed(what.model), " in organization ",
                           what.owner, " on ", what.on, quota_numbers(what, true),
                           " Please try again in ", short_time(wait), "."}),
                 type, "", "rate_limit_exceeded", "rate_limited");
  e.retry_after = static_cast<std::uint32_t>(
      std::max<millis::rep>(std::chrono::ceil<seconds>(wait).count(), 1));
  return e;
}

error request_above_rate(const used_quota& what, std::string_view type) {
  error e = make(429,
                 sentence({"Request too large for ", echoed(what.model), " in organization ",
                           what.owner, " on ", what.on, quota_numbers(what, false),
                           " The input or output tokens must be reduced in order to run "
                           "successfully."}),
                 type, "", "rate_limit_exceeded", "rate_limited");
  e.lasting = true;
  return e;
}

error quota_exceeded(std::string_view detail) {
  return make(429,
              with_detail("You exceeded your current quota, please check your plan and billing "
                          "details.",
                          detail),
              "insufficient_quota", "", "insufficient_quota", "quota");
}

error overloaded(std::string_view detail) {
  error e =
      make(503, with_detail("The engine is currently overloaded, please try again later", detail),
           "server_error", "", "engine_overloaded", "overloaded");
  if (!detail.empty()) {
    e.message = with_detail("The engine is currently overloaded, please try again later.", detail);
  }
  e.retry_after = 1;
  return e;
}

error upstream_failed(std::string_view detail) {
  return make(502, with_detail("Upstream request failed.", detail), "server_error", "",
              "upstream_error", "upstream_error");
}

error upstream_invalid(std::string_view detail) {
  error e = upstream_failed(detail);
  e.code = "upstream_invalid_response";
  return e;
}

error upstream_truncated(std::string_view detail) {
  return make(502, with_detail("Upstream closed the stream before completion.", detail),
              "server_error", "", "upstream_stream_truncated", "upstream_truncated");
}

error upstream_timeout(std::string_view which_timer, std::string_view where) {
  std::string detail =
      which_timer.empty() ? std::string() : sentence({"Timer: ", which_timer, "."});
  if (!where.empty()) detail += (detail.empty() ? "" : " ") + std::string(where);
  return make(504, with_detail("Upstream timed out.", detail), "server_error", "",
              "upstream_timeout", "upstream_timeout");
}

error upstream_auth(std::string_view upstream) {
  const std::string detail =
      upstream.empty()
          ? std::string()
          : sentence({"The upstream '", upstream, "' refused the credential it was given."});
  return make(502, with_detail("Upstream request failed.", detail), "server_error", "",
              "upstream_auth_error", "upstream_auth");
}

error unsupported_parameter(std::string_view param) {
  return invalid(400,
                 "Unsupported parameter: '" + std::string(param) +
                     "' is not supported by the selected upstream.",
                 param, "unsupported_parameter");
}

error internal() {
  return make(500, "The server had an error while processing your request. Sorry about that!",
              "server_error", "", "", "server");
}

}  // namespace errors

}  // namespace weir::openai
