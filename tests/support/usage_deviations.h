#pragma once
#include <cstddef>
#include <string>
#include <string_view>

#include "support/chunk_deviations.h"
#include "support/deviation.h"

namespace weir::testing {

namespace chunk_detail {

/// Takes the usage chunk off, if there is one; the frames tell what the upstream counted elsewhere.
inline std::string take_usage(upstream_stream& s) {
  if (s.usage.empty()) return {};
  s.frames.pop_back();
  return s.usage;
}

inline tree* last_finish(upstream_stream& s) {
  for (auto frame = s.frames.rbegin(); frame != s.frames.rend(); ++frame)
    for (tree& choice : choices_of(*frame))
      if (finishes(choice)) return &*frame;
  return nullptr;
}

}  // namespace chunk_detail

/// Where usage stands and how it is written. These come behind those of the chunks.
inline constexpr deviation usage_deviations[] = {
    {"U3-unasked", respect::usage_place, 0,
     [](upstream_stream& s, id_source& random) {
       if (s.include_usage) return false;
       s.usage = R"({"prompt_tokens":3,"completion_tokens":4,"total_tokens":7})";
       for (tree& frame : s.frames)
         if (one_in(random, 2)) set(frame, "usage", "null");
       tree* const last = chunk_detail::last_finish(s);
       if (last == nullptr) return false;
       set(*last, "usage", s.usage);
       return true;
     }},
    {"U4-on-every-chunk", respect::usage_place, respect::chunks,
     [](upstream_stream& s, id_source&) {
       if (s.usage.empty() || !chunk_detail::has_deltas(s)) return false;
       std::size_t i = 0;
       for (tree& frame : s.frames)
         if (++i < s.frames.size())
           set(frame, "usage",
               R"({"prompt_tokens":1,"completion_tokens":)" + std::to_string(i) +
                   R"(,"total_tokens":)" + std::to_string(i + 1) + "}");
       return true;
     }},
    {"U5-beside-finish", respect::usage_place, respect::chunks,
     [](upstream_stream& s, id_source& random) {
       if (!chunk_detail::has_deltas(s) || s.usage.empty()) return false;
       const std::string usage = chunk_detail::take_usage(s);
       tree* const last = chunk_detail::last_finish(s);
       if (last == nullptr) return false;
       switch (below(random, 3)) {
         case 0:
           set(*last, "usage", usage);
           break;
         case 1:  // U8
           set(*last, "x_groq", R"({"id":"r","usage":)" + usage + "}");
           break;
         default:  // U9
           set(choices_of(*last)[0], "usage", usage);
       }
       return true;
     }},
    {"U7-zeros", respect::usage_place, respect::chunks,
     [](upstream_stream& s, id_source&) {
       if (s.usage.empty() || !chunk_detail::has_deltas(s)) return false;
       for (std::size_t i = 0; i + 1 < s.frames.size(); ++i)
         set(s.frames[i], "usage", R"({"prompt_tokens":0,"completion_tokens":0,"total_tokens":0})");
       return true;
     }},
    {"U14-behind-the-terminator", respect::usage_place | respect::terminator, respect::chunks,
     [](upstream_stream& s, id_source&) {
       if (s.usage.empty() || !chunk_detail::has_deltas(s) || !is_plain(s.frames.back()))
         return false;
       s.behind = "data: " + text_of(s.frames.back()) + "\n\n";
       s.frames.pop_back();
       return true;
     }},
    {"U11-names", respect::usage_form, 0,
     [](upstream_stream& s, id_source&) {
       if (s.usage.empty()) return false;
       tree* const usage = s.frames.back().find("usage");
       if (usage == nullptr || usage->kind != json::type::object) return false;
       const tree before = *usage;
       usage->member("input_tokens") = *tree(before).find("prompt_tokens");
       usage->member("output_tokens") = *tree(before).find("completion_tokens");
       s.usage = text_of(*usage);  // what a vendor writes stays beside what is right (USE-4)
       usage->erase("prompt_tokens");
       usage->erase("completion_tokens");
       return true;
     }},
    {"U10-strings", respect::usage_form, 0,
     [](upstream_stream& s, id_source&) {
       if (s.usage.empty()) return false;
       bool changed = false;
       for (tree& frame : s.frames) {
         tree* const usage = frame.find("usage");
         if (usage == nullptr || usage->kind != json::type::object) continue;
         for (const std::string_view key : {"prompt_tokens", "completion_tokens", "total_tokens"}) {
           tree* const count = usage->find(key);
           if (count == nullptr) continue;
           *count = string_of(std::string(count->scalar));
           changed = true;
         }
       }
       return changed;
     }},
    {"U10-nothing", respect::usage_form, 0,
     [](upstream_stream& s, id_source& random) {
       static constexpr std::string_view nothings[] = {"{}", "null", "[]", "0", "\"\"", "false"};
       for (tree& frame : s.frames)
         if (tree* const usage = frame.find("usage"); usage == nullptr || usage->children.empty())
           set(frame, "usage", any_of_these(random, nothings));
       return true;
     }},
};

}  // namespace weir::testing
