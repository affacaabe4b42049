#include "app/check_print.h"

#include <algorithm>
#include <set>
#include <string_view>

#include "app/check_advice.h"
#include "weir/json/writer.h"

namespace weir::app {

namespace {

using openai::severity;

std::string counted(std::size_t count, std::string_view what) {
  return std::to_string(count) + " " + std::string(what) + (count == 1 ? "" : "s");
}

/// `2 faults, 1 hint`, or `ok`.
std::string verdict(std::size_t faults, std::size_t hints) {
  std::string out;
  if (faults != 0) out = counted(faults, "fault");
  if (hints != 0) out += (out.empty() ? "" : ", ") + counted(hints, "hint");
  return out.empty() ? "ok" : out;
}

/// A rule is explained where it first appears; further probes only name it.
class text_printer {
 public:
  text_printer(const check_report& report, const text_style& style)
      : report_(report), style_(style) {}

  std::string print() {
    out_ = report_.target;
    if (!report_.model.empty()) out_ += ", model " + printable(report_.model);
    out_ += "\n";
    for (const probe_report& probe : report_.probes)
      name_width_ = std::max(name_width_, probe.name.size());
    for (const probe_report& probe : report_.probes) print(probe);
    if (!report_.failure.empty()) {
      out_ += "not checked: " + wrapped(printable(report_.failure), 0, style_.width) + "\n";
      return std::move(out_);
    }
    const std::size_t faults = report_.count(severity::fault);
    out_ += coloured(verdict(faults, report_.count(severity::hint)), faults == 0 ? green : red);
    out_ += "\n";
    return std::move(out_);
  }

 private:
  static constexpr std::string_view red = "\033[1;31m";
  static constexpr std::string_view yellow = "\033[33m";
  static constexpr std::string_view green = "\033[32m";
  static constexpr std::string_view dim = "\033[2m";
  static constexpr std::size_t indent = 9;  ///< of what stands under a finding

  [[nodiscard]] std::string coloured(std::string_view text, std::string_view colour) const {
    if (!style_.colour) return std::string(text);
    return std::string(colour) + std::string(text) + "\033[0m";
  }

  void print(const probe_report& probe) {
    const std::size_t faults = probe.count(severity::fault);
    out_ += probe.name + std::string(name_width_ - probe.name.size() + 2, ' ');
    if (!probe.ran) {
      out_ += "-  " + probe.remark + "\n";
      return;
    }
    out_ += coloured(verdict(faults, probe.count(severity::hint)), faults == 0 ? green : red);
    out_ += "  (" + probe.about;
    if (probe.took) out_ += ", " + std::to_string(probe.took->count()) + " ms";
    out_ += ")\n";
    if (!probe.remark.empty()) line("note:", probe.remark);
    for (const check_note& note : probe.notes) print(note);
    if (!probe.notes.empty()) out_ += "\n";
  }

  void print(const check_note& note) {
    const bool fault = note.severity == severity::fault;
    std::string where;
    if (note.count > 1) where = ", " + std::to_string(note.count) + " times";
    if (note.first) {
      where += note.count > 1 ? ", first in event " : ", in event ";
      where += std::to_string(note.first->event) + " at byte " + std::to_string(note.first->offset);
    }
    out_ += "  " + coloured(fault ? "FAULT" : "hint ", fault ? red : yellow) + "  " +
            wrapped(std::string(note.rule) + " (" + std::string(note.clause) + ")" + where, indent,
                    style_.width) +
            "\n";
    const bool explained = !explained_.insert(note.rule).second;
    if (explained && note.first) return;
    line("", note.detail);  // of an answer as a whole, what the server said this time
    if (explained) return;
    if (!note.bytes.empty())
      out_ += std::string(indent, ' ') + coloured(note.bytes, dim) + "\n";  // as it is, unwrapped
    const advice known = advice_for(note.rule);
    if (!known.clients.empty()) line("breaks:", known.clients);
    if (!known.weir.empty()) {
      const std::string setting =
          known.setting.empty() ? "" : " Setting: " + std::string(known.setting) + ".";
      line("weir:", std::string(known.weir) + setting);
    }
  }

  void line(std::string_view label, std::string_view text) {
    const std::string whole =
        label.empty() ? std::string(text) : std::string(label) + " " + std::string(text);
    out_ += std::string(indent, ' ') + wrapped(whole, indent, style_.width) + "\n";
  }

  const check_report& report_;
  text_style style_;
  std::string out_;
  std::size_t name_width_ = 0;
  std::set<std::string_view> explained_;
};

std::string text_or_null(std::string_view text) {
  return text.empty() ? std::string("null") : json::quoted(text);
}

std::string json_of(const check_note& note) {
  const advice known = advice_for(note.rule);
  std::string out = "{\"rule\":" + json::quoted(note.rule);
  out += ",\"clause\":" + json::quoted(note.clause);
  out += ",\"severity\":";
  out += note.severity == severity::fault ? "\"fault\"" : "\"hint\"";
  out += ",\"count\":" + std::to_string(note.count);
  out += ",\"event\":" + (note.first ? std::to_string(note.first->event) : "null");
  out += ",\"offset\":" + (note.first ? std::to_string(note.first->offset) : "null");
  out += ",\"bytes\":" + text_or_null(note.bytes);
  out += ",\"detail\":" + json::quoted(note.detail);
  out += ",\"clients\":" + text_or_null(known.clients);
  out += ",\"weir\":" + text_or_null(known.weir);
  out += ",\"setting\":" + text_or_null(known.setting);
  return out + "}";
}

std::string json_of(const probe_report& probe) {
  std::string notes;
  for (const check_note& note : probe.notes) notes += (notes.empty() ? "" : ",") + json_of(note);
  return "{\"name\":" + json::quoted(probe.name) + ",\"about\":" + json::quoted(probe.about) +
         ",\"ran\":" + (probe.ran ? "true" : "false") +
         ",\"remark\":" + text_or_null(probe.remark) +
         ",\"milliseconds\":" + (probe.took ? std::to_string(probe.took->count()) : "null") +
         ",\"findings\":[" + notes + "]}";
}

}  // namespace

std::string check_as_text(const check_report& report, const text_style& style) {
  return text_printer(report, style).print();
}

std::string check_as_json(const check_report& report) {
  std::string probes;
  for (const probe_report& probe : report.probes)
    probes += (probes.empty() ? "" : ",") + json_of(probe);
  return "{\"target\":" + json::quoted(report.target) + ",\"model\":" + text_or_null(report.model) +
         ",\"clean\":" + (report.clean() ? "true" : "false") +
         ",\"failure\":" + text_or_null(report.failure) +
         ",\"faults\":" + std::to_string(report.count(severity::fault)) +
         ",\"hints\":" + std::to_string(report.count(severity::hint)) + ",\"probes\":[" + probes +
         "]}\n";
}

}  // namespace weir::app
