#include "demo/reply.h"

#include <optional>
#include <span>

#include "weir/json/reader.h"
#include "weir/json/writer.h"

namespace weir::demo {
namespace {

constexpr std::uint32_t max_choices = 4;
constexpr std::string_view json_type = "application/json";

struct substitution {
  std::string_view name;
  std::string_view value;
};

std::string fill(std::string_view pattern, std::span<const substitution> values) {
  std::string out;
  for (std::size_t mark = 0; (mark = pattern.find('$')) != std::string_view::npos;) {
    out += pattern.substr(0, mark);
    pattern.remove_prefix(mark);
    std::size_t length = 1;  // an unknown name keeps its mark, and a test finds it
    std::string_view value = pattern.substr(0, 1);
    for (const substitution& s : values) {
      if (!pattern.starts_with(s.name) || s.name.size() < length) continue;
      length = s.name.size();
      value = s.value;
    }
    out += value;
    pattern.remove_prefix(length);
  }
  out += pattern;
  return out;
}

reply json_reply(unsigned status, std::string document) {
  reply r;
  r.status = status;
  r.headers.emplace_back("Content-Type", json_type);
  r.body.push_back({std::move(document), 0});
  return r;
}

std::optional<refusal> fault_of(json::value root) {
  if (!root.is(json::type::object))
    return refusal{400, "We could not parse the JSON body of your request."};
  if (!root["model"].is(json::type::string))
    return refusal{400, "you must provide a model parameter"};
  if (!root["messages"].is(json::type::array))
    return refusal{400, "Missing required parameter: 'messages'.", "messages",
                   "missing_required_parameter"};
  const json::value n = root["n"];
  if (!n.given()) return std::nullopt;
  const std::optional<std::int64_t> number = n.integer();
  if (!number)
    return refusal{400, "Invalid type for 'n': expected an integer.", "n", "invalid_type"};
  if (*number < 1)
    return refusal{400,
                   "Invalid 'n': integer below minimum value. Expected a value >= 1, but got " +
                       std::to_string(*number) + " instead.",
                   "n", "integer_below_min_value"};
  if (*number > max_choices)
    return refusal{400,
                   "Invalid 'n': integer above maximum value. Expected a value <= 4, but got " +
                       std::to_string(*number) + " instead.",
                   "n", "integer_above_max_value"};
  return std::nullopt;
}

}  // namespace

result<chat_call, reply> read_chat_call(std::string_view body) {
  json::reader reader;
  const bool whole = reader.parse(body) == json::reader::status::ok && reader.rest().empty();
  const json::value root = whole ? reader.root() : json::value{};
  if (const auto fault = fault_of(root)) return refuse(*fault);
  chat_call call;
  call.model = root["model"].decoded();
  call.stream = root["stream"].boolean().value_or(false);
  call.include_usage =
      call.stream && root["stream_options"]["include_usage"].boolean().value_or(false);
  call.n = static_cast<std::uint32_t>(root["n"].integer().value_or(1));
  return call;
}

reply answer(const scenario& s, const chat_call& call, const stamp& stamp) {
  const recording& from = call.stream ? s.stream : s.document;
  const std::string created = std::to_string(stamp.created);

  reply r;
  r.status = from.status;
  r.how = from.how;
  r.slice = from.slice;
  r.headers.emplace_back("Content-Type", from.content_type);
  for (const auto& [name, value] : from.headers) r.headers.emplace_back(name, value);

  bool in_one_breath = false;
  for (const step& each : from.body) {
    if (each.condition == step::when::usage_asked && !call.include_usage) continue;
    const std::uint32_t times = each.condition == step::when::each_choice ? call.n : 1;
    if (!in_one_breath) r.body.emplace_back();
    for (std::uint32_t i = 0; i < times; ++i) {
      const std::string index = std::to_string(i);
      const substitution values[] = {
          {"$id", stamp.id},
          {"$created", created},
          {"$model", s.model},
          {"$text", canned_text},
          {"$i", index},
          {"$comma", i == 0 ? "" : ","},
          {"$usage_null", call.include_usage ? R"(,"usage":null)" : ""},
      };
      r.body.back().bytes += fill(each.bytes, values);
    }
    r.body.back().beats = each.beats;
    in_one_breath = each.beats == 0;
  }
  return r;
}

reply list_models(const std::vector<scenario>& scenarios, std::int64_t created) {
  std::string list = R"({"object":"list","data":[)";
  for (const scenario& s : scenarios) {
    if (&s != scenarios.data()) list += ',';
    list += R"({"id":)" + json::quoted(s.model) + R"(,"object":"model","created":)" +
            std::to_string(created) + R"(,"owned_by":"weir-demo"})";
  }
  list += "]}";
  return json_reply(200, std::move(list));
}

reply refuse(const refusal& why) {
  const auto or_null = [](std::string_view text) {
    return text.empty() ? std::string("null") : json::quoted(text);
  };
  return json_reply(why.status, R"({"error":{"message":)" + json::quoted(why.message) +
                                    R"(,"type":"invalid_request_error","param":)" +
                                    or_null(why.param) + R"(,"code":)" + or_null(why.code) + "}}");
}

reply unknown_model(std::string_view model) {
  return refuse({404,
                 "The model `" + std::string(model) +
                     "` does not exist: weir's built-in demo upstream has only the models of "
                     "GET /v1/models.",
                 {},
                 "model_not_found"});
}

}  // namespace weir::demo
