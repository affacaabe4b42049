#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.h"
#include "proxy/gathered_body.h"
#include "weir/base/limits.h"
#include "weir/openai/error.h"

namespace weir::proxy {

/// The body of a client's request: as received in, as meant out. The label is law here: a body is
/// in the one coding that its Content-Encoding names.
///
/// Source   HTTP-12, ERR-23, RFC 9110 8.4, 15.5.16.
/// Errors   One, final, as soon as it is certain: 415 for a coding that weir does not read, 413 for
///          a body beyond `limit`, as received or as meant, 400 for one that is not
///          what its label says.
/// Memory   `limit`, whatever the client sends, and that of the decoder.
class request_body {
 public:
  explicit request_body(const http::fields& headers, std::size_t limit = limits::max_body_bytes);

  /// Why the body cannot be used; nothing while it can.
  [[nodiscard]] const std::optional<openai::error>& fault() const { return fault_; }
  /// What an answer to the fault has to say beside it: `Accept-Encoding` for a 415.
  [[nodiscard]] std::vector<http::field> fault_fields() const;

  void add(std::string_view bytes);
  void end();
  /// How much is held.
  [[nodiscard]] std::size_t size() const { return body_ ? body_->text().size() : 0; }
  /// Hands over the text; after `end`, when there is no fault.
  [[nodiscard]] std::string take() { return body_->take(); }

 private:
  void look_at(gathered_body::state told);

  std::size_t limit_;
  std::size_t received_ = 0;
  coding::content_coding coding_ = coding::content_coding::identity;
  std::optional<gathered_body> body_;
  std::optional<openai::error> fault_;
};

}  // namespace weir::proxy
