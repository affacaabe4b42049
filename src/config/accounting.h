#pragma once

#include <cstdint>
#include <string>

#include "config/secret.h"
#include "weir/base/limits.h"

namespace weir::config {

/// Where records of exchanges end up.
struct ledger_address {
  enum class kind : std::uint8_t {
    usual,     ///< SQLite where programs keep their state
    none,      ///< records are not kept at all
    sqlite,    ///< `path`
    postgres,  ///< `connection`, as libpq reads it
  };
  kind what = kind::usual;
  std::string path;
  secret connection;

  friend bool operator==(const ledger_address&, const ledger_address&) = default;
};

/// In which form clients see the cost of an answer in its usage.
enum class cost_form : std::uint8_t { none, usd, cocoon };

/// What happens to requests when no more records can be kept.
enum class when_full : std::uint8_t { serve, refuse };

/// What a record on the journal survives before the end of its answer leaves.
enum class store_durability : std::uint8_t {
  process,  ///< the death of the process
  disk,     ///< also a loss of power
};

/// `store:`, how records are kept (docs/accounting.md).
struct store_settings {
  ledger_address ledger;
  std::string journal;  ///< a directory; "": beside the ledger, or where programs keep their state
  std::uint64_t journal_size = limits::default_journal_bytes;
  weir::config::when_full when_full = weir::config::when_full::serve;
  store_durability durable = store_durability::process;
  std::uint64_t content_size = limits::default_content_bytes;
  std::uint32_t retention_days = 0;  ///< 0: for ever

  friend bool operator==(const store_settings&, const store_settings&) = default;
};

}  // namespace weir::config
