#include "weir/openai/chat_answer.h"

#include <limits>
#include <vector>

#include "openai/answer_body.h"
#include "openai/relaxed_relay.h"
#include "weir/base/limits.h"
#include "weir/json/mend.h"
#include "weir/openai/aggregate.h"
#include "weir/openai/chat_decoder.h"
#include "weir/openai/chat_machine.h"
#include "weir/openai/stream_encoder.h"
#include "weir/sse/payload_reader.h"

namespace weir::openai {

namespace {

/// A document is always told its usage; only a stream has to be asked (CHAT-24).
chat_context effective(chat_context context) {
  if (!context.stream) context.include_usage = true;
  // Where there is but text, a thought has no other place than in it.
  if (context.dialect == dialect::completions) context.settings.think_tags = false;
  return context;
}

bool says_text(const chat_frame& frame) {
  return !frame.choices.empty() && frame.choices.front().is_text;
}

}  // namespace

struct chat_answer::implementation {
  using framing = chat_decoder::framing;

  explicit implementation(const chat_context& asked)
      : context(effective(asked)),
        decoder(context.dialect),
        encoder(make_stream_encoder(context)),
        fold(make_aggregate(context.dialect)),
        relay(*encoder),
        machine(context, sink()) {}

  [[nodiscard]] bool relaxed() const {
    return context.settings.mode == stream_settings::conformance::relaxed;
  }
  [[nodiscard]] chat_sink& sink() {
    if (!context.stream) return *fold;
    return relaxed() ? static_cast<chat_sink&>(relay) : static_cast<chat_sink&>(*encoder);
  }
  void on_chunk(std::string_view text, framing how);
  void forward(std::string_view text);
  void read_body(std::size_t most);
  [[nodiscard]] bool read_end();
  void read(std::string_view piece);
  void on_payload(const sse::payload& payload, bool at_end);
  void on_document(std::string_view text, framing how, bool at_end);
  void on_list(bool at_end);
  void on_completion();
  void on_error_payload(std::string_view text);
  [[nodiscard]] error frameless(bool lost) const;
  [[nodiscard]] error truncation() const;
  void after_input();

  const chat_context context;
  answer_body body;
  sse::payload_reader reader;
  chat_decoder decoder;
  json::reader errors_reader;
  const std::unique_ptr<stream_encoder> encoder;
  const std::unique_ptr<aggregate> fold;
  relaxed_relay relay;
  chat_machine machine;

  std::string document;      ///< the JSON answer, once it is whole
  std::size_t consumed = 0;  ///< of the encoder's output or of `document`
  std::string own_document;  ///< the upstream's completion as it came
  std::uint64_t frames = 0;
  bool waited = false;     ///< since the last input
  bool lone_text = false;  ///< all that came is one document of texts (CMPL-1)
  bool broke_off = false;  ///< the body ended inside a document
  std::string end_detail;  ///< of a truncation
  repair_counts repairs;   ///< of this class; those of the parts are added on demand
};

chat_answer::chat_answer(const chat_context& context)
    : implementation_(std::make_unique<implementation>(context)) {}

chat_answer::~chat_answer() = default;

// ---------------------------------------------------------------------------------------------
// Input

void chat_answer::feed(std::string_view bytes) {
  implementation& self = *implementation_;
  self.waited = false;
  self.body.feed(bytes);
  if (!self.body.waits()) self.read_body(limits::max_inflated_step_bytes);
  self.body.keep();
}

bool chat_answer::has_more() const {
  return !implementation_->machine.closed() && implementation_->body.waits();
}

void chat_answer::go_on() {
  implementation_->read_body(limits::max_inflated_step_bytes);
  implementation_->body.keep();
}

void chat_answer::on_end(bool lost) {
  implementation& self = *implementation_;
  self.end_detail = end_detail();
  self.read_body(std::numeric_limits<std::size_t>::max());
  const bool cut_off = lost || !self.read_end();
  while (!self.machine.closed() && self.reader.finish() == sse::payload_reader::status::ready)
    self.on_payload(self.reader.current(), true);
  // AGG-3: a document is its own terminator, also when it owes its finish.
  if (self.lone_text && !self.broke_off && !self.context.stream) self.machine.on_done();
  if (!self.machine.closed())
    self.machine.on_end(cut_off, {self.frameless(cut_off), self.truncation()});
  self.after_input();
}

void chat_answer::implementation::read_body(std::size_t most) {
  using status = answer_body::status;
  body.begin_step(most);
  status last = status::ready;
  while (!machine.closed() && last == status::ready) {
    last = body.next();
    if (last == status::ready) read(body.piece());
  }
  if (last == status::corrupt)
    machine.on_error(errors::upstream_invalid("Its compressed body is corrupt."));
  after_input();
}

/// The body is over; false when it broke off inside what was compressed.
bool chat_answer::implementation::read_end() {
  using status = answer_body::status;
  status last = status::ready;
  while (!machine.closed() && last == status::ready) {
    last = body.finish();
    if (last == status::ready) read(body.piece());
  }
  return last != status::truncated;
}

void chat_answer::implementation::read(std::string_view piece) {
  using status = sse::payload_reader::status;
  while (!machine.closed()) {
    switch (reader.parse(piece)) {
      case status::need_input:
        return;
      case status::ready:
        on_payload(reader.current(), false);
        break;
      case status::too_large:  // SSE-9
        machine.on_error(errors::upstream_invalid("An event is larger than the limit."));
        break;
    }
  }
}

void chat_answer::fail(const error& why) {
  implementation_->machine.on_error(why);
  implementation_->after_input();
}

void chat_answer::on_wait_over() {
  implementation& self = *implementation_;
  if (self.reader.whole()) {
    while (!self.machine.closed() && self.reader.finish() == sse::payload_reader::status::ready)
      self.on_payload(self.reader.current(), false);
  } else {
    self.waited = true;  // nothing more comes of waiting again
    self.machine.on_wait_over();
  }
  self.after_input();
}

void chat_answer::commit() { implementation_->machine.commit(); }

void chat_answer::implementation::on_payload(const sse::payload& payload, bool at_end) {
  switch (payload.what) {
    case sse::payload::kind::done:
      machine.on_done();
      return;
    case sse::payload::kind::error:
      on_error_payload(payload.text);
      return;
    case sse::payload::kind::json:
      on_document(payload.text, payload.bare && frames == 0 ? framing::alone : framing::event,
                  at_end);
      return;
  }
}

/// Why a body without a single frame is no answer (F38, F39).
error chat_answer::implementation::frameless(bool lost) const {
  const std::string_view page = reader.dropped_text();
  if (!page.empty()) return read_error_text(page, 0);
  return broke_off || lost ? errors::upstream_truncated(end_detail)
                           : errors::upstream_failed("The answer was empty.");
}

/// An answer that stops: what the upstream said beside it may be the reason (X11).
error chat_answer::implementation::truncation() const {
  error why = errors::upstream_truncated(end_detail);
  const std::string_view page = reader.dropped_text();
  if (!page.empty()) why.message += " It had said: " + read_error_text(page, 0).message;
  return why;
}

/// One or more documents glued together (F25).
void chat_answer::implementation::on_document(std::string_view text, framing how, bool at_end) {
  while (!text.empty() && !machine.closed()) {
    switch (decoder.decode(text, how)) {
      case chat_decoder::kind::chunk:
        on_chunk(text, how);
        break;
      case chat_decoder::kind::completion:
        on_completion();
        break;
      case chat_decoder::kind::list: {
        const std::string_view rest = decoder.rest();
        on_list(at_end);
        text = rest;
        how = framing::event;
        continue;
      }
      case chat_decoder::kind::error:
        machine.on_error(read_error(decoder.document(), 0));
        return;
      case chat_decoder::kind::ignored:
        repairs.add(clause::sse_13);
        break;
      case chat_decoder::kind::unreadable:
        // A part of the terminator is nothing that an answer could lack.
        if (at_end && std::string_view("[DONE]").starts_with(text)) return;
        // Another fragment at the end of the body is a truncation and left to the machine
        // (CHAT-29c); anywhere else it is garbage (SSE-13).
        if (at_end && decoder.truncated()) {
          broke_off = true;
          return;
        }
        machine.on_error(errors::upstream_invalid("A frame is not JSON."));
        return;
    }
    text = decoder.rest();
    how = framing::event;
  }
}

void chat_answer::implementation::on_chunk(std::string_view text, framing how) {
  lone_text = how == framing::alone && says_text(decoder.frame());
  if (frames++ == 0 && !context.stream && !lone_text) repairs.add(clause::sse_11);
  if (context.stream && relaxed()) forward(text);
  machine.on_chunk(decoder.frame());
  // SSE-9 bounds an event; a document bounds their sum.
  if (fold->folded() > limits::max_event_bytes)
    machine.on_error(errors::upstream_invalid("The answer is larger than the limit."));
}

void chat_answer::implementation::forward(std::string_view text) {
  const chat_frame& frame = decoder.frame();
  // REQ-13: usage that weir asked for is not the client's.
  const bool ours = context.usage_asked_upstream && !context.include_usage &&
                    frame.choices.empty() && frame.usage.given();
  if (ours) return;
  if (frame.ragged)
    relay.forward(json::mend(text).text);
  else
    relay.forward(frame.source);
  machine.commit();
}

/// The frames of a list. The decoder reads them from copies, for it keeps one document at a time.
void chat_answer::implementation::on_list(bool at_end) {
  std::vector<std::string> elements;
  for (const json::value element : decoder.document().elements())
    if (element.is(json::type::object)) elements.emplace_back(element.raw());
  repairs.add(clause::sse_13);
  for (const std::string& element : elements) on_document(element, framing::event, at_end);
}

/// A whole completion where a stream was asked for, or the JSON answer that was asked for.
void chat_answer::implementation::on_completion() {
  if (context.stream) repairs.add(clause::sse_11);
  const bool first = frames++ == 0;
  if (first && !context.stream && (relaxed() || decoder.completion_regular()))
    own_document = decoder.frame().source;
  else
    own_document.clear();
  const bool texts = says_text(decoder.frame());
  relay.tell(relaxed_relay::telling::whole_answer);
  do {
    machine.on_chunk(decoder.frame());
  } while (!machine.closed() && decoder.next_part());
  // AGG-3: a document that is whole is its own terminator; in a stream [DONE] still may follow. A
  // text may also be a line among others (F28), if not all choices are there.
  if (!texts || machine.all_finish()) machine.on_done();
  relay.tell(relaxed_relay::telling::frames);
}

void chat_answer::implementation::on_error_payload(std::string_view text) {
  if (errors_reader.parse(text) == json::reader::status::ok)
    machine.on_error(read_error(errors_reader.root(), 0));
  else
    machine.on_error(read_error_text(text, 0));
}

void chat_answer::implementation::after_input() {
  if (!machine.closed() || context.stream || machine.failure() != nullptr || !document.empty())
    return;
  // A document that needed no repair goes out as it came.
  const bool right = machine.untouched() && decoder.repairs().total() == 0 &&
                     repairs.total() == 0 &&
                     context.settings.echo_model == stream_settings::model_echo::upstream;
  const bool untouched = !own_document.empty() && (right || relaxed());
  document = untouched ? std::move(own_document) : fold->document();
}

// ---------------------------------------------------------------------------------------------
// Output

chat_answer::state chat_answer::current() const {
  const chat_machine& machine = implementation_->machine;
  if (machine.failure() != nullptr) return state::failed;
  return machine.closed() ? state::complete : state::open;
}

chat_answer::wait chat_answer::waiting() const {
  const chat_machine& machine = implementation_->machine;
  if (machine.closed() || has_more()) return wait::none;
  if (machine.awaits_usage()) return wait::late_usage;
  // T3: a payload whose line never ends is over when nothing follows for as long.
  const bool held = machine.holds_finish() ||
                    (!implementation_->waited && implementation_->reader.may_be_whole());
  return held ? wait::after_finish : wait::none;
}

const error* chat_answer::failure() const { return implementation_->machine.failure(); }

std::string_view chat_answer::output() const {
  const implementation& self = *implementation_;
  const std::string& all = self.context.stream ? self.encoder->out() : self.document;
  return std::string_view(all).substr(self.consumed);
}

void chat_answer::consume(std::size_t bytes) {
  implementation& self = *implementation_;
  self.consumed += bytes;
  if (!self.context.stream || self.consumed < self.encoder->out().size()) return;
  self.encoder->out().clear();  // keeps its room for the next turn
  self.consumed = 0;
}

std::size_t chat_answer::held() const {
  const implementation& self = *implementation_;
  // Once the document is there, what it was folded from is its own size again, and soon gone.
  return self.reader.held() + self.fold->folded() + self.own_document.size() + output().size();
}

std::uint64_t chat_answer::events() const { return implementation_->encoder->events(); }

std::uint64_t chat_answer::payload_frames() const {
  return implementation_->machine.payload_frames();
}

std::optional<usage> chat_answer::last_usage() const {
  const std::string& raw = implementation_->machine.usage();
  json::reader reader;
  if (raw.empty() || reader.parse(raw) != json::reader::status::ok) return std::nullopt;
  return read_usage(reader.root());
}

said_size chat_answer::said() const { return implementation_->machine.said(); }

std::string_view chat_answer::finish_reason() const {
  return implementation_->machine.finish_reason();
}

std::string_view chat_answer::native_finish() const {
  return implementation_->machine.native_finish();
}

repair_counts chat_answer::repairs() const {
  const implementation& self = *implementation_;
  repair_counts all = self.repairs;
  if (self.relaxed()) return all;  // what was only watched was not repaired
  const auto add = [&](const repair_counts& more) {
    more.for_each([&](clause c, std::uint32_t n) { all.add(c, n); });
  };
  add(self.decoder.repairs());
  add(self.machine.repairs());
  const auto lenient = self.reader.counted().lenient + self.reader.counted().dropped;
  all.add(clause::sse_13, static_cast<std::uint32_t>(lenient));
  if (self.body.coded()) all.add(clause::sse_10);  // F33, F34
  return all;
}

}  // namespace weir::openai
