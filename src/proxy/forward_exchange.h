#pragma once
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "proxy/upstream_exchange.h"

namespace weir::proxy {

/// A request of one of the other APIs, which goes to the upstream of its model and back as it is:
/// audio, images, moderations, rerank. Its body is a JSON document here, in upload_exchange a form.
///
/// Nothing is translated. Of the request the model's name is replaced, of the answer nothing; an
/// error is told by the rules of all APIs (EMAP-1). An answer that breaks off breaks the client's
/// connection, so that nobody takes a part for the whole (P6).
class forward_exchange : public upstream_exchange {
 public:
  explicit forward_exchange(const exchange_parts& parts) : upstream_exchange(parts) {}

 protected:
  void on_request_complete() override;
  std::string upstream_bytes() override;
  /// The client's own wish, since the answer is for it as it comes.
  [[nodiscard]] std::string_view accepted() const;

 private:
  std::unique_ptr<openai::answer> make_answer() override;
  void on_answer_head(const http::response_head& head) override;
  void relay() override;
  void complete_record() override;

  void begin();

  // The upstream's head, as far as it goes on.
  unsigned status_ = 0;
  bool is_event_stream_ = false;
  std::optional<std::uint64_t> length_;
  std::vector<std::pair<std::string, std::string>> headers_;
};

}  // namespace weir::proxy
