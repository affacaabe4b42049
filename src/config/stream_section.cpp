// The keys of `stream:`. Their meanings stand in docs/config.md word for word.
#include <array>

#include "config/codecs.h"

namespace weir::config {
namespace {

using codecs::choice;
using codecs::duration;
using codecs::flag;
using codecs::inherited;

/// The words of an enumeration, the default first.
template <class Value, std::size_t Count>
using words = std::array<std::pair<std::string_view, Value>, Count>;

struct mode_words {
  using to = openai::stream_settings::conformance;
  static constexpr words<to, 2> all = {{{"strict", to::strict}, {"relaxed", to::relaxed}}};
};
struct role_content_words {
  using to = openai::stream_settings::role_content_form;
  static constexpr words<to, 2> all = {{{"empty", to::empty}, {"omit", to::omit}}};
};
struct reasoning_field_words {
  using to = openai::stream_settings::reasoning_name;
  static constexpr words<to, 5> all = {{{"as_is", to::as_is},
                                        {"reasoning_content", to::reasoning_content},
                                        {"reasoning", to::reasoning},
                                        {"both", to::both},
                                        {"none", to::none}}};
};
struct echo_model_words {
  using to = openai::stream_settings::model_echo;
  static constexpr words<to, 2> all = {{{"upstream", to::upstream}, {"alias", to::alias}}};
};
struct validation_words {
  using to = openai::validation;
  static constexpr words<to, 2> all = {{{"minimal", to::minimal}, {"full", to::full}}};
};
struct max_tokens_field_words {
  using to = openai::token_limit_field;
  static constexpr words<to, 3> all = {{{"as_is", to::as_is},
                                        {"max_tokens", to::max_tokens},
                                        {"max_completion_tokens", to::max_completion_tokens}}};
};
struct completions_words {
  using to = openai::completions_form;
  static constexpr words<to, 2> all = {{{"as_is", to::as_is}, {"chat", to::chat}}};
};

/// `false`, `true`, or the name of a form.
struct cost_setting {
  using type = cost_form;
  static cost_form read(reader& from, const node& value) {
    constexpr std::string_view what = "false, true or 'cocoon'";
    const auto scalar = from.read_scalar(value, what);
    if (!scalar) return cost_form::none;
    if (scalar->type == node::scalar_type::boolean)
      return scalar->text[0] == 't' || scalar->text[0] == 'T' ? cost_form::usd : cost_form::none;
    if (scalar->text == "cocoon") return cost_form::cocoon;
    from.fail(value.at, "must be " + std::string(what), meant(value.text, {"cocoon"}));
    return cost_form::none;
  }
  static tree show(cost_form value) {
    if (value == cost_form::cocoon) return tree::of_text("cocoon");
    return tree::of_literal(value == cost_form::usd ? "true" : "false");
  }
  static tree schema() {
    tree out = tree::of_mapping();
    out.add("enum", tree::of_list({tree::of_literal("false"), tree::of_literal("true"),
                                   tree::of_text("cocoon")}));
    return codecs::or_variable(std::move(out));
  }
};

/// A setting that is inherited where it is not written.
template <class Codec, auto Member>
field<stream_overrides> setting(std::string_view name, std::string_view meaning,
                                std::string_view example) {
  return key<stream_overrides, inherited<Codec>, Member>(name, meaning, example);
}

}  // namespace

template <>
const section<stream_overrides>& section_of() {
  using s = stream_overrides;
  static const section<s> table{
      "stream",
      {
          setting<choice<mode_words>, &s::mode>(
              "mode",
              "`strict` gives clients streams as the API defines them; `relaxed` forwards the "
              "upstream's chunks as they came and adds only an end that is missing.",
              "relaxed"),
          setting<choice<role_content_words>, &s::role_content>(
              "role_content",
              "The first chunk's delta: `empty` gives it `\"content\":\"\"`, `omit` the role "
              "alone.",
              "omit"),
          setting<choice<reasoning_field_words>, &s::reasoning_field>(
              "reasoning_field",
              "The name under which clients get reasoning: the upstream's own, one of the two "
              "common ones, `both`, or `none` to leave it out.",
              "reasoning_content"),
          setting<flag, &s::include_reasoning>(
              "include_reasoning",
              "Whether reasoning reaches the client at all: its text, and what is signed or "
              "encrypted to be sent back with the next request.",
              "false"),
          setting<choice<echo_model_words>, &s::echo_model>(
              "echo_model",
              "The `model` in answers: `upstream` is the upstream's name for it, `alias` the name "
              "the client asked for.",
              "alias"),
          setting<duration, &s::heartbeat>(
              "heartbeat",
              "A comment line is sent after this much silence, so that nobody on the way takes the "
              "connection for dead.",
              "30s"),
          setting<duration, &s::commit_after>(
              "commit_after",
              "The head of a streamed answer is sent after this much waiting at the latest; "
              "before, an upstream's error can still become an HTTP status.",
              "5s"),
          setting<flag, &s::eof_as_stop>(
              "eof_as_stop",
              "Whether a stream that ends without a finish reason counts as complete (`stop`) "
              "rather than truncated. Only for upstreams known to end so.",
              "true"),
          setting<flag, &s::cumulative>(
              "cumulative",
              "Whether each chunk of the upstream repeats the whole text so far; clients then get "
              "the new part alone.",
              "true"),
          setting<flag, &s::close_arguments>(
              "close_arguments",
              "Whether brackets that are missing at the end of a tool call's arguments are added.",
              "true"),
          setting<flag, &s::think_tags>(
              "think_tags",
              "Whether `<think>...</think>` at the beginning of the text is reasoning.", "true"),
          setting<flag, &s::think_opened>(
              "think_opened",
              "With `think_tags`: whether every text of the upstream begins inside such a thought, "
              "since its chat template opened it.",
              "true"),
          setting<flag, &s::tools_in_text>(
              "tools_in_text",
              "Whether tool calls that the upstream writes as text become tool calls.", "true"),
          setting<flag, &s::strip_tokens>(
              "strip_tokens",
              "Whether a control token of the model such as `</s>`, as a whole delta, is left "
              "out.",
              "true"),
          setting<choice<validation_words>, &s::validation>(
              "validation",
              "How much of a request is checked: `minimal` is what weir itself depends on, `full` "
              "everything the API defines, with the API's own errors. Unknown members always "
              "pass.",
              "full"),
          setting<choice<max_tokens_field_words>, &s::max_tokens_field>(
              "max_tokens_field",
              "The name under which a limit of tokens is sent to the upstream, whichever the "
              "client used; of two the client's `max_completion_tokens` counts.",
              "max_tokens"),
          setting<choice<completions_words>, &s::completions>(
              "completions",
              "As what a request of the Completions API goes to the upstream: `as_is`, or as one "
              "of `chat`, for upstreams that know nothing else.",
              "chat"),
          setting<cost_setting, &s::cost>(
              "cost",
              "Whether the usage in answers tells what they cost by `prices`: `true` in USD, "
              "`cocoon` in the whole units of cocoon's proxies. Not with `mode: relaxed`.",
              "true"),
      },
      {}};
  return table;
}

template <>
stream_overrides defaults() {
  return as_overrides(stream_policy{});
}

}  // namespace weir::config
