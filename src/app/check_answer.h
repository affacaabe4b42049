#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "app/check_request.h"
#include "app/http_client.h"
#include "weir/json/reader.h"
#include "weir/openai/lint.h"
#include "weir/sse/event_parser.h"

namespace weir::app {

/// Overwrites every `key` in `text` with as many stars: no place in the text moves.
void star_out(std::string& text, std::string_view key);
void star_out(http_answer& answer, std::string_view key);

/// Watches a stream as a strict client does: when it is over, and how its choices ended. Says how
/// long it is worth waiting for more.
class stream_watch {
 public:
  explicit stream_watch(const asked& by) : choices_(by.answer.n) {}

  /// Bytes of the body.
  reading take(std::string_view part);

  [[nodiscard]] const std::string& body() const { return body_; }
  /// Overwrites a credential that the server repeats, so that nobody shows it (ERR-36).
  void hide(std::string_view key) {
    star_out(body_, key);
    star_out(finish_reason_, key);
  }
  [[nodiscard]] bool done() const { return done_; }  ///< [DONE] came
  [[nodiscard]] bool finished() const { return finishes_ >= choices_; }
  [[nodiscard]] bool spoke() const { return payloads_ != 0; }
  [[nodiscard]] bool called() const { return called_; }  ///< a tool
  [[nodiscard]] bool too_large() const { return too_large_; }
  /// Why choice 0 finished; "" while it has not.
  [[nodiscard]] const std::string& finish_reason() const { return finish_reason_; }

 private:
  void take_event(std::string_view data);

  std::size_t choices_;
  std::string body_;
  sse::event_parser events_;
  json::reader reader_;
  std::size_t finishes_ = 0;
  std::size_t payloads_ = 0;
  std::string finish_reason_;
  bool done_ = false;
  bool called_ = false;
  bool too_large_ = false;
};

/// Judges a 200 that answers a request: how the message went, its labels, its body.
[[nodiscard]] std::vector<openai::finding> judge_answer(const http_record& record,
                                                        const stream_watch& seen, const asked& by);

/// Judges an answer whose status says that it is an error: its labels and its form.
[[nodiscard]] std::vector<openai::finding> judge_error(const http_answer& answer);

/// The message of an error document, else what the status says.
[[nodiscard]] std::string error_message(const http_answer& answer);

}  // namespace weir::app
