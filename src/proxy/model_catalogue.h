#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "config/config.h"

namespace weir::proxy {

/// One model as `GET /v1/models` shows it (MOD-1).
struct model_entry {
  std::string id;
  std::string owned_by;
  std::int64_t created = 0;
  friend bool operator==(const model_entry&, const model_entry&) = default;
};

/// What is known of one upstream's models.
struct upstream_models {
  enum class knowledge : std::uint8_t {
    pending,   ///< not asked to the end yet
    unlisted,  ///< it answered, or cannot be reached, and gave no list
    listed,
  };
  knowledge state = knowledge::pending;
  std::vector<model_entry> models;
  friend bool operator==(const upstream_models&, const upstream_models&) = default;
};

/// Reads an upstream's model list in the shapes seen: `{"data":[{"id":...}]}`,
/// `{"models":[{"model"|"name":...}]}`, a bare array, entries that are mere strings. Nothing when
/// `body` is none of them. At most limits::max_listed_models.
[[nodiscard]] std::optional<std::vector<model_entry>> read_model_list(std::string_view body,
                                                                      const std::string& owner,
                                                                      std::int64_t created);

/// Whether the configuration lets `upstream` offer a model, should it have it (`models:`).
[[nodiscard]] bool offers(const config::upstream& upstream, std::string_view model);

/// Whether it can be reckoned with: one that is only looked for has to have shown itself.
[[nodiscard]] bool is_there(const config::upstream& upstream, upstream_models::knowledge known);

/// What was known under the configuration `before`, for those servers that `next` has as well.
[[nodiscard]] std::vector<upstream_models> carried_over(const std::vector<upstream_models>& known,
                                                        const config::config& before,
                                                        const config::config& next);

/// The models of all upstreams together: aliases of the configuration first, then each upstream's
/// own in the order of the configuration; the first of equal names counts.
///
/// Threads  Immutable: any.
class model_catalogue {
 public:
  /// `upstreams[i]` belongs to `config.upstreams[i]`. `now` is the `created` of an alias whose
  /// model is unknown.
  model_catalogue(const config::config& config, std::vector<upstream_models> upstreams,
                  std::int64_t now);

  [[nodiscard]] const std::vector<model_entry>& models() const { return merged_; }
  [[nodiscard]] const model_entry* find(std::string_view id) const;
  /// The upstreams that list `id` themselves and offer it, in the order of the configuration.
  [[nodiscard]] std::vector<std::size_t> upstreams_of(std::string_view id) const;

  [[nodiscard]] upstream_models::knowledge knowledge_of(std::size_t upstream) const {
    return upstreams_[upstream].state;
  }
  [[nodiscard]] const std::vector<upstream_models>& upstreams() const { return upstreams_; }
  /// Every upstream was asked once.
  [[nodiscard]] bool complete() const;
  [[nodiscard]] std::vector<std::string> names() const;

 private:
  struct place {
    std::optional<std::size_t> merged;
    std::vector<std::size_t> upstreams;
  };
  std::vector<upstream_models> upstreams_;
  std::vector<model_entry> merged_;
  std::unordered_map<std::string, place> places_;
};

}  // namespace weir::proxy
