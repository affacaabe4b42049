#pragma once
#include "weir/openai/stream_encoder.h"

namespace weir::openai {

/// Chunks of chat: `index` and `delta` (contract 3.2).
class chat_stream_encoder final : public stream_encoder {
 public:
  explicit chat_stream_encoder(const chat_context& context) : stream_encoder(context) {}

 private:
  void write_said(const chat_event& event, std::string& out) const override;
};

}  // namespace weir::openai
