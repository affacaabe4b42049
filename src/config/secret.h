#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace weir::config {

/// Text that must not be seen: streams, logs and `config show` get `***`. `reveal()` is for the one
/// place that puts it on the wire.
class secret {
 public:
  secret() = default;
  explicit secret(std::string text) : text_(std::move(text)) {}
  [[nodiscard]] const std::string& reveal() const { return text_; }
  [[nodiscard]] bool empty() const { return text_.empty(); }
  [[nodiscard]] std::string_view shown() const { return empty() ? "" : "***"; }

  friend bool operator==(const secret&, const secret&) = default;

 private:
  std::string text_;
};

}  // namespace weir::config
