#pragma once
#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/deviation.h"
#include "support/sdk_view.h"
#include "weir/json/writer.h"

namespace weir::testing {

namespace call_detail {

inline std::size_t calls_in(upstream_stream& s) {
  std::size_t n = 0;
  each_call(s, [&](tree& call, tree&) {
    n += opens_call(call) ? 1U : 0U;
    return true;
  });
  return n;
}

/// Some choice has more than one call.
inline bool has_several(upstream_stream& s) {
  return each_call(s, [](tree& call, tree&) { return index_of(call) == "1"; });
}

/// A key for each call of each choice.
inline std::string key_of(tree& call, tree& choice) {
  return index_of(choice) + "." + index_of(call);
}

/// The arguments of each call, as the insides of strings.
inline std::map<std::string, std::string> all_arguments(upstream_stream& s) {
  std::map<std::string, std::string> all;
  each_call(s, [&](tree& call, tree& choice) {
    if (tree* const piece = arguments_of(call)) all[key_of(call, choice)] += piece->scalar;
    return true;
  });
  return all;
}

/// The fragment of a call that is all of the calls in a chunk.
inline tree* only_fragment(tree& frame) {
  if (choices_of(frame).size() != 1) return nullptr;
  tree* const delta = choices_of(frame)[0].find("delta");
  tree* const calls = delta == nullptr ? nullptr : delta->find("tool_calls");
  const bool one =
      calls != nullptr && calls->kind == json::type::array && calls->children.size() == 1;
  return one ? &calls->children[0] : nullptr;
}

/// One that is not the first of its call.
inline bool is_later_fragment(tree& frame) {
  tree* const fragment = only_fragment(frame);
  return fragment != nullptr && !opens_call(*fragment);
}

/// Puts all arguments of a call into its first fragment. False if the frames do not allow it.
inline bool gather(upstream_stream& s) {
  if (calls_in(s) == 0) return false;
  if (std::none_of(s.frames.begin(), s.frames.end(), is_later_fragment)) return true;
  for (tree& frame : s.frames)
    if (is_later_fragment(frame) && !is_plain(frame)) return false;
  const std::map<std::string, std::string> all = all_arguments(s);
  std::vector<tree> kept;
  for (tree& frame : s.frames)
    if (!is_later_fragment(frame)) kept.push_back(std::move(frame));
  s.frames = std::move(kept);
  return each_call(s, [&](tree& call, tree& choice) {
    tree* const piece = arguments_of(call);
    if (piece == nullptr) return false;
    piece->scalar = all.at(key_of(call, choice));
    return true;
  });
}

/// The completion that all chunks come to.
inline tree completion_of(upstream_stream& s) {
  const tree first = s.frames.front();
  tree out = parsed("{}");
  for (std::size_t i = 0; i < first.names.size(); ++i)
    if (first.names[i] != "usage") out.member(first.names[i]) = first.children[i];
  set(out, "object", R"("chat.completion")");
  std::map<std::string, tree> choices;
  for (tree& frame : s.frames) {
    for (std::size_t i = 0; i < frame.names.size(); ++i)
      if (frame.names[i].starts_with("x_")) out.member(frame.names[i]) = frame.children[i];
    for (tree& from : choices_of(frame)) {
      tree& into = choices[index_of(from)];
      if (!into.present()) {
        into = parsed(R"({"index":0,"message":{"role":"assistant","content":null}})");
        into.member("index") = *from.find("index");
      }
      tree& message = into.member("message");
      tree& delta = *from.find("delta");
      for (std::size_t i = 0; i < delta.names.size(); ++i) {
        const std::string& name = delta.names[i];
        tree& value = delta.children[i];
        if (name == "role" || (value.kind == json::type::null && message.find(name) != nullptr))
          continue;
        if (name != "tool_calls") {
          openai::merge(message.member(name), value);
          continue;
        }
        tree& calls = message.member(name);
        calls.kind = json::type::array;
        for (tree& call : value.children) {
          if (opens_call(call)) {
            calls.children.push_back(call);
            calls.children.back().erase("index");
          } else {
            arguments_of(calls.children.back())->scalar += arguments_of(call)->scalar;
          }
        }
      }
      for (std::size_t i = 0; i < from.names.size(); ++i) {
        const std::string& name = from.names[i];
        if (name.starts_with("x_") || name == "finish_reason") into.member(name) = from.children[i];
        if (name == "logprobs") openai::merge(into.member(name), from.children[i]);
      }
    }
  }
  tree& list = out.member("choices");
  list.children.clear();
  for (auto& [index, choice] : choices) list.children.push_back(std::move(choice));
  if (!s.usage.empty()) set(out, "usage", s.usage);
  return out;
}

}  // namespace call_detail

/// What is wrong with calls, and with answers that come as a whole. These come first.
inline constexpr deviation call_deviations[] = {
    {"F29-json",
     respect::chunks | respect::packing | respect::field | respect::between | respect::terminator |
         respect::line_ends,
     0,
     [](upstream_stream& s, id_source&) {
       s.frames = {call_detail::completion_of(s)};
       s.prefix.clear();
       s.event_end = "\n";
       s.terminator.clear();
       return true;
     }},
    {"F30-json-in-an-event", respect::chunks, 0,
     [](upstream_stream& s, id_source&) {
       s.frames = {call_detail::completion_of(s)};
       return true;
     }},
    {"E15-empty-delta", respect::delta, 0,
     [](upstream_stream& s, id_source& random) {
       static constexpr std::string_view nothings[] = {"{}", "null", R"({"content":""})",
                                                       R"({"role":"assistant"})"};
       return each_choice(s, [&](tree& choice, tree&) {
         if (choice.find("message") == nullptr) return false;
         set(choice, "delta", any_of_these(random, nothings));
         return true;
       });
     }},
    {"E15-message-at-the-end", respect::delta, respect::chunks,
     [](upstream_stream& s, id_source&) {
       // All that was said is said once more, in a message beside the finish.
       if (s.n != 1 || !is_plain(s.frames.back())) return false;
       tree all = call_detail::completion_of(s);
       const tree message = choices_of(all)[0].member("message");
       for (const std::string& mark : s.marks)
         if (text_of(message).find(mark) != std::string::npos) return false;  // it would be twice
       return each_choice(s, [&](tree& choice, tree&) {
         if (finishes(choice)) choice.member("message") = message;
         return finishes(choice);
       });
     }},
    {"K28-in-message",
     respect::call_list | respect::call_arguments | respect::call_order | respect::call_index |
         respect::which_call | respect::finish_place | respect::delta,
     respect::chunks,
     [](upstream_stream& s, id_source&) {
       if (s.n != 1 || call_detail::calls_in(s) == 0) return false;
       tree whole = call_detail::completion_of(s);
       for (std::size_t i = s.frames.size(); i-- > 0;) {
         if (call_detail::only_fragment(s.frames[i]) == nullptr) continue;
         if (!is_plain(s.frames[i])) return false;
         s.frames.erase(s.frames.begin() + static_cast<std::ptrdiff_t>(i));
       }
       return each_choice(s, [&](tree& choice, tree&) {
         if (!finishes(choice)) return false;
         choice.erase("delta");
         set(choice, "message", R"({"role":"assistant","content":null})");
         choice.member("message").member("tool_calls") =
             *choices_of(whole)[0].member("message").find("tool_calls");
         return true;
       });
     }},
    // Arguments
    {"K17-whole", respect::call_arguments | respect::call_order,
     respect::chunks | respect::characters,  // what is whole is not cut again
     [](upstream_stream& s, id_source&) { return call_detail::gather(s); }},
    {"K14-object", respect::call_arguments | respect::call_order, 0,
     [](upstream_stream& s, id_source&) {
       return call_detail::gather(s) && each_call(s, [](tree& call, tree&) {
                tree* const text = arguments_of(call);
                if (text == nullptr || text->kind != json::type::string) return false;
                const std::string arguments = json::unescaped(text->scalar);
                tree object = parsed(arguments);
                if (object.kind != json::type::object || json::compact(arguments) != arguments ||
                    arguments.find("\\/") != std::string::npos)
                  return false;  // an object has no spaces to keep, and Python no such escape
                *text = std::move(object);
                return true;
              });
     }},
    {"K15-null", respect::call_arguments, respect::chunks,
     [](upstream_stream& s, id_source& random) {
       const bool absent = one_in(random, 2);
       return each_call(s, [&](tree& call, tree&) {
         if (!opens_call(call)) return false;
         if (absent)
           call.find("function")->erase("arguments");
         else
           set(*call.find("function"), "arguments", "null");
         return true;
       });
     }},
    {"K18-repeated", respect::call_arguments,
     respect::chunks | respect::characters,  // what repeats is told by coming whole
     [](upstream_stream& s, id_source&) {
       // The last fragment of each call is followed by all of its arguments.
       const std::map<std::string, std::string> all = call_detail::all_arguments(s);
       std::map<std::string, std::string> so_far;
       std::vector<tree> frames;
       bool changed = false;
       for (tree& frame : s.frames) {
         frames.push_back(frame);
         if (!call_detail::is_later_fragment(frame) || !is_plain(frame)) continue;
         tree& call = *call_detail::only_fragment(frame);
         const std::string key = call_detail::key_of(call, choices_of(frame)[0]);
         so_far[key] += arguments_of(call)->scalar;
         // `{}` in one piece is no repetition yet (CHAT-17); nor is what came in one piece at all.
         if (so_far[key] != all.at(key) || all.at(key) == "{}") continue;
         arguments_of(call)->scalar = all.at(key);
         frames.push_back(frame);
         changed = true;
       }
       s.frames = std::move(frames);
       return changed;
     }},
    {"K33-interleaved", respect::call_order,
     respect::chunks | respect::which_call,  // a later fragment has nothing else
     [](upstream_stream& s, id_source&) {
       // Every opening but the first is said as early as it can be.
       if (!call_detail::has_several(s) || s.n != 1) return false;
       std::size_t first = 0;
       for (std::size_t i = 0; i < s.frames.size(); ++i) {
         tree* const opening = call_detail::only_fragment(s.frames[i]);
         if (opening == nullptr || !opens_call(*opening)) continue;
         if (index_of(*opening) == "0")
           first = i + 1;
         else
           std::rotate(s.frames.begin() + static_cast<std::ptrdiff_t>(first++),
                       s.frames.begin() + static_cast<std::ptrdiff_t>(i),
                       s.frames.begin() + static_cast<std::ptrdiff_t>(i + 1));
       }
       return true;
     }},
    // Names
    {"K12-split", respect::call_name | respect::whole_name, respect::chunks,
     [](upstream_stream& s, id_source&) {
       std::vector<tree> frames;
       bool changed = false;
       for (tree& frame : s.frames) {
         frames.push_back(frame);
         if (call_detail::only_fragment(frame) == nullptr) continue;
         tree& whole = *call_detail::only_fragment(frame);
         if (!opens_call(whole)) continue;
         std::string& name = whole.find("function")->find("name")->scalar;
         if (name.size() < 4 || !is_plain(frame) || whole.find("extra_content") != nullptr)
           continue;
         tree& function = *call_detail::only_fragment(frames.back())->find("function");
         function.find("name")->scalar = name.substr(0, 3);
         function.erase("arguments");
         name.erase(0, 3);
         whole.erase("id");
         whole.erase("type");
         frames.push_back(frame);
         changed = true;
       }
       s.frames = std::move(frames);
       return changed;
     }},
    {"K11-late", respect::call_name | respect::whole_name,
     respect::chunks | respect::own_id,  // an opening without a name is known by its id
     [](upstream_stream& s, id_source& random) {
       std::map<std::string, tree> late;
       const bool empty = one_in(random, 2);
       const std::map<std::string, std::string> all = call_detail::all_arguments(s);
       return each_call(s, [&](tree& call, tree& choice) {
         const std::string key = call_detail::key_of(call, choice);
         tree& function = *call.find("function");
         if (!opens_call(call)) {
           if (late.contains(key)) function.member("name") = late[key];
           return late.erase(key) != 0;
         }
         const tree* const arguments = arguments_of(call);
         if (all.at(key).empty() || arguments == nullptr || !arguments->scalar.empty())
           return false;  // there is nothing later
         late[key] = *function.find("name");
         if (empty)
           set(function, "name", "\"\"");
         else
           function.erase("name");
         return true;
       });
     }},
    {"K8-repeated", respect::call_name | respect::call_type | respect::call_id, respect::chunks,
     [](upstream_stream& s, id_source& random) {
       std::map<std::string, tree> opening;
       const bool names = one_in(random, 2);
       return each_call(s, [&](tree& call, tree& choice) {
         const std::string key = call_detail::key_of(call, choice);
         if (opens_call(call)) {
           opening[key] = call;
           return false;
         }
         call.member("id") = *opening[key].find("id");
         set(call, "type", "\"function\"");
         if (names)
           call.find("function")->member("name") = *opening[key].find("function")->find("name");
         return true;
       });
     }},
    {"K10-empty-later", respect::call_name | respect::call_type | respect::call_id, 0,
     [](upstream_stream& s, id_source& random) {
       static constexpr std::string_view nothings[] = {"null", "\"\""};
       const std::string_view nothing = any_of_these(random, nothings);
       return each_call(s, [&](tree& call, tree&) {
         if (opens_call(call)) return false;
         set(call, "id", nothing);
         set(call, "type", nothing);
         set(*call.find("function"), "name", nothing);
         return true;
       });
     }},
    // Ids
    {"K6-none", respect::call_id | respect::own_id, 0,
     [](upstream_stream& s, id_source& random) {
       static constexpr std::string_view ids[] = {"", "null", "\"\"", "\"null\""};
       const std::string_view raw = any_of_these(random, ids);
       s.ids_open = true;
       return each_call(s, [&](tree& call, tree&) {
         if (!opens_call(call)) return false;
         if (raw.empty())
           call.erase("id");
         else
           set(call, "id", raw);
         return true;
       });
     }},
    {"K7-late", respect::call_id | respect::own_id, 0,
     [](upstream_stream& s, id_source&) {
       std::map<std::string, tree> late;
       s.ids_open = true;
       return each_call(s, [&](tree& call, tree& choice) {
         const std::string key = call_detail::key_of(call, choice);
         if (opens_call(call)) {
           late[key] = *call.find("id");
           call.erase("id");
           return true;
         }
         if (late.contains(key)) call.member("id") = late[key];
         return late.erase(key) != 0;
       });
     }},
    {"K9-changes", respect::call_id | respect::own_id,
     respect::which_call,  // an id tells nothing then
     [](upstream_stream& s, id_source&) {
       int i = 0;
       return each_call(s, [&](tree& call, tree&) {
         if (opens_call(call)) return false;
         set(call, "id", "\"call_n" + std::to_string(i++) + "\"");
         return true;
       });
     }},
    {"K31-shared", respect::call_id | respect::own_id, respect::which_call,  // nor here
     [](upstream_stream& s, id_source&) {
       s.ids_open = true;
       return call_detail::has_several(s) && each_call(s, [](tree& call, tree&) {
                if (opens_call(call)) set(call, "id", "\"call_1\"");
                return opens_call(call);
              });
     }},
    {"K21-type", respect::call_type, 0,
     [](upstream_stream& s, id_source& random) {
       static constexpr std::string_view types[] = {"", "null", "\"\""};
       const std::string_view raw = any_of_these(random, types);
       return each_call(s, [&](tree& call, tree&) {
         if (!opens_call(call)) return false;
         if (raw.empty())
           call.erase("type");
         else
           set(call, "type", raw);
         return true;
       });
     }},
    // The list
    {"K24-object", respect::call_list, respect::chunks,
     [](upstream_stream& s, id_source&) {
       return each_said(s, [](tree& said, tree&) {
         tree* const calls = said.find("tool_calls");
         if (calls == nullptr || calls->children.size() != 1) return false;
         tree only = calls->children[0];
         *calls = std::move(only);
         return true;
       });
     }},
    {"K25-empty", respect::call_list, respect::delta,
     [](upstream_stream& s, id_source& random) {
       return each_said(s, [&](tree& said, tree&) {
         if (said.find("tool_calls") != nullptr) return false;
         set(said, "tool_calls", one_in(random, 2) ? "[]" : "null");
         return true;
       });
     }},
    {"K27-function-call",
     respect::call_list | respect::call_id | respect::call_index | respect::call_type,
     respect::chunks,
     [](upstream_stream& s, id_source&) {
       if (call_detail::has_several(s)) return false;  // there is room for one
       s.ids_open = true;
       return each_said(s, [](tree& said, tree&) {
         tree* const calls = said.find("tool_calls");
         if (calls == nullptr || calls->children.size() != 1 ||
             calls->children[0].find("extra_content") != nullptr)
           return false;
         const tree function = *calls->children[0].find("function");
         said.erase("tool_calls");
         said.member("function_call") = function;
         return true;
       });
     }},
    {"K30-progress", respect::call_list, 0,
     [](upstream_stream& s, id_source& random) {
       std::vector<tree> all;
       bool changed = false;
       for (tree& frame : s.frames) {
         if (call_detail::only_fragment(frame) != nullptr && one_in(random, 2)) {
           all.push_back(frame);
           make_plain(all.back());
           tree& choice = choices_of(all.back())[0];
           set(choice, "delta", one_in(random, 2) ? R"({"tool_call_generating":null})" : "{}");
           changed = true;
         }
         all.push_back(std::move(frame));
       }
       s.frames = std::move(all);
       return changed;
     }},
    {"K34-second-choice", 0, respect::chunks | respect::choice_index | respect::role,
     [](upstream_stream& s, id_source&) {
       bool changed = false;
       for (tree& frame : s.frames) {
         if (s.n != 1 || call_detail::only_fragment(frame) == nullptr) continue;
         set(choices_of(frame)[0], "index", "1");
         changed = true;
       }
       return changed;
     }},
    // Indexes
    {"K1-none", respect::call_index | respect::which_call,
     respect::chunks | respect::whole_name,  // a name opens a call then
     [](upstream_stream& s, id_source&) {
       return each_call(s, [](tree& call, tree&) {
         call.erase("index");
         return true;
       });
     }},
    {"K2-zero", respect::call_index | respect::which_call,
     respect::chunks | respect::own_id | respect::whole_name,  // names may be the same
     [](upstream_stream& s, id_source&) {
       return call_detail::has_several(s) && each_call(s, [](tree& call, tree&) {
                set(call, "index", "0");
                return true;
              });
     }},
    {"K3-from-one", respect::call_index, respect::chunks,
     [](upstream_stream& s, id_source& random) {
       const std::size_t first = 1 + below(random, 5);
       return each_call(s, [&](tree& call, tree&) {
         tree* const index = call.find("index");
         if (index == nullptr) return false;
         index->scalar = std::to_string(first + 2 * std::stoul(index->scalar));
         return true;
       });
     }},
    {"K5-text", respect::call_index, respect::chunks,
     [](upstream_stream& s, id_source& random) {
       const bool text = one_in(random, 2);
       return each_call(s, [&](tree& call, tree&) {
         tree* const index = call.find("index");
         if (index == nullptr) return false;
         if (text)
           index->kind = json::type::string;
         else
           index->scalar += ".0";
         return true;
       });
     }},
    // Kinds of payload together (after what is said of single ones)
    {"FR11-stop", respect::finish_word, 0,
     [](upstream_stream& s, id_source&) {
       return each_choice(s, [](tree& choice, tree&) {
         if (!finishes(choice) || choice.find("finish_reason")->scalar != "tool_calls")
           return false;
         choice.find("finish_reason")->scalar = "stop";
         return true;
       });
     }},
    {"G11-merged", respect::delta, respect::chunks | respect::content | respect::reasoning,
     [](upstream_stream& s, id_source& random) {
       // Neighbours of one choice whose kinds differ and come in the order of CHAT-11 are one.
       static constexpr std::string_view order[] = {"reasoning", "reasoning_content", "content",
                                                    "refusal",   "annotations",       "tool_calls"};
       const auto place = [](tree& choice) {
         tree* const said = choice.find("delta");
         if (said == nullptr || said->names.size() != 1) return std::end(order);
         return std::find(std::begin(order), std::end(order), said->names[0]);
       };
       bool changed = false;
       for (std::size_t i = 1; i < s.frames.size(); ++i) {
         std::vector<tree>& before = choices_of(s.frames[i - 1]);
         std::vector<tree>& here = choices_of(s.frames[i]);
         if (before.size() != 1 || here.size() != 1 || index_of(before[0]) != index_of(here[0]) ||
             !is_plain(s.frames[i]) || one_in(random, 3))
           continue;
         const auto first = place(before[0]);
         const auto second = place(here[0]);
         const tree* const tokens = here[0].find("logprobs");
         if (second == std::end(order) || first >= second ||
             (tokens != nullptr && tokens->kind == json::type::object) ||
             (*first == "reasoning" && *second == "reasoning_content"))
           continue;
         before[0].find("delta")->member(*second) = tree(here[0].find("delta")->children[0]);
         s.frames.erase(s.frames.begin() + static_cast<std::ptrdiff_t>(i));
         changed = true;
       }
       return changed;
     }},
};

}  // namespace weir::testing
