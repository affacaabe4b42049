#pragma once
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/interruption.h"
#include "store/ledger.h"
#include "store/sql_session.h"
#include "weir/base/result.h"

struct pg_conn;
struct pg_result;

namespace weir::store {

/// The parameters of one statement as text, kept in one piece of memory that is used again.
class postgres_parameters {
 public:
  void clear();
  void text(std::string_view v);
  void number(std::int64_t v) { text(std::to_string(v)); }
  void truth(bool v) { text(v ? "t" : "f"); }
  void nothing() { begins_.emplace_back(); }
  /// Valid until the next change.
  [[nodiscard]] const std::vector<const char*>& pointers();

 private:
  std::string bytes_;
  std::vector<std::optional<std::size_t>> begins_;
  std::vector<const char*> pointers_;
};

/// One connection to a server. It does not block: every wait has an end, and ends at once when
/// `stop` is raised. After an error it is of no use any more.
///
/// Errors   Texts without the connection string and without the password.
/// Threads  One.
class postgres_connection {
 public:
  /// Whether libpq can read it. What it says of one that it cannot may repeat the password.
  [[nodiscard]] static bool readable(const std::string& url);
  static result<std::unique_ptr<postgres_connection>> connect(const std::string& url,
                                                              const interruption& stop,
                                                              const ledger_options& how);
  ~postgres_connection();
  postgres_connection(const postgres_connection&) = delete;
  postgres_connection& operator=(const postgres_connection&) = delete;

  using answer = sql_answer;
  /// All statements of a text, without parameters; the answer is that of the last one.
  [[nodiscard]] result<answer> run(const std::string& statements);
  [[nodiscard]] result<answer> run(const sql_statement& statement);
  [[nodiscard]] result<done> prepare(const char* name, const std::string& statement);

  /// A pipeline: `begin_many`, `add` for each, `end_many`. All of it is one transaction, which the
  /// server ends as the pipeline does.
  [[nodiscard]] result<done> begin_many();
  [[nodiscard]] result<done> add(const char* name, postgres_parameters& parameters);
  /// Returns how many rows each of them inserted.
  [[nodiscard]] result<std::vector<std::size_t>> end_many();

 private:
  using clock = std::chrono::steady_clock;
  using owned_result = std::unique_ptr<pg_result, void (*)(pg_result*)>;

  postgres_connection(const interruption& stop, const ledger_options& how)
      : stop_(stop), how_(how) {}
  [[nodiscard]] result<done> finish_connecting();
  [[nodiscard]] result<done> wait(short events, clock::time_point until);
  [[nodiscard]] result<done> await_result();
  /// None at the end of the results of a statement.
  [[nodiscard]] result<owned_result> next_result();
  [[nodiscard]] result<answer> gather();
  [[nodiscard]] failure fault() const;
  [[nodiscard]] failure fault(const pg_result* told) const;

  const interruption& stop_;
  const ledger_options how_;
  pg_conn* raw_ = nullptr;
};

}  // namespace weir::store
