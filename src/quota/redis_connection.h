#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "weir/base/result.h"
#include "weir/base/units.h"

struct redisContext;

namespace weir::quota {

struct redis_address {
  std::string host;
  std::uint16_t port = 6379;
  std::string user;      ///< "": the usual one
  std::string password;  ///< "": none
  std::uint32_t database = 0;
};

/// A connection to a server of Redis that waits for no answer longer than it was told. After an
/// error it is of no use any more.
///
/// Errors   Texts without the password.
/// Threads  One.
class redis_connection {
 public:
  /// Each answer is a list of whole numbers; other answers are empty ones.
  using numbers = std::vector<std::int64_t>;

  [[nodiscard]] static result<std::unique_ptr<redis_connection>> connect(const redis_address& to,
                                                                         millis connect_time,
                                                                         millis answer_time);
  ~redis_connection();
  redis_connection(const redis_connection&) = delete;
  redis_connection& operator=(const redis_connection&) = delete;

  /// To be sent with the next `run`.
  void add(const std::vector<std::string>& command);
  /// Sends all of them together; their answers in the same order.
  [[nodiscard]] result<std::vector<numbers>> run();

 private:
  explicit redis_connection(redisContext* owned) : raw_(owned) {}
  [[nodiscard]] failure fault() const;

  redisContext* const raw_;
  std::size_t added_ = 0;
};

}  // namespace weir::quota
