#include "observe/log.h"

#include <spdlog/async.h>
#include <spdlog/async_logger.h>
#include <spdlog/details/thread_pool.h>

#include "observe/line_sink.h"
#include "weir/base/limits.h"

namespace weir::observe {
namespace {

/// A queue, its thread and where its lines go.
class channel {
 public:
  channel(const char* name, int descriptor)
      : sink_(std::make_shared<line_sink>(descriptor)),
        pool_(std::make_shared<spdlog::details::thread_pool>(limits::max_log_lines, 1U)),
        logger_(std::make_shared<spdlog::async_logger>(
            name, sink_, pool_, spdlog::async_overflow_policy::overrun_oldest)) {
    sink_->gather_while([pool = pool_.get()] { return pool->queue_size() != 0; });
  }

  // The pool's destructor lets its thread write what is queued, and joins it.
  ~channel() {
    sink_->hurry();
    logger_.reset();
    pool_.reset();
    sink_->finish();
  }
  channel(const channel&) = delete;
  channel& operator=(const channel&) = delete;

  void write(std::string_view line) {
    logger_->log(spdlog::level::info, spdlog::string_view_t(line.data(), line.size()));
  }
  [[nodiscard]] std::uint64_t dropped() const { return pool_->overrun_counter() + sink_->lost(); }

 private:
  std::shared_ptr<line_sink> sink_;
  std::shared_ptr<spdlog::details::thread_pool> pool_;
  std::shared_ptr<spdlog::async_logger> logger_;
};

}  // namespace

struct log::implementation {
  explicit implementation(const options& what)
      : access_lines(what.access_lines),
        access("access", what.access_descriptor),
        people("people", what.people_descriptor) {}

  bool access_lines;
  channel access;
  channel people;
};

log::log(const options& what) : implementation_(std::make_unique<implementation>(what)) {}
log::~log() = default;

void log::exchange(const exchange_record& record) {
  if (implementation_->access_lines) implementation_->access.write(access_line(record));
}

void log::say(level how, std::string_view text) {
  implementation_->people.write(people_line(how, text));
}

std::uint64_t log::dropped() const {
  return implementation_->access.dropped() + implementation_->people.dropped();
}

}  // namespace weir::observe
