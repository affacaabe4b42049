#include "app/kept_record.h"

#include "weir/json/writer.h"

namespace weir::app {
namespace {

/// A clock that stands before the epoch, or a duration that ran backwards, is none.
std::uint64_t whole(micros time) {
  return time.count() < 0 ? 0 : static_cast<std::uint64_t>(time.count());
}

}  // namespace

store::record kept_record(const observe::exchange_record& of, std::string& scratch) {
  scratch.clear();
  of.repairs.for_each([&](openai::clause c, std::uint32_t times) {
    scratch += scratch.empty() ? '{' : ',';
    scratch += json::quoted(openai::clause_name(c)) + ':' + std::to_string(times);
  });
  if (!scratch.empty()) scratch += '}';
  store::record out;
  out.request_id = of.request_id;
  out.upstream_request_id = of.upstream_request_id;
  out.time = whole(of.wall_clock);
  out.key_id = of.key;
  out.tags = of.tags;
  out.dialect = of.dialect;
  out.requested_model = of.requested_model;
  out.served_model = of.served_model;
  out.upstream = of.upstream;
  out.attempts = of.attempts;
  out.hedged = of.hedged;
  out.status = of.status;
  out.stream = of.stream;
  out.error_class = of.error_class;
  out.finish_reason = of.finish_reason;
  out.native_finish = of.native_finish;
  out.used = of.used;
  if (of.cost && of.cost->value >= 0)
    out.cost_nano_usd = static_cast<std::uint64_t>(of.cost->value);
  out.price_version = of.price_version;
  if (of.first_token) out.first_token = whole(*of.first_token);
  out.duration = whole(of.duration);
  out.bytes_in = of.bytes_in;
  out.bytes_out = of.bytes_out;
  out.repairs = scratch;
  if (of.content) {
    out.request_content = {of.content->request.text, of.content->request.cut};
    out.answer_content = {of.content->answer.text, of.content->answer.cut};
  }
  return out;
}

}  // namespace weir::app
