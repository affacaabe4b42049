#pragma once

namespace weir::net {

/// A member of at most one `intrusive_list`. Leaves its list when destroyed, so a list never holds
/// a dead object and removal needs neither a search nor the list itself.
class list_node {
 public:
  list_node() = default;
  list_node(const list_node&) = delete;
  list_node& operator=(const list_node&) = delete;

  [[nodiscard]] bool linked() const { return next_ != this; }
  void unlink() {
    previous_->next_ = next_;
    next_->previous_ = previous_;
    previous_ = next_ = this;
  }

 protected:
  ~list_node() { unlink(); }

 private:
  template <class T>
  friend class intrusive_list;

  void link_before(list_node& where) {
    previous_ = where.previous_;
    next_ = &where;
    previous_->next_ = this;
    where.previous_ = this;
  }

  list_node* previous_ = this;
  list_node* next_ = this;
};

/// A list that owns nothing and allocates nothing; T derives from list_node.
template <class T>
class intrusive_list {
 public:
  intrusive_list() = default;
  intrusive_list(const intrusive_list&) = delete;
  intrusive_list& operator=(const intrusive_list&) = delete;
  ~intrusive_list() {
    while (!empty()) head_.next_->unlink();
  }

  [[nodiscard]] bool empty() const { return !head_.linked(); }

  /// Moves `node` to the end of this list, out of any other.
  void push_back(T& node) {
    list_node& base = node;
    base.unlink();
    base.link_before(head_);
  }

  [[nodiscard]] T* front() const { return empty() ? nullptr : static_cast<T*>(head_.next_); }

  [[nodiscard]] T* pop_front() {
    T* const first = front();
    if (first != nullptr) static_cast<list_node*>(first)->unlink();
    return first;
  }

  /// Appends everything `other` holds, in its order.
  void take_all(intrusive_list& other) {
    while (T* const node = other.pop_front()) push_back(*node);
  }

 private:
  struct anchor : list_node {};
  anchor head_;
};

}  // namespace weir::net
