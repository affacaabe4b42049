#include "store/journal.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "config/scratch.h"

namespace weir::store {
namespace {

record sample(std::string_view id) {
  record r;
  r.request_id = id;
  r.time = 1'790'000'000'000'000;
  r.requested_model = "m-1";
  r.status = 200;
  r.stream = true;
  r.used.input = 0;  // 0 is not unknown (USE-1)
  r.used.output = 300;
  return r;
}

/// Every field as text: records are the same when these are.
struct spelled {
  std::string out;
  void operator()(const char* n, std::string_view v) {
    out += std::string(n) + '=' + std::string(v) + '\n';
  }
  void operator()(const char* n, bool v) { out += std::string(n) + '=' + (v ? "yes\n" : "no\n"); }
  void operator()(const char* n, const content_text& v) {
    (*this)(n, v.text);
    (*this)(n, v.cut);
  }
  void operator()(const char* n, std::uint64_t v) {
    (*this)(n, std::string_view(std::to_string(v)));
  }
  void operator()(const char* n, const std::optional<std::uint64_t>& v) {
    (*this)(n, std::string_view(v ? std::to_string(*v) : "none"));
  }
};
std::string spell(const record& r) {
  spelled s;
  for_each_field(r, s);
  return s.out;
}

/// Another value in every field, texts from `pool`.
struct filler {
  std::vector<std::string>& pool;
  void operator()(const char*, std::string_view& v) {
    v = pool.emplace_back(*rc::gen::string<std::string>());
  }
  void operator()(const char* n, content_text& v) {
    (*this)(n, v.text);
    (*this)(n, v.cut);
  }
  void operator()(const char*, bool& v) { v = *rc::gen::arbitrary<bool>(); }
  void operator()(const char*, std::uint64_t& v) { v = *rc::gen::arbitrary<std::uint64_t>(); }
  void operator()(const char*, std::optional<std::uint64_t>& v) {
    if (*rc::gen::arbitrary<bool>()) v = *rc::gen::inRange<std::uint64_t>(0, UINT64_MAX);
  }
};

std::vector<std::string> ids_in(std::string_view bytes) {
  std::vector<std::string> ids;
  frame_reader frames(bytes);
  while (const auto r = frames.next()) ids.emplace_back(r->request_id);
  return ids;
}

std::string three_frames(std::size_t* ends) {
  std::string bytes;
  const char* const names[] = {"a", "b", "c"};
  for (int i = 0; i < 3; ++i) {
    append_frame(bytes, sample(names[i]));
    ends[i] = bytes.size();
  }
  return bytes;
}

std::string content(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

RC_GTEST_PROP(Frame, GivesBackEveryField, ()) {
  std::vector<std::string> pool;
  pool.reserve(64);
  record r;
  for_each_field(r, filler{pool});
  std::string bytes;
  append_frame(bytes, r);
  frame_reader frames(bytes);
  const auto read = frames.next();
  RC_ASSERT(read.has_value());
  RC_ASSERT(spell(r) == spell(*read));
  RC_ASSERT(frames.torn() == 0U);
}

TEST(Frame, CutsTextAtItsBound) {
  for (const std::size_t size :
       {limits::max_record_text_bytes, limits::max_record_text_bytes + 1}) {
    const std::string text(size, 'x');
    std::string bytes;
    append_frame(bytes, sample(text));
    EXPECT_EQ(limits::max_record_text_bytes, ids_in(bytes).at(0).size());
  }
}

TEST(Frame, CutsContentOnlyAtALargerBound) {
  const std::string text(limits::max_configured_content_bytes + 1, 'x');
  for (const std::size_t size :
       {limits::max_record_text_bytes + 1, limits::max_configured_content_bytes, text.size()}) {
    record r = sample("a");
    r.request_content = {std::string_view(text).substr(0, size), false};
    r.answer_content = {std::string_view(text).substr(1, size), true};
    std::string bytes;
    append_frame(bytes, r);
    frame_reader frames(bytes);
    const auto read = frames.next();
    ASSERT_TRUE(read.has_value());
    EXPECT_EQ(std::min(size, limits::max_configured_content_bytes),
              read->request_content.text.size());
    EXPECT_FALSE(read->request_content.cut);
    EXPECT_EQ(read->request_content.text.size(), read->answer_content.text.size());
    EXPECT_TRUE(read->answer_content.cut);
  }
}

/// CRC-32 as in zlib, bit by bit.
std::uint32_t crc_of(std::string_view bytes) {
  std::uint32_t sum = 0xFFFFFFFFU;
  for (const char c : bytes) {
    sum ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) sum = (sum >> 1) ^ ((sum & 1U) != 0 ? 0xEDB88320U : 0);
  }
  return ~sum;
}

TEST(Frame, OfAWeirThatKnewNoContentStillReads) {
  const auto fixed = [](std::uint32_t n) {
    std::string out;
    for (int i = 0; i < 4; ++i) out += static_cast<char>(n >> (8 * i));
    return out;
  };
  std::string bytes;
  append_frame(bytes, sample("a"));
  constexpr std::size_t head = 10;
  constexpr std::size_t content = 4;  // two empty texts that were not cut
  const std::string payload = bytes.substr(head, bytes.size() - head - content);
  const std::string length = fixed(static_cast<std::uint32_t>(payload.size()));
  const std::string old = bytes.substr(0, 2) + length + fixed(crc_of(length + payload)) + payload;
  frame_reader frames(old);
  const auto read = frames.next();
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(spell(sample("a")), spell(*read));
  EXPECT_FALSE(read->has_content());
}

TEST(Frame, FitsTheBoundOfReadersHoweverLargeItsFields) {
  const std::string text(2 * limits::max_configured_content_bytes, 'x');
  record r = sample(text);
  struct {
    std::string_view text;
    void operator()(const char*, std::string_view& v) { v = text; }
    void operator()(const char*, content_text& v) { v = {text, true}; }
    void operator()(const char*, bool&) {}
    void operator()(const char*, std::uint64_t& v) { v = UINT64_MAX; }
    void operator()(const char*, std::optional<std::uint64_t>& v) { v = UINT64_MAX - 1; }
  } largest{text};
  for_each_field(r, largest);
  std::string bytes;
  append_frame(bytes, r);
  EXPECT_EQ(1U, ids_in(bytes).size());
}

TEST(Frame, TornAtEveryByteLeavesTheWholeOnes) {
  std::size_t ends[3];
  const std::string bytes = three_frames(ends);
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    const std::size_t whole =
        static_cast<std::size_t>(cut >= ends[0]) + (cut >= ends[1]) + (cut >= ends[2]);
    frame_reader frames(std::string_view(bytes).substr(0, cut));
    std::size_t count = 0;
    while (frames.next()) ++count;
    EXPECT_EQ(whole, count) << cut;
    EXPECT_EQ(cut - (whole == 0 ? 0 : ends[whole - 1]), frames.torn()) << cut;
  }
}

TEST(Frame, DamagedAtEveryByteLosesOneRecordAndInventsNone) {
  std::size_t ends[3];
  const std::string whole = three_frames(ends);
  for (std::size_t at = 0; at < whole.size(); ++at) {
    for (const unsigned flip : {0x01U, 0x80U, 0xFFU}) {
      std::string bytes = whole;
      bytes[at] = static_cast<char>(static_cast<unsigned char>(bytes[at]) ^ flip);
      std::vector<std::string> want = {"a", "b", "c"};
      want.erase(want.begin() + (at < ends[0] ? 0 : at < ends[1] ? 1 : 2));
      EXPECT_EQ(want, ids_in(bytes)) << at << ' ' << flip;
    }
  }
}

class Journal : public testing::Test {
 protected:
  journal::options how(std::uint64_t room = limits::mib) {
    journal::options o;
    o.directory = directory.path("j");
    o.room = std::make_shared<journal_room>(room);
    return o;
  }
  std::unique_ptr<journal> opened(const journal::options& o) {
    auto made = journal::open(o);
    EXPECT_TRUE(made) << made.error().message;
    return std::move(made).value();
  }
  const config::scratch directory;
};

TEST_F(Journal, IsReadAfterItsWriterIsGoneAndNotBefore) {
  auto writer = opened(how());
  EXPECT_EQ(journal::outcome::kept, writer->append(sample("a")));
  const std::string path = writer->path();
  EXPECT_EQ(nullptr, old_journal::take(path));
  writer.reset();
  const auto left = old_journal::take(path);
  ASSERT_NE(nullptr, left);
  EXPECT_EQ((std::vector<std::string>{"a"}), ids_in(left->read().value()));
  EXPECT_EQ((std::vector<std::string>{path}), journals_in(directory.path("j")));
  left->remove();
  EXPECT_TRUE(journals_in(directory.path("j")).empty());
  EXPECT_EQ(nullptr, old_journal::take(path));
}

TEST_F(Journal, BeginsAnotherFileAtItsBound) {
  std::string frame;
  append_frame(frame, sample("a"));
  journal::options o = how();
  o.segment_bytes = 2 * frame.size();
  const auto writer = opened(o);
  for (int i = 0; i < 5; ++i) ASSERT_EQ(journal::outcome::kept, writer->append(sample("a")));
  std::size_t records = 0;
  for (const std::string& path : journals_in(o.directory)) records += ids_in(content(path)).size();
  EXPECT_EQ(3U, journals_in(o.directory).size());
  EXPECT_EQ(5U, records);
}

TEST_F(Journal, TakesWhatThereIsRoomForAndThenSaysFull) {
  std::string frame;
  append_frame(frame, sample("a"));
  for (const std::uint64_t slack : {std::uint64_t{0}, std::uint64_t{1}}) {
    const journal::options o = how(2 * frame.size() - slack);
    const auto writer = opened(o);
    EXPECT_EQ(journal::outcome::kept, writer->append(sample("a")));
    if (slack == 0) {
      EXPECT_EQ(journal::outcome::kept, writer->append(sample("a")));
    }
    EXPECT_EQ(journal::outcome::full, writer->append(sample("a")));
    o.room->give_back(frame.size());
    EXPECT_EQ(journal::outcome::kept, writer->append(sample("a")));
  }
}

/// What the injected calls do: `allowed` bytes are written, then they fail.
std::size_t allowed = 0;
bool truncate_fails = false;
long short_write(int d, const void* bytes, std::size_t n) {
  if (allowed == 0) return errno = ENOSPC, -1;
  const std::size_t now = std::min(n, allowed);
  allowed -= now;
  return ::write(d, bytes, now);
}
int maybe_truncate(int d, long size) {
  return truncate_fails ? (errno = EIO, -1) : ::ftruncate(d, size);
}
int failing_sync(int) { return errno = EIO, -1; }

TEST_F(Journal, DiskFullAtEveryByteKeepsAllOtherRecords) {
  constexpr journal_calls calls = {short_write, maybe_truncate, failing_sync, failing_sync};
  std::string frame;
  append_frame(frame, sample("b"));
  for (const bool stuck : {false, true}) {
    for (std::size_t n = 0; n < frame.size(); ++n) {
      journal::options o = how();
      o.calls = &calls;
      truncate_fails = stuck;
      allowed = limits::mib;
      const auto writer = opened(o);
      ASSERT_EQ(journal::outcome::kept, writer->append(sample("a")));
      const std::uint64_t used = o.room->used();
      allowed = n;
      ASSERT_EQ(journal::outcome::failed, writer->append(sample("b")));
      EXPECT_EQ("write: No space left on device", writer->fault());
      EXPECT_EQ(used, o.room->used());
      allowed = limits::mib;
      ASSERT_EQ(journal::outcome::kept, writer->append(sample("c")));
      EXPECT_EQ((std::vector<std::string>{"a", "c"}), ids_in(content(writer->path())))
          << stuck << n;
    }
  }
}

TEST_F(Journal, AFileThatCouldNotBeSyncedIsNeverSafe) {
  static int fails = 0;
  constexpr journal_calls calls = {short_write, maybe_truncate,
                                   [](int) { return fails == 1 ? failing_sync(0) : 0; },
                                   [](int) { return fails == 2 ? failing_sync(0) : 0; }};
  journal::options o = how();
  o.calls = &calls;
  allowed = limits::mib;
  const auto writer = opened(o);
  for (fails = 1; fails <= 2; ++fails) {  // of its bytes, and of its name
    const int kind = fails;
    const auto file = writer->file();
    EXPECT_EQ(file->path() + ": fdatasync: Input/output error", file->sync()) << kind;
    fails = 0;
    EXPECT_NE("", file->sync()) << kind;
    writer->leave_file();
    EXPECT_NE(file->path(), writer->path());
    EXPECT_EQ("", writer->file()->sync()) << kind;
    EXPECT_EQ(nullptr, old_journal::take(file->path())) << "somebody waits for it";
    fails = kind;
    writer->leave_file();  // one whose name is not on disk
  }
}

TEST_F(Journal, SaysWhyItCannotBegin) {
  directory.write("j", "a file, not a directory");
  const auto made = journal::open(how());
  ASSERT_FALSE(made);
  EXPECT_NE(std::string::npos, made.error().message.find(directory.path("j")));
}

}  // namespace
}  // namespace weir::store
