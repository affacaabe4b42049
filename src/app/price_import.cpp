#include "app/price_import.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "config/codecs.h"
#include "config/tree.h"
#include "meter/price.h"
#include "weir/base/limits.h"
#include "weir/json/reader.h"

namespace weir::app {
namespace {

using texts = config::price_texts;

struct rate_name {
  std::string_view name;
  std::string texts::*rate;
};

constexpr std::array<rate_name, 8> lite_llm_rates = {
    {{"input_cost_per_token", &texts::input},
     {"output_cost_per_token", &texts::output},
     {"cache_read_input_token_cost", &texts::cached},
     {"cache_creation_input_token_cost", &texts::cache_write},
     {"cache_creation_input_token_cost_above_1hr", &texts::cache_write_1h},
     {"output_cost_per_reasoning_token", &texts::reasoning},
     {"input_cost_per_audio_token", &texts::audio_input},
     {"output_cost_per_audio_token", &texts::audio_output}}};

constexpr std::array<rate_name, 7> models_dev_rates = {{{"input", &texts::input},
                                                        {"output", &texts::output},
                                                        {"cache_read", &texts::cached},
                                                        {"cache_write", &texts::cache_write},
                                                        {"reasoning", &texts::reasoning},
                                                        {"input_audio", &texts::audio_input},
                                                        {"output_audio", &texts::audio_output}}};

/// Why an entry is of no use.
constexpr const char* no_price = "no price of tokens";
constexpr const char* too_fine = "a price finer than 1e-12 USD a token";
constexpr const char* too_long = "a name that is too long";

/// Of `NAME_above_200k_tokens`: where NAME ends, and the number.
std::optional<std::pair<std::string_view, std::uint32_t>> tier_of(std::string_view key) {
  constexpr std::string_view above = "_above_";
  constexpr std::string_view tokens = "k_tokens";
  const std::size_t at = key.rfind(above);
  if (at == std::string_view::npos || !key.ends_with(tokens)) return std::nullopt;
  const std::string_view digits =
      key.substr(at + above.size(), key.size() - at - above.size() - tokens.size());
  std::uint32_t thousands = 0;
  const auto [end, fault] =
      std::from_chars(digits.data(), digits.data() + digits.size(), thousands);
  if (fault != std::errc() || end != digits.data() + digits.size() || thousands == 0 ||
      thousands > limits::max_configured_count / 1000)
    return std::nullopt;
  return std::pair{key.substr(0, at), thousands * 1000};
}

texts& tier_at(config::price_entry& of, std::uint32_t above) {
  for (config::price_tier& tier : of.tiers)
    if (tier.above == above) return tier.rates;
  of.tiers.push_back({above, {}});
  return of.tiers.back().rates;
}

template <std::size_t N>
std::string texts::*rate_of(const std::array<rate_name, N>& known, std::string_view name) {
  const auto* const found = std::find_if(known.begin(), known.end(),
                                         [&](const rate_name& one) { return one.name == name; });
  return found == known.end() ? nullptr : found->rate;
}

/// Numbers that can be counted with are kept, zeros are no price.
class entry_reader {
 public:
  explicit entry_reader(meter::price_unit unit) { entry_.unit = unit; }

  void take(std::string& into, json::value number, meter::price_unit unit) {
    if (!number.is(json::type::number)) return;
    const auto parsed = meter::parse_price(number.raw(), unit);
    if (!parsed) return;
    if (!parsed->exact) fine_ = true;
    if (parsed->value.value == 0) return;
    into = number.raw();
    priced_ = true;
  }
  void take(std::string& into, json::value number) { take(into, number, entry_.unit); }
  [[nodiscard]] config::price_entry& entry() { return entry_; }
  /// Why it is of no use; null when it is.
  [[nodiscard]] const char* fault() const {
    if (fine_) return too_fine;
    return priced_ ? nullptr : no_price;
  }

 private:
  config::price_entry entry_;
  bool priced_ = false;
  bool fine_ = false;
};

void add(price_list& to, std::string name, entry_reader&& read) {
  const char* fault = read.fault();
  if (name.size() > limits::max_model_name_bytes) fault = too_long;
  if (fault != nullptr) {
    ++to.skipped[fault];
    return;
  }
  auto& tiers = read.entry().tiers;
  std::erase_if(tiers, [](const config::price_tier& tier) {
    return tier.rates.input.empty() && tier.rates.output.empty() && tier.rates.cached.empty() &&
           tier.rates.cache_write.empty();
  });
  if (tiers.size() > limits::max_price_tiers) tiers.resize(limits::max_price_tiers);
  to.models.emplace_back(std::move(name), std::move(read.entry()));
}

entry_reader lite_llm_entry(json::value model) {
  entry_reader read(meter::price_unit::usd);
  for (const auto [key, value] : model.members()) {
    const std::string name = key.decoded();
    if (std::string texts::*const rate = rate_of(lite_llm_rates, name)) {
      read.take(read.entry().rates.*rate, value);
    } else if (const auto tier = tier_of(name)) {
      if (std::string texts::*const of_tier = rate_of(lite_llm_rates, tier->first))
        read.take(tier_at(read.entry(), tier->second).*of_tier, value);
    } else if (name == "input_cost_per_request") {
      read.take(read.entry().request, value, meter::price_unit::usd);
    }
  }
  return read;
}

void take_models_dev(entry_reader& read, texts& into, json::value cost) {
  for (const auto [key, value] : cost.members())
    if (std::string texts::*const rate = rate_of(models_dev_rates, key.decoded()))
      read.take(into.*rate, value);
}

entry_reader models_dev_entry(json::value cost) {
  constexpr std::uint32_t long_context = 200'000;
  entry_reader read(meter::price_unit::usd_per_million);
  take_models_dev(read, read.entry().rates, cost);
  if (const json::value above = cost["context_over_200k"]; above.is(json::type::object))
    take_models_dev(read, tier_at(read.entry(), long_context), above);
  return read;
}

bool is_models_dev(json::value root) {
  for (const auto [provider, value] : root.members())
    if (value["models"].is(json::type::object)) return true;
  return false;
}

bool is_lite_llm(json::value root) {
  for (const auto [model, value] : root.members())
    if (value["litellm_provider"].present() || value["input_cost_per_token"].present()) return true;
  return false;
}

}  // namespace

result<price_list> read_price_list(std::string_view json) {
  json::reader reader;
  if (reader.parse(json) != json::reader::status::ok || !reader.root().is(json::type::object))
    return failure{"it is no JSON object"};
  const json::value root = reader.root();
  price_list out;
  if (is_models_dev(root)) {
    for (const auto [provider, value] : root.members())
      for (const auto [model, entry] : value["models"].members())
        add(out, provider.decoded() + '/' + model.decoded(), models_dev_entry(entry["cost"]));
    return out;
  }
  if (!is_lite_llm(root))
    return failure{
        "it is neither LiteLLM's model_prices_and_context_window.json nor models.dev's api.json"};
  for (const auto [model, entry] : root.members())
    if (model.decoded() != "sample_spec") add(out, model.decoded(), lite_llm_entry(entry));
  return out;
}

std::string to_yaml(const price_list& list) {
  std::vector<config::priced_model> models;
  for (const auto& [name, entry] : list.models) {
    config::dated_price price;
    price.written = entry;
    models.push_back({name, {std::move(price)}});
  }
  config::tree out = config::tree::of_mapping();
  out.add("prices", config::codecs::prices::show(models));
  return config::to_yaml(out);
}

}  // namespace weir::app
