// The tables of sections 2.1 (fields) and 2.2 (messages) of the contract. Rows stand in the order
// in which faults are reported (ERR-34); what concerns several fields is in chat_request_rules.cpp.
#include "openai/chat_request_fields.h"

#include "openai/common_fields.h"

namespace weir::openai {
namespace {

using common::penalty;
using shapes::boolean;
using shapes::decimal;
using shapes::either;
using shapes::integer;
using shapes::list_of;
using shapes::map_of;
using shapes::name;
using shapes::object;
using shapes::optional;
using shapes::required;
using shapes::tagged;
using shapes::text;
using shapes::word;

// --- 2.2 Messages ----------------------------------------------------------------------------

field breakpoint() {
  return optional("prompt_cache_breakpoint", object({required("mode", word({"explicit"}))}));
}

variant text_part() { return {"text", {required("text", text()), breakpoint()}}; }

shape text_parts() { return list_of(tagged("type", {text_part()})); }

shape user_part() {
  return tagged(
      "type",
      {
          text_part(),
          {"image_url",
           {required("image_url", object({required("url", text()),
                                          optional("detail", word({"auto", "low", "high"}))})),
            breakpoint()}},
          {"input_audio",
           {required("input_audio",
                     object({required("data", text()), required("format", word({"wav", "mp3"}))})),
            breakpoint()}},
          {"file",
           {required("file", object({optional("filename", text()), optional("file_data", text()),
                                     optional("file_id", text())})),
            breakpoint()}},
          {"video_url", {}, true},
          {"audio_url", {}, true},
      });
}

shape assistant_parts() {
  return list_of(tagged("type", {text_part(), {"refusal", {required("refusal", text())}}}))
      .with_alone("refusal");
}

shape tool_call() {
  return tagged(
      "type",
      {
          {"function",
           {required("id", text()), required("function", object({required("name", text()),
                                                                 required("arguments", text())}))}},
          {"custom",
           {required("id", text()),
            required("custom", object({required("name", text()), required("input", text())}))}},
      });
}

shape message() {
  return tagged(
      "role",
      {
          {"system",
           {optional("content", either(text(), text_parts().at_least(1))),
            optional("name", text())}},
          {"assistant",
           {optional("content", either(text(), assistant_parts())), optional("refusal", text()),
            optional("name", text()), optional("audio", object({required("id", text())})),
            optional("tool_calls", list_of(tool_call()).at_least(1)),
            optional("function_call",
                     object({required("name", text()), required("arguments", text())}))}},
          {"user",
           {optional("content", either(text(), list_of(user_part()).at_least(1))),
            optional("name", text())}},
          {"function", {optional("content", text()), required("name", text())}},
          {"tool",
           {optional("content", either(text(), text_parts())), required("tool_call_id", text())}},
          {"developer",
           {required("content", either(text(), text_parts().at_least(1))),
            optional("name", text())}},
      });
}

// --- 2.1 Fields ------------------------------------------------------------------------------

// JSON Schemas are the upstream's to judge.
std::vector<field> function_definition() {
  return {required("name", name()), optional("description", text()),
          optional("parameters", object())};
}

std::vector<field> tool_function() {
  std::vector<field> out = function_definition();
  out.push_back(optional("strict", boolean()));
  return out;
}

shape custom_format() {
  return tagged("type",
                {{"text", {}},
                 {"grammar",
                  {required("grammar", object({required("definition", text()),
                                               required("syntax", word({"lark", "regex"}))}))}}});
}

shape tool() {
  return tagged(
      "type",
      {{"function", {required("function", object(tool_function()))}},
       {"custom",
        {required("custom", object({required("name", name()), optional("description", text()),
                                    optional("format", custom_format())}))}}});
}

shape named() { return object({required("name", text())}); }

shape tool_choice() {
  return tagged("type",
                {{"function", {required("function", named())}},
                 {"custom", {required("custom", named())}},
                 {"allowed_tools",
                  {required("allowed_tools", object({required("mode", word({"auto", "required"})),
                                                     required("tools", list_of(object()))}))}}});
}

shape response_format() {
  const field schema = required(
      "json_schema", object({required("name", name()), optional("description", text()),
                             optional("schema", object()), optional("strict", boolean())}));
  return tagged("type", {{"json_object", {}}, {"json_schema", {schema}}, {"text", {}}});
}

shape user_location() {
  return tagged("type",
                {{"approximate",
                  {required("approximate",
                            object({optional("country", text()), optional("region", text()),
                                    optional("city", text()), optional("timezone", text())}))}}});
}

shape request() {
  return object({
      required("model", text()).in_minimal(),                             // REQ-3
      required("messages", list_of(message()).at_least(1)).in_minimal(),  // REQ-4
      optional("functions", list_of(object(function_definition())).within(1, 128)),
      optional("function_call", either(word({"none", "auto"}), named())),
      optional("tools", list_of(tool()).at_most(128)),
      optional("tool_choice", either(word({"none", "auto", "required"}), tool_choice())),
      optional("parallel_tool_calls", boolean()),
      optional("max_completion_tokens", integer().at_least(1)),
      common::n(),
      optional("temperature", decimal()),  // here the type alone, see below
      optional("top_p", decimal()),        // likewise
      optional("presence_penalty", penalty()),
      optional("frequency_penalty", penalty()),
      optional("logprobs", boolean()),
      optional("top_logprobs", integer().within(0, 20)).only_with("logprobs"),  // ERR-15
      optional("user", text()),
      common::seed(),
      optional("moderation", object({required("model", text())})),
      optional("safety_identifier", text().at_most(64)),
      optional("prompt_cache_options", object({optional("ttl", word({"30m"})),
                                               optional("mode", word({"implicit", "explicit"}))})),
      optional("prompt_cache_key", text()),
      optional("prompt_cache_retention", word({"in_memory", "24h"})),
      optional("response_format", response_format()),
      optional("service_tier", word({"auto", "default", "flex", "scale", "priority", "fast"})),
      optional("max_tokens", integer()),
      optional("reasoning_effort",
               word({"none", "minimal", "low", "medium", "high", "xhigh", "max"})),
      common::logit_bias(),
      common::stop(),
      common::stream(),
      common::stream_options(),
      optional("store", boolean()),
      optional("metadata", map_of(text().at_most(512)).at_most(16).with_keys_at_most(64)),
      optional("prediction",
               tagged("type", {{"content", {required("content", either(text(), text_parts()))}}})),
      optional("verbosity", word({"low", "medium", "high"})),

      // Where these are reported was not measured.
      optional("modalities", list_of(word({"text", "audio"}))),
      optional("audio",
               object({required("voice", either(text(), object())),
                       required("format", word({"wav", "aac", "mp3", "flac", "opus", "pcm16"}))})),
      optional("web_search_options",
               object({optional("search_context_size", word({"low", "medium", "high"})),
                       optional("user_location", user_location())})),

      // Reported with what depends on the model, after all fields.
      optional("temperature", decimal().within(0, 2)),
      optional("top_p", decimal().within(0, 1)),
  });
}

}  // namespace

const shape& chat_request_shape() {
  static const shape table = request();
  return table;
}

}  // namespace weir::openai
