// Secrets of clients' keys, and their hash.
#include "store/key_secret.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <thread>
#include <vector>

#include "config/scratch.h"

namespace weir::store {
namespace {

TEST(KeySecret, IsLongRandomAndPlain) {
  std::set<std::string> all;
  for (int i = 0; i < 100; ++i) {
    const std::string secret = make_key_secret();
    EXPECT_EQ(51U, secret.size());
    EXPECT_TRUE(secret.starts_with("sk-weir-"));
    EXPECT_EQ(std::string::npos,
              secret.find_first_not_of(
                  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"));
    all.insert(secret);
  }
  EXPECT_EQ(100U, all.size());
}

TEST(KeySecret, AHintTellsKeysApartAndNothingElse) {
  EXPECT_EQ("sk-weir-Ab...wxyz", hint_of("sk-weir-AbCDEFGHIJKLMNOPQRSTUVWXYZ0123456789abcwxyz"));
  EXPECT_EQ("some...ters", hint_of("somebodys-own-with-many-characters"));
  EXPECT_EQ("...", hint_of("short-secret"));
}

TEST(KeyHasher, IsHmacSha256) {
  // RFC 4231, test cases 1, 2 and 6.
  const std::pair<std::pair<std::string, std::string>, const char*> cases[] = {
      {{std::string(20, '\x0b'), "Hi There"},
       "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
      {{"Jefe", "what do ya want for nothing?"},
       "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
      {{std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First"},
       "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
  };
  for (const auto& [given, want] : cases)
    EXPECT_EQ(want, meter::to_text(key_hasher(given.first)(given.second)));
}

TEST(HashingKey, IsMadeOnceForItsOwnerAlone) {
  const config::scratch directory;
  const std::string path = directory.path("state/weir.db.hash-key");
  std::vector<std::string> got(8);
  std::vector<std::thread> threads;
  for (std::string& one : got) threads.emplace_back([&] { one = kept_hashing_key(path).value(); });
  for (std::thread& t : threads) t.join();
  EXPECT_EQ(64U, got[0].size());
  EXPECT_EQ(static_cast<std::ptrdiff_t>(got.size()), std::count(got.begin(), got.end(), got[0]));
  EXPECT_EQ(got[0], kept_hashing_key(path).value());
  struct stat about {};
  ASSERT_EQ(0, ::stat(path.c_str(), &about));
  EXPECT_EQ(0600U, about.st_mode & 0777U);
  const std::filesystem::directory_iterator files(directory.path("state"));
  EXPECT_EQ(1, std::distance(begin(files), end(files))) << "nothing is left beside it";
}

TEST(HashingKey, WhatIsNoneIsAnError) {
  const config::scratch directory;
  directory.write("short", "abc\n");
  directory.write("file", "x");
  for (const char* const name : {"short", "file/below"}) {
    const auto got = kept_hashing_key(directory.path(name));
    ASSERT_FALSE(got) << name;
    EXPECT_NE(std::string::npos, got.error().message.find(name));
  }
}

}  // namespace
}  // namespace weir::store
