#include "store/key_secret.h"

#include <fcntl.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <stdexcept>
#include <utility>

#include "weir/base/limits.h"

namespace weir::store {
namespace {

constexpr std::string_view prefix = "sk-weir-";
constexpr std::size_t random_bytes = 32;

using entropy = std::array<unsigned char, random_bytes>;

entropy random() {
  entropy out{};
  // The system has no random numbers: nothing that is secret can be made here.
  if (RAND_bytes(out.data(), static_cast<int>(out.size())) != 1)
    throw std::runtime_error("no random numbers");
  return out;
}

/// base64url without padding (RFC 4648 5).
std::string base64url(const entropy& bytes) {
  constexpr std::string_view digits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string out;
  std::uint32_t bits = 0;
  unsigned held = 0;
  for (const unsigned char byte : bytes) {
    bits = bits << 8U | byte;
    for (held += 8; held >= 6; held -= 6) out += digits[bits >> (held - 6) & 63U];
  }
  if (held != 0) out += digits[bits << (6 - held) & 63U];
  return out;
}

failure about(const std::string& path) {
  return {path + ": " + std::strerror(errno)};  // NOLINT(concurrency-mt-unsafe): glibc's is safe
}

/// The key in the file; "" when there is no file.
result<std::string> read_key(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) {
    if (errno == ENOENT) return std::string();
    return about(path);
  }
  std::array<char, limits::max_key_file_bytes> bytes{};
  const ssize_t size = ::read(file, bytes.data(), bytes.size());
  ::close(file);
  if (size < 0) return about(path);
  std::string key(bytes.data(), static_cast<std::size_t>(size));
  while (!key.empty() && (key.back() == '\n' || key.back() == '\r')) key.pop_back();
  if (key.size() < 2 * random_bytes) return failure{path + ": this is no hashing key of weir's"};
  return key;
}

}  // namespace

std::string make_key_secret() { return std::string(prefix) + base64url(random()); }

std::string hint_of(std::string_view secret) {
  // Of a short one, which somebody else made, nothing can be shown.
  if (secret.size() < 24) return "...";
  const std::size_t front = secret.starts_with(prefix) ? prefix.size() + 2 : 4;
  return std::string(secret.substr(0, front)) + "..." +
         std::string(secret.substr(secret.size() - 4));
}

key_hasher::key_hasher(std::string hashing_key) : key_(std::move(hashing_key)) {}

meter::key_hash key_hasher::operator()(std::string_view secret) const {
  meter::key_hash out{};
  unsigned size = 0;
  HMAC(EVP_sha256(), key_.data(), static_cast<int>(key_.size()),
       reinterpret_cast<const unsigned char*>(secret.data()), secret.size(), out.data(), &size);
  return out;
}

result<std::string> kept_hashing_key(const std::string& path) {
  auto there = read_key(path);
  if (!there || !there->empty()) return there;
  std::error_code ignored;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), ignored);
  meter::key_hash fresh{};
  const entropy bytes = random();
  std::copy(bytes.begin(), bytes.end(), fresh.begin());
  // Written aside and linked: whoever comes first wins, and nobody reads a half.
  const std::string aside = path + '.' + base64url(random()) + ".new";
  const int file = ::open(aside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) return about(aside);
  const std::string text = meter::to_text(fresh) + '\n';
  const bool written =
      ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
      ::fsync(file) == 0;
  const failure fault = about(aside);
  ::close(file);
  const bool linked = written && (::link(aside.c_str(), path.c_str()) == 0 || errno == EEXIST);
  const failure not_linked = about(path);
  ::unlink(aside.c_str());
  if (!written) return fault;
  if (!linked) return not_linked;
  return read_key(path);
}

}  // namespace weir::store
