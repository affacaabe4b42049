// Keys of clients in the database of the ledger.
#include "store/key_store.h"

#include <gtest/gtest.h>

#include <thread>

#include "store/ledger_place.h"
#include "store/records.h"
#include "store/schema.h"

namespace weir::store {
namespace {

class KeyStore : public AnyLedger {
 protected:
  [[nodiscard]] std::unique_ptr<key_store> opened() const {
    auto made = make_key_store(place->url(), {});
    if (!made) throw std::runtime_error(made.error().message);
    return std::move(made).value();
  }
};
INSTANTIATE_TEST_SUITE_P(All, KeyStore, testing::Bool(), kind_name);

meter::client_key some_key(const std::string& name) {
  meter::client_key out;
  out.name = name;
  out.hash.fill(static_cast<std::uint8_t>(name[0]));
  out.hint = "sk-weir-ab...wxyz";
  out.created = 1'700'000'000;
  return out;
}

meter::client_key full_key() {
  meter::client_key out = some_key("full");
  out.group = "red";
  out.labels = {{"team", "red"}, {"stage", "\"test\""}};
  out.models = {"gpt-*", "/o[0-9]/"};
  out.upstreams = {"u"};
  out.apis = {"chat", "emb"};
  out.may.requests_per_minute = 1;
  out.may.tokens_per_minute = 4'000'000'000;
  out.may.max_concurrent = 3;
  out.may.usd_per_day = meter::nano_usd{1};
  out.may.usd_per_month = meter::nano_usd{9'000'000'000'000'000};
  out.store_content = true;
  out.expires = 1'800'000'000;
  return out;
}

TEST_P(KeyStore, GivesBackWhatItGot) {
  const auto keys = opened();
  EXPECT_TRUE(keys->create(some_key("plain")).value());
  EXPECT_TRUE(keys->create(full_key()).value());
  const auto read = opened()->read();
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ((std::vector{full_key(), some_key("plain")}), read->keys);
}

TEST_P(KeyStore, ANameIsGivenOnceForEver) {
  const auto keys = opened();
  EXPECT_TRUE(keys->create(some_key("a")).value());
  meter::client_key again = some_key("a");
  again.hash.fill(9);
  EXPECT_FALSE(keys->create(again).value());
  EXPECT_TRUE(keys->revoke("a", 1'750'000'000).value());
  EXPECT_FALSE(keys->revoke("a", 1'760'000'000).value()) << "it was revoked before";
  EXPECT_FALSE(keys->revoke("b", 1).value());
  EXPECT_FALSE(keys->create(again).value());
  const auto read = keys->read();
  ASSERT_EQ(1U, read->keys.size());
  EXPECT_EQ(1'750'000'000, read->keys[0].revoked);
}

TEST_P(KeyStore, TheVersionTellsOfEveryChangeAndOfNothingElse) {
  const auto keys = opened();
  std::uint64_t before = keys->version().value();
  const auto changed = [&] {
    const std::uint64_t now = opened()->version().value();
    return std::exchange(before, now) != now;
  };
  EXPECT_TRUE(keys->create(some_key("a")).value());
  EXPECT_TRUE(changed());
  EXPECT_FALSE(keys->create(some_key("a")).value());
  EXPECT_FALSE(changed());
  meter::allowance may;
  may.max_concurrent = 2;
  EXPECT_TRUE(keys->put_group({"red", may}));
  EXPECT_TRUE(changed());
  may.max_concurrent = 3;
  EXPECT_TRUE(keys->put_group({"red", may}));
  EXPECT_TRUE(changed());
  EXPECT_EQ((std::vector<meter::key_group>{{"red", may}}), keys->read()->groups);
  EXPECT_TRUE(keys->revoke("a", 5).value());
  EXPECT_TRUE(changed());
  EXPECT_TRUE(keys->remove_group("red").value());
  EXPECT_TRUE(changed());
  EXPECT_FALSE(keys->remove_group("red").value());
  EXPECT_FALSE(changed());
}

TEST_P(KeyStore, SeveralMayChangeItAtOnce) {
  std::vector<std::thread> threads;
  std::atomic<int> made{0};
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&, i] {
      const auto keys = opened();
      for (int n = 0; n < 5; ++n) {
        meter::client_key key = some_key("k" + std::to_string(n));
        key.hash.fill(static_cast<std::uint8_t>(10 * i + n));
        if (keys->create(key).value()) ++made;
      }
    });
  for (std::thread& t : threads) t.join();
  EXPECT_EQ(5, made);
  EXPECT_EQ(5U, opened()->read()->keys.size());
  EXPECT_EQ(5U, opened()->version().value());
}

TEST_P(KeyStore, ADatabaseFromBeforeItKeepsItsRecords) {
  {
    const auto ledger = place->opened();
    ASSERT_EQ(1U, ledger->ingest(entries({some_record("a")})).value());
  }
  if (!place->postgres()) place->run("DROP TRIGGER weir_contents_gone");
  for (const char* const table : {"weir_contents", "weir_keys", "weir_groups", "weir_keys_version"})
    place->run(std::string("DROP TABLE ") + table);
  place->run(place->postgres() ? "UPDATE weir_schema SET version = 2" : "PRAGMA user_version = 2");
  EXPECT_TRUE(opened()->create(some_key("a")).value());
  EXPECT_EQ(1, total(*place->opened()).requests);
}

TEST_P(KeyStore, AKeyThatCannotBeReadIsAnError) {
  const auto keys = opened();
  EXPECT_TRUE(keys->create(full_key()).value());
  place->run(R"(UPDATE weir_keys SET settings = '{"colour":"red"}')");
  const auto read = keys->read();
  ASSERT_FALSE(read);
  EXPECT_NE(std::string::npos, read.error().message.find("'full'"));
}

}  // namespace
}  // namespace weir::store
