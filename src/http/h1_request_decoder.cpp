#include <optional>

#include "http/ascii.h"
#include "http/h1_decoder.h"
#include "http/h1_framing.h"
#include "http/target.h"
#include "weir/base/limits.h"

namespace weir::http {
namespace {

// METHOD SP target SP HTTP/1.1 CR LF
constexpr std::size_t max_request_line =
    limits::max_h1_method_bytes + 1 + limits::max_target_bytes + 1 + 8 + 2;

}  // namespace

h1_request_decoder::status h1_request_decoder::parse(std::string_view& input) {
  while (phase_ == phase::start_line || phase_ == phase::field_lines) {
    const bool first = phase_ == phase::start_line;
    switch (first ? section_.take_line(input, max_request_line) : section_.take_line(input)) {
      case h1_section::status::need_input:
        return status::need_input;
      case h1_section::status::line_too_long:
        if (first) return fail({414, "the request line is too long"});
        [[fallthrough]];
      case h1_section::status::too_large:
        return fail({431, "the head is too large"});
      case h1_section::status::line:
        break;
    }
    const std::optional<std::string_view> line = section_.line();
    if (!line) return fail({400, "a line of the head does not end in CRLF"});
    std::optional<protocol_error> why;
    if (first && line->empty() && !skipped_empty_line_) {  // RFC 9112 2.2
      skipped_empty_line_ = true;
      section_.clear();
    } else if (first) {
      why = request_line(*line);
      phase_ = phase::field_lines;
    } else if (!line->empty()) {
      why = section_.add_field(*line);
    } else if (why = complete_head(); !why) {
      phase_ = phase::body;
      return status::head;
    }
    if (why) return fail(*why);
  }
  if (phase_ == phase::failed) return status::error;
  switch (body_.parse(input)) {
    case h1_body::status::need_input:
      return status::need_input;
    case h1_body::status::body:
      return status::body;
    case h1_body::status::end:
      return status::end;
    case h1_body::status::error:
      break;
  }
  return fail({body_.error_status(), body_.error()});
}

std::optional<protocol_error> h1_request_decoder::request_line(std::string_view line) {
  const std::size_t first_space = line.find(' ');
  const std::string_view method = line.substr(0, first_space);
  if (!ascii::is_token(method)) return protocol_error{400, "the method is not a token"};
  if (method.size() > limits::max_h1_method_bytes)
    return protocol_error{501, "the method is too long"};
  const std::size_t second_space =
      first_space == std::string_view::npos ? first_space : line.find(' ', first_space + 1);
  if (second_space == std::string_view::npos)
    return protocol_error{400, "the request line is not method, target and version"};

  const std::string_view protocol = line.substr(second_space + 1);
  if (protocol == "HTTP/1.1") {
    head_.protocol = version::http_1_1;
  } else if (protocol == "HTTP/1.0") {
    head_.protocol = version::http_1_0;
  } else if (protocol.size() == 8 && protocol.substr(0, 5) == "HTTP/" &&
             ascii::is_digit(protocol[5]) && protocol[6] == '.' && ascii::is_digit(protocol[7])) {
    return protocol_error{505, "only HTTP/1.1 and HTTP/1.0 are spoken here"};
  } else {
    return protocol_error{400, "the request line does not end in an HTTP version"};
  }

  const std::string_view target = line.substr(first_space + 1, second_space - first_space - 1);
  if (target.size() > limits::max_target_bytes)
    return protocol_error{414, "the request target is too long"};
  if (method == "CONNECT") return protocol_error{501, "CONNECT is not supported"};
  if (!is_origin_form(target) && !(target == "*" && method == "OPTIONS"))
    return protocol_error{400, "the request target is not in origin-form"};
  method_ = section_.place_of(method);
  target_ = section_.place_of(target);
  return std::nullopt;
}

std::optional<protocol_error> h1_request_decoder::complete_head() {
  head_.method = section_.at(method_);
  head_.target = section_.at(target_);
  section_.copy_to(head_.headers);

  // RFC 9112 3.2: MUST respond 400
  const std::size_t hosts = head_.headers.count("host");
  if (hosts > 1) return protocol_error{400, "more than one Host field"};
  if (hosts == 0 && head_.protocol == version::http_1_1)
    return protocol_error{400, "no Host field"};
  if (!is_host(head_.headers.get("host"))) return protocol_error{400, "invalid Host"};

  const auto rule = h1_body_rule_of(head_.protocol, head_.headers);
  if (!rule) return rule.error();
  content_length_ = rule->content_length;
  // A request that names no length has no body (RFC 9112 6.3)
  body_.start(rule->framing == h1_framing::until_close ? h1_framing::none : rule->framing,
              content_length_.value_or(0));
  keep_alive_ = h1_keeps_alive(head_.protocol, head_.headers);
  expects_continue_ = has_body() && head_.protocol == version::http_1_1 &&
                      head_.headers.has_token("expect", "100-continue");
  return std::nullopt;
}

h1_request_decoder::status h1_request_decoder::fail(protocol_error why) {
  phase_ = phase::failed;
  error_ = why;
  keep_alive_ = false;
  return status::error;
}

void h1_request_decoder::limit_head(std::size_t bytes) {
  section_.limit_to(bytes);
  body_.limit_trailers(bytes);
}

void h1_request_decoder::next_message() {
  phase_ = phase::start_line;
  skipped_empty_line_ = false;
  keep_alive_ = false;
  expects_continue_ = false;
  content_length_.reset();
  section_.clear();
  body_.reset();
  head_.method = {};
  head_.target = {};
  head_.headers.clear();
}

}  // namespace weir::http
