#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/accounting.h"
#include "config/config.h"
#include "meter/nano_usd.h"
#include "meter/usage.h"
#include "route/model_table.h"
#include "weir/openai/usage_extension.h"

namespace weir::proxy {

/// The prices of a configuration, by the names of models.
///
/// Threads  Immutable: any. Outlived by the configuration.
class price_book {
 public:
  explicit price_book(const std::vector<config::priced_model>& prices);

  /// Who served, what the upstream calls the model, and what the client called it.
  struct served {
    std::string_view upstream;
    std::string_view model;
    std::string_view asked_for;
  };
  /// The price that was in force at `time`, microseconds since the Unix epoch: of the model of this
  /// upstream (`upstream/model`), of the model, or of the name the client used; null without one.
  [[nodiscard]] const config::dated_price* find(const served& what, std::uint64_t time) const;

 private:
  [[nodiscard]] const config::dated_price* of(std::string_view name, std::uint64_t time) const;

  const std::vector<config::priced_model>& prices_;
  route::model_table names_;
};

/// Nothing when no tokens are known.
[[nodiscard]] std::optional<meter::nano_usd> cost_of(const meter::usage& used,
                                                     const config::dated_price& price);

/// The most that so many tokens may cost, whatever of them is cached, written to a cache, or
/// thought.
[[nodiscard]] meter::nano_usd cost_at_worst(std::uint64_t input, std::uint64_t output,
                                            const config::dated_price& price);

/// Adds to a usage what it costs, in the form that was asked for.
///
/// Source   product "Money": `cost` and `cost_details`, or cocoon's three sums.
class priced_usage final : public openai::usage_extension {
 public:
  /// `price` outlives this.
  priced_usage(const config::dated_price& price, config::cost_form form)
      : price_(price), form_(form) {}
  [[nodiscard]] std::string members(const openai::usage& told) const override;

 private:
  const config::dated_price& price_;
  const config::cost_form form_;
};

}  // namespace weir::proxy
