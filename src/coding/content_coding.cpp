#include "coding/content_coding.h"

#include <algorithm>

namespace weir::coding {
namespace {

using namespace std::string_view_literals;

struct signature {
  content_coding coding;
  std::string_view bytes;
  std::uint8_t first_byte_mask = 0xff;
};

constexpr signature signatures[] = {
    {content_coding::gzip, "\x1f\x8b"sv},
    {content_coding::deflate, "\x78\x01"sv},
    {content_coding::deflate, "\x78\x5e"sv},
    {content_coding::deflate, "\x78\x9c"sv},
    {content_coding::deflate, "\x78\xda"sv},
    {content_coding::zstd, "\x28\xb5\x2f\xfd"sv},
    {content_coding::zstd, "\x50\x2a\x4d\x18"sv, 0xf0},
};
static_assert(std::all_of(std::begin(signatures), std::end(signatures), [](const signature& s) {
  return s.bytes.size() <= max_signature_bytes;
}));

/// How many bytes of `text` are those of the signature.
std::size_t common_bytes(const signature& s, std::string_view text) {
  const std::size_t most = std::min(s.bytes.size(), text.size());
  for (std::size_t i = 0; i < most; ++i) {
    const unsigned mask = i == 0 ? s.first_byte_mask : 0xff;
    const unsigned has = static_cast<unsigned char>(text[i]);
    const unsigned wanted = static_cast<unsigned char>(s.bytes[i]);
    if ((has & mask) != wanted) return i;
  }
  return most;
}

struct coding_label {
  std::string_view label;
  content_coding coding;
};

constexpr coding_label labels[] = {
    {"identity", content_coding::identity}, {"gzip", content_coding::gzip},
    {"x-gzip", content_coding::gzip},       {"deflate", content_coding::deflate},
    {"zstd", content_coding::zstd},
};

bool equal_in_any_case(std::string_view text, std::string_view lower) {
  return std::equal(text.begin(), text.end(), lower.begin(), lower.end(), [](char a, char b) {
    return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
  });
}

}  // namespace

std::string_view coding_name(content_coding c) {
  for (const coding_label& l : labels)
    if (l.coding == c) return l.label;
  return {};
}

std::optional<content_coding> coding_named(std::string_view label) {
  for (const coding_label& l : labels)
    if (equal_in_any_case(label, l.label)) return l.coding;
  return std::nullopt;
}

recognition recognise(std::string_view beginning) {
  bool may_become_one = false;
  for (const signature& s : signatures) {
    const std::size_t common = common_bytes(s, beginning);
    if (common == s.bytes.size()) return {recognition::verdict::coded, s.coding};
    if (common == beginning.size()) may_become_one = true;
  }
  return {may_become_one ? recognition::verdict::undecided : recognition::verdict::plain,
          content_coding::identity};
}

}  // namespace weir::coding
