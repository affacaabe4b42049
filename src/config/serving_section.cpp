// How it is run: the keys of `drain:` and `admin:`. Their meanings stand in docs/config.md word for
// word.
#include <utility>

#include "config/codecs.h"
#include "config/schema.h"

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
