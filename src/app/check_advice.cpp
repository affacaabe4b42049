#include "app/check_advice.h"

#include <array>

// Which clients break is what was seen with them or read in their sources; where nothing is known,
// nothing is said. The deviations by their short names: docs/clauses.md.
namespace weir::app {

namespace {

constexpr std::array table = {
    // Messages
    advice{"answer-late", "Clients hang until their own timeout, in Node after 300 s (T9).",
           "Ends the answer with an error event when its timer fires."},
    advice{"answer-cut",
           "openai-node and LangChain throw `terminated`, opencode and pi ask again, others take "
           "the text for whole (T5, T8).",
           "Ends the stream with an error event, never with `stop`."},
    advice{"answer-malformed", "", "Answers with 502."},
    advice{"answer-too-large", "", "Refuses lines over 16 MiB and events over 32 MiB."},
    advice{"open-after-terminator",
           "openai-node, the AI SDK, LangChain, opencode, Cline, Continue, qwen-code and pi hang "
           "(T3).",
           "Ends the body at [DONE]."},
    advice{"open-after-finish", "openai-node, openai-python, the AI SDK and LangChain hang (T2).",
           "Waits 2 s for the usage, then writes [DONE] and ends the body."},
    advice{"next-request-fails", "",
           "Closes its connection to the server when its client leaves, within 100 ms."},
    advice{"request-fails", "", "Passes the error on, in the form of the API."},
    advice{"request-refused", "",
           "Passes the error on; without `stream_options`, if it is these, it asks once more."},
    advice{"bad-request-accepted", "", "Refuses the request itself, with 400."},
    advice{"bad-request-as-own-fault", "SDKs send a request again that fails with 5xx, in vain.",
           "Refuses the request itself, with 400."},
    advice{
        "error-as-success",
        "All of them show an empty answer without an error; opencode asks again and again (X10).",
        "Answers with the status that the error names, else 502."},
    advice{"content-type-wrong",
           "openclaw refuses text/plain and text/html, evalscope and EventSource libraries "
           "everything else; SDKs do not look (F36).",
           "Reads the content, not the label; its own label is right."},
    advice{"document-type-wrong", "", "Reads the content, not the label; its own label is right."},
    advice{"content-encoded", "SDKs unpack it; relays in between have corrupted it (F33).",
           "Asks for plain bytes, and unpacks what comes packed all the same."},
    advice{"stream-has-length", "", "Sends each event as it comes."},
    advice{"body-empty",
           "openai-node shows nothing, its .stream() throws, the AI SDK reports an error, opencode "
           "asks again and again (F39).",
           "Answers with 502."},
    advice{"body-compressed",
           "All lose the answer: openai-python throws, opencode asks again and again (F34).",
           "Unpacks it."},
    advice{"body-text",
           "Most show an empty answer without an error; opencode asks again and again (F38).",
           "Answers with 502."},
    advice{"document-for-stream",
           "openai-node, the AI SDK, LangChain and Continue show an empty answer without an error; "
           "opencode asks again and again (F29).",
           "Makes a stream of it."},
    advice{"stream-for-document", "JSON.parse and its like throw (F32).",
           "Makes one document of it."},
    advice{"lines-for-stream",
           "openai-node, the AI SDK and LangChain show an empty answer without an error; opencode "
           "asks again and again (F28).",
           "Makes a stream of it."},
    advice{"lines-for-document", "JSON.parse and its like throw (F32).",
           "Makes one document of it."},
    advice{"finish-other-than-asked", "", "Passes the reason as it is."},
    // Framing
    advice{
        "stream-unclosed",
        "openai-node, openai-python, the AI SDK and LangChain lose the last event; opencode asks "
        "again and again (F4).",
        "Reads the last event if it is whole, and closes it."},
    advice{"byte-order-mark",
           "openai-python loses the first event; with one before each event the AI SDK loses them "
           "all (F16).",
           "Leaves it out."},
    advice{"carriage-return",
           "Hand-written clients that look for two LF; with CR alone Continue (F1, F2).",
           "Writes LF only."},
    advice{"event-line",
           "openai-node 4 and LangChain 0.3 throw (F10); without data openai-node, openai-python, "
           "LangChain, pi, Continue and qwen-code throw (F9).",
           "Leaves it out."},
    advice{"id-line", "openai-python throws at the next comment (F10).", "Leaves it out."},
    advice{"retry-line", "openai-python throws when it stands alone (F10).", "Leaves it out."},
    advice{"error-line",
           "All ignore it: a truncated answer looks whole; opencode asks again and again (X5).",
           "Makes an error event of it."},
    advice{
        "unknown-line",
        "All ignore it; if it is a `Data:` or an indented `data:`, all lose the event (F14, F41).",
        "Reads such fields all the same, and drops what is none."},
    advice{"blank-line", "", "Leaves it out."},
    advice{"data-space",
           "Clients that look for `data: ` lose the event; with several spaces none knows [DONE] "
           "(F13).",
           "Writes one space."},
    advice{"data-empty",
           "openai-node, openai-python and LangChain throw; the AI SDK, opencode, Cline and pi "
           "report an error (F11).",
           "Leaves it out."},
    advice{"data-not-object",
           "openai-node, openai-python and LangChain throw; the AI SDK reports an error (F8, F12, "
           "F41).",
           "Leaves it out."},
    advice{"data-lines", "Line by line readers: Continue, Open WebUI (F5).",
           "Writes the JSON on one line."},
    advice{"data-not-json", "All throw or report an error (F22, F23, F24).",
           "Reads what can be read: raw control characters, NaN, Infinity."},
    advice{"documents-glued", "All throw; the AI SDK drops both (F25).", "Makes an event of each."},
    advice{
        "single-line-end",
        "openai-node, openai-python, @ai-sdk/openai and LangChain lose everything; opencode asks "
        "again and again (F3).",
        "Makes an event of each."},
    advice{"terminator-missing", "The SDKs go on; clients that wait for [DONE] hang (T1).",
           "Writes it."},
    advice{"terminator-spelling", "SDKs throw or report an error behind a whole answer (F27).",
           "Writes `data: [DONE]`."},
    advice{"heartbeat-inside-event", "", "Leaves it out."},
    advice{"after-terminator",
           "The AI SDK and opencode append the text (T4); openai-node, openai-python and LangChain "
           "lose a usage there (U14).",
           "Ends the body at [DONE], but for a usage that is missing."},
    advice{"comment", "Strict line readers; Continue takes `: ping` for the end (F7).",
           "Leaves it out."},
    advice{"utf8-invalid", "openai-python throws; JavaScript clients show U+FFFD (F19).",
           "Joins what was cut between two pieces, else writes U+FFFD."},
    advice{"line-separator-raw",
           "Readers by Python's str.splitlines (httpx iter_lines, requests) split the event (F21).",
           "Writes it as an escape."},
    advice{"surrogate-alone",
           "openai-python fails when it prints the text; nlohmann::json refuses it (F20).",
           "Joins the halves of two pieces, else writes U+FFFD."},
    advice{"line-too-long", "Open WebUI fails over 128 KiB, Go's bufio.Scanner over 64 KiB (F37).",
           "Splits the text over several chunks."},
    advice{"member-doubled", "", "Writes the last one."},
    // Envelope
    advice{"id-type",
           "openai-node .stream() loses the usage; Zed and other typed clients: missing field `id` "
           "(E1); the AI SDK fails on a number.",
           "Makes one up."},
    advice{"object-wrong", "openai-python .stream() silently skips the chunk; Zed fails (E6).",
           "Writes the right one."},
    advice{
        "created-type",
        "The AI SDK, @ai-sdk/openai and opencode fail on text, typed clients on a fraction (E4).",
        "Writes an integer."},
    advice{"model-type", "", "Writes the model that was asked for."},
    advice{"choices-type",
           "openai-node and openai-python throw; the AI SDK, opencode and Cline fail (E7, E8).",
           "Writes an array, or leaves the chunk out."},
    advice{"choice-type", "", "Leaves it out."},
    advice{"chunk-foreign",
           "openai-node and openai-python throw; the AI SDK, opencode and Cline report an error "
           "(F9, F12).",
           "Leaves it out."},
    advice{"id-empty", "openai-node .stream() loses the usage (E1).", "Makes one up."},
    advice{"id-changes", "openai-node's fromReadableStream takes it for another request (E2).",
           "Keeps the first one."},
    advice{"created-zero", "", "Writes the time of the request."},
    advice{"created-changes", "", "Keeps the first one."},
    advice{"tier-varies", "", "Repeats the first one on every chunk."},
    advice{"fingerprint-varies", "", "Repeats the first one on every chunk."},
    advice{"model-empty", "", "Writes the model that was asked for."},
    advice{"model-changes", "LangChain JS joins the names (E5).", "Keeps the first one."},
    advice{"choices-several", "The AI SDK reads only the first of each chunk.",
           "Writes a chunk for each."},
    advice{"error-member", "The AI SDK 2, opencode and Cline fail on every such chunk (E20).",
           "Leaves it out."},
    advice{"choices-empty",
           "Naive code that reads choices[0] (llm, langfuse, logfire, pydantic-ai) (E9).",
           "Leaves the chunk out; its other members ride on the next one."},
    advice{"obfuscation-declined", "", "Leaves it out."},
    advice{"moderation-place", "",
           "Sends it in a chunk of its own, between the last finish and the usage."},
    advice{"moderation-late", "", "Writes it before the usage."},
    advice{"moderation-twice", "", "Sends the last one."},
    // Errors
    advice{"error-event", "opencode asks again and again, Continue six times and more (X12).",
           "Passes the error on, in the form of the API."},
    advice{"after-error", "", "Ends the stream at the error."},
    advice{"error-beside", "", "Writes an error event with nothing beside it."},
    advice{"error-type", "The AI SDK reports a type error, openai-python loses the message (X2).",
           "Writes the error in the form of the API."},
    advice{"error-member-type",
           "The AI SDK needs a `message` that is text, openai-python loses any other (X1).",
           "Fills in what is missing."},
    advice{"error-foreign",
           "The message is lost: openai-node and LangChain go on, the AI SDK reports a type error "
           "(X4, X8).",
           "Writes the error in the form of the API."},
    // Documents
    advice{"document-not-json", "JSON.parse and its like throw (F32).",
           "Reads what can be read, else answers with 502."},
    advice{"document-not-object", "JSON.parse and its like throw (F32).",
           "Reads what can be read, else answers with 502."},
    advice{"content-missing", "", "Writes null or the empty text."},
    advice{"content-type", "", "Writes it as text."},
    advice{"choices-count", "", "Answers with an error when a choice is missing."},
    advice{"message-type", "", "Writes a message with what there is."},
    advice{"delta-in-document", "", "Writes it as a message."},
};

const advice* find_in(std::span<const advice> rows, std::string_view rule) {
  for (const advice& row : rows)
    if (row.rule == rule) return &row;
  return nullptr;
}

}  // namespace

std::span<const advice> advice_on_messages() { return table; }

advice advice_for(std::string_view rule) {
  for (const auto rows : {advice_on_messages(), advice_on_choices(), advice_on_completions()})
    if (const advice* const row = find_in(rows, rule)) return *row;
  return {rule, "", ""};
}

}  // namespace weir::app
