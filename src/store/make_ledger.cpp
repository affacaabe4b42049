#include <string_view>
#include <utility>

#include "store/ledger.h"
#include "store/postgres_connection.h"
#include "store/postgres_ledger.h"
#include "store/sqlite_ledger.h"

namespace weir::store {

// What is refused is not repeated: it may hold a password.
result<database_place> find_database(const std::string& place) {
  constexpr std::string_view sqlite = "sqlite:";
  const std::string_view named = place;
  if (named.starts_with("postgresql://") || named.starts_with("postgres://")) {
    if (!postgres_connection::readable(place))
      return failure{"postgresql: the connection string is not one that libpq can read"};
    return database_place{true, place};
  }
  if (!named.starts_with(sqlite))
    return failure{"a ledger is sqlite:PATH or postgresql://USER@HOST/DATABASE"};
  if (named.size() == sqlite.size()) return failure{"sqlite: needs the path of a file"};
  return database_place{false, place.substr(sqlite.size())};
}

result<std::unique_ptr<ledger>> make_ledger(const std::string& place, const ledger_options& how) {
  auto found = find_database(place);
  if (!found) return found.error();
  return found->postgres ? make_postgres_ledger(found->where, how)
                         : make_sqlite_ledger(found->where, how);
}

}  // namespace weir::store
