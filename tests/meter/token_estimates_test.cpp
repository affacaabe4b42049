// Tokens that nobody counted: how the guess is made, and how far off it is.
#include "meter/token_estimates.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "weir/base/limits.h"

namespace weir::meter {
namespace {

usage told(std::uint64_t input, std::uint64_t output, std::uint64_t reasoning = 0) {
  usage u;
  u.input = input;
  u.output = output;
  u.reasoning = reasoning;
  return u;
}

TEST(TokenEstimates, WithoutAnyKnowledgeFourBytesAreAToken) {
  const token_estimates guesses;
  const usage u = guesses.guess("m", {400, 40, 8});
  EXPECT_EQ(100U, u.input);
  EXPECT_EQ(12U, u.output);
  EXPECT_TRUE(u.estimated);
  EXPECT_FALSE(u.cache_read);
  EXPECT_EQ(0U, guesses.guess("m", {}).output);
  EXPECT_EQ(1U, guesses.guess("m", {1, 1, 0}).output);
}

TEST(TokenEstimates, EachModelTeachesItsOwnRatio) {
  token_estimates guesses;
  guesses.learn("dense", {1000, 100, 0}, told(100, 50));
  guesses.learn("sparse", {1000, 100, 0}, told(500, 10));
  EXPECT_EQ(10U, guesses.guess("dense", {100, 0, 0}).input);
  EXPECT_EQ(50U, guesses.guess("sparse", {100, 0, 0}).input);
  EXPECT_EQ(50U, guesses.guess("dense", {0, 100, 0}).output);
  EXPECT_EQ(10U, guesses.guess("sparse", {0, 100, 0}).output);
  EXPECT_EQ(25U, guesses.guess("unknown", {0, 100, 0}).output);
}

TEST(TokenEstimates, ReasoningCountsAsFarAsItIsSeen) {
  token_estimates hidden;
  hidden.learn("m", {0, 100, 0}, told(1, 1025, 1000));  // 25 tokens of text
  EXPECT_EQ(25U, hidden.guess("m", {0, 100, 0}).output);
  token_estimates shown;
  shown.learn("m", {0, 100, 900}, told(1, 250, 225));
  EXPECT_EQ(250U, shown.guess("m", {0, 100, 900}).output);
}

TEST(TokenEstimates, NothingIsLearnedFromNothing) {
  token_estimates guesses;
  guesses.learn("m", {0, 0, 0}, told(100, 100));
  guesses.learn("m", {1000, 1000, 0}, told(0, 0));
  guesses.learn("m", {1000, 1000, 0}, usage{});
  EXPECT_EQ(25U, guesses.guess("m", {100, 0, 0}).input);
}

TEST(TokenEstimates, RemembersABoundedNumberOfModelsAndAnswersForAll) {
  token_estimates guesses;
  for (std::size_t i = 0; i < limits::max_estimated_models; ++i)
    guesses.learn(std::to_string(i), {100, 100, 0}, told(100, 100));
  guesses.learn("one more", {100, 100, 0}, told(100, 100));
  EXPECT_EQ(100U, guesses.guess("0", {100, 0, 0}).input);
  EXPECT_EQ(25U, guesses.guess("one more", {100, 0, 0}).input);
}

TEST(TokenEstimates, OldSamplesFade) {
  token_estimates guesses;
  const auto much = static_cast<std::uint64_t>(limits::token_ratio_bytes);
  guesses.learn("m", {much, 0, 0}, told(much, 0));
  for (int i = 0; i < 20; ++i) guesses.learn("m", {much, 0, 0}, told(much / 4, 0));
  EXPECT_NEAR(2500.0, static_cast<double>(*guesses.guess("m", {10000, 0, 0}).input), 5.0);
}

/// Simulated models: each has its mean of bytes a token, each text its own around it. The figures
/// stand in docs/accounting.md.
TEST(TokenEstimates, TheErrorAfterAFewAnswersIsThatOfTheTexts) {
  std::mt19937_64 random(7);
  double first = 0;
  double later = 0;
  constexpr int models = 200;
  for (int m = 0; m < models; ++m) {
    const double mean = std::uniform_real_distribution<>(2.0, 6.0)(random);
    std::lognormal_distribution<> around(std::log(mean), 0.15);
    std::uniform_int_distribution<std::uint64_t> length(50, 2000);
    const auto error_of = [&](const token_estimates& guesses, std::uint64_t tokens) {
      const auto bytes = static_cast<std::uint64_t>(static_cast<double>(tokens) * around(random));
      const auto guess = static_cast<double>(*guesses.guess("m", {0, bytes, 0}).output);
      return std::abs(guess - static_cast<double>(tokens)) / static_cast<double>(tokens);
    };
    token_estimates guesses;
    first += error_of(guesses, length(random)) / models;
    for (int i = 0; i < 20; ++i) {
      const std::uint64_t tokens = length(random);
      const auto bytes = static_cast<std::uint64_t>(static_cast<double>(tokens) * around(random));
      guesses.learn("m", {0, bytes, 0}, told(1, tokens));
    }
    later += error_of(guesses, length(random)) / models;
  }
  RecordProperty("mean_error_unlearned", std::to_string(first));
  RecordProperty("mean_error_learned", std::to_string(later));
  std::printf("mean error: %.1f %% before anything is known, %.1f %% after 20 answers\n",
              first * 100, later * 100);
  EXPECT_LT(later, 0.15);
  EXPECT_LT(later, first);
}

}  // namespace
}  // namespace weir::meter
