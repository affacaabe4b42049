#pragma once
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <memory>
#include <stdexcept>
#include <string>

#include "config/scratch.h"
#include "store/ledger.h"
#include "store/postgres_server.h"

namespace weir::store {

/// Where a ledger of one kind may be: an empty database, and the way into it without a ledger.
class ledger_place {
 public:
  explicit ledger_place(bool postgres) : postgres_(postgres) {
    if (postgres) {
      url_ = postgres_server::shared()->new_database();
    } else {
      path_ = directory_.path("weir.db");
      url_ = "sqlite:" + path_;
    }
  }

  [[nodiscard]] const std::string& url() const { return url_; }
  [[nodiscard]] bool postgres() const { return postgres_; }
  [[nodiscard]] std::string path(const std::string& name) const { return directory_.path(name); }
  [[nodiscard]] std::unique_ptr<ledger> opened() const {
    auto made = make_ledger(url_, {});
    if (!made) throw std::runtime_error(made.error().message);
    return std::move(made).value();
  }
  /// The first value of the answer, as text.
  [[nodiscard]] std::string ask(const std::string& statement) const {
    return postgres_ ? postgres_server::ask(url_, statement) : ask_file(statement);
  }
  void run(const std::string& statement) const { static_cast<void>(ask(statement)); }

  /// From now on the database refuses this record.
  void refuse(const std::string& request_id) const {
    const std::string condition = "WHEN (NEW.request_id = '" + request_id + "')";
    if (!postgres_)
      return run("CREATE TRIGGER refused BEFORE INSERT ON weir_records " + condition +
                 " BEGIN SELECT RAISE(ABORT, 'refused'); END");
    run("CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS "
        "$$BEGIN RAISE EXCEPTION 'refused'; END$$");
    run("CREATE TRIGGER refused BEFORE INSERT ON weir_records FOR EACH ROW " + condition +
        " EXECUTE FUNCTION refuse()");
  }
  void accept_all() const {
    run(postgres_ ? "DROP TRIGGER refused ON weir_records" : "DROP TRIGGER refused");
  }

 private:
  [[nodiscard]] std::string ask_file(const std::string& statement) const {
    sqlite3* database = nullptr;
    sqlite3_open(path_.c_str(), &database);
    std::string value;
    char* fault = nullptr;
    const auto first = [](void* to, int, char** cells, char**) {
      *static_cast<std::string*>(to) = cells[0] == nullptr ? "" : cells[0];
      return 0;
    };
    sqlite3_exec(database, statement.c_str(), first, &value, &fault);
    const std::string why = fault == nullptr ? "" : fault;
    sqlite3_free(fault);
    sqlite3_close(database);
    if (!why.empty()) throw std::runtime_error(statement + ": " + why);
    return value;
  }

  const config::scratch directory_;
  const bool postgres_;
  std::string path_;
  std::string url_;
};

/// Tests that hold for both kinds.
class AnyLedger : public testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    if (GetParam() && postgres_server::shared() == nullptr)
      GTEST_SKIP() << "there is no PostgreSQL";
    place = std::make_unique<ledger_place>(GetParam());
  }
  std::unique_ptr<ledger_place> place;
};

inline std::string kind_name(const testing::TestParamInfo<bool>& kind) {
  return kind.param ? "Postgres" : "Sqlite";
}

}  // namespace weir::store
