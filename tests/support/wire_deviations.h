#pragma once
#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "support/compressed.h"
#include "support/deviation.h"

namespace weir::testing {

namespace wire_detail {

inline std::string with_line_ends(std::string_view body, std::string_view end) {
  std::string out;
  for (const char c : body)
    if (c == '\n')
      out += end;
    else
      out += c;
  return out;
}

/// Each escape that begins with these characters, `t` or `u2028`, becomes `raw`.
inline std::string with_raw(std::string_view text, std::string_view escape, std::string_view raw) {
  std::string out;
  while (!text.empty()) {
    const bool escaped = text.front() == '\\';
    const bool meant = escaped && text.substr(1).starts_with(escape);
    out += meant ? raw : text.substr(0, escaped ? 2 : 1);
    text.remove_prefix(meant ? 1 + escape.size() : escaped ? 2 : 1);
  }
  return out;
}

/// The text between the events, one of the list at a time.
template <std::size_t N>
bool put_between(upstream_stream& s, id_source& random, const std::string_view (&fillers)[N]) {
  const std::string_view filler = any_of_these(random, fillers);
  s.before = [filler, chance = id_source(random.next())]() mutable {
    return one_in(chance, 2) ? std::string(filler) : std::string();
  };
  return true;
}

/// The spelling of every document, behind what was agreed on before.
template <class Change>
bool respell(upstream_stream& s, Change change) {
  s.spell = [before = std::move(s.spell), change](const tree& frame) {
    return change(before(frame));
  };
  return true;
}

inline void append_pretty(std::string& out, const tree& v, int depth) {
  const bool list = v.kind == json::type::array;
  if ((!list && v.kind != json::type::object) || v.children.empty()) {
    v.append_to(out);
    return;
  }
  const std::string indent(static_cast<std::size_t>(2 * depth + 2), ' ');
  out += list ? "[" : "{";
  for (std::size_t i = 0; i < v.children.size(); ++i) {
    out += (i == 0 ? "\n" : ",\n") + indent;
    if (!list) out += "\"" + v.names[i] + "\": ";
    append_pretty(out, v.children[i], depth + 1);
  }
  out += "\n" + indent.substr(2) + (list ? "]" : "}");
}

/// What str() of Python makes of it. Escapes mean the same there, but for those of surrogates.
inline void append_python(std::string& out, const tree& v) {
  const auto add_string = [&out](std::string_view inside) {
    out += '\'';
    for (std::size_t i = 0; i < inside.size(); ++i) {
      if (inside[i] == '\'') out += '\\';
      if (inside.substr(i, 2) == "\\\"" || inside.substr(i, 2) == "\\/") continue;
      out += inside[i];
      if (inside[i] == '\\' && i + 1 < inside.size()) out += inside[++i];
    }
    out += '\'';
  };
  switch (v.kind) {
    case json::type::null:
      out += "None";
      break;
    case json::type::boolean:
      out += v.scalar == "true" ? "True" : "False";
      break;
    case json::type::string:
      add_string(v.scalar);
      break;
    case json::type::object:
    case json::type::array: {
      const bool list = v.kind == json::type::array;
      out += list ? "[" : "{";
      for (std::size_t i = 0; i < v.children.size(); ++i) {
        if (i != 0) out += ", ";
        if (!list) {
          add_string(v.names[i]);
          out += ": ";
        }
        append_python(out, v.children[i]);
      }
      out += list ? "]" : "}";
      break;
    }
    default:
      out += v.scalar;
  }
}

/// A prefix of `data:` in another form, for all events and the terminator.
template <std::size_t N>
bool with_prefix(upstream_stream& s, id_source& random, const std::string_view (&prefixes)[N]) {
  s.prefix = any_of_these(random, prefixes);
  if (s.terminator.starts_with("data: ")) s.terminator.replace(0, 6, s.prefix);
  return true;
}

}  // namespace wire_detail

/// How chunks become bytes. These come last, in this order.
inline constexpr deviation wire_deviations[] = {
    // Spelling
    {"F24-python", respect::spelling | respect::packing, 0,
     [](upstream_stream& s, id_source&) {
       for (const tree& frame : s.frames)
         if (text_of(frame).find("\\ud") != std::string::npos) return false;  // two halves there
       s.spell = [](const tree& frame) {
         std::string out;
         wire_detail::append_python(out, frame);
         return out;
       };
       return true;
     }},
    {"F5-pretty", respect::spelling | respect::packing, 0,
     [](upstream_stream& s, id_source&) {
       s.spell = [](const tree& frame) {
         std::string out;
         wire_detail::append_pretty(out, frame, 0);
         return out;
       };
       return true;
     }},
    {"F21-line-separators", respect::spelling, 0,
     [](upstream_stream& s, id_source&) {
       return wire_detail::respell(s, [](const std::string& text) {
         return wire_detail::with_raw(text, "u2028", "\xE2\x80\xA8");
       });
     }},
    {"F22-raw-tab", respect::spelling, 0,
     [](upstream_stream& s, id_source&) {
       return wire_detail::respell(
           s, [](const std::string& text) { return wire_detail::with_raw(text, "t", "\t"); });
     }},
    {"F23-not-a-number", respect::spelling, 0,
     [](upstream_stream& s, id_source& random) {
       static constexpr std::string_view numbers[] = {"NaN", "-Infinity", "Infinity"};
       const std::string_view number = any_of_these(random, numbers);
       return wire_detail::respell(s, [number](std::string t) {
         return t.insert(t.size() - 1, ",\"x_nan\":" + std::string(number));
       });
     }},
    // Packing
    {"F25-glued", respect::packing, 0,
     [](upstream_stream& s, id_source& random) {
       static constexpr std::string_view glues[] = {"", " ", "data: "};
       s.glue = any_of_these(random, glues);
       s.glued = [chance = id_source(random.next())]() mutable { return one_in(chance, 2); };
       return true;
     }},
    {"F28-ndjson",
     respect::packing | respect::field | respect::between | respect::terminator |
         respect::line_ends,
     0,
     [](upstream_stream& s, id_source& random) {
       s.prefix.clear();
       s.event_end = "\n";
       if (one_in(random, 2)) s.terminator.clear();
       return true;
     }},
    // The terminator
    {"T1-no-terminator", respect::terminator, 0,
     [](upstream_stream& s, id_source&) {
       s.terminator.clear();
       return true;
     }},
    {"F27-terminator", respect::terminator, 0,
     [](upstream_stream& s, id_source& random) {
       static constexpr std::string_view forms[] = {
           "data: [done]\n\n",   "data: \"[DONE]\"\n\n",
           "data: [DONE] \n\n",  "data: DONE\n\n",
           "[DONE]\n\n",         "event: done\ndata: [DONE]\n\n",
           "data: '[DONE]'\n\n", "data: data: [DONE]\n\n"};
       s.terminator = any_of_these(random, forms);
       return true;
     }},
    {"T4-behind-the-terminator", respect::terminator, 0,
     [](upstream_stream& s, id_source& random) {
       static constexpr std::string_view more[] = {
           "data: [DONE]\n\n", ": bye\n\n", "\n\n",
           R"(data: {"choices":[{"index":0,"delta":{"content":"x"},"finish_reason":null}]})"
           "\n\n"};
       s.behind = any_of_these(random, more);
       return true;
     }},
    {"F4-no-blank-line", respect::terminator | respect::line_ends, 0,
     [](upstream_stream& s, id_source& random) {
       if (one_in(random, 2)) s.terminator.clear();
       s.lines = [](std::string body) {
         while (body.ends_with('\n')) body.pop_back();
         return body;
       };
       return true;
     }},
    // Fields
    {"F13-spaces", respect::field, 0,
     [](upstream_stream& s, id_source& random) {
       static constexpr std::string_view prefixes[] = {"data:", "data:  ", "data: \t",
                                                       "data: data: "};
       return wire_detail::with_prefix(s, random, prefixes);
     }},
    {"F14-field-name", respect::field, 0,
     [](upstream_stream& s, id_source& random) {
       static constexpr std::string_view prefixes[] = {" data: ", "Data: ", "DATA: "};
       return wire_detail::with_prefix(s, random, prefixes);
     }},
    {"F16-mark-each", respect::field, 0,
     [](upstream_stream& s, id_source& random) {
       static constexpr std::string_view prefixes[] = {
           "\xEF\xBB\xBF"
           "data: "};
       return wire_detail::with_prefix(s, random, prefixes);
     }},
    {"F10-fields", respect::field, 0,
     [](upstream_stream& s, id_source& random) {
       static constexpr std::string_view prefixes[] = {
           "event: message\ndata: ", "id: 1\nevent: result\n:HTTP_STATUS/200\ndata:",
           "retry: 3000\nid: 7\ndata: "};
       return wire_detail::with_prefix(s, random, prefixes);
     }},
    // Between events
    {"F7-comments", respect::between, 0,
     [](upstream_stream& s, id_source& random) {
       static constexpr std::string_view fillers[] = {": OPENROUTER PROCESSING\n\n", ":\n\n",
                                                      ": ping - 2026\n", ": keepalive\n\n"};
       return wire_detail::put_between(s, random, fillers);
     }},
    {"F9-pings", respect::between, 0,
     [](upstream_stream& s, id_source& random) {
       static constexpr std::string_view fillers[] = {"event: ping\ndata: {\"type\":\"ping\"}\n\n",
                                                      "event: ping\n\n", "retry: 3000\n\n",
                                                      "data: : OPENROUTER PROCESSING\n\n"};
       return wire_detail::put_between(s, random, fillers);
     }},
    {"F11-nothing", respect::between, 0,
     [](upstream_stream& s, id_source& random) {
       static constexpr std::string_view fillers[] = {"data: \n\n",     "data:\n\n", "data: {}\n\n",
                                                      "data: null\n\n", "\n\n",      "data\n\n"};
       return wire_detail::put_between(s, random, fillers);
     }},
    {"F41-garbage", respect::between, 0,
     [](upstream_stream& s, id_source& random) {
       static constexpr std::string_view fillers[] = {"upstream says hi\n\n",
                                                      "data: upstream says hi\n\n"};
       return wire_detail::put_between(s, random, fillers);
     }},
    // Lines and the body
    {"F1-crlf", respect::line_ends, 0,
     [](upstream_stream& s, id_source&) {
       s.lines = [](const std::string& body) { return wire_detail::with_line_ends(body, "\r\n"); };
       return true;
     }},
    {"F2-cr", respect::line_ends, 0,
     [](upstream_stream& s, id_source&) {
       s.lines = [](const std::string& body) { return wire_detail::with_line_ends(body, "\r"); };
       return true;
     }},
    {"F3-single", respect::line_ends, 0,
     [](upstream_stream& s, id_source&) {
       s.event_end = "\n";
       return true;
     }},
    {"T3-open", respect::end, 0,
     [](upstream_stream& s, id_source&) {
       s.end = "open";
       return true;
     }},
    {"T5-reset", respect::end, respect::chunks,
     [](upstream_stream& s, id_source&) {
       s.end = "reset";  // behind the terminator it does no harm
       return true;
     }},
    {"F16-mark", respect::coding, 0,
     [](upstream_stream& s, id_source&) {
       s.coding = [](std::string_view body) { return "\xEF\xBB\xBF" + std::string(body); };
       return true;
     }},
    {"F33-coded", respect::coding, 0,
     [](upstream_stream& s, id_source& random) {
       switch (below(random, 3)) {
         case 0:
           s.coding = [](std::string_view body) { return gzip(body); };
           break;
         case 1:
           s.coding = [](std::string_view body) { return zlib(body); };
           break;
         default:
           s.coding = [](std::string_view body) { return zstd(body); };
       }
       return true;
     }},
};

}  // namespace weir::testing
