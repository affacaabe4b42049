// What the strategies do to simulated load. With WEIR_FIGURES=FILE the figures of docs/routing.md
// go there, one line each.
#include "simulation.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>

namespace weir::route {
namespace {

using test::simulation;

void figure(const std::string& series, const simulation::outcome& of) {
  const char* const path = std::getenv("WEIR_FIGURES");
  if (path == nullptr) return;
  std::ofstream file(path, std::ios::app);
  for (const double p : {0.5, 0.9, 0.95, 0.99, 0.999})
    file << series << ',' << p << ',' << of.percentile(p) * 1000 << ',' << of.extra << '\n';
}

simulation::load one_slow_replica() {
  simulation::load load;
  load.replicas.resize(5);
  load.replicas[2].slowness = 3;
  load.requests_per_second = 80;  // it keeps up, just
  return load;
}

TEST(Simulation, WeightsHoldWithinTwoPercent) {
  simulation::load load;
  load.replicas = {{1}, {2}, {3}, {4}};
  const auto got = simulation::run(strategy::weighted, load);
  for (std::size_t i = 0; i < 4; ++i)
    EXPECT_NEAR((static_cast<double>(i) + 1) / 10,
                static_cast<double>(got.served[i]) / static_cast<double>(load.requests), 0.002);
}

TEST(Simulation, StickyKeepsKeysTogetherAndTheLoadBounded) {
  simulation::load load;
  load.replicas.resize(5);
  const auto sticky = simulation::run(strategy::sticky, load);
  const auto weighted = simulation::run(strategy::weighted, load);
  for (const double over : sticky.most_over_share)
    EXPECT_LE(over, 1.5);  // 1.25, rounded up, of at least twenty
  EXPECT_LT(sticky.moved * 2, weighted.moved);
}

TEST(Simulation, OneSlowReplicaOfFive) {
  std::map<strategy, double> p99;
  for (const auto& [how, name] : {std::pair{strategy::weighted, "weighted"},
                                  {strategy::least_busy, "least_busy"},
                                  {strategy::p2c_ewma, "p2c_ewma"}}) {
    const auto got = simulation::run(how, one_slow_replica());
    p99[how] = got.percentile(0.99);
    figure(name, got);
  }
  EXPECT_LT(p99[strategy::p2c_ewma] * 1.5, p99[strategy::weighted]);
  EXPECT_LT(p99[strategy::least_busy], p99[strategy::weighted]);
}

TEST(Simulation, HedgingShortensTheTailForAFewMoreRequests) {
  simulation::load load;
  load.replicas.resize(5);
  load.requests_per_second = 120;
  const auto without = simulation::run(strategy::weighted, load);
  load.hedge_percentile = 95;
  const auto with = simulation::run(strategy::weighted, load);
  figure("weighted, healthy", without);
  figure("weighted, healthy, hedge p95", with);
  EXPECT_LT(with.percentile(0.99) * 1.5, without.percentile(0.99));
  EXPECT_LT(with.extra, load.requests / 10);
  EXPECT_GT(with.extra, 0U);

  simulation::load slow = one_slow_replica();
  slow.hedge_percentile = 95;
  const auto hedged = simulation::run(strategy::weighted, slow);
  figure("weighted, hedge p95", hedged);
  EXPECT_LE(hedged.extra, slow.requests / 5 + 10 + 200);
}

}  // namespace
}  // namespace weir::route
