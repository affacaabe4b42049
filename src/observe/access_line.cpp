#include <optional>

#include "observe/log.h"
#include "observe/log_text.h"
#include "weir/base/limits.h"

namespace weir::observe {
namespace {

/// A flat object, written member by member.
class object_writer {
 public:
  void raw(std::string_view key, std::string_view value) {
    out_ += out_.empty() ? '{' : ',';
    out_ += '"';
    out_ += key;
    out_ += "\":";
    out_ += value;
  }
  /// "" is null: nothing is known.
  void text(std::string_view key, std::string_view value) {
    if (value.empty()) return raw(key, "null");
    std::string shown(cut_at(value, limits::max_logged_text_bytes));
    if (shown.size() < value.size()) shown += "...";
    raw(key, terminal_safe_json(shown));
  }
  void number(std::string_view key, std::uint64_t value) { raw(key, std::to_string(value)); }
  void number(std::string_view key, const std::optional<std::uint64_t>& value) {
    if (value)
      number(key, *value);
    else
      raw(key, "null");
  }
  void flag(std::string_view key, bool value) { raw(key, value ? "true" : "false"); }

  [[nodiscard]] std::string take() { return std::move(out_) + '}'; }

 private:
  std::string out_;
};

std::string repairs_object(const openai::repair_counts& repairs) {
  if (repairs.total() == 0) return "{}";
  object_writer out;
  repairs.for_each([&](openai::clause c, std::uint32_t times) {
    out.number(openai::clause_name(c), std::uint64_t{times});
  });
  return out.take();
}

/// `[{"upstream":"a","error":"server"}]`
std::string failed_attempts(const std::vector<exchange_record::failed_attempt>& failures) {
  std::string out = "[";
  for (const auto& one : failures) {
    if (out.size() > 1) out += ',';
    object_writer attempt;
    attempt.text("upstream", one.upstream);
    attempt.text("error", one.error_class);
    out += attempt.take();
  }
  return out + ']';
}

}  // namespace

std::string access_line(const exchange_record& record) {
  object_writer out;
  out.text("time", rfc3339(record.wall_clock));
  out.text("request_id", record.request_id);
  out.text("upstream_request_id", record.upstream_request_id);
  out.text("peer", record.peer);
  out.text("method", record.method);
  // A query may hold a credential of the client's.
  out.text("path", std::string_view(record.path).substr(0, record.path.find('?')));
  out.number("status", std::uint64_t{record.status});
  out.text("error", record.error_class);
  out.text("limit", record.limit);
  out.text("key", record.key);
  out.text("dialect", record.dialect);
  out.text("model", record.requested_model);
  out.text("upstream", record.upstream);
  out.text("upstream_model", record.served_model);
  out.number("attempts", std::uint64_t{record.attempts});
  out.raw("failed_attempts", failed_attempts(record.failures));
  out.flag("hedged", record.hedged);
  out.flag("queued", record.queued);
  out.flag("stream", record.stream);
  out.flag("cancelled", record.cancelled);
  out.text("finish_reason", record.finish_reason);
  out.number("events", record.events);
  out.number("bytes_in", record.bytes_in);
  out.number("bytes_out", record.bytes_out);
  out.raw("duration_ms", milliseconds(record.duration));
  out.raw("first_token_ms", record.first_token ? milliseconds(*record.first_token) : "null");
  out.number("prompt_tokens", record.used.input);
  out.number("cached_tokens", record.used.cache_read);
  out.number("completion_tokens", record.used.output);
  out.number("reasoning_tokens", record.used.reasoning);
  out.flag("tokens_estimated", record.used.estimated);
  out.raw("cost_usd", record.cost ? meter::to_text(*record.cost) : "null");
  out.flag("usage_missing", record.usage_missing);
  out.raw("repairs", repairs_object(record.repairs));
  return out.take();
}

std::string people_line(level how, std::string_view text) {
  std::string line;
  if (how == level::warning) line = "warning: ";
  if (how == level::error) line = "error: ";
  const std::string_view shown = cut_at(text, limits::max_said_line_bytes);
  constexpr std::string_view hex = "0123456789abcdef";
  for (std::size_t i = 0; i < shown.size(); ++i) {
    const auto byte = static_cast<unsigned char>(shown[i]);
    const auto next = static_cast<unsigned char>(i + 1 < shown.size() ? shown[i + 1] : '\0');
    const bool c1 = byte == 0xC2 && next >= 0x80 && next <= 0x9F;
    if (byte == '\n') {
      line += "\\n";
    } else if (byte < 0x20 || byte == 0x7F || c1) {
      const unsigned char c = c1 ? next : byte;
      line += "\\x";
      line += hex[c >> 4U];
      line += hex[c & 0xFU];
      if (c1) ++i;
    } else {
      line += shown[i];
    }
  }
  if (shown.size() < text.size()) line += "...";
  return line;
}

}  // namespace weir::observe
