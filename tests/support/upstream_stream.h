#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "openai/json_tree.h"
#include "weir/base/ids.h"
#include "weir/json/reader.h"

namespace weir::testing {

using tree = openai::json_tree;

inline tree parsed(std::string_view text) {
  json::reader reader;
  return reader.parse(text) == json::reader::status::ok ? tree::of(reader.root()) : tree{};
}
inline std::string text_of(const tree& value) {
  std::string out;
  value.append_to(out);
  return out;
}
/// A string from the text between its quotes.
inline tree string_of(std::string inside) {
  tree out;
  out.kind = json::type::string;
  out.scalar = std::move(inside);
  return out;
}
inline void set(tree& object, std::string_view key, std::string_view raw) {
  object.member(key) = parsed(raw);
}

inline bool one_in(id_source& random, std::uint64_t n) { return random.next() % n == 0; }
/// From 0 to `n` - 1.
inline std::size_t below(id_source& random, std::size_t n) {
  return static_cast<std::size_t>(random.next() % n);
}
template <class List>
const auto& any_of_these(id_source& random, const List& list) {
  return *(std::begin(list) + static_cast<std::ptrdiff_t>(below(random, std::size(list))));
}

/// The answer of an upstream on its way to bytes: frames that can be changed, and how each of them
/// is spelled, framed and coded. As it is made, it is legal.
struct upstream_stream {
  // What was asked for
  std::uint32_t n = 1;
  bool include_usage = false;
  bool offers_tools = false;

  std::vector<tree> frames;
  /// What the upstream counted, as the client is to hear it; "" where the frames do not tell.
  std::string usage;
  /// Texts that have to be in the answer, each once (P4).
  std::vector<std::string> marks;
  /// The ids of calls are weir's own to choose.
  bool ids_open = false;

  // Spelling, framing, coding
  std::function<std::string(const tree&)> spell = text_of;
  std::function<std::string()> before = [] { return std::string(); };  ///< an event
  std::string prefix = "data: ";
  std::string event_end = "\n\n";
  std::string terminator = "data: [DONE]\n\n";
  std::string_view end = "close";                      ///< of the connection, as in tests/catalogue
  std::string behind;                                  ///< the terminator
  std::function<bool()> glued = [] { return false; };  ///< a document to the one before
  std::string glue;                                    ///< between two documents
  std::function<std::string(std::string)> lines = {};  ///< the body's, if not as they are
  std::function<std::string(std::string_view)> coding = {};  ///< of the whole body, if any
};

/// One event: the lines of `text`, each behind the prefix.
inline std::string event_of(const upstream_stream& s, std::string_view text) {
  std::string out = s.prefix;
  for (const char c : text) {
    out += c;
    if (c == '\n') out += s.prefix;
  }
  return out + s.event_end;
}

inline std::string bytes_of(const upstream_stream& s) {
  std::string body;
  std::string held;
  for (std::size_t i = 0; i < s.frames.size(); ++i) {
    held += (held.empty() ? "" : s.glue) + s.spell(s.frames[i]);
    if (i + 1 < s.frames.size() && s.glued()) continue;
    body += s.before() + event_of(s, held);
    held.clear();
  }
  body += s.terminator + s.behind;
  if (s.lines) body = s.lines(std::move(body));
  return s.coding ? s.coding(body) : body;
}

// --- Going through the frames ------------------------------------------------------------------

inline std::vector<tree>& choices_of(tree& frame) {
  static std::vector<tree> none;
  tree* const choices = frame.find("choices");
  return choices == nullptr ? none : choices->children;
}

/// What a choice says: its `delta`, or its `message` where that does not only repeat it.
inline tree* said_by(tree& choice) {
  tree* const delta = choice.find("delta");
  const bool empty = delta == nullptr || delta->names.empty();
  tree* const message = empty ? choice.find("message") : nullptr;
  return message != nullptr ? message : delta;
}

/// Calls `change(choice, frame)` for each; whether any of the calls changed something.
template <class Change>
bool each_choice(upstream_stream& s, Change&& change) {
  bool changed = false;
  for (tree& frame : s.frames)
    for (tree& choice : choices_of(frame)) changed = change(choice, frame) || changed;
  return changed;
}

template <class Change>
bool each_said(upstream_stream& s, Change&& change) {
  return each_choice(s, [&](tree& choice, tree&) {
    tree* const said = said_by(choice);
    return said != nullptr && said->kind == json::type::object && change(*said, choice);
  });
}

/// Each entry of a `tool_calls`.
template <class Change>
bool each_call(upstream_stream& s, Change&& change) {
  return each_said(s, [&](tree& said, tree& choice) {
    tree* const calls = said.find("tool_calls");
    bool changed = false;
    if (calls != nullptr && calls->kind == json::type::array)
      for (tree& call : calls->children) changed = change(call, choice) || changed;
    return changed;
  });
}

inline std::string index_of(tree& object) {
  const tree* const index = object.find("index");
  return index == nullptr ? "" : index->scalar;
}
inline bool opens_call(tree& call) { return call.find("id") != nullptr; }
inline tree* arguments_of(tree& call) {
  tree* const function = call.find("function");
  return function == nullptr ? nullptr : function->find("arguments");
}
inline bool finishes(tree& choice) {
  const tree* const finish = choice.find("finish_reason");
  return finish != nullptr && finish->kind == json::type::string && !finish->scalar.empty();
}

/// Members that nobody knows; each is in the stream but once.
inline bool is_vendors(std::string_view name) { return name.starts_with("x_"); }

/// Nothing stands in the frame that would be lost with it.
inline bool is_plain(tree& frame) {
  const auto plain = [](const tree& object) {
    return std::none_of(object.names.begin(), object.names.end(), is_vendors);
  };
  const std::vector<tree>& choices = choices_of(frame);
  return plain(frame) && std::all_of(choices.begin(), choices.end(), plain);
}

/// Takes away what may be in the stream but once.
inline void make_plain(tree& frame) {
  const auto strip = [](tree& object) {
    for (std::size_t i = object.names.size(); i-- > 0;)
      if (is_vendors(object.names[i]) || object.names[i] == "usage")
        object.erase(std::string(object.names[i]));
  };
  strip(frame);
  for (tree& choice : choices_of(frame)) strip(choice);
}

}  // namespace weir::testing
