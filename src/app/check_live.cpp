#include "app/check_live.h"

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

#include "app/check_answer.h"
#include "app/check_body.h"
#include "app/check_probes.h"
#include "app/check_request.h"
#include "app/check_rules.h"
#include "app/http_client.h"
#include "config/values.h"
#include "weir/base/limits.h"
#include "weir/json/reader.h"

namespace weir::app {

namespace {

using findings = std::vector<openai::finding>;
using end = http_record::end;

bool is_success(const http_record& record) { return record.answer.status / 100 == 2; }

std::string cut(std::string text) {
  if (text.size() <= limits::max_check_message_bytes) return text;
  std::size_t most = limits::max_check_message_bytes;
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0U) == 0x80U) --most;
  return text.substr(0, most) + "...";
}

std::string told(const http_answer& answer) {
  return std::to_string(answer.status) + " " + cut(error_message(answer));
}

/// A request, and what came of it.
struct transcript {
  asked by;
  http_record record;
  stream_watch seen;

  /// What findings about this answer speak of.
  [[nodiscard]] const std::string& body() const {
    return is_success(record) ? seen.body() : record.answer.body;
  }
};

class checker {
 public:
  explicit checker(const live_target& target) : target_(target) {}

  check_report run() {
    report_.target = config::to_text(target_.url);
    report_.model = target_.model;
    if (target_.request.empty() && !find_model()) return std::move(report_);
    if (!target_.request.empty()) {
      run_own_request();
      return std::move(report_);
    }
    for (const probe& p : probes()) {
      target_.on_probe(p.name);
      report_.probes.push_back(run(p));
      if (!report_.failure.empty() || stopped_) break;
    }
    if (stopped_) skip_the_rest();
    return std::move(report_);
  }

 private:
  using clock = std::chrono::steady_clock;

  [[nodiscard]] http_call prepared(std::string_view path) const {
    http_call call;
    call.host = target_.url.host;
    call.port = target_.url.port;
    call.tls = target_.url.tls;
    call.socket_path = target_.url.socket_path;
    call.through = target_.through;
    call.target = target_.url.base_path + std::string(path);
    call.key = target_.key;
    call.connect_timeout = limits::check_connect_time;
    call.total = target_.probe_time;
    return call;
  }

  /// False when there is none; `report_.failure` then says why.
  bool find_model() {
    if (!report_.model.empty()) return true;
    target_.on_probe("models");
    http_record listed = watch(prepared("/models"));
    star_out(listed.answer, target_.key);
    if (listed.ended == end::unreachable) {
      report_.failure = listed.detail;
      return false;
    }
    json::reader reader;
    if (listed.answer.status == 200 && reader.parse(listed.answer.body) == json::reader::status::ok)
      report_.model = reader.root()["data"].at(0)["id"].decoded();
    if (!report_.model.empty()) return true;
    report_.failure = "it lists no model (GET " + target_.url.base_path + "/models: " +
                      (listed.answer.status == 0 ? listed.detail : told(listed.answer)) +
                      "); name one with --model";
    return false;
  }

  [[nodiscard]] transcript ask(const std::string& request,
                               const std::function<bool(const stream_watch&)>& enough = {}) const {
    return ask_as(*read_asked(request), request, enough);
  }

  [[nodiscard]] transcript ask_as(
      const asked& by, const std::string& request,
      const std::function<bool(const stream_watch&)>& enough = {}) const {
    http_call call = prepared(by.completions ? "/completions" : "/chat/completions");
    call.method = "POST";
    call.body = request;
    stream_watch seen(by);
    http_record record = watch(call, [&](std::string_view part) {
      reading next = seen.take(part);
      next.enough = next.enough || (enough && enough(seen));
      return next;
    });
    seen.hide(target_.key);
    star_out(record.answer, target_.key);
    return {by, std::move(record), std::move(seen)};
  }

  probe_report run(const probe& p) {
    probe_report out;
    out.name = p.name;
    out.about = p.about;
    const clock::time_point begin = clock::now();
    switch (p.wants) {
      case probe::kind::answer:
        run_answer(p, out);
        break;
      case probe::kind::refusal:
        run_refusal(p, out);
        break;
      case probe::kind::departure:
        run_departure(p, out);
        break;
    }
    out.took = std::chrono::duration_cast<millis>(clock::now() - begin);
    return out;
  }

  void run_answer(const probe& p, probe_report& out) {
    transcript t = ask(p.request(report_.model));
    const bool unknown_member = !p.instead.empty() && t.record.answer.status / 100 == 4 &&
                                t.record.answer.body.find(p.instead) != std::string::npos;
    if (unknown_member) t = ask(p.respelled(report_.model));
    judge(t, p, out);
  }

  void judge(const transcript& t, const probe& p, probe_report& out) {
    const bool first = report_.probes.empty();
    if (first && t.record.ended == end::unreachable) {
      report_.failure = t.record.detail;
      return;
    }
    findings found;
    if (t.record.answer.status == 0 || is_success(t.record)) {
      found = judge_answer(t.record, t.seen, t.by);
      look_closer(t, p, out, found);
      stopped_ = first && t.record.answer.status == 0;
    } else {
      const bool refused = t.record.answer.status / 100 == 4 && p.optional;
      found.push_back(
          whole_finding(refused ? check_rules::request_refused : check_rules::request_fails,
                        "The server answers " + told(t.record.answer)));
      for (openai::finding& f : judge_error(t.record.answer)) found.push_back(std::move(f));
      stopped_ = first;
    }
    out.notes = folded(found, t.body());
  }

  /// What a probe wanted to see and did not.
  static void look_closer(const transcript& t, const probe& p, probe_report& out, findings& found) {
    const std::string& reason = t.seen.finish_reason();
    if (!p.finish.empty() && !reason.empty() && reason != p.finish && !t.seen.called())
      found.push_back(whole_finding(check_rules::finish_other,
                                    "finish_reason is \"" + reason + "\", where \"" +
                                        std::string(p.finish) + "\" was to be expected."));
    if (t.by.answer.offers_tools && t.seen.finished() && !t.seen.called())
      out.remark = "the model called no tool: calls were not judged";
  }

  void run_refusal(const probe& p, probe_report& out) {
    // Whatever is wrong with the request, it asks for a stream.
    const transcript t = ask_as(asked{}, p.request(report_.model));
    const http_answer& answer = t.record.answer;
    findings found;
    if (answer.status == 0) {
      found = judge_answer(t.record, t.seen, t.by);
    } else if (is_success(t.record)) {
      // It may have taken the request for a good one; or it says in the body that it was not.
      found = judge_answer(t.record, t.seen, t.by);
      const bool told_in_body = std::any_of(
          found.begin(), found.end(),
          [](const openai::finding& f) { return f.rule == check_rules::error_as_success.name; });
      if (!told_in_body)
        found = {whole_finding(check_rules::bad_request_accepted,
                               "A request without messages is answered with 200.")};
    } else {
      if (answer.status / 100 == 5)
        found.push_back(whole_finding(check_rules::bad_request_as_own_fault,
                                      "A broken request is answered with " + told(answer)));
      for (openai::finding& f : judge_error(answer)) found.push_back(std::move(f));
    }
    out.notes = folded(found, t.body());
  }

  void run_departure(const probe& p, probe_report& out) {
    const transcript left =
        ask(p.request(report_.model), [](const stream_watch& seen) { return seen.spoke(); });
    if (!is_success(left.record)) {
      judge(left, p, out);
      return;
    }
    out.remark = left.record.ended == end::left
                     ? "left behind the first piece"
                     : "the answer was over before there was anything to leave";
    const transcript next = ask(probes().front().request(report_.model));
    findings found;
    if (next.record.ended != end::complete || !is_success(next.record))
      found.push_back(whole_finding(check_rules::next_request_fails,
                                    "The request after a client that left fails: " +
                                        (next.record.answer.status == 0 || is_success(next.record)
                                             ? next.record.detail
                                             : told(next.record.answer))));
    out.notes = folded(found, next.body());
  }

  void run_own_request() {
    target_.on_probe("request");
    probe own;
    own.optional = false;
    probe_report out;
    out.name = "request";
    out.about = "the request of --request";
    const clock::time_point begin = clock::now();
    const transcript t = ask(target_.request);
    report_.model = t.by.model;
    judge(t, own, out);
    out.took = std::chrono::duration_cast<millis>(clock::now() - begin);
    report_.probes.push_back(std::move(out));
  }

  void skip_the_rest() {
    for (const probe& p : probes().subspan(report_.probes.size())) {
      probe_report out;
      out.name = p.name;
      out.about = p.about;
      out.ran = false;
      out.remark = "not sent: the first request already failed";
      report_.probes.push_back(std::move(out));
    }
  }

  const live_target& target_;
  check_report report_;
  bool stopped_ = false;
};

}  // namespace

check_report check_live(const live_target& target) { return checker(target).run(); }

}  // namespace weir::app
