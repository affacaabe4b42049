#include "proxy/form_model.h"

#include "http/ascii.h"
#include "http/parameters.h"
#include "weir/base/limits.h"

namespace weir::proxy {
namespace {

using fault = std::optional<openai::error>;

openai::error no_form(std::string_view why) {
  return openai::errors::bad_request(
      400, "The body is no multipart/form-data: " + std::string(why) + ".");
}

/// Whether the bytes of the part are its content and not a transport form of it.
bool sent_as_it_is(std::string_view encoding) {
  for (const std::string_view known : {"", "7bit", "8bit", "binary"})
    if (http::ascii::equal_ignoring_case(encoding, known)) return true;
  return false;
}

}  // namespace

fault form_model::read(std::string_view bytes) {
  using status = http::multipart_scanner::status;
  for (;;) {
    switch (scanner_.parse(bytes)) {
      case status::need_input:
        return std::nullopt;
      case status::part:
        if (fault f = read_head()) return f;
        break;
      case status::content:
        if (state_ != state::reading) break;
        size_ += scanner_.content().size();
        if (size_ <= limits::max_envelope_bytes) name_ += scanner_.content();
        break;
      case status::part_end:
        if (state_ != state::reading) break;
        if (size_ > limits::max_envelope_bytes)
          return openai::errors::string_too_long("model", limits::max_envelope_bytes, size_);
        state_ = state::found;
        found_at_ = scanner_.consumed();
        break;
      case status::end:
        break;
      case status::error:
        return no_form(scanner_.error());
    }
  }
}

fault form_model::finish() const {
  if (scanner_.complete()) return std::nullopt;
  return no_form("it ends before its last boundary");
}

fault form_model::read_head() {
  const http::fields& headers = scanner_.headers();
  const auto disposition = http::read_parameters(headers.get("content-disposition"));
  const http::parameter* const name = disposition ? disposition->find("name") : nullptr;
  if (headers.count("content-disposition") != 1 || name == nullptr ||
      !http::ascii::equal_ignoring_case(disposition->value, "form-data"))
    return no_form("a part has no name");
  // Not every reader undoes a backslash, and not every reader knows the other spelling of a name.
  if (name->raw.find('\\') != std::string_view::npos || disposition->has("name*"))
    return no_form("the name of a part can be read in two ways");
  if (name->raw != "model") return std::nullopt;

  if (state_ != state::searching) return no_form("it has more than one part named model");
  if (disposition->has("filename") || disposition->has("filename*"))
    return no_form("its part named model is a file");
  if (!sent_as_it_is(headers.get("content-transfer-encoding")))
    return no_form("its part named model is encoded");
  state_ = state::reading;
  begin_ = scanner_.consumed();
  return std::nullopt;
}

}  // namespace weir::proxy
