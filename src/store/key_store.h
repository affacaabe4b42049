#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "meter/client_key.h"
#include "store/ledger.h"
#include "weir/base/result.h"

namespace weir::store {

/// The keys of clients and their groups in the database of the ledger, beside those of the
/// configuration.
///
/// Durable  A change that returned survives the loss of power.
/// Errors   Text for people, without the password. After one the next call tries again from the
///          beginning.
/// Threads  One at a time; `interrupt` from any.
class key_store {
 public:
  struct content {
    std::uint64_t version = 0;            ///< changes with every change
    std::vector<meter::client_key> keys;  ///< by name; revoked ones, too
    std::vector<meter::key_group> groups;
  };

  key_store() = default;
  virtual ~key_store() = default;
  key_store(const key_store&) = delete;
  key_store& operator=(const key_store&) = delete;

  /// Cheap: to be asked again and again.
  [[nodiscard]] virtual result<std::uint64_t> version() = 0;
  [[nodiscard]] virtual result<content> read() = 0;
  /// False when a key of this name is, or was, there.
  [[nodiscard]] virtual result<bool> create(const meter::client_key& key) = 0;
  /// False when there is none that is not revoked.
  [[nodiscard]] virtual result<bool> revoke(const std::string& name, std::int64_t at) = 0;
  /// Makes the group or gives it another allowance.
  [[nodiscard]] virtual result<done> put_group(const meter::key_group& group) = 0;
  /// False when there is none. Its keys keep its name.
  [[nodiscard]] virtual result<bool> remove_group(const std::string& name) = 0;
  virtual void interrupt() = 0;
};

/// As make_ledger.
[[nodiscard]] result<std::unique_ptr<key_store>> make_key_store(const std::string& place,
                                                                const ledger_options& how);

}  // namespace weir::store
