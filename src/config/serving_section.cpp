// How it is run: the keys of `tls:`, `limits:`, `drain:` and `admin:`. Their meanings stand in
// docs/config.md word for word.
#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string_view>
#include <utility>

#include "config/codecs.h"
#include "config/schema.h"
#include "weir/base/limits.h"

namespace weir::config {
namespace codecs {
namespace {

struct away_words {
  static constexpr std::array all{std::pair{std::string_view("serve"), when_away::serve},
                                  std::pair{std::string_view("refuse"), when_away::refuse}};
};

constexpr std::string_view redis_scheme = "redis://";

/// A number of which every character is a digit, up to `most`.
std::optional<std::uint32_t> decimal_number(std::string_view text, std::uint32_t most) {
  std::uint32_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, fault] = std::from_chars(text.data(), end, value);
  if (fault != std::errc() || stop != end || value > most) return std::nullopt;
  return value;
}

/// `[[USER]:PASSWORD@]HOST[:PORT][/DATABASE]`
std::optional<quota_backend> parse_redis(std::string_view rest) {
  quota_backend out;
  out.what = quota_backend::kind::redis;
  if (const std::size_t at = rest.rfind('@'); at != std::string_view::npos) {
    const std::string_view who = rest.substr(0, at);
    const std::size_t colon = who.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    out.user = who.substr(0, colon);
    out.password = secret(std::string(who.substr(colon + 1)));
    rest.remove_prefix(at + 1);
  }
  if (const std::size_t slash = rest.find('/'); slash != std::string_view::npos) {
    if (const std::string_view number = rest.substr(slash + 1); !number.empty()) {
      const auto database = decimal_number(number, 1'000'000);
      if (!database) return std::nullopt;
      out.database = *database;
    }
    rest = rest.substr(0, slash);
  }
  const bool bracketed = rest.starts_with('[');
  const std::size_t host_end = bracketed ? rest.find(']') : std::min(rest.find(':'), rest.size());
  if (host_end == std::string_view::npos) return std::nullopt;
  out.host = bracketed ? rest.substr(1, host_end - 1) : rest.substr(0, host_end);
  rest.remove_prefix(std::min(bracketed ? host_end + 1 : host_end, rest.size()));
  if (!rest.empty()) {
    const auto port = rest[0] == ':' ? decimal_number(rest.substr(1), 65535) : std::nullopt;
    if (!port || *port == 0) return std::nullopt;
    out.port = static_cast<std::uint16_t>(*port);
  }
  const bool plain =
      !out.host.empty() && std::none_of(out.host.begin(), out.host.end(),
                                        [](char c) { return is_control(c) || c == ' '; });
  return plain ? std::optional(std::move(out)) : std::nullopt;
}

struct backend {
  static quota_backend read(reader& from, const node& value) {
    constexpr std::string_view wanted = "'memory', or a url like redis://:PASSWORD@HOST:6379/0";
    const auto text = from.read_nonempty_text(value, wanted);
    if (!text || *text == "memory") return {};
    std::optional<quota_backend> parsed;
    if (text->starts_with(redis_scheme)) parsed = parse_redis(text->substr(redis_scheme.size()));
    // The text itself may hold a password.
    if (!parsed) from.fail(value.at, "must be " + std::string(wanted));
    return parsed.value_or(quota_backend{});
  }
  static tree show(const quota_backend& of) {
    if (of.what == quota_backend::kind::memory) return tree::of_text("memory");
    std::string text(redis_scheme);
    if (!of.user.empty() || !of.password.empty())
      text += of.user + ':' + std::string(of.password.shown()) + '@';
    const bool v6 = of.host.find(':') != std::string::npos;
    text += v6 ? '[' + of.host + ']' : of.host;
    text += ':' + std::to_string(of.port);
    if (of.database != 0) text += '/' + std::to_string(of.database);
    return tree::of_text(text);
  }
  static tree schema() { return string_schema("^(memory|redis://.+)$"); }
};

}  // namespace

void admin_key::read(reader& from, const node& value, admin_settings& into) {
  if (const auto text = read_credential(from, value, "text, a credential"))
    into.key = secret(*text);
}

tree admin_key::show(const admin_settings& of) {
  if (of.key.empty() || !of.key_file.empty()) return {};
  return tree::of_text(of.key.shown());
}

void admin_key_file::read(reader& from, const node& value, admin_settings& into) {
  if (auto file = read_credential_file(from, value)) {
    into.key_file = std::move(file->path);
    into.key = secret(std::move(file->content));
  }
}

tree admin_key_file::show(const admin_settings& of) { return file_path::show(of.key_file); }

}  // namespace codecs

template <>
const section<client_limits>& section_of() {
  using l = client_limits;
  static const section<l> table{
      "limits",
      {
          key<l, codecs::byte_size<limits::kib, limits::max_configured_head_bytes>,
              &l::header_size>(
              "header_size", "Of a request's head, and of its trailers; beyond it a 431.", "32KiB"),
          key<l, codecs::duration, &l::header_time>(
              "header_time", "From a request's first byte to the end of its head; then a 408.",
              "5s"),
          key<l, codecs::byte_size<limits::kib, limits::max_configured_body_bytes>, &l::body_size>(
              "body_size",
              "Of a request's body that has to be held whole, before and after decoding; beyond it "
              "a 413.",
              "8MiB"),
          key<l, codecs::duration_or_none, &l::body_time>(
              "body_time",
              "From the head of a request to the end of its body, while weir takes it; then a 408. "
              "Or `none`.",
              "60s"),
          key<l, codecs::duration, &l::body_idle>(
              "body_idle", "Between two pieces of a request's body; then a 408.", "10s"),
          key<l, codecs::duration, &l::keep_alive>(
              "keep_alive", "Between two requests of a connection; then it is closed.", "30s"),
          key<l, codecs::whole_number<0, limits::max_configured_count>,
              &l::requests_per_connection>(
              "requests_per_connection",
              "The connection closes behind the answer to the last one. 0 is any number.", "1000"),
          key<l, codecs::whole_number<0, limits::max_configured_count>, &l::connections>(
              "connections",
              "From clients at once, of all workers; one more gets a 503. 0 is any number.",
              "2000"),
          key<l, codecs::whole_number<0, limits::max_configured_count>,
              &l::connections_per_address>(
              "connections_per_address",
              "From one address at once; one more gets a 429. 0 is any number.", "100"),
          key<l, codecs::whole_number<0, limits::max_configured_count>, &l::streams>(
              "streams",
              "Requests to upstreams at once, of all workers, waiting ones included; one more gets "
              "a 503. 0 is any number.",
              "500"),
          key<l, codecs::byte_size<limits::mib, limits::max_configured_buffer_bytes>, &l::buffered>(
              "buffered",
              "Memory for requests and answers that are held whole, of all clients; beyond it a "
              "503.",
              "256MiB"),
          key<l, codecs::backend, &l::backend>(
              "backend",
              "Where it is counted what keys and groups take: in the `memory` of this process, or "
              "in Redis for all that share it: `redis://:PASSWORD@HOST:PORT/DATABASE`.",
              "\"redis://127.0.0.1:6379\""),
          key<l, codecs::choice<codecs::away_words>, &l::backend_away>(
              "backend_away",
              "When Redis is away: `serve` and let each process keep the limits by itself, or "
              "`refuse` requests of keys with limits with a 503.",
              "refuse"),
      },
      {}};
  return table;
}

template <>
const section<tls_settings>& section_of() {
  using t = tls_settings;
  static const section<t> table{
      "tls",
      {
          required_key<t, codecs::file_path, &t::cert_file>(
              "cert_file",
              "weir's certificate (PEM), then those of its issuers. Read again when it changes.",
              "/etc/weir/fullchain.pem"),
          required_key<t, codecs::file_path, &t::key_file>(
              "key_file", "The private key of the certificate (PEM), without a passphrase.",
              "/etc/weir/privkey.pem"),
          key<t, codecs::file_path, &t::client_ca_file>(
              "client_ca_file",
              "Who signs the certificates of clients (PEM). With it only clients that show one are "
              "served.",
              "/etc/weir/clients.pem"),
      },
      {}};
  return table;
}

template <>
const section<drain_settings>& section_of() {
  using d = drain_settings;
  static const section<d> table{
      "drain",
      {
          key<d, codecs::duration_or_none, &d::grace>(
              "grace",
              "After SIGTERM, how long new requests are still served while `/readyz` says 503, so "
              "that a load balancer can look away; or `none`.",
              "5s"),
          key<d, codecs::duration, &d::limit>(
              "limit",
              "How long running answers may take after that. What is left then ends with an error "
              "and `[DONE]`.",
              "2m"),
      },
      {}};
  return table;
}

template <>
const section<admin_settings>& section_of() {
  using a = admin_settings;
  static const section<a> table{
      "admin",
      {
          key_of_owner<a, codecs::admin_key>(
              "key",
              "The credential that `/admin/v1` asks for, as `Authorization: Bearer`. Without one "
              "it is off.",
              "\"${WEIR_ADMIN_KEY}\""),
          key_of_owner<a, codecs::admin_key_file>(
              "key_file",
              "A file that holds the credential; newlines at its end are ignored. Read when the "
              "configuration is loaded, from the configuration's directory.",
              "/run/secrets/weir-admin"),
      },
      {{"key", "key_file"}}};
  return table;
}

}  // namespace weir::config
