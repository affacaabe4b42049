#pragma once
#include "weir/openai/stream_encoder.h"

namespace weir::openai {

/// Chunks of Completions: `text` and `index` (contract 5.1). The finish has a chunk of its own,
/// with an empty text (CMPL-1).
class completion_stream_encoder final : public stream_encoder {
 public:
  explicit completion_stream_encoder(const chat_context& context) : stream_encoder(context) {}

 private:
  void write_said(const chat_event& event, std::string& out) const override;
};

}  // namespace weir::openai
