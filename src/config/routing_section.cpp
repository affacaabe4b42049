// Where a model name leads, and the keys of `routing:`. Their meanings stand in docs/config.md word
// for word.
#include <algorithm>
#include <array>
#include <charconv>

#include "config/codecs.h"
#include "config/schema.h"
#include "weir/base/limits.h"

namespace weir::config {
namespace codecs {
namespace {

constexpr std::string_view model_name_rule =
    "a model's name has 1 to 256 bytes and no control characters";

bool is_model_name(std::string_view name) {
  return !name.empty() && name.size() <= limits::max_model_name_bytes &&
         std::none_of(name.begin(), name.end(), is_control);
}

/// The number between `prefix` and `suffix`, from 0 to `most`.
std::optional<std::uint32_t> number_in(std::string_view text, std::string_view prefix,
                                       std::string_view suffix, std::uint32_t most) {
  if (text.size() <= prefix.size() + suffix.size() || text.substr(0, prefix.size()) != prefix ||
      text.substr(text.size() - suffix.size()) != suffix)
    return std::nullopt;
  text.remove_prefix(prefix.size());
  text.remove_suffix(suffix.size());
  std::uint32_t value = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || stop != text.data() + text.size() || value > most)
    return std::nullopt;
  return value;
}

}  // namespace

percent percentage::read(reader& from, const node& value) {
  const std::string_view what = "a share from 0% to 100%";
  const auto text = from.read_scalar(value, what);
  if (!text) return {};
  if (const auto share = number_in(text->text, "", "%", 100)) return {*share};
  std::string hint;
  if (text->type == node::scalar_type::integer) hint = "did you mean '" + value.text + "%'?";
  from.fail(value.at, "must be " + std::string(what), std::move(hint));
  return {};
}

tree percentage::schema() { return string_schema("^([0-9]|[1-9][0-9]|100)%$"); }

hedge_point hedging::read(reader& from, const node& value) {
  const std::string_view what = "'none' or a percentile from p1 to p99";
  const auto text = from.read_text(value, what);
  if (!text || *text == "none") return {};
  const auto percentile = number_in(*text, "p", "", 99);
  if (percentile && *percentile != 0) return {*percentile};
  from.fail(value.at, "must be " + std::string(what));
  return {};
}

tree hedging::schema() { return string_schema("^(none|p[1-9][0-9]?)$"); }

std::string upstream_name::read(reader& from, const node& value) {
  const auto text = from.read_nonempty_text(value, "text, the name of an upstream");
  if (!text) return {};
  from.refer_to_upstream(*text, value.at);
  return *text;
}

tree upstream_name::schema() { return string_schema(upstream_name_pattern); }

std::string upstream_model::read(reader& from, const node& value) {
  const auto text = from.read_nonempty_text(value, "text, the upstream's name of the model");
  if (!text) return {};
  if (!is_model_name(*text)) from.fail(value.at, model_name_rule);
  return *text;
}

model_names::type model_names::read(reader& from, const node& value) {
  const std::string_view what = "a list of names and patterns";
  if (value.is != node::form::list) {
    from.fail_type(value, what);
    return {};
  }
  type out;
  for (const node& item : value.items) {
    const auto text = from.read_nonempty_text(item, "text, the name of a model or a pattern");
    if (!text) continue;
    if (!is_model_name(*text)) from.fail(item.at, model_name_rule);
    auto pattern = route::name_pattern::parse(*text);
    if (pattern)
      out.push_back(std::move(*pattern));
    else
      from.fail(item.at, "no regular expression: " + pattern.error().message);
  }
  return out;
}

tree model_names::show(const type& value) {
  if (value.empty()) return {};
  std::vector<tree> names;
  for (const route::name_pattern& name : value) names.push_back(tree::of_text(name.text()));
  return tree::of_list(std::move(names));
}

tree model_names::schema() {
  return object({{"type", tree::of_text("array")}, {"items", string_schema()}});
}

candidates::type candidates::read(reader& from, const node& value) {
  if (value.is != node::form::list) {
    from.fail_type(value, "a list like [openai]");
    return {};
  }
  if (value.items.empty()) from.fail(value.at, "the list is empty", "name the upstream: [openai]");
  if (value.items.size() > limits::max_candidates)
    from.fail(value.at, "at most " + std::to_string(limits::max_candidates) + " candidates");
  type out;
  for (const node& item : value.items) {
    candidate one;
    if (item.is == node::form::mapping)
      one = read_section<candidate>(from, item, "a mapping");
    else
      one.upstream = upstream_name::read(from, item);
    out.push_back(std::move(one));
  }
  return out;
}

tree candidates::show(const type& value) {
  std::vector<tree> list;
  for (const candidate& c : value) list.push_back(show_section(c));
  return tree::of_list(std::move(list));
}

tree candidates::schema() {
  tree item =
      object({{"anyOf",
               tree::of_list({upstream_name::schema(), reference(section_of<candidate>().name)})}});
  return object({{"type", tree::of_text("array")},
                 {"items", std::move(item)},
                 {"minItems", number(1)},
                 {"maxItems", number(limits::max_candidates)}});
}

models::type models::read(reader& from, const node& value) {
  type out;
  from.for_each_member(
      value, "a mapping of model names to candidates", [&](const node& key, const node& member) {
        if (!is_model_name(key.text)) {
          from.fail(key.at, model_name_rule);
          return;
        }
        const reader::scope entered(from, key.text);
        if (const auto pattern = route::name_pattern::parse(key.text); !pattern)
          from.fail(key.at, "no regular expression: " + pattern.error().message);
        model_route route;
        if (member.is == node::form::mapping)
          route = read_section<model_route>(from, member, "a list like [openai], or a mapping");
        else
          route.candidates = candidates::read(from, member);
        route.name = key.text;
        out.push_back(std::move(route));
      });
  return out;
}

/// The short form where it says everything.
tree models::show(const type& value) {
  tree out = tree::of_mapping();
  for (const model_route& route : value) {
    const bool plain = show_section(route.routing).members.empty();
    out.add(route.name, plain ? candidates::show(route.candidates) : show_section(route));
  }
  return out;
}

tree models::schema() {
  return object(
      {{"type", tree::of_text("object")},
       {"propertyNames",
        object({{"minLength", number(1)}, {"maxLength", number(limits::max_model_name_bytes)}})},
       {"additionalProperties",
        object({{"anyOf", tree::of_list({candidates::schema(),
                                         reference(section_of<model_route>().name)})}})}});
}

}  // namespace codecs

namespace {

using codecs::choice;
using codecs::duration;
using codecs::inherited;
using codecs::nested;
using codecs::whole_number;

struct strategy_words {
  using to = route::strategy;
  static constexpr std::array<std::pair<std::string_view, to>, 4> all = {
      {{"weighted", to::weighted},
       {"least_busy", to::least_busy},
       {"p2c_ewma", to::p2c_ewma},
       {"sticky", to::sticky}}};
};
struct sticky_words {
  using to = sticky_key;
  static constexpr std::array<std::pair<std::string_view, to>, 3> all = {
      {{"prompt", to::prompt}, {"user", to::user}, {"key", to::key}}};
};

/// A setting that is inherited where it is not written.
template <class Codec, auto Member>
field<routing_overrides> setting(std::string_view name, std::string_view meaning,
                                 std::string_view example) {
  return key<routing_overrides, inherited<Codec>, Member>(name, meaning, example);
}

}  // namespace

template <>
const section<candidate>& section_of() {
  using c = candidate;
  static const section<c> table{
      "candidate",
      {
          required_key<c, codecs::upstream_name, &c::upstream>(
              "upstream", "The name of an upstream, or `demo`.", "openai"),
          key<c, codecs::upstream_model, &c::model>(
              "model",
              "The upstream's name for the model; otherwise the name the client asked for.",
              "gpt-5-mini"),
          key<c, whole_number<0, limits::max_weight>, &c::weight>(
              "weight",
              "Its share of the requests among the candidates of its priority; with 0 it gets one "
              "only when none of the others can.",
              "3"),
          key<c, whole_number<1, limits::max_priority>, &c::priority>(
              "priority",
              "The candidates with the lowest number go first; the next ones only when none of "
              "those is left or has room.",
              "2"),
          key<c, nested<stream_overrides>, &c::stream>(
              "stream", "Settings for streams of this model; the rest is inherited.",
              "{echo_model: alias}"),
      },
      {}};
  return table;
}

template <>
const section<model_route>& section_of() {
  using m = model_route;
  static const section<m> table{
      "model",
      {
          required_key<m, codecs::candidates, &m::candidates>(
              "candidates", "The upstreams that may answer: names, or mappings.",
              "[{upstream: openai, weight: 3}]"),
          key<m, nested<routing_overrides>, &m::routing>(
              "routing", "Settings for this model; the rest is inherited.", "{strategy: p2c_ewma}"),
      },
      {}};
  return table;
}

template <>
const section<breaker_settings>& section_of() {
  using b = breaker_settings;
  static const section<b> table{
      "breaker",
      {
          key<b, whole_number<1, limits::max_breaker_failures>, &b::failures>(
              "failures", "After how many failures in a row it gets no more requests.", "3"),
          key<b, duration, &b::open>(
              "open",
              "After how long one request may try it again. Each failed trial doubles this, up to "
              "eight times.",
              "10s"),
      },
      {}};
  return table;
}

template <>
const section<routing_overrides>& section_of() {
  using r = routing_overrides;
  static const section<r> table{
      "routing",
      {
          setting<choice<strategy_words>, &r::strategy>(
              "strategy",
              "Which of several candidates gets a request: in turn by `weight`, the `least_busy` "
              "one, of two at random the one that answers sooner (`p2c_ewma`), or always the same "
              "for what belongs together (`sticky`).",
              "p2c_ewma"),
          setting<choice<sticky_words>, &r::sticky_by>(
              "sticky_by",
              "What belongs together for `sticky`: requests whose `prompt` begins alike, of one "
              "`user`, or of one client's `key`.",
              "user"),
          setting<whole_number<1, limits::max_configured_attempts>, &r::attempts>(
              "attempts",
              "How often one request is tried at upstreams before anything of an answer went to "
              "the client; 1 is never again.",
              "2"),
          setting<codecs::percentage, &r::retry_budget>(
              "retry_budget",
              "How many attempts beyond each request's first there may be, as a share of the "
              "requests; a small reserve comes on top.",
              "10%"),
          setting<duration, &r::backoff>(
              "backoff",
              "How long to wait, about, before the same upstream is tried again; doubled each "
              "time. Another upstream is tried at once.",
              "100ms"),
          setting<duration, &r::max_wait>(
              "max_wait",
              "The longest wait for another attempt; an upstream that asks for more is not asked "
              "again.",
              "5s"),
          setting<codecs::hedging, &r::hedge>(
              "hedge",
              "When another candidate is asked as well because nothing of an answer has come: "
              "after the time in which this percentile of the answers had begun, or `none`. The "
              "first to answer wins, the other is cancelled.",
              "p95"),
          setting<whole_number<0, limits::max_queue_length>, &r::queue>(
              "queue",
              "How many requests wait while no upstream has room; more are refused with 503.",
              "32"),
          setting<duration, &r::queue_wait>(
              "queue_wait", "How long each of them waits, then it is refused with 503.", "30s"),
      },
      {}};
  return table;
}

tree show_routing(const routing_policy& of) { return show_section(as_overrides(of)); }

template <>
routing_overrides defaults() {
  return as_overrides(routing_policy{});
}

}  // namespace weir::config
