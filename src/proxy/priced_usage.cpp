#include "proxy/priced_usage.h"

#include <algorithm>

#include "proxy/metered_usage.h"

namespace weir::proxy {
namespace {

std::vector<std::string> names_of(const std::vector<config::priced_model>& prices) {
  std::vector<std::string> names;
  for (const config::priced_model& one : prices) names.push_back(one.name);
  return names;
}

std::string member(std::string_view name, const std::string& value) {
  return '"' + std::string(name) + "\":" + value;
}

std::string in_usd(const meter::cost& what) {
  return member("cost", to_text(what.total)) + ',' +
         member("cost_details", '{' + member("prompt", to_text(what.prompt)) + ',' +
                                    member("cached", to_text(what.cached)) + ',' +
                                    member("completion", to_text(what.completion)) + ',' +
                                    member("reasoning", to_text(what.reasoning)) + '}');
}

std::string in_units(const meter::cocoon_cost& what) {
  return member("prompt_total_cost", std::to_string(what.prompt_total_cost)) + ',' +
         member("completion_total_cost", std::to_string(what.completion_total_cost)) + ',' +
         member("total_cost", std::to_string(what.total_cost));
}

}  // namespace

price_book::price_book(const std::vector<config::priced_model>& prices)
    : prices_(prices), names_(names_of(prices)) {}

const config::dated_price* price_book::of(std::string_view name, std::uint64_t time) const {
  const auto found = names_.find(name);
  return found ? prices_[*found].at(time) : nullptr;
}

const config::dated_price* price_book::find(const served& what, std::uint64_t time) const {
  if (prices_.empty()) return nullptr;
  if (const auto* of_upstream =
          of(std::string(what.upstream) + '/' + std::string(what.model), time))
    return of_upstream;
  if (const auto* of_model = of(what.model, time)) return of_model;
  return of(what.asked_for, time);
}

std::optional<meter::nano_usd> cost_of(const meter::usage& used, const config::dated_price& price) {
  if (!used.input && !used.output) return std::nullopt;
  return meter::cost_of(used, price.price).total;
}

meter::nano_usd cost_at_worst(std::uint64_t input, std::uint64_t output,
                              const config::dated_price& price) {
  using part = std::optional<std::uint64_t> meter::usage::*;
  using meter::usage;
  meter::nano_usd worst;
  for (const part in : {&usage::cache_read, &usage::cache_write_5m, &usage::cache_write_1h, part{}})
    for (const part out : {&usage::reasoning, part{}}) {
      meter::usage all;
      all.input = input;
      all.output = output;
      if (in != nullptr) all.*in = input;
      if (out != nullptr) all.*out = output;
      worst = std::max(worst, meter::cost_of(all, price.price).total);
    }
  return worst;
}

std::string priced_usage::members(const openai::usage& told) const {
  const meter::usage used = metered(told);
  if (form_ == config::cost_form::usd) return in_usd(meter::cost_of(used, price_.price));
  if (form_ == config::cost_form::cocoon && price_.cocoon)
    if (const auto cost = meter::cocoon_cost_of(used, *price_.cocoon)) return in_units(*cost);
  return "";
}

}  // namespace weir::proxy
