#pragma once
#include <algorithm>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/deviation.h"

namespace weir::testing {

namespace chunk_detail {

/// One of these raw values; "" leaves the member out.
template <std::size_t N>
void set_one_of(tree& object, std::string_view key, id_source& random,
                const std::string_view (&values)[N]) {
  const std::string_view raw = any_of_these(random, values);
  if (raw.empty())
    object.erase(key);
  else
    set(object, key, raw);
}

/// The same value in all frames, or one that changes from frame to frame.
template <std::size_t N>
bool in_every_frame(upstream_stream& s, std::string_view key, id_source& random,
                    const std::string_view (&values)[N]) {
  const std::string_view raw = any_of_these(random, values);
  for (tree& frame : s.frames)
    if (raw.empty())
      frame.erase(key);
    else
      set(frame, key, raw);
  return true;
}

/// Where a chunk has this text, it is said as `change` makes of it.
template <class Change>
bool each_text(upstream_stream& s, std::string_view name, Change change) {
  return each_said(s, [&](tree& said, tree&) {
    tree* const text = said.find(name);
    if (text == nullptr || text->kind != json::type::string || text->scalar.empty()) return false;
    change(said, *text);
    return true;
  });
}

inline bool is_role_chunk(tree& choice) {
  tree* const said = choice.find("delta");
  return said != nullptr && said->find("role") != nullptr;
}

inline bool has_deltas(upstream_stream& s) {
  return each_choice(s, [](tree& choice, tree&) { return choice.find("delta") != nullptr; });
}

/// Puts a copy of a frame without what it says before some of the frames, changed.
template <class Change>
bool insert_frames(upstream_stream& s, id_source& random, Change change) {
  std::vector<tree> all;
  for (tree& frame : s.frames) {
    if (one_in(random, 3) && !choices_of(frame).empty()) {
      tree more = frame;
      make_plain(more);
      change(more, frame);
      all.push_back(std::move(more));
    }
    all.push_back(std::move(frame));
  }
  s.frames = std::move(all);
  return true;
}

/// The text of a chunk that says nothing else: content, reasoning or arguments.
inline tree* only_text(tree& frame) {
  if (choices_of(frame).size() != 1) return nullptr;
  tree* const delta = choices_of(frame)[0].find("delta");
  if (delta == nullptr || delta->names.size() != 1) return nullptr;
  tree* said = &delta->children[0];
  if (delta->names[0] == "tool_calls" && said->children.size() == 1)
    said = arguments_of(said->children[0]);
  const bool text = said != nullptr && said->kind == json::type::string && !said->scalar.empty();
  return text ? said : nullptr;
}

/// Each text goes into two chunks, parted where `find_cut` says.
template <class FindCut>
bool cut_texts(upstream_stream& s, FindCut find_cut) {
  std::vector<tree> all;
  bool changed = false;
  for (tree& frame : s.frames) {
    const tree* const text = only_text(frame);
    const std::size_t at = text == nullptr ? std::string::npos : find_cut(text->scalar);
    all.push_back(frame);
    if (at == std::string::npos) continue;
    make_plain(all.back());
    set(choices_of(all.back())[0], "logprobs", "null");
    only_text(all.back())->scalar.erase(at);
    all.push_back(std::move(frame));
    only_text(all.back())->scalar.erase(0, at);
    changed = true;
  }
  s.frames = std::move(all);
  return changed;
}

/// The raw words of a finish, and others that mean the same (FR8).
inline const std::map<std::string, std::vector<std::string_view>>& other_words() {
  static const std::map<std::string, std::vector<std::string_view>> words = {
      {"stop", {"eos", "eos_token", "end_turn", "stop_sequence", "STOP", "COMPLETE", "normal"}},
      {"length", {"max_tokens", "MAX_TOKENS", "model_length", "max_length"}},
      {"tool_calls", {"tool_use", "tool_call", "function", "function_call", "stop", "STOP"}},
      {"content_filter", {"SAFETY", "safety", "blocked", "sensitive", "RECITATION"}}};
  return words;
}

}  // namespace chunk_detail

/// What is wrong with the answer as a whole, its envelopes and its choices. These come behind those
/// of the calls.
inline constexpr deviation chunk_deviations[] = {
    // Content
    {"C1-content-null", respect::content, respect::delta,
     [](upstream_stream& s, id_source&) {
       return each_said(s, [](tree& said, tree&) {
         if (said.find("content") == nullptr) set(said, "content", "null");
         return true;
       });
     }},
    {"C2-content-empty", respect::content, respect::delta,
     [](upstream_stream& s, id_source&) {
       return each_said(s, [](tree& said, tree&) {
         if (said.find("content") == nullptr) set(said, "content", "\"\"");
         return true;
       });
     }},
    {"C3-text-parts", respect::content, 0,
     [](upstream_stream& s, id_source&) {
       return chunk_detail::each_text(s, "content", [](tree&, tree& text) {
         text = parsed(R"([{"type":"text","text":)" + text_of(text) + "}]");
       });
     }},
    {"C3-thinking-parts", respect::reasoning | respect::content, 0,
     [](upstream_stream& s, id_source&) {
       bool changed = false;
       for (const std::string_view name : {"reasoning", "reasoning_content"})
         changed = chunk_detail::each_text(
                       s, name,
                       [name](tree& said, tree& text) {
                         if (said.find("content") != nullptr) return;  // both have but one place
                         set(said, "content",
                             R"([{"type":"thinking","thinking":[{"type":"text","text":)" +
                                 text_of(text) + "}]}]");
                         said.erase(name);
                       }) ||
                   changed;
       return changed;
     }},
    {"F19-cut-character", respect::characters, respect::delta,
     [](upstream_stream& s, id_source&) {
       return chunk_detail::cut_texts(s, [](std::string_view text) {
         const auto first = std::find_if(text.begin(), text.end(), [](char c) {
           return static_cast<unsigned char>(c) >= 0xC0;
         });
         return first == text.end() ? std::string_view::npos
                                    : static_cast<std::size_t>(first - text.begin()) + 1;
       });
     }},
    {"F20-cut-pair", respect::characters, respect::delta,
     [](upstream_stream& s, id_source&) {
       return chunk_detail::cut_texts(s, [](std::string_view text) {
         constexpr std::size_t half = 6;
         const std::size_t pair = text.find("\\ud83d\\ude00");
         const bool escape = pair == 0 || (pair != text.npos && text[pair - 1] != '\\');
         return escape ? pair + half : std::string_view::npos;
       });
     }},
    {"E15-message-beside", respect::delta, respect::chunks | respect::choice_index,
     [](upstream_stream& s, id_source&) {
       // Beside each delta of text stands a message with all that was said.
       std::map<std::string, std::string> all;
       return each_choice(s, [&](tree& choice, tree&) {
         tree* const said = choice.find("delta");
         if (said == nullptr) return false;
         std::string& text = all[index_of(choice)];
         const tree* const more = said->find("content");
         if (more != nullptr && more->kind == json::type::string) text += more->scalar;
         set(choice, "message", R"({"role":"assistant","content":")" + text + "\"}");
         return true;
       });
     }},
    {"E16-text", respect::delta | respect::content, respect::chunks,
     [](upstream_stream& s, id_source&) {
       return each_choice(s, [](tree& choice, tree&) {
         tree* const said = choice.find("delta");
         tree* const text = said == nullptr ? nullptr : said->find("content");
         if (text == nullptr || text->scalar.empty() || said->names.size() != 1) return false;
         choice.member("text") = tree(*text);
         choice.erase("delta");
         return true;
       });
     }},
    // Reasoning
    {"G3-two-names", respect::reasoning, 0,
     [](upstream_stream& s, id_source&) {
       return each_said(s, [](tree& said, tree&) {
         tree* const one = said.find("reasoning");
         tree* const other = said.find("reasoning_content");
         if ((one == nullptr) == (other == nullptr)) return false;
         const tree text = one != nullptr ? *one : *other;
         said.member(one != nullptr ? "reasoning_content" : "reasoning") = text;
         return true;
       });
     }},
    {"G8-reasoning-empty", respect::reasoning, respect::delta,
     [](upstream_stream& s, id_source& random) {
       return each_said(s, [&](tree& said, tree&) {
         if (said.find("reasoning") != nullptr || said.find("reasoning_content") != nullptr)
           return false;
         set(said, "reasoning_content", one_in(random, 2) ? "null" : "\"\"");
         return true;
       });
     }},
    // Finish
    {"FR8-words", respect::finish_word, 0,
     [](upstream_stream& s, id_source& random) {
       return each_choice(s, [&](tree& choice, tree&) {
         if (!finishes(choice)) return false;
         tree& finish = *choice.find("finish_reason");
         const auto words = chunk_detail::other_words().find(finish.scalar);
         if (words == chunk_detail::other_words().end()) return false;
         finish.scalar = any_of_these(random, words->second);
         return true;
       });
     }},
    {"FR12-tool-calls-without-a-call", respect::finish_word, 0,
     [](upstream_stream& s, id_source&) {
       return each_choice(s, [](tree& choice, tree&) {  // only then is `stop` right
         if (!finishes(choice) || choice.find("finish_reason")->scalar != "stop") return false;
         choice.find("finish_reason")->scalar = "tool_calls";
         return true;
       });
     }},
    {"FR1-empty", respect::finish_null, 0,
     [](upstream_stream& s, id_source&) {
       return each_choice(s, [](tree& choice, tree&) {
         if (finishes(choice)) return false;
         set(choice, "finish_reason", "\"\"");
         return true;
       });
     }},
    {"FR2-absent", respect::finish_null, 0,
     [](upstream_stream& s, id_source&) {
       return each_choice(s, [](tree& choice, tree&) {
         if (finishes(choice)) return false;
         choice.erase("finish_reason");
         return true;
       });
     }},
    {"FR3-never", respect::finish_word | respect::finish_place,
     respect::terminator | respect::chunks,  // it proves the end
     [](upstream_stream& s, id_source& random) {
       std::vector<tree> all;
       bool changed = false;
       for (tree& frame : s.frames) {
         all.push_back(frame);
         if (choices_of(frame).size() != 1 || !finishes(choices_of(frame)[0])) continue;
         make_plain(all.back());
         all.push_back(all.back());
         std::swap(all[all.size() - 2], frame);  // the first one has the members of vendors
         if (one_in(random, 2)) set(choices_of(all.back())[0], "finish_reason", "\"stop\"");
         changed = true;
       }
       s.frames = std::move(all);
       return changed;
     }},
    {"FR6-in-every-chunk", respect::finish_null | respect::finish_place, respect::chunks,
     [](upstream_stream& s, id_source&) {
       std::map<std::string, std::string> word;
       each_choice(s, [&](tree& choice, tree&) {
         if (finishes(choice)) word[index_of(choice)] = choice.find("finish_reason")->scalar;
         return true;
       });
       return chunk_detail::has_deltas(s) && s.n == 1 &&  // a finish waits for the next frame only
              each_choice(s, [&](tree& choice, tree&) {
                set(choice, "finish_reason", "\"" + word[index_of(choice)] + "\"");
                return true;
              });
     }},
    {"FR7-beside-payload", respect::finish_place, respect::chunks,
     [](upstream_stream& s, id_source&) {
       bool changed = false;
       for (std::size_t i = 1; i < s.frames.size(); ++i) {
         std::vector<tree>& before = choices_of(s.frames[i - 1]);
         std::vector<tree>& here = choices_of(s.frames[i]);
         if (before.size() != 1 || here.size() != 1 || !finishes(here[0]) ||
             !is_plain(s.frames[i]) || before[0].find("delta") == nullptr ||
             index_of(before[0]) != index_of(here[0]))
           continue;
         before[0].member("finish_reason") = tree(here[0].member("finish_reason"));
         s.frames.erase(s.frames.begin() + static_cast<std::ptrdiff_t>(i--));
         changed = true;
       }
       return changed;
     }},
    // Role
    {"R1-never", respect::role, respect::chunks,
     [](upstream_stream& s, id_source& random) {
       if (!chunk_detail::has_deltas(s)) return false;
       const bool keep = one_in(random, 2);
       for (std::size_t i = 0; i < s.frames.size(); ++i) {
         std::vector<tree>& choices = choices_of(s.frames[i]);
         if (choices.size() != 1 || !chunk_detail::is_role_chunk(choices[0])) continue;
         choices[0].find("delta")->erase("role");
         if (!keep && is_plain(s.frames[i]) && !finishes(choices[0]))
           s.frames.erase(s.frames.begin() + static_cast<std::ptrdiff_t>(i--));
       }
       return true;
     }},
    {"R2-every-delta", respect::role, respect::delta,
     [](upstream_stream& s, id_source&) {
       return each_said(s, [](tree& said, tree&) {
         set(said, "role", "\"assistant\"");
         return true;
       });
     }},
    {"R3-another", respect::role, 0,
     [](upstream_stream& s, id_source& random) {
       static constexpr std::string_view roles[] = {"null", "\"\"", "\"model\"", "\"tool\"", "7"};
       const std::string_view raw = any_of_these(random, roles);
       return each_said(s, [&](tree& said, tree&) {
         if (said.find("role") == nullptr) return false;
         set(said, "role", raw);
         return true;
       });
     }},
    // Logprobs
    {"Q-logprobs-in-delta", respect::logprobs, respect::delta | respect::chunks,
     [](upstream_stream& s, id_source&) {
       return each_choice(s, [](tree& choice, tree&) {
         tree* const said = choice.find("delta");
         tree* const logprobs = choice.find("logprobs");
         if (said == nullptr || said->kind != json::type::object || logprobs == nullptr ||
             logprobs->kind != json::type::object)
           return false;
         said->member("logprobs") = tree(*logprobs);
         choice.erase("logprobs");
         return true;
       });
     }},
    {"Q-logprobs-absent", respect::logprobs, 0,
     [](upstream_stream& s, id_source&) {
       return each_choice(s, [](tree& choice, tree&) {
         tree* const logprobs = choice.find("logprobs");
         if (logprobs == nullptr || logprobs->kind != json::type::null) return false;
         choice.erase("logprobs");
         return true;
       });
     }},
    // Envelope
    {"E1-id", respect::id, 0,
     [](upstream_stream& s, id_source& random) {
       static constexpr std::string_view ids[] = {"", "null", "\"\"", "17", "{}"};
       return chunk_detail::in_every_frame(s, "id", random, ids);
     }},
    {"E1-id-late", respect::id, 0,
     [](upstream_stream& s, id_source&) {
       s.frames.front().erase("id");
       return true;
     }},
    {"E2-id-changes", respect::id, 0,
     [](upstream_stream& s, id_source&) {
       int i = 0;
       for (tree& frame : s.frames) set(frame, "id", "\"chat.id." + std::to_string(i++) + "\"");
       return true;
     }},
    {"E4-created", respect::created, 0,
     [](upstream_stream& s, id_source& random) {
       static constexpr std::string_view dates[] = {
           "",   "null",  "0", "\"1731000000\"", "1731000000.25", "\"2026-01-01T00:00:00Z\"",
           "-1", "1e300", "[]"};
       return chunk_detail::in_every_frame(s, "created", random, dates);
     }},
    {"E2-created-changes", respect::created, 0,
     [](upstream_stream& s, id_source& random) {
       for (tree& frame : s.frames) set(frame, "created", std::to_string(1 + below(random, 99)));
       return true;
     }},
    {"E5-model", respect::model, 0,
     [](upstream_stream& s, id_source& random) {
       static constexpr std::string_view names[] = {"", "null", "\"\"", "7", "\"other\""};
       for (tree& frame : s.frames) chunk_detail::set_one_of(frame, "model", random, names);
       return true;
     }},
    {"E6-object", respect::object, 0,
     [](upstream_stream& s, id_source& random) {
       static constexpr std::string_view names[] = {"", "null", "\"\"", "\"chat.completion\"",
                                                    "\"chat.completions.chunk\""};
       for (tree& frame : s.frames) chunk_detail::set_one_of(frame, "object", random, names);
       return true;
     }},
    {"E20-error", respect::error, 0,
     [](upstream_stream& s, id_source& random) {
       static constexpr std::string_view nothings[] = {"null", "\"\"", "false", "0"};
       for (tree& frame : s.frames) set(frame, "error", any_of_these(random, nothings));
       return true;
     }},
    // Choices
    {"E7-choices-null", 0, 0,
     [](upstream_stream& s, id_source& random) {
       if (!chunk_detail::has_deltas(s)) return false;
       static constexpr std::string_view lists[] = {"null", "[]", ""};
       return chunk_detail::insert_frames(s, random, [&](tree& more, tree&) {
         chunk_detail::set_one_of(more, "choices", random, lists);
       });
     }},
    {"E9-azure", 0, 0,
     [](upstream_stream& s, id_source&) {
       s.frames.insert(s.frames.begin(),
                       parsed(R"({"choices":[],"created":0,"id":"","model":"","object":"",)"
                              R"("prompt_filter_results":[{"prompt_index":0}]})"));
       return true;
     }},
    {"E13-delta-nothing", respect::delta, respect::chunks,
     [](upstream_stream& s, id_source& random) {
       return each_choice(s, [&](tree& choice, tree&) {
         tree* const said = choice.find("delta");
         if (said == nullptr || !said->names.empty() || said->kind != json::type::object)
           return false;
         static constexpr std::string_view nothings[] = {"null", ""};
         chunk_detail::set_one_of(choice, "delta", random, nothings);
         return true;
       });
     }},
    {"E11-no-index", respect::choice_index, respect::chunks,
     [](upstream_stream& s, id_source&) {
       return s.n == 1 && each_choice(s, [](tree& choice, tree&) {  // of several, who speaks?
                choice.erase("index");
                return true;
              });
     }},
    {"E12-index-counts", respect::choice_index, respect::chunks,
     [](upstream_stream& s, id_source&) {
       int i = 197;
       return s.n == 1 && chunk_detail::has_deltas(s) && each_choice(s, [&](tree& choice, tree&) {
                set(choice, "index", std::to_string(i++));
                return true;
              });
     }},
    {"E12-index-text", respect::choice_index, 0,
     [](upstream_stream& s, id_source&) {
       return s.n == 1 && each_choice(s, [&](tree& choice, tree&) {
                choice.find("index")->kind = json::type::string;
                return true;
              });
     }},
    {"N1-another-answer", 0, respect::choice_index | respect::role | respect::delta,
     [](upstream_stream& s, id_source&) {
       // Its role tells it from a counter in place of the index.
       if (s.n != 1 || choices_of(s.frames[0]).empty() || !chunk_detail::has_deltas(s) ||
           !chunk_detail::is_role_chunk(choices_of(s.frames[0])[0]))
         return false;
       std::size_t at = 1;
       for (const std::string_view said :
            {R"("delta":{"role":"assistant","content":""},"finish_reason":null)",
             R"("delta":{"content":"another"},"finish_reason":null)",
             R"("delta":{},"finish_reason":"stop")"}) {
         tree frame = s.frames[0];
         make_plain(frame);
         set(frame, "choices", R"([{"index":1,)" + std::string(said) + "}]");
         s.frames.insert(s.frames.begin() + static_cast<std::ptrdiff_t>(at), std::move(frame));
         at = std::min(at + 2, s.frames.size() - (s.usage.empty() ? 0 : 1));  // usage stays last
       }
       return true;
     }},
    {"Q28-choices-together", 0, respect::choice_index,
     [](upstream_stream& s, id_source&) {
       bool changed = false;
       for (std::size_t i = 1; i < s.frames.size(); ++i) {
         std::vector<tree>& before = choices_of(s.frames[i - 1]);
         std::vector<tree>& here = choices_of(s.frames[i]);
         const bool others = std::none_of(before.begin(), before.end(), [&](tree& one) {
           return here.empty() || index_of(one) == index_of(here[0]);
         });
         if (before.empty() || here.empty() || !others || !is_plain(s.frames[i])) continue;
         before.push_back(std::move(here[0]));
         s.frames.erase(s.frames.begin() + static_cast<std::ptrdiff_t>(i--));
         changed = true;
       }
       return changed;
     }},
};

}  // namespace weir::testing
