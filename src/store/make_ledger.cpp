#include <string_view>

#include "store/ledger.h"
#include "store/postgres_ledger.h"
#include "store/sqlite_ledger.h"

namespace weir::store {

// What is refused is not repeated: it may hold a password.
result<std::unique_ptr<ledger>> make_ledger(const std::string& place, const ledger_options& how) {
  constexpr std::string_view sqlite = "sqlite:";
  const std::string_view named = place;
  if (named.starts_with("postgresql://") || named.starts_with("postgres://"))
    return make_postgres_ledger(place, how);
  if (!named.starts_with(sqlite))
    return failure{"a ledger is sqlite:PATH or postgresql://USER@HOST/DATABASE"};
  if (named.size() == sqlite.size()) return failure{"sqlite: needs the path of a file"};
  return make_sqlite_ledger(place.substr(sqlite.size()), how);
}

}  // namespace weir::store
