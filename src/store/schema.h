#pragma once
#include <span>
#include <string>

namespace weir::store {

/// One step of a ledger's schema, for each kind of database. A step that was released is never
/// changed: what changes is another step behind it.
struct schema_step {
  const char* sqlite;
  const char* postgres;
};

/// The step at index n leads from version n to n + 1. An empty database has version 0.
[[nodiscard]] std::span<const schema_step> schema_steps();
[[nodiscard]] int newest_schema();

/// Why a database of this version is left alone.
[[nodiscard]] std::string too_new(int version);

}  // namespace weir::store
