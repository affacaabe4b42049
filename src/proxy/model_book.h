#pragma once
#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "proxy/model_catalogue.h"

namespace weir::proxy {

/// Told when another catalogue is in force.
class model_listener {
 public:
  virtual void on_models_changed() = 0;

 protected:
  ~model_listener() = default;
};

/// The catalogue in force on one worker, and who waits for the next.
class model_book {
 public:
  explicit model_book(std::shared_ptr<const model_catalogue> first) : current_(std::move(first)) {}

  [[nodiscard]] const model_catalogue& current() const { return *current_; }

  void publish(std::shared_ptr<const model_catalogue> next) {
    current_ = std::move(next);
    // A listener may forget itself, or another, while it is told.
    const std::vector<model_listener*> waiting = waiting_;
    for (model_listener* const listener : waiting)
      if (std::find(waiting_.begin(), waiting_.end(), listener) != waiting_.end())
        listener->on_models_changed();
  }
  void wait(model_listener& listener) { waiting_.push_back(&listener); }
  void forget(model_listener& listener) { std::erase(waiting_, &listener); }

 private:
  std::shared_ptr<const model_catalogue> current_;
  std::vector<model_listener*> waiting_;
};

}  // namespace weir::proxy
