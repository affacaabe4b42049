#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "openai/answer_body.h"
#include "weir/base/result.h"
#include "weir/json/reader.h"
#include "weir/openai/answer.h"
#include "weir/openai/usage_extension.h"

namespace weir::openai {

/// How a client wants its vectors (`encoding_format`).
enum class vector_form : std::uint8_t {
  numbers,  ///< `float`, the default: an array
  base64,   ///< of little-endian 32-bit floats (EMB-1)
  any,      ///< a form weir does not know: whatever the upstream makes of it
};

/// What weir needs to know of an embeddings request; the body itself goes on byte for byte but for
/// the model.
struct embeddings_request {
  std::string model;
  vector_form form = vector_form::numbers;
};

/// Checks a body by the `minimal` profile (REQ-2): a model and an input.
///
/// Input    The body, and a reader whose root() afterwards is the body's root (for with_model).
/// Errors   The catalogue's error, first fault only.
[[nodiscard]] result<embeddings_request, error> read_embeddings_request(std::string_view body,
                                                                        json::reader& reader);

/// An embeddings answer: each vector in the form the client asked for, sorted by index (EMB-1), the
/// usage with what its owner adds to it, every other byte as it came.
///
/// Source   contract 5.2.
/// Output   The whole document once the state is `complete`; the upstream's own when it was right.
/// Errors   What is no list of embeddings: an error document, an event stream, a page, nothing.
/// Fidelity A number becomes the 32-bit float nearest to the double it spells, a float the shortest
///          decimal that reads back as it. What is neither numbers nor base64 of floats, or has no
///          spelling in the other form (infinity), stays as it came.
/// Memory   The document, at most limits::max_embeddings_bytes after inflating, twice while it is
///          converted.
/// Threads  None; no I/O, no clock.
class embeddings_answer final : public answer {
 public:
  explicit embeddings_answer(vector_form wanted,
                             std::shared_ptr<const usage_extension> extends_usage = {})
      : wanted_(wanted), extends_usage_(std::move(extends_usage)) {}

  void feed(std::string_view bytes) override;
  [[nodiscard]] bool has_more() const override;
  void go_on() override;
  void fail(const error& why) override;

  [[nodiscard]] state current() const override;
  [[nodiscard]] const error* failure() const override { return failure_ ? &*failure_ : nullptr; }
  [[nodiscard]] std::string_view output() const override;
  void consume(std::size_t bytes) override { consumed_ += bytes; }
  [[nodiscard]] std::size_t held() const override { return text_.size() - consumed_; }
  [[nodiscard]] std::uint64_t payload_frames() const override { return pieces_; }
  [[nodiscard]] std::optional<usage> last_usage() const override { return usage_; }
  [[nodiscard]] repair_counts repairs() const override { return repairs_; }

 private:
  void on_end(bool lost) override;
  void read_body(std::size_t most);
  void take(std::string_view piece);
  [[nodiscard]] std::optional<error> read(bool lost);
  void extend_usage(json::value root);
  void bring_into_form(json::value data);

  const vector_form wanted_;
  const std::shared_ptr<const usage_extension> extends_usage_;
  answer_body body_;
  std::string text_;
  std::size_t consumed_ = 0;
  std::uint64_t pieces_ = 0;
  bool whole_ = false;
  std::optional<error> failure_;
  std::optional<usage> usage_;
  repair_counts repairs_;
};

}  // namespace weir::openai
