#pragma once
#include <libpq-fe.h>
#include <stdlib.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>

namespace weir::store {

/// A server of PostgreSQL on a directory and a Unix socket of its own. As root it runs as the user
/// that Debian's package made, for it refuses to be root.
class postgres_server {
 public:
  /// The one of this test program, started when it is first asked for; none where PostgreSQL is
  /// not installed.
  static postgres_server* shared() {
    static const std::unique_ptr<postgres_server> one =
        std::filesystem::exists(program("initdb")) ? std::make_unique<postgres_server>() : nullptr;
    return one.get();
  }

  postgres_server() {
    std::string name = "/tmp/weir-postgres-XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary directory");
    directory_ = name;
    if (::geteuid() == 0) run("chown postgres " + directory_, "");
    as_server(program("initdb") + " --no-sync -A trust -U weir -E UTF8 --locale=C.UTF-8 -D " +
              data());
    start();
  }
  ~postgres_server() {
    stop();
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }
  postgres_server(const postgres_server&) = delete;
  postgres_server& operator=(const postgres_server&) = delete;

  void start() {
    as_server(program("pg_ctl") + " start -w -D " + data() + " -l " + directory_ +
              "/log -o \"-c listen_addresses= -c unix_socket_directories=" + directory_ +
              " -c fsync=off -c shared_buffers=16MB\"");
  }
  /// As a crash of the server: it neither says good-bye nor writes a checkpoint.
  void stop() { as_server(program("pg_ctl") + " stop -w -m immediate -D " + data()); }

  [[nodiscard]] std::string url(const std::string& database) const {
    return "postgresql://weir@/" + database + "?host=" + directory_;
  }
  /// A database that nobody used before.
  std::string new_database(const std::string& how = "") {
    const std::string name = "weir_" + std::to_string(::getpid()) + "_" + std::to_string(++made_);
    ask(url("postgres"), "CREATE DATABASE " + name + " " + how);
    return url(name);
  }
  /// The first value of the answer.
  static std::string ask(const std::string& url, const std::string& statement) {
    PGconn* const connection = PQconnectdb(url.c_str());
    PGresult* const answer = PQexec(connection, statement.c_str());
    const bool good =
        PQresultStatus(answer) == PGRES_COMMAND_OK || PQresultStatus(answer) == PGRES_TUPLES_OK;
    const std::string fault = PQerrorMessage(connection);
    const std::string value = PQntuples(answer) > 0 ? PQgetvalue(answer, 0, 0) : "";
    PQclear(answer);
    PQfinish(connection);
    if (!good) throw std::runtime_error(statement + ": " + fault);
    return value;
  }

 private:
  static std::string program(const std::string& name) {
    return "/usr/lib/postgresql/15/bin/" + name;
  }
  [[nodiscard]] std::string data() const { return directory_ + "/data"; }
  void as_server(const std::string& command) const {
    const bool root = ::geteuid() == 0;
    run(command, root ? "setpriv --reuid=postgres --regid=postgres --init-groups " : "");
  }
  static void run(const std::string& command, const std::string& as) {
    const std::string whole = "cd /tmp && " + as + command + " >/dev/null 2>&1 </dev/null";
    if (std::system(whole.c_str()) != 0) throw std::runtime_error("failed: " + command);
  }

  std::string directory_;
  int made_ = 0;
};

}  // namespace weir::store
