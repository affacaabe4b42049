#include "store/sql_session.h"

#include <string_view>
#include <utility>

#include "store/postgres_home.h"
#include "store/sqlite_home.h"

namespace weir::store {
namespace {

class sqlite_session final : public sql_session {
 public:
  sqlite_session(std::string path, const ledger_options& how) : home_(std::move(path), how) {}

  result<sql_answer> run(const sql_statement& what) override {
    auto opened = home_.open();
    if (!opened) return opened.error();
    const auto statement = home_.database().prepare(what.text);
    if (statement == nullptr) return failed();
    int at = 0;
    for (const auto& parameter : what.parameters)
      std::visit([&](const auto& v) { statement->bind(++at, v); }, parameter);
    sql_answer out;
    using step = sqlite_statement::step;
    step last = step::row;
    while ((last = statement->next()) == step::row) {
      std::vector<std::string> cells;
      for (int column = 0; column < statement->columns(); ++column)
        cells.push_back(statement->text(column));
      out.rows.push_back(std::move(cells));
    }
    if (last == step::failed) return failed();
    out.touched = home_.database().changes();
    return out;
  }
  void interrupt() override { home_.interrupt(); }

 private:
  failure failed() { return home_.leave(home_.database().fault()); }
  sqlite_home home_;
};

class postgres_session final : public sql_session {
 public:
  postgres_session(std::string url, const ledger_options& how) : home_(std::move(url), how) {}

  result<sql_answer> run(const sql_statement& what) override {
    auto opened = home_.open();
    if (!opened) return opened.error();
    auto answered = home_.connection().run(what);
    if (!answered) return home_.leave(answered.error());
    return answered;
  }
  void interrupt() override { home_.interrupt(); }

 private:
  postgres_home home_;
};

}  // namespace

result<std::unique_ptr<sql_session>> make_sql_session(const std::string& place,
                                                      const ledger_options& how) {
  auto found = find_database(place);
  if (!found) return found.error();
  if (found->postgres)
    return std::unique_ptr<sql_session>(std::make_unique<postgres_session>(found->where, how));
  return std::unique_ptr<sql_session>(std::make_unique<sqlite_session>(found->where, how));
}

}  // namespace weir::store
