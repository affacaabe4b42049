// The keys of `store:`. Their meanings stand in docs/config.md word for word.
#include <array>
#include <string_view>
#include <utility>

#include "config/codecs.h"
#include "config/schema.h"
#include "weir/base/limits.h"

namespace weir::config {
namespace codecs {
namespace {

constexpr std::string_view sqlite_scheme = "sqlite:";

struct full_words {
  static constexpr std::array all{std::pair{std::string_view("serve"), when_full::serve},
                                  std::pair{std::string_view("refuse"), when_full::refuse}};
};

struct durability_words {
  static constexpr std::array all{std::pair{std::string_view("process"), store_durability::process},
                                  std::pair{std::string_view("disk"), store_durability::disk}};
};

/// Where a ledger is: `sqlite:PATH`, a url of PostgreSQL, or `none`.
struct ledger {
  static constexpr std::string_view wanted = "sqlite:PATH, a url postgresql://..., or 'none'";
  static ledger_address read(reader& from, const node& value) {
    const auto text = from.read_nonempty_text(value, wanted);
    if (!text) return {};
    const std::string_view all = *text;
    if (all == "none") return {ledger_address::kind::none, "", {}};
    if (all.starts_with("postgresql://") || all.starts_with("postgres://"))
      return {ledger_address::kind::postgres, "", secret(*text)};
    if (all.starts_with(sqlite_scheme) && all.size() > sqlite_scheme.size())
      return {ledger_address::kind::sqlite,
              from.resolve(std::string(all.substr(sqlite_scheme.size()))),
              {}};
    // The text itself may hold a password.
    from.fail(value.at, "must be " + std::string(wanted));
    return {};
  }
  static tree show(const ledger_address& of) {
    switch (of.what) {
      case ledger_address::kind::usual:
        return {};
      case ledger_address::kind::none:
        return tree::of_text("none");
      case ledger_address::kind::sqlite:
        return tree::of_text(std::string(sqlite_scheme) + of.path);
      case ledger_address::kind::postgres:
        return tree::of_text("postgresql://" + std::string(of.connection.shown()));
    }
    return {};
  }
  static tree schema() { return string_schema("^(none|sqlite:.+|postgres(ql)?://.*)$"); }
};

/// A directory, which need not be there yet.
struct directory {
  static std::string read(reader& from, const node& value) {
    const auto text = from.read_nonempty_text(value, "text, the path of a directory");
    return text ? from.resolve(*text) : std::string();
  }
  static tree show(const std::string& value) {
    return value.empty() ? tree() : tree::of_text(value);
  }
  static tree schema() { return string_schema(); }
};

}  // namespace
}  // namespace codecs

template <>
const section<store_settings>& section_of() {
  using s = store_settings;
  static const section<s> table{
      "store",
      {
          key<s, codecs::ledger, &s::ledger>(
              "ledger",
              "Where records of requests are kept: `sqlite:PATH`, a url of PostgreSQL, or `none`. "
              "Otherwise SQLite in the directory for state of systemd or of the user.",
              "sqlite:weir.db"),
          key<s, codecs::directory, &s::journal>(
              "journal",
              "A directory for records on their way to the ledger. Otherwise one beside an SQLite "
              "ledger, or in the directory for state.",
              "/var/lib/weir/journal"),
          key<s, codecs::byte_size<limits::mib, limits::max_configured_journal_bytes>,
              &s::journal_size>("journal_size", "How much may wait there while the ledger is away.",
                                "256MiB"),
          key<s, codecs::choice<codecs::full_words>, &s::when_full>(
              "when_full",
              "When no more records can be kept: `serve` requests all the same and count what is "
              "lost, or `refuse` them with a 503.",
              "refuse"),
          key<s, codecs::choice<codecs::durability_words>, &s::durable>(
              "durable",
              "What a record on the journal survives before the end of its answer leaves: the "
              "death "
              "of the `process`, or with `disk` also a loss of power (the end waits for the disk, "
              "in groups).",
              "disk"),
          key<s, codecs::byte_size<limits::kib, limits::max_configured_content_bytes>,
              &s::content_size>("content_size",
                                "Of a request's body and of its answer, so much is kept for keys "
                                "with `store_content`.",
                                "16KiB"),
          key<s, codecs::whole_number<0, limits::max_retention_days>, &s::retention_days>(
              "retention_days", "Records that are older are deleted; 0 keeps them for ever.",
              "400"),
      },
      {}};
  return table;
}

}  // namespace weir::config
