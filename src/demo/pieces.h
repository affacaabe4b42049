#pragma once
#include <string>
#include <string_view>

#include "demo/scenario.h"

/// The parts that recordings are put together from. Each gives steps as they stand in the recorded
/// formats of docs/demo.md; what is peculiar to one fault stands in scenarios.cpp.
namespace weir::demo {

/// One script behind the other.
[[nodiscard]] script operator+(script first, const script& second);

// Steps
[[nodiscard]] script once(std::string_view bytes);      ///< and then one beat
[[nodiscard]] script at_once(std::string_view bytes);   ///< what follows comes in the same breath
[[nodiscard]] script each(std::string_view bytes);      ///< for each choice
[[nodiscard]] script if_asked(std::string_view bytes);  ///< when the request asks for usage
[[nodiscard]] script silence(unsigned beats);
/// `pattern` for each choice, for each word of the canned text from `first` to before `last`;
/// `$word` is the word inside a JSON string, `$number` counts from 1.
[[nodiscard]] script say(std::string_view pattern, std::size_t first = 0, std::size_t last = 99);
inline constexpr std::size_t word_count = 5;

// Texts
/// `data: TEXT` and the blank line.
[[nodiscard]] std::string event(std::string_view text);
/// A chunk around one choice whose members behind `index` are `members`. Like vLLM's: the required
/// members only.
[[nodiscard]] std::string chunk_text(std::string_view members);
[[nodiscard]] std::string chunk(std::string_view members);  ///< the same as an event

inline constexpr std::string_view role_members =
    R"("delta":{"role":"assistant","content":""},"logprobs":null,"finish_reason":null)";
inline constexpr std::string_view word_members =
    R"("delta":{"content":"$word"},"logprobs":null,"finish_reason":null)";
inline constexpr std::string_view finish_members =
    R"("delta":{},"logprobs":null,"finish_reason":"stop")";
inline constexpr std::string_view usage_text =
    R"({"id":"$id","object":"chat.completion.chunk","created":$created,"model":"$model",)"
    R"("choices":[],"usage":{"prompt_tokens":9,"completion_tokens":17,"total_tokens":26}})";
inline constexpr std::string_view done = "data: [DONE]\n\n";

/// A completion document around one choice whose members behind `index` are `members`; `tail` are
/// the document's members behind `choices`, with their comma.
[[nodiscard]] script document(std::string_view members, std::string_view tail);
inline constexpr std::string_view message_members =
    R"("message":{"role":"assistant","content":"$text","refusal":null},"logprobs":null,)"
    R"("finish_reason":"stop")";
inline constexpr std::string_view usage_tail =
    R"(,"usage":{"prompt_tokens":9,"completion_tokens":17,"total_tokens":26})";

// Bodies without fault
[[nodiscard]] script opening();       ///< role and words
[[nodiscard]] script ending();        ///< finish, usage if asked, [DONE]
[[nodiscard]] script sound_stream();  ///< opening and ending
[[nodiscard]] script sound_document();

/// The script with `from` replaced by `to` in every step.
[[nodiscard]] script with(script of, std::string_view from, std::string_view to);

// Recordings
[[nodiscard]] recording sse_body(script body);
[[nodiscard]] recording json_body(script body);
[[nodiscard]] recording html_page(unsigned status);

}  // namespace weir::demo
