#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "app/bookkeeper.h"
#include "app/client_keys.h"
#include "config/config.h"
#include "observe/log.h"
#include "proxy/key_ring.h"
#include "proxy/office.h"
#include "quota/limiter.h"
#include "store/key_secret.h"
#include "store/key_store.h"
#include "store/ledger.h"
#include "weir/base/result.h"
#include "weir/base/units.h"

namespace weir::app {

/// Reads and changes what the database holds, on a thread of its own: answers who asks for usage,
/// keys and groups, notices when keys have changed, and tells the accounts of those with a budget
/// what the ledger knows to be spent.
///
/// Errors   While the database is away, the keys that were read hold; those of the configuration
///          hold always. It is said once.
/// Threads  Any. `publish` is called on the thread of its own, or within `use_config`.
class clerk final : public proxy::office {
 public:
  struct parts {
    std::shared_ptr<const config::config> config;
    std::optional<record_places> where;  ///< nothing: there is no database
    quota::limiter& limits;
    observe::log& log;
    std::function<micros()> wall_clock;
    std::function<void(std::shared_ptr<const proxy::key_ring>)> publish;
  };

  /// Reads the keys before it returns, unless a server would have to be waited for. Nothing is
  /// published before `start`.
  [[nodiscard]] static result<std::unique_ptr<clerk>> open(parts from);
  ~clerk();
  clerk(const clerk&) = delete;
  clerk& operator=(const clerk&) = delete;

  void start();
  /// The keys as they are now.
  [[nodiscard]] std::shared_ptr<const proxy::key_ring> ring();
  void use_config(std::shared_ptr<const config::config> config);
  [[nodiscard]] bool has_database() const { return keys_ != nullptr; }

  [[nodiscard]] bool ask(proxy::office_request request,
                         std::function<void(proxy::office_answer)> reply) override;

 private:
  struct waiting {
    proxy::office_request request;
    std::function<void(proxy::office_answer)> reply;
  };

  explicit clerk(parts from, store::key_hasher hash)
      : from_(std::move(from)), hash_(std::move(hash)) {}
  void run();
  void look();
  void read_keys();
  [[nodiscard]] bool anybody_has_a_budget();
  void look_at_spending();
  void build();
  void tell(const std::string& fault);

  [[nodiscard]] proxy::office_answer answer(const proxy::office_request& request);
  [[nodiscard]] proxy::office_answer usage(const proxy::office_request& request);
  [[nodiscard]] proxy::office_answer keys(const proxy::office_request& request);
  [[nodiscard]] proxy::office_answer create_key(const proxy::office_request& request);
  [[nodiscard]] proxy::office_answer revoke_key(const proxy::office_request& request);
  [[nodiscard]] proxy::office_answer groups();
  [[nodiscard]] proxy::office_answer change_group(const proxy::office_request& request);

  parts from_;
  const store::key_hasher hash_;
  std::unique_ptr<store::key_store> keys_;
  std::unique_ptr<store::ledger> ledger_;

  std::mutex guard_;
  std::condition_variable changed_;
  std::deque<waiting> waiting_;
  std::shared_ptr<const proxy::key_ring> ring_;
  bool started_ = false;
  bool stopping_ = false;

  // Of whoever builds a ring: the thread, and use_config.
  std::mutex building_;
  store::key_store::content content_;
  bool complete_ = true;
  std::vector<std::string> warned_;
  bool away_ = false;

  std::chrono::steady_clock::time_point next_spending_{};
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace weir::app
