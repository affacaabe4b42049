#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/load.h"
#include "config/problem.h"
#include "config/yaml.h"

namespace weir::config {

/// State of one load: where we are in the file, what was wrong so far, the environment.
class reader {
 public:
  reader(std::string_view file, const environment& variables)
      : file_(file), variables_(variables) {}

  /// Enters a key for the time of its scope, so that problems name it: `upstreams.a.url: ...`.
  class scope {
   public:
    scope(reader& owner, std::string_view key) : owner_(owner) { owner_.path_.emplace_back(key); }
    ~scope() { owner_.path_.pop_back(); }
    scope(const scope&) = delete;
    scope& operator=(const scope&) = delete;

   private:
    reader& owner_;
  };

  /// A problem with the value we are at.
  void fail(place at, std::string_view message, std::string hint = {});
  /// A problem that names what it is about itself.
  void fail_as_written(place at, std::string message, std::string hint = {});

  struct scalar {
    std::string text;  ///< `${NAME}` expanded; not to be shown
    node::scalar_type type = node::scalar_type::text;
    bool expanded = false;
  };
  /// The scalar, or nothing after a problem: `what` is what was wanted (`a duration like 5s`).
  [[nodiscard]] std::optional<scalar> read_scalar(const node& value, std::string_view what);
  /// The same, and it must be text: a plain `12` or `true` is not.
  [[nodiscard]] std::optional<std::string> read_text(const node& value, std::string_view what);
  /// Text of which at least one character must be there.
  [[nodiscard]] std::optional<std::string> read_nonempty_text(const node& value,
                                                              std::string_view what);

  /// Reports that `value` is not `what`.
  void fail_type(const node& value, std::string_view what);
  /// Checks that `value` is a mapping without duplicate keys and calls `f(key, value)` for each.
  template <class F>
  void for_each_member(const node& value, std::string_view what, F&& f) {
    for (const std::size_t i : distinct_members(value, what))
      f(value.members[i].key, value.members[i].value);
  }

  /// Remembers that an upstream was named, to be checked when all are known.
  void refer_to_upstream(std::string_view name, place at);
  void check_references(const std::vector<std::string>& upstreams);

  /// A path of the file as one that does not depend on the file's directory.
  [[nodiscard]] std::string resolve(const std::string& path) const;

  /// Every problem, in the order of the file.
  [[nodiscard]] std::vector<problem> problems() const;

 private:
  struct reference {
    std::string name;
    std::string path;
    place at;
  };

  [[nodiscard]] std::vector<std::size_t> distinct_members(const node& value, std::string_view what);
  [[nodiscard]] std::optional<std::string> expand(const node& value);
  [[nodiscard]] std::string path() const;

  std::string file_;
  const environment& variables_;
  std::vector<std::string> path_;
  std::vector<problem> problems_;
  std::vector<reference> references_;
};

/// A name from the file for a message: in quotes, printable, not longer than a line.
[[nodiscard]] std::string quoted_name(std::string_view name);

/// `did you mean 'a' or 'b'?`, or "".
[[nodiscard]] std::string meant(std::string_view name, const std::vector<std::string>& known);

}  // namespace weir::config
