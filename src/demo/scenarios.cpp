#include <utility>

#include "demo/pieces.h"
#include "demo/scenario.h"

namespace weir::demo {
namespace {

constexpr unsigned beats_of_slow = 150;     // 3 s at the usual pace
constexpr unsigned beats_of_no_end = 3000;  // 1 min

recording with_status(unsigned status, recording of) {
  of.status = status;
  return of;
}
recording with_header(std::string_view name, std::string_view value, recording of) {
  of.headers.emplace_back(name, value);
  return of;
}
recording with_type(std::string_view content_type, recording of) {
  of.content_type = content_type;
  return of;
}
recording cut(recording of) {
  of.how = recording::framing::cut;
  return of;
}
recording byte_by_byte(recording of) {
  of.how = recording::framing::chunked;
  of.slice = 1;
  return of;
}

// --- Whose format it is
// ---------------------------------------------------------------------------

/// OpenAI itself: tier and fingerprint on every chunk.
std::string openai_chunk(std::string_view delta, std::string_view finish) {
  return event(R"({"id":"$id","object":"chat.completion.chunk","created":$created,)"
               R"("model":"$model","service_tier":"default","system_fingerprint":"fp_demo",)"
               R"("choices":[{"index":$i,"delta":)" +
               std::string(delta) + R"(,"logprobs":null,"finish_reason":)" + std::string(finish) +
               "}]$usage_null}");
}

std::string openai_usage() {
  return event(R"({"id":"$id","object":"chat.completion.chunk","created":$created,)"
               R"("model":"$model","service_tier":"default","system_fingerprint":"fp_demo",)"
               R"("choices":[],"usage":{"prompt_tokens":9,"completion_tokens":17,)"
               R"("total_tokens":26,"prompt_tokens_details":{"cached_tokens":0,)"
               R"("audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":0,)"
               R"("audio_tokens":0,"accepted_prediction_tokens":0,)"
               R"("rejected_prediction_tokens":0}}})");
}

script openai_stream(const script& payload, std::string_view role, std::string_view finish) {
  return each(openai_chunk(role, "null")) + payload + each(openai_chunk("{}", finish)) +
         if_asked(openai_usage()) + once(done);
}

constexpr std::string_view openai_role = R"({"role":"assistant","content":"","refusal":null})";
constexpr std::string_view openai_tail =
    R"(,"usage":{"prompt_tokens":9,"completion_tokens":17,"total_tokens":26},)"
    R"("service_tier":"default","system_fingerprint":"fp_demo")";

/// LightLLM: usage always, vendor members, sometimes no terminator.
std::string lightllm_chunk(std::string_view delta, std::string_view tail) {
  return event(R"({"id":"$id","object":"chat.completion.chunk","created":$created,)"
               R"("model":"$model","choices":[{"index":$i,"delta":)" +
               std::string(delta) + R"(,"logprobs":null,"token_ids":null,)" + std::string(tail) +
               "}]}");
}
constexpr std::string_view lightllm_open = R"("finish_reason":null)";
constexpr std::string_view lightllm_stop = R"("finish_reason":"stop","stop_reason":null)";
constexpr std::string_view lightllm_usage =
    R"({"id":"$id","object":"chat.completion.chunk","created":$created,"model":"$model",)"
    R"("choices":[],"usage":{"prompt_tokens":9,"completion_tokens":17,"total_tokens":26,)"
    R"("prompt_tokens_details":{"cached_tokens":0,"audio_tokens":0}}})";

/// LocalAI: its order of members.
std::string localai_chunk(std::string_view delta) {
  return event(R"({"created":$created,"object":"chat.completion.chunk","id":"$id",)"
               R"("model":"$model","choices":[{"index":$i,"finish_reason":"","delta":)" +
               std::string(delta) + "}]}");
}

/// Azure: members sorted, verdicts of the content filter on everything.
std::string azure_chunk(std::string_view delta, std::string_view finish, std::string_view verdict) {
  return event(R"({"choices":[{"content_filter_results":)" + std::string(verdict) + R"(,"delta":)" +
               std::string(delta) + R"(,"finish_reason":)" + std::string(finish) +
               R"(,"index":$i,"logprobs":null}],"created":$created,"id":"$id",)"
               R"("model":"$model","object":"chat.completion.chunk",)"
               R"("system_fingerprint":"fp_demo"$usage_null})");
}
constexpr std::string_view azure_safe = R"({"hate":{"filtered":false,"severity":"safe"}})";
constexpr std::string_view azure_prompt =
    R"("prompt_filter_results":[{"prompt_index":0,"content_filter_results":)"
    R"({"hate":{"filtered":false,"severity":"safe"}}}])";

constexpr std::string_view llmspy_tail =
    R"(,"usage":{"prompt_tokens":9,"completion_tokens":17,"total_tokens":26,"duration":0},)"
    R"("metadata":{"duration":12,"pricing":"1/2"})";

constexpr std::string_view cocoon_usage =
    R"("usage":{"prompt_tokens":11,"total_tokens":18,"completion_tokens":7,)"
    R"("prompt_tokens_details":{"cached_tokens":3}})";

constexpr std::string_view overloaded =
    R"({"error":{"message":"The engine is currently overloaded, please try again later",)"
    R"("type":"server_error","param":null,"code":503}})";
constexpr std::string_view server_error =
    R"({"error":{"code":"server_error","message":"The demo server had an error while processing )"
    R"(your request.","type":"server_error"}})";
constexpr std::string_view rate_limit =
    R"({"error":{"message":"Rate limit reached for $model: Limit 3, Used 3, Requested 1. Please )"
    R"(try again in 7s.","type":"requests","param":null,"code":"rate_limit_exceeded"}})";

constexpr std::string_view tool_calls_whole =
    R"("message":{"role":"assistant","content":null,"refusal":null,"tool_calls":[)"
    R"({"id":"call_weather","type":"function","function":{"name":"get_weather",)"
    R"("arguments":"{\"city\":\"Paris\"}"}},{"id":"call_time","type":"function","function":)"
    R"({"name":"get_time","arguments":"{}"}}]},"logprobs":null,"finish_reason":"tool_calls")";

script tool_call_deltas() {
  script all;
  for (const std::string_view call : {
           R"({"index":0,"id":"call_weather","type":"function",)"
           R"("function":{"name":"get_weather","arguments":""}})",
           R"({"index":0,"function":{"arguments":"{\"city\":"}})",
           R"({"index":0,"function":{"arguments":"\"Paris\"}"}})",
           R"({"index":1,"id":"call_time","type":"function",)"
           R"("function":{"name":"get_time","arguments":""}})",
           R"({"index":1,"function":{"arguments":"{}"}})",
       })
    all = std::move(all) +
          each(openai_chunk(R"({"tool_calls":[)" + std::string(call) + "]}", "null"));
  return all;
}

/// vLLM with continuous usage; ten tokens of prompt and one for each word.
std::string continuous_chunk(std::string_view members) {
  return event(R"({"id":"$id","object":"chat.completion.chunk","created":$created,)"
               R"("model":"$model","choices":[{"index":$i,)" +
               std::string(members) +
               R"(}],"usage":{"prompt_tokens":10,"completion_tokens":$number,)"
               R"("total_tokens":1$number}})");
}

constexpr std::string_view half_a_document =
    R"({"id":"$id","object":"chat.completion","created":$created,"model":"$model",)"
    R"("choices":[{"index":0,"message":{"role":"assistant","content":"This is a canned answer from)";

script comment_noise() {
  return once(": OPENROUTER PROCESSING\n\n") + once(":\n\n") +
         once("event: ping\ndata: {\"type\":\"ping\"}\n\n") + once("event: ping\n\n") +
         once("data: \n\n") + once("data: {}\n\n") + once("data: : OPENROUTER PROCESSING\n\n");
}

}  // namespace

std::vector<scenario> make_scenarios() {
  const recording sound = json_body(sound_document());
  return {
      // --- Right, and the four reports ------------------------------------------------------
      {"demo/clean", "Nothing: the reference form, as OpenAI sends it.",
       sse_body(openai_stream(say(openai_chunk(R"({"content":"$word"})", "null")), openai_role,
                              R"("stop")")),
       json_body(document(message_members, openai_tail))},
      {"demo/json-only", "A stream was asked for and one JSON document comes (llmspy).",
       json_body(document(message_members, llmspy_tail)),
       json_body(document(message_members, llmspy_tail))},
      {"demo/sse-only", "A stream comes even when one JSON document was asked for.",
       sse_body(opening() + each(chunk(finish_members)) + once(event(usage_text)) + once(done)),
       sse_body(opening() + each(chunk(finish_members)) + once(event(usage_text)) + once(done))},
      {"demo/no-done", "After the usage the body ends without `[DONE]` (LightLLM).",
       sse_body(each(lightllm_chunk(R"({"role":"assistant","content":""})", lightllm_open)) +
                say(lightllm_chunk(R"({"content":"$word"})", lightllm_open), 0, word_count - 1) +
                say(lightllm_chunk(R"({"content":"$word"})", lightllm_stop), word_count - 1) +
                once(event(lightllm_usage))),
       sound},
      {"demo/role-every-delta",
       "`role` comes with every delta, not only with the first (LightLLM).",
       sse_body(say(lightllm_chunk(R"({"role":"assistant","content":"$word"})", lightllm_open)) +
                each(lightllm_chunk(R"({"role":"assistant","content":""})", lightllm_stop)) +
                once(event(lightllm_usage)) + once(done)),
       sound},
      {"demo/empty-finish",
       "`finish_reason` is `\"\"` from the first chunk to the last, and none says `stop` "
       "(LocalAI).",
       sse_body(each(localai_chunk(R"({"role":"assistant","content":""})")) +
                each(localai_chunk(R"({"content":""})")) +
                say(localai_chunk(R"({"content":"$word"})")) +
                each(localai_chunk(R"({"content":""})")) + once(done)),
       json_body(document(R"("finish_reason":"","message":{"role":"assistant","content":"$text"})",
                          usage_tail))},
      {"demo/byte-by-byte",
       "Every byte comes in an h1 chunk of its own, with a usage of 11, 3 cached and 7 (cocoon).",
       byte_by_byte(sse_body(opening() + each(chunk(finish_members)) +
                             once(event(R"({"id":"$id","object":"chat.completion.chunk",)"
                                        R"("created":$created,"model":"$model","choices":[],)" +
                                        std::string(cocoon_usage) + "}")) +
                             once(done))),
       byte_by_byte(json_body(document(message_members, "," + std::string(cocoon_usage))))},

      // --- Framing --------------------------------------------------------------------------
      {"demo/crlf", "Lines end with CR LF.", sse_body(with(sound_stream(), "\n", "\r\n")),
       json_body(with(sound_document(), R"({"id":"$id",)", "{\r\n  \"id\": \"$id\",\r\n  ") +
                 once("\r\n"))},
      {"demo/unterminated", "The last event, with finish or usage, has no line end behind it.",
       sse_body(each("data: " + chunk_text(role_members)) +
                say("\n\ndata: " + chunk_text(word_members)) +
                each("\n\ndata: " + chunk_text(finish_members)) +
                if_asked("\n\ndata: " + std::string(usage_text))),
       sound},
      {"demo/single-lf", "One line end stands between two events instead of a blank line.",
       sse_body(with(sound_stream(), "\n\n", "\n")), sound},
      {"demo/ndjson", "One JSON document per line instead of events, and no `[DONE]`.",
       with_type("application/x-ndjson", sse_body(each(chunk_text(role_members) + "\n") +
                                                  say(chunk_text(word_members) + "\n") +
                                                  each(chunk_text(finish_members) + "\n") +
                                                  if_asked(std::string(usage_text) + "\n"))),
       with_type("application/x-ndjson", json_body(sound_document() + once("\n")))},
      {"demo/comments", "Comments, pings, empty data and `{}` stand between the events.",
       sse_body(comment_noise() + each(chunk(role_members)) +
                say(": ping - 2026-01-01 00:00:00\n\n" + chunk(word_members) + "data: {}\n\n") +
                comment_noise() + ending()),
       json_body(at_once("\n\n  \n") + sound_document())},
      {"demo/bad-json", "Raw control characters in strings, and `NaN` and `-Infinity` as numbers.",
       sse_body(
           each(chunk(role_members)) +
           with(say(chunk(R"("delta":{"content":"$word"},"logprobs":{"content":[{"token":"$word",)"
                          R"("logprob":-Infinity,"bytes":null,"top_logprobs":[]}],"refusal":null},)"
                          R"("score":NaN,"finish_reason":null)")),
                " a canned", "\ta\x01 canned") +
           ending()),
       json_body(with(document(R"("message":{"role":"assistant","content":"$text"},"score":NaN,)"
                               R"("logprobs":null,"finish_reason":"stop")",
                               usage_tail),
                      "$text", "This is\ta\x01 canned answer\n with raw control characters."))},

      // --- Chunks ---------------------------------------------------------------------------
      {"demo/no-role", "No chunk says `role`.", sse_body(say(chunk(word_members)) + ending()),
       json_body(document(R"("message":{"content":"$text"},"logprobs":null,"finish_reason":"stop")",
                          usage_tail))},
      {"demo/azure",
       "The first chunk has no choice, no id and no model, only filter results (Azure).",
       sse_body(
           once(event(R"({"choices":[],"created":0,"id":"","model":"","object":"",)" +
                      std::string(azure_prompt) + "}")) +
           each(azure_chunk(R"({"content":"","refusal":null,"role":"assistant"})", "null", "{}")) +
           say(azure_chunk(R"({"content":"$word"})", "null", azure_safe)) +
           each(azure_chunk("{}", R"("stop")", "{}")) + if_asked(event(usage_text)) + once(done)),
       json_body(document(R"("content_filter_results":)" + std::string(azure_safe) + "," +
                              std::string(message_members),
                          std::string(usage_tail) + "," + std::string(azure_prompt)))},
      {"demo/usage-everywhere", "Every chunk carries the usage so far (vLLM's continuous usage).",
       sse_body(each(chunk(role_members)) + say(continuous_chunk(word_members)) +
                with(with(ending(), "$usage_null", usage_tail),
                     R"("prompt_tokens":9,"completion_tokens":17,"total_tokens":26)",
                     R"("prompt_tokens":10,"completion_tokens":5,"total_tokens":15)")),
       sound},
      {"demo/content-and-finish",
       "The last chunk carries text, finish and usage at once (Mistral, Moonshot).",
       sse_body(each(chunk(role_members)) + say(chunk(word_members), 0, word_count - 1) +
                with(say(chunk(R"("delta":{"content":"$word"},"logprobs":null,)"
                               R"("finish_reason":"stop")"),
                         word_count - 1),
                     "$usage_null", usage_tail) +
                once(done)),
       sound},
      {"demo/wrong-finish", "`finish_reason` is `eos`, a word of another API (Together).",
       sse_body(opening() + with(ending(), R"("stop")", R"("eos")")), sound},
      {"demo/ids-vary", "`id` and `created` differ from chunk to chunk, `object` is missing.",
       sse_body(
           with(each(chunk(role_members)) +
                    say(R"(data: {"id":"chat.id.411$number","created":$created.$number,)"
                        R"("model":"$model","choices":[{"index":$i,"delta":{"content":"$word"},)"
                        R"("logprobs":null,"finish_reason":null}]$usage_null})"
                        "\n\n") +
                    ending(),
                R"("object":"chat.completion.chunk",)", "")),
       json_body(with(sound_document(), R"("id":"$id","object":"chat.completion",)",
                      R"("id":null,"object":"",)"))},

      // --- Endings and errors ---------------------------------------------------------------
      {"demo/truncated", "The body ends, in good order, in the middle of the text.",
       sse_body(each(chunk(role_members)) + say(chunk(word_members), 0, 3)),
       json_body(once(half_a_document))},
      {"demo/cut", "The connection closes inside an h1 chunk, in the middle of the text.",
       cut(sse_body(each(chunk(role_members)) + say(chunk(word_members), 0, 3))),
       cut(json_body(once(half_a_document)))},
      {"demo/no-end",
       "After the finish neither `[DONE]` nor the end of the body comes for a minute.",
       sse_body(opening() + each(chunk(finish_members)) + silence(beats_of_no_end) + once("")),
       sound},
      {"demo/error-first", "Status 200, and then the first event is an error.",
       sse_body(once(event(overloaded)) + once(done)), json_body(once(overloaded))},
      {"demo/error-midway", "The text breaks off with an error event.",
       sse_body(each(chunk(role_members)) + say(chunk(word_members), 0, 3) +
                once(event(server_error)) + once(done)),
       with_status(500, json_body(once(server_error)))},
      {"demo/error-429", "Status 429 with `Retry-After` and a JSON error.",
       with_status(429, with_header("Retry-After", "7", json_body(once(rate_limit)))),
       with_status(429, with_header("Retry-After", "7", json_body(once(rate_limit))))},
      {"demo/error-500", "Status 500 with an HTML page.", html_page(500), html_page(500)},
      {"demo/html", "Status 200 with an HTML page.", html_page(200), html_page(200)},
      {"demo/empty", "Status 200 without a byte (cocoon).", sse_body({}), json_body({})},
      {"demo/comments-only", "Comments, and then the end.",
       sse_body(once(": OPENROUTER PROCESSING\n\n") + once(": OPENROUTER PROCESSING\n\n")),
       json_body(once("  \n"))},
      {"demo/slow", "Nothing comes for three seconds.",
       sse_body(silence(beats_of_slow) + sound_stream()),
       json_body(silence(beats_of_slow) + sound_document())},

      // --- Other payloads, as they should be ------------------------------------------------
      {"demo/tools", "Nothing: two tool calls, one after the other.",
       sse_body(openai_stream(tool_call_deltas(),
                              R"({"role":"assistant","content":null,"refusal":null})",
                              R"("tool_calls")")),
       json_body(document(tool_calls_whole, openai_tail))},
      {"demo/reasoning", "Nothing: `reasoning_content` before the text (DeepSeek).",
       sse_body(each(chunk(role_members)) +
                each(chunk(R"("delta":{"reasoning_content":"No model"},"logprobs":null,)"
                           R"("finish_reason":null)")) +
                each(chunk(R"("delta":{"reasoning_content":" was asked to think."},)"
                           R"("logprobs":null,"finish_reason":null)")) +
                say(chunk(word_members)) + ending()),
       json_body(
           document(R"("message":{"role":"assistant","content":"$text","reasoning_content":)"
                    R"("No model was asked to think."},"logprobs":null,"finish_reason":"stop")",
                    usage_tail))},
  };
}

}  // namespace weir::demo
