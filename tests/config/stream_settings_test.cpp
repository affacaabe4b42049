// The settings of `stream:`, each in each of its places.
#include <gtest/gtest.h>

#include "config/codecs.h"
#include "config/loading.h"
#include "config/schema.h"

namespace weir::config {
namespace {

std::vector<documented_key> stream_keys() {
  std::vector<documented_key> out;
  for (documented_key& k : all_keys())
    if (k.section == "stream") out.push_back(std::move(k));
  return out;
}

/// What is in force of one setting, as text.
std::string in_force(const stream_policy& policy, std::string_view name) {
  for (const tree::member& m : show_section(as_overrides(policy)).members)
    if (m.name == name) return m.value.text;
  return "not there";
}

TEST(StreamSettings, EachHasADefaultAndAnExampleThatDiffers) {
  EXPECT_FALSE(stream_keys().empty());
  for (const documented_key& k : stream_keys()) {
    EXPECT_EQ(k.fallback.text, in_force({}, k.key.name)) << k.key.name;
    EXPECT_NE(k.fallback.text, k.key.example) << k.key.name;
  }
}

TEST(StreamSettings, EachIsInForceFromEachPlaceAndLeavesTheOthersAlone) {
  for (const documented_key& k : stream_keys()) {
    const std::string stream =
        "stream: {" + std::string(k.key.name) + ": " + std::string(k.key.example) + "}";
    const config file = loaded(stream);
    const config upstream = loaded("upstreams: {a: {url: http://h, " + stream + "}}");
    const config model = loaded("models: {m: [{upstream: demo, " + stream + "}]}");
    ASSERT_EQ(1U, model.models.size()) << model.origin;
    for (const stream_overrides& written :
         {file.stream, upstream.upstreams.at(0).stream, model.models[0].candidates[0].stream}) {
      const stream_policy policy = apply({}, written);
      for (const documented_key& other : stream_keys()) {
        const bool same = other.key.name == k.key.name;
        EXPECT_EQ(same ? other.key.example : other.fallback.text, in_force(policy, other.key.name))
            << stream << ' ' << other.key.name;
      }
    }
  }
}

TEST(StreamSettings, TheNearestOfEachWins) {
  for (const documented_key& k : stream_keys()) {
    const auto saying = [&](std::string_view value) {
      return loaded("stream: {" + std::string(k.key.name) + ": " + std::string(value) + "}").stream;
    };
    const stream_overrides example = saying(k.key.example);
    const stream_overrides fallback = saying(k.fallback.text);
    EXPECT_EQ(k.key.example, in_force(apply(apply({}, example), {}), k.key.name));
    EXPECT_EQ(k.key.example, in_force(apply(apply({}, fallback), example), k.key.name));
    EXPECT_EQ(k.fallback.text, in_force(apply(apply({}, example), fallback), k.key.name));
  }
}

}  // namespace
}  // namespace weir::config
