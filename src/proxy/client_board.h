#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>

#include "config/serving.h"

namespace weir::proxy {

/// What all clients together take of the process: connections, requests to upstreams, memory for
/// what is held whole. Shared by all workers.
///
/// Bounds   Those of config::client_limits that each call is given: a reload holds for who comes
///          next.
/// Cost     An atomic for each change; a lock when a connection comes and goes. None for events.
/// Threads  Any. Outlives what it gave.
class client_board {
 public:
  /// A part of a count, given back when it goes.
  class share {
   public:
    share() = default;
    share(share&& other) noexcept
        : of_(std::exchange(other.of_, nullptr)), held_(std::exchange(other.held_, 0)) {}
    share& operator=(share&& other) noexcept {
      std::swap(of_, other.of_);
      std::swap(held_, other.held_);
      return *this;
    }
    ~share() { release(); }

    /// Makes it `amount` large. False, and nothing changes, when all shares together would pass
    /// `limit` (0: no limit).
    [[nodiscard]] bool resize(std::uint64_t amount, std::uint64_t limit);
    void release();
    [[nodiscard]] std::uint64_t held() const { return held_; }

   private:
    friend class client_board;
    explicit share(std::atomic<std::uint64_t>& of) : of_(&of) {}
    std::atomic<std::uint64_t>* of_ = nullptr;
    std::uint64_t held_ = 0;
  };

  enum class verdict : std::uint8_t { welcome, too_many, too_many_of_address };
  /// A connection that was let in.
  class guest {
   public:
    guest() = default;
    guest(guest&& other) noexcept
        : board_(std::exchange(other.board_, nullptr)),
          connection_(std::move(other.connection_)),
          address_(std::move(other.address_)) {}
    guest& operator=(guest&& other) noexcept {
      std::swap(board_, other.board_);
      std::swap(connection_, other.connection_);
      std::swap(address_, other.address_);
      return *this;
    }
    ~guest();

   private:
    friend class client_board;
    client_board* board_ = nullptr;
    share connection_;
    std::string address_;  ///< "": not counted by address
  };

  client_board() = default;
  client_board(const client_board&) = delete;
  client_board& operator=(const client_board&) = delete;

  /// Lets a connection from `address` in, into `as`, or says why not.
  [[nodiscard]] verdict enter(const std::string& address, const config::client_limits& limits,
                              guest& as);
  /// Of the requests that are to go to upstreams.
  [[nodiscard]] share streams() { return share(streams_); }
  /// Of the memory for what is held whole, in bytes.
  [[nodiscard]] share buffered() { return share(buffered_); }

  [[nodiscard]] std::uint64_t connections_open() const { return connections_.load(); }
  [[nodiscard]] std::uint64_t streams_open() const { return streams_.load(); }
  [[nodiscard]] std::uint64_t bytes_buffered() const { return buffered_.load(); }

 private:
  void leave(const std::string& address);

  std::atomic<std::uint64_t> connections_{0};
  std::atomic<std::uint64_t> streams_{0};
  std::atomic<std::uint64_t> buffered_{0};
  std::mutex guard_;
  std::unordered_map<std::string, std::uint32_t> of_address_;  ///< never more than connections
};

}  // namespace weir::proxy
