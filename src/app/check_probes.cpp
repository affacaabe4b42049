#include "app/check_probes.h"

#include <array>

#include "weir/json/writer.h"

namespace weir::app {

namespace {

using kind = probe::kind;

constexpr std::array table = {
    probe{"text", "a stream of text",
          R"("stream":true,"messages":[{"role":"user","content":"Say hello in five words."}])",
          kind::answer, false},
    probe{"document", "the same without a stream",
          R"("stream":false,"messages":[{"role":"user","content":"Say hello in five words."}])",
          kind::answer, false},
    probe{"usage", "a stream with its usage",
          R"("stream":true,"stream_options":{"include_usage":true},)"
          R"("messages":[{"role":"user","content":"Say hello in five words."}])"},
    probe{"choices", "a stream of two choices",
          R"("stream":true,"n":2,)"
          R"("messages":[{"role":"user","content":"Say hello in five words."}])"},
    probe{"stop", "a stream that a stop word ends",
          R"("stream":true,"stop":["7"],"messages":[{"role":"user",)"
          R"("content":"Count from 1 to 20, separated by commas."}])",
          kind::answer, true, "stop"},
    probe{"length", "a stream that a limit of tokens ends",
          R"("stream":true,"max_tokens":5,"messages":[{"role":"user",)"
          R"("content":"Count from 1 to 100, separated by commas."}])",
          kind::answer, true, "length", "max_tokens", "max_completion_tokens"},
    probe{
        "tools", "a stream with a tool call",
        R"("stream":true,"tools":[{"type":"function","function":{"name":"get_weather",)"
        R"("description":"The weather of a city.","parameters":{"type":"object",)"
        R"("properties":{"city":{"type":"string"}},"required":["city"]}}}],)"
        R"("messages":[{"role":"user","content":"What is the weather in Paris? Use the tool."}])"},
    probe{"error", "a request without messages", R"("stream":true)", kind::refusal},
    probe{"disconnect", "a client that leaves early, and the next request",
          R"("stream":true,"messages":[{"role":"user",)"
          R"("content":"Count from 1 to 500, separated by commas."}])",
          kind::departure},
};

std::string with_model(std::string_view model, std::string_view members) {
  return "{\"model\":" + json::quoted(model) + "," + std::string(members) + "}";
}

}  // namespace

std::string probe::request(std::string_view model) const { return with_model(model, members); }

std::string probe::respelled(std::string_view model) const {
  std::string other(members);
  if (const std::size_t at = other.find(instead_of); !instead_of.empty())
    other.replace(at, instead_of.size(), instead);
  return with_model(model, other);
}

std::span<const probe> probes() { return table; }

}  // namespace weir::app
