#include "demo/pieces.h"

#include <algorithm>
#include <array>
#include <utility>

namespace weir::demo {
namespace {

constexpr std::array<std::string_view, word_count> words{"This is", " a canned answer",
                                                         " from weir's built-in", " demo upstream;",
                                                         " no model was asked."};

constexpr bool words_are_the_text() {
  std::size_t at = 0;
  for (const std::string_view word : words) {
    if (canned_text.substr(at, word.size()) != word) return false;
    at += word.size();
  }
  return at == canned_text.size();
}
static_assert(words_are_the_text());

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
  return text;
}

script one(std::string_view bytes, step::when condition, unsigned beats) {
  return {step{std::string(bytes), condition, beats}};
}

}  // namespace

script operator+(script first, const script& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

script once(std::string_view bytes) { return one(bytes, step::when::always, 1); }
script at_once(std::string_view bytes) { return one(bytes, step::when::always, 0); }
script each(std::string_view bytes) { return one(bytes, step::when::each_choice, 1); }
script if_asked(std::string_view bytes) { return one(bytes, step::when::usage_asked, 1); }
script silence(unsigned beats) { return one("", step::when::always, beats); }

script say(std::string_view pattern, std::size_t first, std::size_t last) {
  script all;
  for (std::size_t i = first; i < std::min(last, words.size()); ++i) {
    std::string bytes = replaced(std::string(pattern), "$word", words[i]);
    all.push_back(
        {replaced(std::move(bytes), "$number", std::to_string(i + 1)), step::when::each_choice, 1});
  }
  return all;
}

std::string event(std::string_view text) { return "data: " + std::string(text) + "\n\n"; }

std::string chunk_text(std::string_view members) {
  return R"({"id":"$id","object":"chat.completion.chunk","created":$created,"model":"$model",)"
         R"("choices":[{"index":$i,)" +
         std::string(members) + "}]$usage_null}";
}

std::string chunk(std::string_view members) { return event(chunk_text(members)); }

script document(std::string_view members, std::string_view tail) {
  return at_once(R"({"id":"$id","object":"chat.completion","created":$created,"model":"$model",)"
                 R"("choices":[)") +
         one(R"($comma{"index":$i,)" + std::string(members) + "}", step::when::each_choice, 0) +
         once("]" + std::string(tail) + "}");
}

script opening() { return each(chunk(role_members)) + say(chunk(word_members)); }
script ending() { return each(chunk(finish_members)) + if_asked(event(usage_text)) + once(done); }
script sound_stream() { return opening() + ending(); }
script sound_document() { return document(message_members, usage_tail); }

script with(script of, std::string_view from, std::string_view to) {
  for (step& s : of) s.bytes = replaced(std::move(s.bytes), from, to);
  return of;
}

recording sse_body(script body) {
  recording r;
  r.content_type = "text/event-stream; charset=utf-8";
  r.body = std::move(body);
  return r;
}

recording json_body(script body) {
  recording r;
  r.content_type = "application/json";
  r.body = std::move(body);
  r.how = recording::framing::length;
  return r;
}

recording html_page(unsigned status) {
  recording r;
  r.status = status;
  r.content_type = "text/html";
  r.body = once(
      "<!DOCTYPE html>\n<html><head><title>Demo server error</title></head>\n"
      "<body><h1>Something went wrong</h1><p>This page is canned, too.</p></body></html>\n");
  r.how = recording::framing::length;
  return r;
}

}  // namespace weir::demo
