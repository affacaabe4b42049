#include "proxy/request_body.h"

#include "proxy/request_headers.h"

namespace weir::proxy {

request_body::request_body(const http::fields& headers, std::size_t limit) : limit_(limit) {
  const auto coding = coding_of(headers);
  if (!coding) {
    fault_ = openai::errors::bad_request(
        415, "Content-Encoding: " + std::string(headers.get("content-encoding")) +
                 " is not supported; gzip, deflate, zstd and identity are.");
    return;
  }
  coding_ = *coding;
  body_.emplace(coding::content_decoder(coding_), limit_);
}

std::vector<http::field> request_body::fault_fields() const {
  if (!fault_ || fault_->status != 415) return {};
  return {{"Accept-Encoding", coding::accepted_codings}};  // RFC 9110 12.5.3
}

void request_body::add(std::string_view bytes) {
  if (fault_) return;
  received_ += bytes.size();  // it may inflate to nothing for ever
  look_at(received_ > limit_ ? gathered_body::state::too_large : body_->add(bytes));
}

void request_body::end() {
  if (!fault_) look_at(body_->end());
}

void request_body::look_at(gathered_body::state told) {
  const std::string name(coding::coding_name(coding_));
  switch (told) {
    case gathered_body::state::open:
    case gathered_body::state::whole:
      return;
    case gathered_body::state::too_large:
      fault_ = openai::errors::body_too_large(limit_);  // ERR-23
      return;
    case gathered_body::state::corrupt:
      fault_ = openai::errors::bad_request(
          400, "The body is not " + name + ", as its Content-Encoding says.");
      return;
    case gathered_body::state::truncated:
      fault_ = openai::errors::bad_request(
          400, "The body ends before its " + name + " does, which its Content-Encoding names.");
      return;
  }
}

}  // namespace weir::proxy
