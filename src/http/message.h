#pragma once
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace weir::http {

/// One header or trailer field; `value` is without surrounding whitespace.
struct field {
  std::string_view name;
  std::string_view value;
  bool operator==(const field&) const = default;
};

/// The fields of a head in the order received. Look-up ignores the case of ASCII letters
/// (RFC 9110 5.1). Holds views: the bytes belong to whoever filled it. Converts to
/// `std::span<const field>`.
class fields {
 public:
  void add(std::string_view name, std::string_view value) { list_.push_back({name, value}); }
  void clear() { list_.clear(); }

  /// The value of the first field of this name; empty when there is none.
  [[nodiscard]] std::string_view get(std::string_view name) const;
  [[nodiscard]] bool has(std::string_view name) const { return count(name) != 0; }
  [[nodiscard]] std::size_t count(std::string_view name) const;
  /// Whether `token` is an element of the comma-separated list that all fields of this name make
  /// together (RFC 9110 5.3), e.g. `has_token("connection", "close")`. Ignores case.
  [[nodiscard]] bool has_token(std::string_view name, std::string_view token) const;

  [[nodiscard]] auto begin() const { return list_.begin(); }
  [[nodiscard]] auto end() const { return list_.end(); }
  [[nodiscard]] std::size_t size() const { return list_.size(); }
  [[nodiscard]] bool empty() const { return list_.empty(); }

 private:
  std::vector<field> list_;
};

enum class version : std::uint8_t { http_1_0, http_1_1 };

struct request_head {
  std::string_view method;
  std::string_view target;  ///< origin-form, or `*` with OPTIONS
  version protocol = version::http_1_1;
  fields headers;

  /// The target up to the first `?`, still percent-encoded.
  [[nodiscard]] std::string_view path() const;
  /// The target after the first `?`, still percent-encoded; empty when there is none.
  [[nodiscard]] std::string_view query() const;
};

struct response_head {
  version protocol = version::http_1_1;
  unsigned status = 0;      ///< 200..599: interim responses are skipped
  std::string_view reason;  ///< may be empty
  fields headers;
};

/// Why a message was refused. `status` is what a server answers: 400, 414, 431, 501 or 505 for a
/// request, 502 for a response of an upstream.
struct protocol_error {
  unsigned status = 0;
  std::string_view reason;  ///< a string literal: one short sentence for people
  bool operator==(const protocol_error&) const = default;
};

/// The standard phrase of a status code (RFC 9110 15); empty when it has none.
[[nodiscard]] std::string_view reason_phrase(unsigned status);

/// Whether the field concerns one connection only, so that a gateway must not forward it
/// (RFC 9110 7.6.1): Connection, Keep-Alive, Proxy-*, TE, Trailer, Transfer-Encoding, Upgrade. See
/// `ends_here` for those that `Connection` names.
[[nodiscard]] bool hop_by_hop(std::string_view name);

/// Whether the field ends at this hop: it is one of those, or the message's own `Connection` names
/// it. So it must neither go on nor be made into a field of ours.
[[nodiscard]] bool ends_here(const fields& headers, std::string_view name);

}  // namespace weir::http
