#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "meter/nano_usd.h"
#include "store/record.h"
#include "weir/base/limits.h"
#include "weir/base/result.h"
#include "weir/base/units.h"

namespace weir::store {

/// What an operation returns that has nothing to say.
struct done {};

/// Where the frame of a record lies: the name of its journal and the offset in it (ADR 22). No two
/// records have the same, and a record has the same whenever it is read.
struct record_id {
  std::string_view segment;
  std::uint64_t offset = 0;
};

struct ledger_entry {
  record_id id;
  record what;
};

/// What one row of usage is about.
enum class usage_group : std::uint8_t {
  model,     ///< as the client named it
  key,       ///< id of the client's key, "" without one
  upstream,  ///< "" when the request went to none
  tag,       ///< the value of one tag, "" without it
  day        ///< of arrival in UTC, as 2026-01-31
};

struct usage_query {
  struct tag_filter {
    std::string name;
    std::string value;
  };

  std::vector<usage_group> by;         ///< each at most once; none: one row of everything
  std::string tag;                     ///< the name of the tag, where it is grouped by one
  std::optional<std::uint64_t> since;  ///< first microsecond since the Unix epoch
  std::optional<std::uint64_t> until;  ///< first one that no longer belongs to it
  std::optional<std::string> model;
  std::optional<std::string> key;
  std::optional<std::string> upstream;
  std::optional<tag_filter> tag_is;
};

/// Sums stay at the largest number there is when they pass it. What a record does not know adds
/// nothing.
struct usage_row {
  std::vector<std::string> group;  ///< in the order of usage_query::by
  std::int64_t requests = 0;
  std::int64_t errors = 0;  ///< with an error class
  std::int64_t input = 0;
  std::int64_t cache_read = 0;
  std::int64_t cache_write = 0;
  std::int64_t output = 0;
  std::int64_t reasoning = 0;
  std::int64_t audio_in = 0;
  std::int64_t audio_out = 0;
  meter::nano_usd cost;
  std::int64_t estimated = 0;  ///< records whose tokens weir counted itself (USE-8)
  std::int64_t unpriced = 0;   ///< records without a cost

  friend bool operator==(const usage_row&, const usage_row&) = default;
};

/// All records that came out of the journals, in a database.
///
/// Durable  What `ingest` returned for survives the death of this process. See `ledger_options`
///          for the loss of power.
/// Errors   Text for people, which never contains the password. After one the next call tries
///          again from the beginning, connecting if need be: pacing is the caller's.
/// Threads  One at a time; `interrupt` from any.
class ledger {
 public:
  ledger() = default;
  virtual ~ledger() = default;
  ledger(const ledger&) = delete;
  ledger& operator=(const ledger&) = delete;

  /// Connects and brings the schema up to date, unless that was done. Every other operation does
  /// so by itself. A schema newer than this program is an error and stays as it is.
  [[nodiscard]] virtual result<done> open() = 0;
  /// Takes all of them or, with an error, none; only where a server's answer was lost, all may be
  /// there nevertheless. One that is there already is passed over. Returns how many were new.
  [[nodiscard]] virtual result<std::size_t> ingest(std::span<const ledger_entry> batch) = 0;
  /// Rows in the order of their groups. More than limits::max_usage_rows are an error.
  [[nodiscard]] virtual result<std::vector<usage_row>> usage(const usage_query& what) = 0;
  /// Removes records that arrived before `now` less `days`, at most limits::ledger_delete_batch of
  /// them, and returns how many: call it again while it removes so many.
  [[nodiscard]] virtual result<std::size_t> retain(std::uint32_t days, std::uint64_t now) = 0;
  [[nodiscard]] virtual result<int> schema_version() = 0;
  /// What runs now and all that comes after it ends soon, with an error.
  virtual void interrupt() = 0;
};

struct ledger_options {
  /// Whether what `ingest` took survives the loss of power, too. It costs an fsync a batch.
  bool survive_power_loss = false;
  millis connect_time = limits::ledger_connect_time;
  millis answer_time = limits::ledger_answer_time;
  millis busy_time = limits::ledger_busy;
};

/// Which database a place names.
struct database_place {
  bool postgres = false;
  std::string where;  ///< a path, or a connection string
};
[[nodiscard]] result<database_place> find_database(const std::string& place);

/// `sqlite:PATH`, or a connection string of libpq that begins with `postgresql://` or
/// `postgres://`. Nothing is opened yet.
[[nodiscard]] result<std::unique_ptr<ledger>> make_ledger(const std::string& place,
                                                          const ledger_options& how);

}  // namespace weir::store
