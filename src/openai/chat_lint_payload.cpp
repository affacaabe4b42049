#include "openai/chat_lint_payload.h"

#include <string>

#include "openai/lint_value.h"

namespace weir::openai::lint {

using json::type;
using json::value;

namespace {

bool null_or(type kind, value v) { return v.is(type::null) || v.is(kind); }

bool is_token(value token) {
  if (!token["token"].is(type::string) || !token["logprob"].is(type::number)) return false;
  const value bytes = token["bytes"];
  bool whole = null_or(type::array, bytes);
  for (const value byte : bytes.elements()) whole = whole && byte.integer().has_value();
  return whole;
}

/// A token of the list, with the ones that stood to choice (section 3.1).
bool is_listed_token(value token) {
  bool whole = is_token(token) && token["top_logprobs"].is(type::array);
  for (const value other : token["top_logprobs"].elements()) whole = whole && is_token(other);
  return whole;
}

}  // namespace

void check_logprobs(value logprobs, lint_report& report) {
  if (!logprobs.given()) return;
  if (!logprobs.is(type::object)) {
    report.add(rule::logprobs_type,
               "logprobs is " + shown(logprobs) + ", neither null nor an object.", logprobs);
    return;
  }
  for (const std::string_view key : {"content", "refusal"}) {
    const value list = logprobs[key];
    if (!null_or(type::array, list)) {
      report.add(
          rule::logprobs_type,
          "logprobs." + std::string(key) + " is " + shown(list) + ", neither null nor an array.",
          logprobs);
    }
    for (const value token : list.elements()) {
      if (is_listed_token(token)) continue;
      report.add(rule::logprobs_token,
                 "An entry of logprobs." + std::string(key) + " is " + shown(token) +
                     ", not a token with logprob, bytes and top_logprobs.",
                 token);
    }
  }
}

bool holds_no_logprobs(value logprobs) {
  return logprobs["content"].size() == 0 && logprobs["refusal"].size() == 0;
}

void check_audio(value audio, lint_report& report) {
  if (!audio.is(type::object) || audio.size() == 0) {
    report.add(rule::audio_type, "audio is " + shown(audio) + ", not a piece of audio.", audio);
    return;
  }
  for (const std::string_view key : {"id", "transcript", "data"}) {
    if (!audio[key].given() || audio[key].is(type::string)) continue;
    report.add(rule::audio_piece,
               "audio." + std::string(key) + " is " + shown(audio[key]) + ", not a string.",
               audio[key]);
  }
  const value expires = audio["expires_at"];
  if (expires.given() && !expires.integer()) {
    report.add(rule::audio_piece, "audio.expires_at is " + shown(expires) + ", not an integer.",
               expires);
  }
}

void check_annotations(value annotations, lint_report& report) {
  if (!annotations.is(type::array)) {
    report.add(rule::annotations_type, "annotations is " + shown(annotations) + ", not an array.",
               annotations);
    return;
  }
  for (const value one : annotations.elements()) {
    if (one["type"].equals("url_citation") && one["url_citation"].is(type::object)) continue;
    report.add(rule::annotation_form, "An annotation is " + shown(one) + ", no url_citation.", one);
  }
}

}  // namespace weir::openai::lint
