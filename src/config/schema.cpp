#include "config/schema.h"

#include "config/codecs.h"
#include "config/prices.h"
#include "weir/base/limits.h"

namespace weir::config {
namespace {

using codecs::duration;
using codecs::nested;
using codecs::whole_number;

}  // namespace

template <>
const section<timeouts>& section_of() {
  using t = timeouts;
  static const section<t> table{
      "timeouts",
      {
          key<t, duration, &t::connect>(
              "connect", "For name look-up, TCP and TLS together, per attempt.", "2s"),
          key<t, duration, &t::first_byte>(
              "first_byte", "From the sent request to the head of the upstream's answer.", "60s"),
          key<t, duration, &t::first_token>("first_token",
                                            "From the head of the upstream's answer to its first "
                                            "piece: text, reasoning or a tool "
                                            "call. Heartbeats and empty chunks do not count.",
                                            "2m"),
          key<t, duration, &t::idle>("idle", "Between two pieces of the upstream's answer.", "30s"),
          key<t, codecs::duration_or_none, &t::total>(
              "total", "From the client's request to the end of the answer, or `none`.", "10m"),
      },
      {}};
  return table;
}

template <>
const section<upstream>& section_of() {
  using u = upstream;
  static const section<u> table{
      "upstream",
      {
          required_key<u, codecs::url, &u::url>("url",
                                                "Base url of an OpenAI-compatible API, http or "
                                                "https, or `unix:` and a socket. Without a "
                                                "path it is `/v1`.",
                                                "https://api.openai.com/v1"),
          key_of_owner<u, codecs::upstream_key>(
              "key",
              "The credential, sent as `Authorization: Bearer`. The word `passthrough` sends the "
              "client's own.",
              "\"${OPENAI_API_KEY}\""),
          key_of_owner<u, codecs::upstream_key_file>(
              "key_file",
              "A file that holds the credential; newlines at its end are ignored. Read when the "
              "configuration is loaded, from the configuration's directory.",
              "/run/secrets/openai"),
          key<u, codecs::headers, &u::headers>("headers",
                                               "Request headers to add. Their values are secret.",
                                               "{api-key: \"${AZURE_KEY}\"}"),
          key<u, codecs::query, &u::query>("query", "Parameters to add to the query of each url.",
                                           "{api-version: 2024-10-21}"),
          key<u, codecs::file_path, &u::ca_file>(
              "ca_file",
              "Certificates (PEM) to trust in place of the system's, from the configuration's "
              "directory.",
              "/etc/weir/ca.pem"),
          key_of_owner<u, codecs::upstream_proxy>(
              "proxy", "The proxy on the way there, or `none`. Otherwise the environment says.",
              "\"http://proxy.example.com:3128\""),
          key<u, codecs::model_names, &u::models>(
              "models", "Which of its models it offers: names and patterns. Otherwise all.",
              "[\"qwen*\"]"),
          key<u, whole_number<1, limits::max_priority>, &u::priority>(
              "priority",
              "Of several upstreams that list a model themselves those with the lowest number go "
              "first.",
              "2"),
          key<u, whole_number<0, limits::max_concurrent_requests>, &u::max_concurrent>(
              "max_concurrent",
              "How many requests it gets at once, of all workers together; more go elsewhere or "
              "wait. 0 is any number.",
              "64"),
          key<u, whole_number<0, limits::max_requests_per_minute>, &u::max_per_minute>(
              "max_per_minute", "How many requests it gets in a minute; 0 is any number.", "600"),
          key<u, nested<breaker_settings>, &u::breaker>(
              "breaker", "When it is left alone because it keeps failing.",
              "{failures: 3, open: 10s}"),
          key<u, nested<stream_overrides>, &u::stream>(
              "stream", "Settings for streams from this upstream; the rest is inherited.",
              "{eof_as_stop: true}"),
      },
      {{"key", "key_file"}}};
  return table;
}

template <>
const section<config>& section_of() {
  using c = config;
  static const section<c> table{
      "config",
      {
          key<c, codecs::address, &c::listen>(
              "listen",
              "Where to listen: `HOST:PORT`, `HOST` or `PORT`, or `unix:PATH` for a Unix socket. "
              "An "
              "IPv6 address stands in brackets and in quotes. Port 0 is any free port.",
              "\"[::1]:4000\""),
          key<c, nested<tls_settings>, &c::tls>(
              "tls", "HTTPS in place of HTTP for clients.",
              "{cert_file: /etc/weir/fullchain.pem, key_file: /etc/weir/privkey.pem}"),
          key<c, whole_number<0, limits::max_workers>, &c::workers>(
              "workers", "How many threads serve requests; 0 is one per core.", "2"),
          key<c, codecs::upstreams, &c::upstreams>(
              "upstreams", "The servers to forward to, by a name of yours. `demo` is built in.",
              "{local: {url: \"http://127.0.0.1:8000\"}}"),
          key<c, codecs::models, &c::models>(
              "models",
              "Where a model name leads: the candidates alone, or a mapping. A name with `*` is a "
              "pattern, one between slashes a regular expression (RE2); exact names go first, then "
              "the longest text before the `*`, then regular expressions.",
              "{\"gpt-*\": [openai]}"),
          key<c, nested<timeouts>, &c::timeouts>("timeouts", "How long to wait for what.",
                                                 "{connect: 2s, idle: 30s}"),
          key<c, nested<routing_overrides>, &c::routing>(
              "routing",
              "How upstreams are chosen, and what happens when one fails; a model's own "
              "settings win.",
              "{strategy: least_busy}"),
          key<c, nested<stream_overrides>, &c::stream>(
              "stream", "Settings for all streams; an upstream's and a model's own win.",
              "{heartbeat: 30s}"),
          key<c, nested<client_limits>, &c::limits>("limits", "What clients may take.",
                                                    "{connections_per_address: 100}"),
          key<c, nested<drain_settings>, &c::drain>("drain", "How it ends when it is told to.",
                                                    "{grace: 5s, limit: 2m}"),
          key<c, nested<admin_settings>, &c::admin>("admin", "Who may use `/admin/v1`.",
                                                    "{key: \"${WEIR_ADMIN_KEY}\"}"),
          key<c, codecs::cors, &c::cors>(
              "cors", "Which web pages may read answers in a browser. Otherwise none.",
              "{origins: [\"https://app.example.com\"]}"),
          key<c, codecs::prices, &c::prices>(
              "prices",
              "What models cost, by the name of the upstream's model behind its upstream "
              "(`openai/gpt-5`), alone, or as clients ask for it; the first of these that is here. "
              "Names and patterns as in `models`.",
              "{gpt-5: {input: 1.25, cached: 0.125, output: 10}}"),
          key<c, nested<store_settings>, &c::store>(
              "store", "How records of requests are kept, for usage and cost.",
              "{ledger: \"sqlite:weir.db\"}"),
          key<c, nested<key_settings>, &c::keys>("keys", "Who may ask, for what, and how much.",
                                                 "{required: true}"),
      },
      {}};
  return table;
}

namespace {

/// Definition of one section for `$defs`.
template <class Owner>
tree section_schema() {
  const section<Owner>& table = section_of<Owner>();
  const Owner fallback = defaults<Owner>();
  tree properties = tree::of_mapping();
  std::vector<tree> required;
  for (const field<Owner>& f : table.fields) {
    tree property = tree::of_mapping();
    property.add("description", tree::of_text(f.meaning));
    if (!f.required) {
      tree value = f.show(fallback);
      const bool scalar = value.is == tree::form::text || value.is == tree::form::literal;
      if (scalar) property.add("default", std::move(value));
    }
    tree type = f.schema();
    for (auto& [name, value] : type.members) property.add(name, std::move(value));
    properties.add(f.name, std::move(property));
    if (f.required) required.push_back(tree::of_text(f.name));
  }
  tree out = tree::of_mapping();
  out.add("type", tree::of_text("object"));
  out.add("additionalProperties", tree::of_literal("false"));
  if (!required.empty()) out.add("required", tree::of_list(std::move(required)));
  for (const auto& [one, other] : table.exclusive) {
    tree both = tree::of_mapping();
    both.add("required", tree::of_list({tree::of_text(one), tree::of_text(other)}));
    out.add("not", std::move(both));
  }
  return std::move(out.add("properties", std::move(properties)));
}

template <class Owner>
void list_keys(std::vector<documented_key>& out) {
  const Owner fallback = defaults<Owner>();
  for (const field<Owner>& f : section_of<Owner>().fields)
    out.push_back({section_of<Owner>().name, static_cast<const key_info&>(f),
                   f.required ? tree() : f.show(fallback)});
}

}  // namespace

config read_config(reader& from, const node& root) {
  config out = read_section<config>(from, root, "a mapping");
  std::vector<std::string> names;
  // The names of the file, not only those that could be read: one mistake is reported once.
  if (const node* written = root.find("upstreams"))
    for (const auto& [name, value] : written->members) names.push_back(name.text);
  names.emplace_back(codecs::built_in_upstream);
  from.check_references(names);
  check_key_groups(from, root, out.keys);

  upstream demo;
  demo.name = codecs::built_in_upstream;
  demo.kind = upstream_kind::demo;
  out.upstreams.push_back(std::move(demo));
  return out;
}

tree show_config(const config& of) {
  config effective = of;
  effective.stream = as_overrides(apply({}, of.stream));
  effective.routing = as_overrides(apply({}, of.routing));
  return show_section(effective);
}

tree schema_tree() {
  tree variable = codecs::string_schema();
  variable.add("pattern", tree::of_text("\\$\\{[A-Za-z_][A-Za-z0-9_]*\\}"));
  variable.add("description", tree::of_text("A variable of the environment, as in \"${NAME}\"."));
  tree definitions = tree::of_mapping();
  definitions.add("variable", std::move(variable));
  definitions.add(section_of<upstream>().name, section_schema<upstream>());
  definitions.add(section_of<breaker_settings>().name, section_schema<breaker_settings>());
  definitions.add(section_of<model_route>().name, section_schema<model_route>());
  definitions.add(section_of<candidate>().name, section_schema<candidate>());
  definitions.add(section_of<timeouts>().name, section_schema<timeouts>());
  definitions.add(section_of<routing_overrides>().name, section_schema<routing_overrides>());
  definitions.add(section_of<stream_overrides>().name, section_schema<stream_overrides>());
  definitions.add(section_of<tls_settings>().name, section_schema<tls_settings>());
  definitions.add(section_of<client_limits>().name, section_schema<client_limits>());
  definitions.add(section_of<drain_settings>().name, section_schema<drain_settings>());
  definitions.add(section_of<admin_settings>().name, section_schema<admin_settings>());
  definitions.add(section_of<cors_settings>().name, section_schema<cors_settings>());
  definitions.add(section_of<price_entry>().name, section_schema<price_entry>());
  definitions.add(section_of<price_tier>().name, section_schema<price_tier>());
  definitions.add(section_of<store_settings>().name, section_schema<store_settings>());
  definitions.add(section_of<key_settings>().name, section_schema<key_settings>());
  definitions.add(section_of<client_entry>().name, section_schema<client_entry>());
  definitions.add(section_of<group_entry>().name, section_schema<group_entry>());

  tree out = tree::of_mapping();
  out.add("$schema", tree::of_text("https://json-schema.org/draft/2020-12/schema"));
  out.add("title", tree::of_text("weir configuration"));
  tree root = section_schema<config>();
  for (auto& [name, value] : root.members) out.add(name, std::move(value));
  return std::move(out.add("$defs", std::move(definitions)));
}

std::vector<documented_key> all_keys() {
  std::vector<documented_key> out;
  list_keys<config>(out);
  list_keys<upstream>(out);
  list_keys<breaker_settings>(out);
  list_keys<model_route>(out);
  list_keys<candidate>(out);
  list_keys<timeouts>(out);
  list_keys<routing_overrides>(out);
  list_keys<stream_overrides>(out);
  list_keys<tls_settings>(out);
  list_keys<client_limits>(out);
  list_keys<drain_settings>(out);
  list_keys<admin_settings>(out);
  list_keys<cors_settings>(out);
  list_keys<price_entry>(out);
  list_keys<price_tier>(out);
  list_keys<store_settings>(out);
  list_keys<key_settings>(out);
  list_keys<client_entry>(out);
  list_keys<group_entry>(out);
  return out;
}

}  // namespace weir::config
