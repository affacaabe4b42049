// The keys of `prices:`. Their meanings stand in docs/config.md word for word.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <string_view>
#include <utility>

#include "config/codecs.h"
#include "config/prices.h"
#include "config/schema.h"
#include "weir/base/limits.h"

namespace weir::config {

const dated_price* priced_model::at(std::uint64_t time) const {
  const dated_price* found = nullptr;
  for (const dated_price& one : prices)
    if (one.since <= time) found = &one;
  return found;
}

template <>
const section<price_entry>& section_of();
template <>
const section<price_tier>& section_of();

namespace codecs {
namespace {

struct unit_words {
  using to = meter::price_unit;
  static constexpr std::array<std::pair<std::string_view, to>, 2> all = {
      {{"usd_per_million", to::usd_per_million}, {"usd", to::usd}}};
};

bool decimal_in_any_unit(const std::string& text) {
  return meter::parse_price(text, meter::price_unit::usd_per_million) ||
         meter::parse_price(text, meter::price_unit::usd);
}

/// A decimal number, kept as it is written: no digit of a price is lost.
struct decimal {
  static std::string read(reader& from, const node& value) {
    constexpr std::string_view what = "a price, a decimal number like 0.10";
    const auto scalar = from.read_scalar(value, what);
    if (!scalar) return {};
    // What the number counts is not known yet: `check_prices` looks again.
    if (!decimal_in_any_unit(scalar->text)) from.fail(value.at, "must be " + std::string(what));
    return scalar->text;
  }
  static tree show(const std::string& value) {
    return value.empty() ? tree() : tree::of_literal(value);
  }
  static tree schema() {
    tree out = tree::of_mapping();
    out.add("type", tree::of_text("number"));
    out.add("minimum", number(0));
    return or_variable(std::move(out));
  }
};

struct date {
  static std::string read(reader& from, const node& value) {
    constexpr std::string_view what = "a day in UTC like 2026-11-27";
    const auto scalar = from.read_scalar(value, what);
    if (!scalar) return {};
    if (!parse_day(scalar->text)) from.fail(value.at, "must be " + std::string(what));
    return scalar->text;
  }
  static tree show(const std::string& value) {
    return value.empty() ? tree() : tree::of_text(value);
  }
  static tree schema() { return string_schema("^[0-9]{4}-[0-9]{2}-[0-9]{2}$"); }
};

/// One of the rates of `Owner`.
template <class Owner, auto Member>
struct rate {
  static void read(reader& from, const node& value, Owner& into) {
    into.rates.*Member = decimal::read(from, value);
  }
  static tree show(const Owner& of) { return decimal::show(of.rates.*Member); }
  static tree schema() { return decimal::schema(); }
};

/// The keys that a price and a tier have in common.
template <class Owner>
void add_rates(std::vector<field<Owner>>& to) {
  using r = price_texts;
  to.push_back(key_of_owner<Owner, rate<Owner, &r::input>>("input", "All that goes in.", "1.25"));
  to.push_back(key_of_owner<Owner, rate<Owner, &r::cached>>(
      "cached", "Of it, what is read from a cache; otherwise as `input`.", "0.125"));
  to.push_back(key_of_owner<Owner, rate<Owner, &r::cache_write>>(
      "cache_write", "Of it, what is written to a cache for five minutes; otherwise as `input`.",
      "1.5625"));
  to.push_back(key_of_owner<Owner, rate<Owner, &r::cache_write_1h>>(
      "cache_write_1h", "The same for an hour; otherwise as `cache_write`.", "2.5"));
  to.push_back(key_of_owner<Owner, rate<Owner, &r::output>>("output", "All that comes out.", "10"));
  to.push_back(key_of_owner<Owner, rate<Owner, &r::reasoning>>(
      "reasoning", "Of it, what is thought; otherwise as `output`.", "10"));
  to.push_back(key_of_owner<Owner, rate<Owner, &r::audio_input>>(
      "audio_input", "Of what goes in, audio; otherwise as `input`.", "40"));
  to.push_back(key_of_owner<Owner, rate<Owner, &r::audio_output>>(
      "audio_output", "Of what comes out, audio; otherwise as `output`.", "80"));
}

/// What only means something beside `price_per_token`, and is shown only there.
template <auto Member>
struct cocoon_factor {
  using number = whole_number<0, limits::max_cocoon_number>;
  static void read(reader& from, const node& value, price_entry& into) {
    into.*Member = number::read(from, value);
  }
  static tree show(const price_entry& of) {
    return of.price_per_token ? number::show(of.*Member) : tree();
  }
  static tree schema() { return number::schema(); }
};

struct tiers {
  static std::vector<price_tier> read(reader& from, const node& value) {
    std::vector<price_tier> out;
    if (value.is != node::form::list) {
      from.fail_type(value, "a list of mappings");
      return out;
    }
    if (value.items.size() > limits::max_price_tiers)
      from.fail(value.at, "at most " + std::to_string(limits::max_price_tiers) + " of them");
    for (const node& item : value.items) {
      out.push_back(read_section<price_tier>(from, item, "a mapping"));
      const auto same = [&](const price_tier& t) { return t.above == out.back().above; };
      if (std::count_if(out.begin(), out.end(), same) > 1)
        from.fail(item.at,
                  "there is a tier above " + std::to_string(out.back().above) + " already");
    }
    return out;
  }
  static tree show(const std::vector<price_tier>& value) {
    if (value.empty()) return {};
    std::vector<tree> out;
    for (const price_tier& one : value) out.push_back(show_section(one));
    return tree::of_list(std::move(out));
  }
  static tree schema() {
    return object({{"type", tree::of_text("array")}, {"items", reference("price_tier")}});
  }
};

meter::rates rates_of(const price_texts& texts, meter::price_unit unit) {
  const auto read = [unit](const std::string& text) -> std::optional<meter::pico_usd> {
    const auto parsed =
        text.empty() ? std::optional<meter::parsed_price>() : meter::parse_price(text, unit);
    return parsed ? std::optional(parsed->value) : std::nullopt;
  };
  return {read(texts.input),          read(texts.cached),      read(texts.cache_write),
          read(texts.cache_write_1h), read(texts.audio_input), read(texts.output),
          read(texts.reasoning),      read(texts.audio_output)};
}

/// 32 bits that are others for another text (FNV-1a).
std::string mark_of(std::string_view text) {
  std::uint32_t hash = 2166136261U;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
  char digits[9];
  std::snprintf(digits, sizeof digits, "%08x", hash);
  return digits;
}

dated_price ready(const std::string& name, price_entry written) {
  dated_price out;
  if (const auto day = parse_day(written.from))
    out.since = static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::microseconds>(day->time_since_epoch()).count());
  out.price.rates = rates_of(written.rates, written.unit);
  if (!written.request.empty())
    out.price.request = meter::parse_price(written.request, meter::price_unit::usd)
                            .value_or(meter::parsed_price{})
                            .value;
  for (const price_tier& tier : written.tiers)
    out.price.tiers.push_back({tier.above, rates_of(tier.rates, written.unit)});
  if (written.price_per_token)
    out.cocoon = {*written.price_per_token,      written.coefficient,
                  written.prompt_multiplier,     written.cached_multiplier,
                  written.completion_multiplier, written.reasoning_multiplier};
  out.version = name + (written.from.empty() ? "" : '@' + written.from) + '#' +
                mark_of(to_json(show_section(written)));
  out.written = std::move(written);
  return out;
}

constexpr std::array<std::string_view, 8> rate_names = {
    "input",  "cached",    "cache_write", "cache_write_1h",
    "output", "reasoning", "audio_input", "audio_output"};

/// Whether each number of a mapping is one that can be counted with, now that its unit is known.
void check_prices(reader& from, const node& mapping, meter::price_unit unit) {
  for (const auto& [key, value] : mapping.members) {
    const bool of_request = key.text == "request";
    if (!of_request &&
        std::find(rate_names.begin(), rate_names.end(), key.text) == rate_names.end())
      continue;
    const reader::scope entered(from, key.text);
    const auto parsed = meter::parse_price(value.text, of_request ? meter::price_unit::usd : unit);
    if (!parsed && decimal_in_any_unit(value.text))
      from.fail(value.at, "is more than any price");
    else if (parsed && !parsed->exact)
      from.fail(value.at, "has more decimals than a price is counted in (1e-12 USD a token)");
  }
}

void check_entry(reader& from, const node& mapping, meter::price_unit unit) {
  check_prices(from, mapping, unit);
  const node* const tiers = mapping.find("tiers");
  if (tiers == nullptr) return;
  const reader::scope entered(from, "tiers");
  for (const node& tier : tiers->items) check_prices(from, tier, unit);
}

}  // namespace

std::vector<priced_model> prices::read(reader& from, const node& value) {
  std::vector<priced_model> out;
  from.for_each_member(
      value, "a mapping of model names to prices", [&](const node& key, const node& member) {
        const reader::scope entered(from, key.text);
        if (key.text.empty() || key.text.size() > limits::max_model_name_bytes)
          return from.fail(key.at, "a model's name has 1 to " +
                                       std::to_string(limits::max_model_name_bytes) + " bytes");
        if (const auto pattern = route::name_pattern::parse(key.text); !pattern)
          from.fail(key.at, "no regular expression: " + pattern.error().message);
        priced_model made;
        made.name = key.text;
        const auto take = [&](const node& item) {
          price_entry entry = read_section<price_entry>(from, item, "a mapping, or a list of them");
          check_entry(from, item, entry.unit);
          made.prices.push_back(ready(key.text, std::move(entry)));
          const std::uint64_t since = made.prices.back().since;
          const auto same = [since](const dated_price& p) { return p.since == since; };
          if (std::count_if(made.prices.begin(), made.prices.end(), same) > 1)
            from.fail(item.at, "there is a price from that day already");
        };
        if (member.is == node::form::list)
          for (const node& item : member.items) take(item);
        else
          take(member);
        std::stable_sort(made.prices.begin(), made.prices.end(),
                         [](const auto& a, const auto& b) { return a.since < b.since; });
        out.push_back(std::move(made));
      });
  return out;
}

tree prices::show(const std::vector<priced_model>& value) {
  if (value.empty()) return {};
  tree out = tree::of_mapping();
  for (const priced_model& model : value) {
    std::vector<tree> all;
    for (const dated_price& one : model.prices) all.push_back(show_section(one.written));
    out.add(model.name, all.size() == 1 ? std::move(all.front()) : tree::of_list(std::move(all)));
  }
  return out;
}

tree prices::schema() {
  return object({{"type", tree::of_text("object")},
                 {"additionalProperties",
                  object({{"anyOf", tree::of_list({reference("price"),
                                                   object({{"type", tree::of_text("array")},
                                                           {"items", reference("price")}})})}})}});
}

}  // namespace codecs

template <>
const section<price_tier>& section_of() {
  using t = price_tier;
  static const section<t> table = [] {
    section<t> made{"price_tier", {}, {}};
    made.fields.push_back(
        required_key<t, codecs::whole_number<1, limits::max_configured_count>, &t::above>(
            "above", "For requests whose input has more tokens than this, all of them.", "200000"));
    codecs::add_rates(made.fields);
    return made;
  }();
  return table;
}

template <>
const section<price_entry>& section_of() {
  using p = price_entry;
  using count = codecs::whole_number<0, limits::max_cocoon_number>;
  static const section<p> table = [] {
    section<p> made{"price", {}, {}};
    made.fields.push_back(key<p, codecs::date, &p::from>(
        "from", "The first day of this price, in UTC; of several the latest that has come counts.",
        "2026-11-27"));
    made.fields.push_back(key<p, codecs::choice<codecs::unit_words>, &p::unit>(
        "unit", "What the numbers count: `usd_per_million` tokens, or `usd` a token.", "usd"));
    codecs::add_rates(made.fields);
    made.fields.push_back(
        key<p, codecs::decimal, &p::request>("request", "For each request, in USD.", "0.01"));
    made.fields.push_back(key<p, codecs::tiers, &p::tiers>(
        "tiers", "Other prices for long requests; what is not said there is as it stands here.",
        "[{above: 200000, input: 2.5}]"));
    made.fields.push_back(key<p, codecs::inherited<count>, &p::price_per_token>(
        "price_per_token", "For `cost: cocoon`, in its whole units; the next five belong to it.",
        "2"));
    const auto add_factor = [&made]<auto Member>(std::string_view name, std::string_view meaning,
                                                 std::string_view example) {
      made.fields.push_back(key_of_owner<p, codecs::cocoon_factor<Member>>(name, meaning, example));
    };
    add_factor.operator()<&p::coefficient>("coefficient", "In 1/1000; otherwise 1000.", "1500");
    add_factor.operator()<&p::prompt_multiplier>("prompt_multiplier",
                                                 "In 1/10000; otherwise 10000.", "10000");
    add_factor.operator()<&p::cached_multiplier>("cached_multiplier",
                                                 "In 1/10000; otherwise 10000.", "2500");
    add_factor.operator()<&p::completion_multiplier>("completion_multiplier",
                                                     "In 1/10000; otherwise 10000.", "12000");
    add_factor.operator()<&p::reasoning_multiplier>("reasoning_multiplier",
                                                    "In 1/10000; otherwise 10000.", "15000");
    return made;
  }();
  return table;
}

}  // namespace weir::config
