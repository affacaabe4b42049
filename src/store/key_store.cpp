#include "store/key_store.h"

#include <charconv>
#include <utility>

#include "store/sql_session.h"
#include "weir/json/reader.h"

namespace weir::store {
namespace {

std::int64_t number_of(const std::string& text) {
  std::int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::optional<std::int64_t> time_of(const std::string& text) {
  const std::int64_t time = number_of(text);
  return time == 0 ? std::nullopt : std::optional(time);
}

/// A key that cannot be read is worse than none: it might be one that was restricted.
result<meter::client_key> read_key(const std::vector<std::string>& cells) {
  meter::client_key out;
  out.name = cells[0];
  const auto hash = meter::parse_hash(cells[1]);
  json::reader reader;
  const bool read = reader.parse(cells[3]) == json::reader::status::ok;
  if (!hash || !read || meter::read_settings(reader.root(), "", out))
    return failure{"the key '" + out.name + "' in the database cannot be read by this weir"};
  out.hash = *hash;
  out.hint = cells[2];
  out.created = number_of(cells[4]);
  out.expires = time_of(cells[5]);
  out.revoked = time_of(cells[6]);
  return out;
}

class sql_key_store final : public key_store {
 public:
  explicit sql_key_store(std::unique_ptr<sql_session> session) : session_(std::move(session)) {}

  result<std::uint64_t> version() override {
    auto asked = session_->run({"SELECT version FROM weir_keys_version", {}});
    if (!asked) return asked.error();
    return asked->rows.empty() ? 0 : static_cast<std::uint64_t>(number_of(asked->rows[0][0]));
  }

  /// The version goes first: a change behind it is seen by the next look.
  result<content> read() override {
    content out;
    const auto now = version();
    if (!now) return now.error();
    out.version = *now;
    auto keys = session_->run(
        {"SELECT name, hash, hint, settings, created, expires, revoked FROM weir_keys "
         "ORDER BY name",
         {}});
    if (!keys) return keys.error();
    for (const auto& cells : keys->rows) {
      auto key = read_key(cells);
      if (!key) return key.error();
      out.keys.push_back(std::move(key).value());
    }
    auto groups = session_->run({"SELECT name, settings FROM weir_groups ORDER BY name", {}});
    if (!groups) return groups.error();
    json::reader reader;
    for (const auto& cells : groups->rows) {
      meter::key_group group{cells[0], {}};
      if (reader.parse(cells[1]) != json::reader::status::ok ||
          meter::read_settings(reader.root(), group.may))
        return failure{"the group '" + group.name +
                       "' in the database cannot be read by this weir"};
      out.groups.push_back(std::move(group));
    }
    return out;
  }

  result<bool> create(const meter::client_key& key) override {
    return change(
        {"INSERT INTO weir_keys VALUES ($1, $2, $3, $4, $5, $6, $7) "
         "ON CONFLICT DO NOTHING",
         {key.name, meter::to_text(key.hash), key.hint, '{' + meter::settings_json(key) + '}',
          key.created, key.expires.value_or(0), key.revoked.value_or(0)}});
  }
  result<bool> revoke(const std::string& name, std::int64_t at) override {
    return change(
        {"UPDATE weir_keys SET revoked = $1 WHERE name = $2 AND revoked = 0", {at, name}});
  }
  result<done> put_group(const meter::key_group& group) override {
    auto changed =
        change({"INSERT INTO weir_groups VALUES ($1, $2) "
                "ON CONFLICT (name) DO UPDATE SET settings = excluded.settings",
                {group.name, '{' + meter::settings_json(group.may) + '}'}});
    if (!changed) return changed.error();
    return done{};
  }
  result<bool> remove_group(const std::string& name) override {
    return change({"DELETE FROM weir_groups WHERE name = $1", {name}});
  }
  void interrupt() override { session_->interrupt(); }

 private:
  /// Whether the statement changed a row.
  result<bool> change(const sql_statement& what) {
    auto begun = session_->run({"BEGIN", {}});
    if (!begun) return begun.error();
    auto changed = session_->run(what);
    if (!changed) return changed.error();
    const bool any = changed->touched != 0;
    if (any) {
      auto counted = session_->run({"UPDATE weir_keys_version SET version = version + 1", {}});
      if (!counted) return counted.error();
    }
    auto ended = session_->run({"COMMIT", {}});
    if (!ended) return ended.error();
    return any;
  }

  const std::unique_ptr<sql_session> session_;
};

}  // namespace

result<std::unique_ptr<key_store>> make_key_store(const std::string& place,
                                                  const ledger_options& how) {
  auto session = make_sql_session(place, how);
  if (!session) return session.error();
  return std::unique_ptr<key_store>(std::make_unique<sql_key_store>(std::move(session).value()));
}

}  // namespace weir::store
