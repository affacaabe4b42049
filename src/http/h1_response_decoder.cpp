#include <optional>

#include "http/ascii.h"
#include "http/h1_decoder.h"
#include "http/h1_framing.h"
#include "weir/base/limits.h"

namespace weir::http {

void h1_response_decoder::expect(std::string_view request_method) {
  answers_head_ = request_method == "HEAD";
}

h1_response_decoder::status h1_response_decoder::parse(std::string_view& input) {
  while (phase_ == phase::start_line || phase_ == phase::field_lines) {
    switch (section_.take_line(input)) {
      case h1_section::status::need_input:
        return status::need_input;
      case h1_section::status::line_too_long:
      case h1_section::status::too_large:
        return fail("the head is too large");
      case h1_section::status::line:
        break;
    }
    const std::optional<std::string_view> line = section_.line();
    if (!line) return fail("a line of the head does not end in CRLF");
    std::string_view why;
    if (phase_ == phase::start_line) {
      why = status_line(*line);
      phase_ = phase::field_lines;
    } else if (!line->empty()) {
      if (const auto error = section_.add_field(*line)) why = error->reason;
    } else if (head_.status < 200) {
      why = skip_interim();
    } else if (why = complete_head(); why.empty()) {
      phase_ = phase::body;
      return status::head;
    }
    if (!why.empty()) return fail(why);
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
  return fail(body_.error());
}

// status-line = HTTP-version SP status-code SP [ reason-phrase ]  (RFC 9112 4). The second space is
// not insisted on: servers without a reason leave it out, and no framing hangs on it.
std::string_view h1_response_decoder::status_line(std::string_view line) {
  constexpr std::string_view invalid = "malformed status line";
  const std::string_view protocol = line.substr(0, 8);
  if (protocol != "HTTP/1.1" && protocol != "HTTP/1.0")
    return "the answer is neither HTTP/1.1 nor HTTP/1.0";
  head_.protocol = protocol == "HTTP/1.1" ? version::http_1_1 : version::http_1_0;
  if (line.size() < 12 || line[8] != ' ') return invalid;
  head_.status = 0;
  for (const char c : line.substr(9, 3)) {
    if (!ascii::is_digit(c)) return invalid;
    head_.status = head_.status * 10 + static_cast<unsigned>(c - '0');
  }
  if (line.size() > 12 && line[12] != ' ') return invalid;
  if (head_.status < 100 || head_.status > 599) return "the status is not 100 to 599";
  const std::string_view reason = line.size() > 12 ? line.substr(13) : line.substr(12);
  if (!ascii::is_text(reason)) return "control character in the reason phrase";
  reason_ = section_.place_of(reason);
  return {};
}

std::string_view h1_response_decoder::skip_interim() {
  if (head_.status == 101) return "the upstream switches protocols unasked";
  if (++interim_responses_ > limits::max_h1_interim_responses) return "too many interim responses";
  section_.clear();
  phase_ = phase::start_line;
  return {};
}

std::string_view h1_response_decoder::complete_head() {
  head_.reason = section_.at(reason_);
  section_.copy_to(head_.headers);
  const auto rule = h1_body_rule_of(head_.protocol, head_.headers);
  if (!rule) return rule.error().reason;
  content_length_ = rule->content_length;
  keep_alive_ = h1_keeps_alive(head_.protocol, head_.headers);

  // RFC 9112 6.3, first case: no body, whatever the fields say
  const bool bodiless = answers_head_ || head_.status == 204 || head_.status == 304;
  body_.start(bodiless ? h1_framing::none : rule->framing, content_length_.value_or(0));
  if (body_.framing() == h1_framing::until_close) keep_alive_ = false;
  // A 204 has no business naming a body; whoever does may well send one.
  if (head_.status == 204 &&
      (rule->framing == h1_framing::length || rule->framing == h1_framing::chunked))
    keep_alive_ = false;
  return {};
}

h1_response_decoder::status h1_response_decoder::finish() {
  if (phase_ == phase::failed) return status::error;
  if (phase_ != phase::body)
    return fail(started() ? "the connection closed within the head"
                          : "the connection closed before an answer");
  return body_.finish() == h1_body::status::end ? status::end : fail(body_.error());
}

bool h1_response_decoder::started() const {
  return phase_ != phase::start_line || !section_.empty() || interim_responses_ != 0;
}

h1_response_decoder::status h1_response_decoder::fail(std::string_view reason) {
  phase_ = phase::failed;
  error_ = {502, reason};
  keep_alive_ = false;
  return status::error;
}

void h1_response_decoder::next_message() {
  phase_ = phase::start_line;
  answers_head_ = false;
  keep_alive_ = false;
  interim_responses_ = 0;
  content_length_.reset();
  section_.clear();
  body_.reset();
  head_.status = 0;
  head_.reason = {};
  head_.headers.clear();
}

}  // namespace weir::http
