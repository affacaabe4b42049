#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "meter/client_key.h"
#include "weir/base/result.h"

namespace weir::store {

/// A new key of a client: `sk-weir-` and 43 characters, 256 random bits of the system's.
[[nodiscard]] std::string make_key_secret();
/// What of a secret may be shown, so that people can tell keys apart: `sk-weir-ab...wxyz`.
[[nodiscard]] std::string hint_of(std::string_view secret);

/// The keyed hash of secrets: HMAC-SHA256 (RFC 2104). Who gets hold of the database, but not of the
/// hashing key, cannot even test a guess.
///
/// Cost     About a microsecond.
/// Threads  Any.
class key_hasher {
 public:
  explicit key_hasher(std::string hashing_key);
  [[nodiscard]] meter::key_hash operator()(std::string_view secret) const;

 private:
  std::string key_;
};

/// The hashing key in the file at `path`, which is made when it is not there: 256 random bits, for
/// its owner alone. Processes that begin at once get the same.
[[nodiscard]] result<std::string> kept_hashing_key(const std::string& path);

}  // namespace weir::store
