#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "meter/usage.h"
#include "weir/base/result.h"

namespace weir::store {

/// The beginning of a body, of those who want it kept.
struct content_text {
  std::string_view text;
  bool cut = false;  ///< there was more
};

/// What is kept of one exchange: who asked for what, where it went, how it ended and what it cost.
/// Never credentials or addresses; content only where it is wanted.
///
/// Memory  Views into whatever the caller holds: to append one copies nothing twice. One that was
///         read lives as long as the bytes it was read from.
struct record {
  std::string_view request_id;
  std::string_view upstream_request_id;
  std::uint64_t time = 0;      ///< arrival, microseconds since the Unix epoch
  std::string_view key_id;     ///< of the client's key; "" without one
  std::string_view tags = {};  ///< a flat JSON object of text, "" for none
  std::string_view dialect;
  std::string_view requested_model;
  std::string_view served_model;  ///< the upstream's name for it
  std::string_view upstream;
  std::uint64_t attempts = 0;
  bool hedged = false;
  std::uint64_t status = 0;  ///< 499 when the client left first
  bool stream = false;
  std::string_view error_class;  ///< "" for success
  std::string_view finish_reason;
  std::string_view native_finish;  ///< as the upstream spelled it, where that is known
  meter::usage used;
  std::optional<std::uint64_t> cost_nano_usd;
  std::string_view price_version;
  std::optional<std::uint64_t> first_token;  ///< microseconds
  std::uint64_t duration = 0;                ///< microseconds
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
  std::string_view repairs;  ///< a JSON object of clause and count, "" for none
  content_text request_content;
  content_text answer_content;

  [[nodiscard]] bool has_content() const {
    return !request_content.text.empty() || !answer_content.text.empty();
  }
};

/// Every field of a record with its name, which is also its column in the ledger; but content is
/// no column: it has a table of its own. The order is the
/// order in the journal: new fields go to the end, so that old journals still read.
template <class Record, class F>
void for_each_field(Record& r, F&& f) {
  f("request_id", r.request_id);
  f("upstream_request_id", r.upstream_request_id);
  f("time", r.time);
  f("key_id", r.key_id);
  f("tags", r.tags);
  f("dialect", r.dialect);
  f("requested_model", r.requested_model);
  f("served_model", r.served_model);
  f("upstream", r.upstream);
  f("attempts", r.attempts);
  f("hedged", r.hedged);
  f("status", r.status);
  f("stream", r.stream);
  f("error_class", r.error_class);
  f("finish_reason", r.finish_reason);
  f("native_finish", r.native_finish);
  f("input_tokens", r.used.input);
  f("cache_read_tokens", r.used.cache_read);
  f("cache_write_5m_tokens", r.used.cache_write_5m);
  f("cache_write_1h_tokens", r.used.cache_write_1h);
  f("audio_in_tokens", r.used.audio_in);
  f("output_tokens", r.used.output);
  f("reasoning_tokens", r.used.reasoning);
  f("audio_out_tokens", r.used.audio_out);
  f("estimated", r.used.estimated);
  f("cost_nano_usd", r.cost_nano_usd);
  f("price_version", r.price_version);
  f("first_token", r.first_token);
  f("duration", r.duration);
  f("bytes_in", r.bytes_in);
  f("bytes_out", r.bytes_out);
  f("repairs", r.repairs);
  f("request_content", r.request_content);
  f("answer_content", r.answer_content);
}

/// Appends the frame of `r`: mark, length, CRC-32 of length and payload, payload. Texts are cut at
/// limits::max_record_text_bytes, those of content at limits::max_configured_content_bytes.
void append_frame(std::string& out, const record& r);

/// Reads frames out of bytes that may end or be damaged anywhere.
///
/// Errors   Bytes that are no frame are passed over to the next frame and counted.
/// Memory   None: records are views into the bytes.
/// Cost     One pass; over damage one comparison a byte.
class frame_reader {
 public:
  explicit frame_reader(std::string_view bytes) : bytes_(bytes) {}

  /// The next record, or nothing at the end. `position()` is then where it begins.
  [[nodiscard]] std::optional<record> next();
  [[nodiscard]] std::size_t position() const { return begin_; }
  /// Behind the last record that was read: everything before is done with.
  [[nodiscard]] std::size_t end() const { return end_; }
  /// Bytes passed over between records, and those behind the last one.
  [[nodiscard]] std::uint64_t skipped() const { return skipped_; }
  [[nodiscard]] std::uint64_t torn() const { return bytes_.size() - end_; }

 private:
  std::string_view bytes_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::uint64_t skipped_ = 0;
};

}  // namespace weir::store
