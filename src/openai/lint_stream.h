#pragma once
#include <string_view>
#include <vector>

#include "openai/lint_report.h"
#include "weir/json/reader.h"

namespace weir::openai {

/// The dialect's side of judging a stream: the JSON objects of its events in their order.
class frame_judge {
 public:
  virtual void take(json::value frame, lint_report& report) = 0;
  /// The stream is over: [DONE], or its last byte.
  virtual void finish(lint_report& report) = 0;
  /// The text of a frame that could stand in several instead (CHAT-36); absent if there is none.
  [[nodiscard]] virtual json::value splittable(json::value frame) const = 0;

 protected:
  ~frame_judge() = default;
};

/// One pass over a body: framing by the raw bytes of each event, meaning by its data.
[[nodiscard]] std::vector<finding> judge_stream(std::string_view body, frame_judge& frames);

/// The document of an answer that is no stream, as `reader` read it; absent when it is not one JSON
/// object, which is then told.
[[nodiscard]] json::value judged_document(std::string_view body, json::reader& reader,
                                          lint_report& report);

}  // namespace weir::openai
