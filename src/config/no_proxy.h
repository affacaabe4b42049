#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir::config {

/// The hosts that are reached without the proxy of the environment.
///
/// Source   What curl and Go have in common; there is no standard.
/// Input    Entries between commas or blanks: `*`, a name, an address or a network (`10.0.0.0/8`,
///          `fd00::/8`); names and addresses perhaps with `:port`. A name stands for itself and all
///          names below it, with or without a dot (or `*.`) in front. Letter case and a dot at the
///          end do not matter. Names are never looked up: a network only fits an address.
/// Errors   None: an entry that is nothing of this fits nothing, as there.
/// Memory   limits::max_no_proxy_entries.
class no_proxy_list {
 public:
  explicit no_proxy_list(std::string_view text);

  /// `host` without brackets.
  [[nodiscard]] bool covers(const std::string& host, std::uint16_t port) const;

 private:
  struct ip_address {
    std::array<std::uint8_t, 16> bytes{};
    std::size_t size = 0;  ///< 4 or 16
  };
  struct entry {
    std::string name;                   ///< "" when it is an address
    std::optional<ip_address> address;  ///< or a network
    std::size_t bits = 0;               ///< of `address`, that have to be the same
    std::uint16_t port = 0;             ///< 0: any
  };
  [[nodiscard]] static std::optional<ip_address> address_of(const std::string& text);
  [[nodiscard]] static std::optional<entry> network_of(std::string_view text);
  [[nodiscard]] static std::optional<entry> entry_of(std::string_view text);
  [[nodiscard]] static bool same_network(const entry& network, const ip_address& address);

  bool all_ = false;
  std::vector<entry> entries_;
};

}  // namespace weir::config
