#include "app/file_watch.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <string>

namespace weir::app {
namespace {

namespace fs = std::filesystem;

class FileWatch : public ::testing::Test {
 protected:
  FileWatch()
      : directory_(fs::temp_directory_path() / ("weir-watch-" + std::to_string(::getpid()))) {
    fs::create_directories(directory_);
  }
  ~FileWatch() override { fs::remove_all(directory_); }

  [[nodiscard]] std::string path(const std::string& name) const { return directory_ / name; }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(path(name)) << text;
  }

  const fs::path directory_;
};

TEST_F(FileWatch, EachWayToChangeAFileIsToldOnceWhenItHasSettled) {
  struct row {
    const char* what;
    std::function<void()> change;
  };
  const row rows[] = {
      {"written in place", [&] { write("f", "longer than before"); }},
      {"replaced by a rename",
       [&] {
         write("next", "longer than before");
         fs::rename(path("next"), path("f"));
       }},
      {"gone", [&] { fs::remove(path("f")); }},
      {"there again", [&] { write("f", "anew"); }},
      {"a link that leads elsewhere",
       [&] {
         write("other", "x");
         fs::remove(path("f"));
         fs::create_symlink(path("other"), path("f"));
       }},
      {"what the link leads to", [&] { write("other", "something else"); }},
  };
  write("f", "one");
  file_watch watch({path("f"), path("never there")});
  EXPECT_FALSE(watch.changed());
  for (const row& r : rows) {
    r.change();
    EXPECT_FALSE(watch.changed()) << r.what << ": not settled";
    EXPECT_TRUE(watch.changed()) << r.what;
    EXPECT_FALSE(watch.changed()) << r.what << ": told";
  }
}

TEST_F(FileWatch, WhoStillWritesIsWaitedFor) {
  write("f", "1");
  file_watch watch({path("f")});
  std::string text = "1";
  for (int i = 0; i < 5; ++i) {
    write("f", text += "more");
    EXPECT_FALSE(watch.changed());
  }
  EXPECT_TRUE(watch.changed());
}

TEST_F(FileWatch, AChangeAndItsUndoingIsNone) {
  write("f", "1");
  fs::create_symlink(path("f"), path("link"));
  file_watch watch({path("link")});
  write("g", "2");
  fs::remove(path("link"));
  fs::create_symlink(path("g"), path("link"));
  EXPECT_FALSE(watch.changed());
  fs::remove(path("link"));
  fs::create_symlink(path("f"), path("link"));
  EXPECT_FALSE(watch.changed());
  EXPECT_FALSE(watch.changed());
}

TEST_F(FileWatch, WhatWasAcceptedIsNotTold) {
  write("f", "1");
  file_watch watch({path("f")});
  write("f", "another");
  watch.accept();
  EXPECT_FALSE(watch.changed());
  EXPECT_FALSE(watch.changed());
}

TEST_F(FileWatch, OtherFilesDoNotHideAChangeOfThoseItKnew) {
  write("f", "1");
  write("g", "1");
  file_watch watch({path("f")});
  write("f", "another");
  watch.follow({path("g"), path("f")});
  EXPECT_FALSE(watch.changed());
  EXPECT_TRUE(watch.changed());
  write("g", "another");
  EXPECT_FALSE(watch.changed());
  EXPECT_TRUE(watch.changed());
}

}  // namespace
}  // namespace weir::app
