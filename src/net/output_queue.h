#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "net/buffer_pool.h"

namespace weir::net {

/// Bytes waiting to be sent, contiguous, so that one system call takes them all. Owns memory only
/// while it holds bytes.
class output_queue {
 public:
  explicit output_queue(buffer_pool& pool) : pool_(pool) {}
  ~output_queue() { clear(); }
  output_queue(const output_queue&) = delete;
  output_queue& operator=(const output_queue&) = delete;

  [[nodiscard]] bool empty() const { return size() == 0; }
  [[nodiscard]] std::size_t size() const { return buffer_.size() - sent_; }
  [[nodiscard]] std::string_view view() const { return std::string_view(buffer_).substr(sent_); }

  void append(std::string_view bytes) {
    if (buffer_.empty()) buffer_ = pool_.take();
    // Moving the rest forward once it is the smaller half keeps appending linear in the bytes.
    if (sent_ > buffer_.size() / 2) {
      buffer_.erase(0, sent_);
      sent_ = 0;
    }
    buffer_.append(bytes);
  }

  void consume(std::size_t count) {
    sent_ += count;
    if (sent_ == buffer_.size()) clear();
  }

  void clear() {
    sent_ = 0;
    pool_.give_back(std::exchange(buffer_, {}));
  }

 private:
  buffer_pool& pool_;
  std::string buffer_;
  std::size_t sent_ = 0;
};

}  // namespace weir::net
