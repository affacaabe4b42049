#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "app/bench_emitter.h"

namespace weir::bench {

/// What an upstream makes of the same text.
enum class shape : std::uint8_t {
  clean,      ///< as OpenAI streams: a role chunk first, [DONE] last, usage only if asked
  deviating,  ///< as LightLLM streams: role in every delta, usage unasked, no [DONE]
};

/// The bytes of one chat completion stream for measurements. Every text event is `event_bytes`
/// long, says a word that follows from its number, and carries the time of its sending in a vendor
/// member.
class chat_stream {
 public:
  static constexpr std::size_t event_bytes = 300;
  static constexpr std::size_t stamp_digits = 19;

  /// `include_usage`: the request asked for usage.
  chat_stream(shape form, bool include_usage) : form_(form), include_usage_(include_usage) {
    const bool clean = form == shape::clean;
    text_ = "data: " + head() + R"("choices":[{"index":0,"delta":{)";
    if (!clean) text_ += R"("role":"assistant",)";
    text_ += R"("content":")";
    word_at_ = text_.size();
    text_ += std::string(emitter_word().size(), ' ') + "\"}";
    if (clean) text_ += R"(,"logprobs":null)";
    text_ += R"(,"finish_reason":null}])";
    if (clean && include_usage) text_ += R"(,"usage":null)";
    text_.append(",").append(emitter_stamp);
    stamp_at_ = text_.size();
    text_ += std::string(stamp_digits, '0') + R"(","pad":")";
    constexpr std::string_view tail = "\"}\n\n";
    text_.append(event_bytes - tail.size() - text_.size(), 'x').append(tail);
  }

  /// What comes before the first text event.
  [[nodiscard]] std::string opening() const {
    if (form_ == shape::deviating) return "";
    return chunk(R"({"role":"assistant","content":"","refusal":null},"logprobs":null,)"
                 R"("finish_reason":null)");
  }

  /// Text event `number`, stamped. Valid until the next call.
  [[nodiscard]] std::string_view event(std::uint64_t number, std::uint64_t sent_ns) {
    const emitter_word text = word_of(number);
    text_.replace(word_at_, text.size(), text.data(), text.size());
    for (std::size_t i = stamp_digits; i-- > 0; sent_ns /= 10)
      text_[stamp_at_ + i] = static_cast<char>('0' + sent_ns % 10);
    return text_;
  }

  /// What comes after the last of `events` text events.
  [[nodiscard]] std::string ending(std::uint64_t events) const {
    const std::string usage =
        "data: " + head() + R"("choices":[],"usage":)" + usage_of(events) + "}\n\n";
    if (form_ == shape::deviating)
      return chunk(R"({"role":"assistant","content":""},"finish_reason":"stop")") + usage;
    return chunk(R"({},"logprobs":null,"finish_reason":"stop")") + (include_usage_ ? usage : "") +
           "data: [DONE]\n\n";
  }

  /// The same answer as one JSON document.
  [[nodiscard]] static std::string document(std::uint64_t events) {
    std::string text;
    for (std::uint64_t i = 0; i < events; ++i) {
      const emitter_word piece = word_of(i);
      text.append(piece.data(), piece.size());
    }
    return R"({"id":"chatcmpl-bench","object":"chat.completion","created":1760000000,)"
           R"("model":"bench","choices":[{"index":0,"message":{"role":"assistant","content":")" +
           text + R"(","refusal":null},"logprobs":null,"finish_reason":"stop"}],"usage":)" +
           usage_of(events) + "}";
  }

 private:
  [[nodiscard]] std::string head() const {
    std::string members = R"({"id":"chatcmpl-bench","object":"chat.completion.chunk",)"
                          R"("created":1760000000,"model":"bench",)";
    if (form_ == shape::clean) members += R"("system_fingerprint":"fp_bench",)";
    return members;
  }
  [[nodiscard]] std::string chunk(std::string_view delta) const {
    std::string text = "data: " + head() + R"("choices":[{"index":0,"delta":)";
    text.append(delta).append("}]");
    if (form_ == shape::clean && include_usage_) text += R"(,"usage":null)";
    return text + "}\n\n";
  }
  [[nodiscard]] static std::string usage_of(std::uint64_t events) {
    return R"({"prompt_tokens":9,"completion_tokens":)" + std::to_string(events) +
           R"(,"total_tokens":)" + std::to_string(9 + events) + "}";
  }

  shape form_;
  bool include_usage_;
  std::string text_;
  std::size_t word_at_ = 0;
  std::size_t stamp_at_ = 0;
};

}  // namespace weir::bench
