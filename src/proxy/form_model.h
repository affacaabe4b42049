#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "http/multipart.h"
#include "weir/openai/error.h"

namespace weir::proxy {

/// Finds the field `model` in a form that comes in pieces, and sees to it that the upstream will
/// find the same one: two of them, a file of that name, or a name that readers take in different
/// ways is an error, also when the form was routed long ago.
///
/// Source   RFC 7578 4.
/// Input    The body, split anywhere.
/// Errors   400s; final.
/// Memory   The name, at most limits::max_envelope_bytes; see multipart_scanner.
/// Threads  None.
class form_model {
 public:
  explicit form_model(std::string_view boundary) : scanner_(boundary) {}

  [[nodiscard]] std::optional<openai::error> read(std::string_view bytes);
  /// The body is over.
  [[nodiscard]] std::optional<openai::error> finish() const;

  /// The field was found, to its end. It may be empty.
  [[nodiscard]] bool found() const { return state_ == state::found; }
  [[nodiscard]] const std::string& name() const { return name_; }
  /// How much of the body it took to find it.
  [[nodiscard]] std::uint64_t found_at() const { return found_at_; }
  /// Where the name stands in the body.
  [[nodiscard]] std::size_t begin() const { return begin_; }
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  enum class state : std::uint8_t { searching, reading, found };

  [[nodiscard]] std::optional<openai::error> read_head();

  http::multipart_scanner scanner_;
  state state_ = state::searching;
  std::string name_;
  std::size_t begin_ = 0;
  std::size_t size_ = 0;
  std::uint64_t found_at_ = 0;
};

}  // namespace weir::proxy
