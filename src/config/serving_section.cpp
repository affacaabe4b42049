// How it is run: the keys of `tls:`, `limits:`, `drain:` and `admin:`. Their meanings stand in
// docs/config.md word for word.
#include <utility>

#include "config/codecs.h"
#include "config/schema.h"
#include "weir/base/limits.h"

namespace weir::config {
namespace codecs {

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
