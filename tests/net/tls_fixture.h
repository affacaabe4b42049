#pragma once
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "support/net_harness.h"
#include "support/tls_server.h"

namespace weir::test {

/// A loop, a connector, and an authority with a certificate for localhost.
class tls_fixture : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    authority_ = std::make_unique<certificate_authority>();
    local_ = authority_->issue({.names = "DNS:localhost,IP:127.0.0.1"});
  }
  static void TearDownTestSuite() {
    local_ = {};
    authority_.reset();
  }

  [[nodiscard]] bool until(const std::function<bool()>& holds) { return run_until(loop_, holds); }
  [[nodiscard]] net::endpoint at(const tls_server& server,
                                 const std::string& host = "localhost") const {
    return {host, server.port(), true, authority_->ca_file()};
  }
  /// A connection with `handler_`; null, and a failed test, if there is none.
  [[nodiscard]] std::unique_ptr<net::connection> connected(const tls_server& server) {
    connect_outcome outcome = connect_and_wait(loop_, connector_, at(server));
    EXPECT_FALSE(outcome.error) << outcome.error->detail;
    if (outcome.connection) outcome.connection->set_handler(&handler_);
    return std::move(outcome.connection);
  }

  /// Gives the server's thread time, at most so much, while the loop stands still.
  static void wait_for(const std::atomic<bool>& flag, millis limit) {
    const auto end = std::chrono::steady_clock::now() + limit;
    while (!flag && std::chrono::steady_clock::now() < end) std::this_thread::yield();
  }

  static inline std::unique_ptr<certificate_authority> authority_;
  static inline identity local_;
  net::event_loop loop_;
  net::socket_connector connector_{loop_};
  recording_handler handler_;
};

}  // namespace weir::test
