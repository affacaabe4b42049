#include "config/load.h"

#include <gtest/gtest.h>

#include "config/loading.h"
#include "config/scratch.h"
#include "weir/base/limits.h"

namespace weir::config {
namespace {

TEST(Load, AnEmptyFileIsTheDefaults) {
  for (const char* text : {"", "\n", "# nothing\n", "---\n...\n", "{}"}) {
    const config c = loaded(text);
    EXPECT_EQ("f", c.origin) << text;
    EXPECT_EQ("127.0.0.1", c.listen.host);
    EXPECT_EQ(4000, c.listen.port);
    EXPECT_EQ(0U, c.workers);
    EXPECT_EQ(millis(5000), c.timeouts.connect);
    EXPECT_EQ(millis(300000), c.timeouts.first_byte);
    EXPECT_EQ(millis(300000), c.timeouts.first_token);
    EXPECT_EQ(millis(120000), c.timeouts.idle);
    EXPECT_FALSE(c.timeouts.total);
    ASSERT_EQ(1U, c.upstreams.size());
    EXPECT_EQ("demo", c.upstreams[0].name);
    EXPECT_EQ(upstream_kind::demo, c.upstreams[0].kind);
    EXPECT_TRUE(c.models.empty());
  }
}

TEST(Load, ReadsEveryKey) {
  const scratch directory;
  directory.write("secret", "from-file\n");
  directory.write("ca.pem", "not looked at here");
  directory.write("weir.yaml", R"(
listen: "[::1]:${PORT}"
workers: 3
upstreams:
  one:
    url: https://api.example.com/v2/
    key: "${KEY}"
    headers: {X-Team: "${TEAM}", x-b: b}
    query: {api-version: 2024-10-21}
    ca_file: ca.pem
    stream:
      mode: relaxed
      role_content: omit
      reasoning_field: reasoning
      include_reasoning: false
      echo_model: alias
      heartbeat: 1s
      commit_after: 2s
      eof_as_stop: true
      cumulative: true
      close_arguments: true
      think_tags: true
      tools_in_text: true
      strip_tokens: true
      validation: full
      max_tokens_field: max_tokens
      completions: chat
  two: {url: http://127.0.0.1:8000, key_file: secret, proxy: "http://u:${KEY}@proxy:3128"}
  three: {url: http://h/, key: passthrough, proxy: none}
models:
  exact: [one]
  "pat-*":
    - upstream: two
      model: Real/Name
      stream: {echo_model: upstream}
  canned: [demo]
timeouts: {connect: 1s, first_byte: 2s, first_token: 3s, idle: 4s, total: 1h}
limits: {header_size: 3KiB, header_time: 1s, body_size: 2KiB, body_time: none, body_idle: 3s, keep_alive: 4s,
         requests_per_connection: 5, connections: 6, connections_per_address: 7, streams: 8,
         buffered: 9MiB, backend: "redis://me:${KEY}@[::1]:7000/3", backend_away: refuse}
tls: {cert_file: secret, key_file: secret, client_ca_file: secret}
drain: {grace: 3s, limit: 9s}
store: {ledger: "sqlite:weir.db", journal: j, journal_size: 2MiB, when_full: refuse, durable: disk,
        content_size: 3KiB, retention_days: 5}
keys:
  required: true
  hash_key_file: secret
  output_reserve: 77
  clients:
    alice: {key_file: secret, group: red, labels: {team: blue}, models: [exact], upstreams: [one, demo],
            apis: [chat, emb], expires: 2027-01-01, requests_per_minute: 1, tokens_per_minute: 2,
            max_concurrent: 3, usd_per_day: 0.000000004, usd_per_month: 5, store_content: true,
            stream: {cost: true}}
    bob: {hash: 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1eFF}
  groups:
    red: {usd_per_month: 9000000}
admin: {key_file: secret}
stream: {role_content: empty, eof_as_stop: false, commit_after: 9s}
)");
  const auto made = load_file(directory.path("weir.yaml"),
                              variables({{"PORT", "4567"}, {"KEY", "sk-1"}, {"TEAM", "red"}}));
  ASSERT_TRUE(made) << to_string(made.error().at(0));
  const config& c = *made;
  EXPECT_EQ(directory.path("weir.yaml"), c.origin);
  EXPECT_EQ("::1", c.listen.host);
  EXPECT_EQ(4567, c.listen.port);
  EXPECT_EQ(3U, c.workers);

  ASSERT_EQ(4U, c.upstreams.size());
  const upstream& one = c.upstreams[0];
  EXPECT_EQ("one", one.name);
  EXPECT_EQ(upstream_kind::http, one.kind);
  EXPECT_TRUE(one.url.tls);
  EXPECT_EQ("api.example.com", one.url.host);
  EXPECT_EQ("/v2", one.url.base_path);
  EXPECT_EQ("sk-1", one.key.reveal());
  EXPECT_FALSE(one.key_passthrough);
  ASSERT_EQ(2U, one.headers.size());
  EXPECT_EQ("X-Team", one.headers[0].first);
  EXPECT_EQ("red", one.headers[0].second.reveal());
  EXPECT_EQ("b", one.headers[1].second.reveal());
  EXPECT_EQ((std::vector<std::pair<std::string, std::string>>{{"api-version", "2024-10-21"}}),
            one.query);
  EXPECT_EQ(directory.path("ca.pem"), one.ca_file);
  EXPECT_EQ(openai::stream_settings::conformance::relaxed, one.stream.mode);
  EXPECT_EQ(openai::stream_settings::role_content_form::omit, one.stream.role_content);
  EXPECT_EQ(openai::stream_settings::reasoning_name::reasoning, one.stream.reasoning_field);
  EXPECT_EQ(false, one.stream.include_reasoning);
  EXPECT_EQ(openai::stream_settings::model_echo::alias, one.stream.echo_model);
  EXPECT_EQ(true, one.stream.eof_as_stop);
  EXPECT_EQ(millis(1000), one.stream.heartbeat);
  EXPECT_EQ(millis(2000), one.stream.commit_after);
  EXPECT_EQ(true, one.stream.cumulative);
  EXPECT_EQ(true, one.stream.close_arguments);
  EXPECT_EQ(true, one.stream.think_tags);
  EXPECT_EQ(true, one.stream.tools_in_text);
  EXPECT_EQ(true, one.stream.strip_tokens);
  EXPECT_EQ(openai::validation::full, one.stream.validation);
  EXPECT_EQ(openai::token_limit_field::max_tokens, one.stream.max_tokens_field);
  EXPECT_EQ(openai::completions_form::chat, one.stream.completions);

  const upstream& two = c.upstreams[1];
  EXPECT_EQ("from-file", two.key.reveal());
  EXPECT_EQ(directory.path("secret"), two.key_file);
  EXPECT_EQ("/v1", two.url.base_path);
  EXPECT_FALSE(two.stream.heartbeat);
  ASSERT_NE(nullptr, two.proxy.in_use());
  EXPECT_EQ((forward_proxy{"proxy", 3128, secret("u:sk-1")}), *two.proxy.in_use());
  EXPECT_EQ(proxy_setting::kind::unset, one.proxy.way);

  const upstream& three = c.upstreams[2];
  EXPECT_TRUE(three.key_passthrough);
  EXPECT_TRUE(three.key.empty());
  EXPECT_EQ("", three.url.base_path);
  EXPECT_EQ(proxy_setting::kind::direct, three.proxy.way);

  EXPECT_EQ(&c.upstreams[3], c.find_upstream("demo"));
  EXPECT_EQ(nullptr, c.find_upstream("four"));

  ASSERT_EQ(3U, c.models.size());
  EXPECT_EQ("exact", c.models[0].name);
  EXPECT_EQ("one", c.models[0].candidates.at(0).upstream);
  EXPECT_EQ("", c.models[0].candidates.at(0).model);
  EXPECT_EQ("pat-*", c.models[1].name);
  EXPECT_EQ("two", c.models[1].candidates.at(0).upstream);
  EXPECT_EQ("Real/Name", c.models[1].candidates.at(0).model);
  EXPECT_EQ(openai::stream_settings::model_echo::upstream,
            c.models[1].candidates[0].stream.echo_model);
  EXPECT_EQ("demo", c.models[2].candidates.at(0).upstream);

  EXPECT_EQ(millis(1000), c.timeouts.connect);
  EXPECT_EQ(millis(2000), c.timeouts.first_byte);
  EXPECT_EQ(millis(3000), c.timeouts.first_token);
  EXPECT_EQ(millis(4000), c.timeouts.idle);
  EXPECT_EQ(millis(3600000), c.timeouts.total);
  EXPECT_EQ(3072U, c.limits.header_size);
  EXPECT_EQ(millis(1000), c.limits.header_time);
  EXPECT_EQ(2048U, c.limits.body_size);
  EXPECT_FALSE(c.limits.body_time);
  EXPECT_EQ(millis(3000), c.limits.body_idle);
  EXPECT_EQ(millis(4000), c.limits.keep_alive);
  EXPECT_EQ(5U, c.limits.requests_per_connection);
  EXPECT_EQ(6U, c.limits.connections);
  EXPECT_EQ(7U, c.limits.connections_per_address);
  EXPECT_EQ(8U, c.limits.streams);
  EXPECT_EQ(9 * limits::mib, c.limits.buffered);
  EXPECT_EQ(directory.path("secret"), c.tls.cert_file);
  EXPECT_EQ(directory.path("secret"), c.tls.key_file);
  EXPECT_EQ(directory.path("secret"), c.tls.client_ca_file);
  EXPECT_TRUE(c.tls.on());
  EXPECT_EQ(ledger_address::kind::sqlite, c.store.ledger.what);
  EXPECT_EQ(directory.path("weir.db"), c.store.ledger.path);
  EXPECT_EQ(directory.path("j"), c.store.journal);
  EXPECT_EQ(2 * limits::mib, c.store.journal_size);
  EXPECT_EQ(when_full::refuse, c.store.when_full);
  EXPECT_EQ(store_durability::disk, c.store.durable);
  EXPECT_EQ(3 * limits::kib, c.store.content_size);
  EXPECT_EQ(5U, c.store.retention_days);
  EXPECT_EQ(quota_backend::kind::redis, c.limits.backend.what);
  EXPECT_EQ("::1", c.limits.backend.host);
  EXPECT_EQ(7000, c.limits.backend.port);
  EXPECT_EQ("me", c.limits.backend.user);
  EXPECT_EQ("sk-1", c.limits.backend.password.reveal());
  EXPECT_EQ(3U, c.limits.backend.database);
  EXPECT_EQ(when_away::refuse, c.limits.backend_away);
  EXPECT_TRUE(c.keys.required);
  EXPECT_EQ("from-file", c.keys.hash_key.reveal());
  EXPECT_EQ(77U, c.keys.output_reserve);
  ASSERT_EQ(2U, c.keys.clients.size());
  const client_entry& alice = c.keys.clients[0];
  EXPECT_EQ("alice", alice.name);
  EXPECT_EQ("from-file", alice.key.reveal());
  EXPECT_EQ("red", alice.group);
  EXPECT_EQ((std::vector<std::pair<std::string, std::string>>{{"team", "blue"}}), alice.labels);
  ASSERT_EQ(1U, alice.models.size());
  EXPECT_EQ((std::vector<std::string>{"one", "demo"}), alice.upstreams);
  EXPECT_EQ((std::vector<std::string>{"chat", "emb"}), alice.apis);
  EXPECT_EQ(1'798'761'600, alice.expires);
  EXPECT_EQ(1U, alice.requests_per_minute);
  EXPECT_EQ(2U, alice.tokens_per_minute);
  EXPECT_EQ(3U, alice.max_concurrent);
  EXPECT_EQ(4, alice.usd_per_day->value);
  EXPECT_EQ(5'000'000'000, alice.usd_per_month->value);
  EXPECT_TRUE(alice.store_content);
  EXPECT_EQ(cost_form::usd, alice.stream.cost);
  ASSERT_TRUE(c.keys.clients[1].hash);
  EXPECT_EQ(0x1e, (*c.keys.clients[1].hash)[30]);
  EXPECT_EQ(0xff, (*c.keys.clients[1].hash)[31]);
  ASSERT_EQ(1U, c.keys.groups.size());
  EXPECT_EQ(9'000'000'000'000'000, c.keys.groups[0].usd_per_month->value);
  EXPECT_EQ(millis(3000), c.drain.grace);
  EXPECT_EQ(millis(9000), c.drain.limit);
  EXPECT_EQ("from-file", c.admin.key.reveal());
  EXPECT_EQ(directory.path("secret"), c.admin.key_file);
  EXPECT_EQ(millis(9000), c.stream.commit_after);
  EXPECT_FALSE(c.stream.heartbeat);
}

TEST(Load, EachWordMeansWhatItSays) {
  const auto stream = [](std::string_view written) {
    return loaded("stream: {" + std::string(written) + "}").stream;
  };
  using dialect = openai::stream_settings;
  EXPECT_EQ(dialect::conformance::strict, stream("mode: strict").mode);
  using name = dialect::reasoning_name;
  const std::pair<const char*, name> names[] = {{"as_is", name::as_is},
                                                {"reasoning_content", name::reasoning_content},
                                                {"reasoning", name::reasoning},
                                                {"both", name::both},
                                                {"none", name::none}};
  for (const auto& [word, meaning] : names)
    EXPECT_EQ(meaning, stream(std::string("reasoning_field: ") + word).reasoning_field) << word;
  using limit = openai::token_limit_field;
  const std::pair<const char*, limit> fields[] = {
      {"as_is", limit::as_is},
      {"max_tokens", limit::max_tokens},
      {"max_completion_tokens", limit::max_completion_tokens}};
  for (const auto& [word, meaning] : fields)
    EXPECT_EQ(meaning, stream(std::string("max_tokens_field: ") + word).max_tokens_field) << word;
  EXPECT_EQ(openai::validation::minimal, stream("validation: minimal").validation);
}

TEST(Load, ListenTakesEveryForm) {
  struct test_case {
    const char* yaml;
    const char* host;
    std::uint16_t port;
  };
  const test_case cases[] = {
      {"listen: 5000", "127.0.0.1", 5000},       {"listen: :5000", "127.0.0.1", 5000},
      {"listen: 0.0.0.0:5000", "0.0.0.0", 5000}, {"listen: localhost", "localhost", 4000},
      {"listen: \"[::]:5000\"", "::", 5000},     {"listen: '5000'", "127.0.0.1", 5000},
  };
  for (const test_case& c : cases) {
    const config made = loaded(c.yaml);
    EXPECT_EQ(c.host, made.listen.host) << c.yaml << ' ' << made.origin;
    EXPECT_EQ(c.port, made.listen.port) << c.yaml;
  }
}

TEST(Load, ExpandsVariablesAfterParsing) {
  struct test_case {
    const char* what;
    const char* written;
    const char* want;
  };
  const test_case cases[] = {
      {"the whole value", "\"${A}\"", "a"},
      {"a part, twice", "\"x${A}y${A}z\"", "xayaz"},
      {"in single quotes", "'${A}'", "a"},
      {"an escape", "\"$${A}\"", "${A}"},
      {"an escape and a variable", "\"$${A}${A}\"", "${A}a"},
      {"a dollar", "\"$A $ $$ 5$\"", "$A $ $$ 5$"},
      {"what a variable holds is not expanded", "\"${REF}\"", "${A}"},
      {"what a variable holds is not YAML", "\"${YAML}\"", "}: [&x *y # z"},
      {"a number in it is text where text is wanted", "\"${NUMBER}\"", "12"},
  };
  const environment env =
      variables({{"A", "a"}, {"REF", "${A}"}, {"YAML", "}: [&x *y # z"}, {"NUMBER", "12"}});
  for (const test_case& c : cases) {
    const std::string yaml =
        std::string("models: {m: [{upstream: demo, model: ") + c.written + "}]}";
    const config made = loaded(yaml, env);
    ASSERT_EQ(1U, made.models.size()) << c.what << ' ' << made.origin;
    EXPECT_EQ(c.want, made.models[0].candidates[0].model) << c.what;
  }
  EXPECT_EQ("h", loaded("listen: ${H}", variables({{"H", "h:1"}})).listen.host);
  EXPECT_EQ(7U, loaded("workers: ${N}", variables({{"N", "7"}})).workers);
  EXPECT_EQ(7U, loaded("{workers: \"${N}\"}", variables({{"N", "7"}})).workers);
  EXPECT_EQ(
      true,
      loaded("stream: {eof_as_stop: \"${F}\"}", variables({{"F", "true"}})).stream.eof_as_stop);
  EXPECT_EQ(millis(7000),
            loaded("timeouts: {idle: \"${T}s\"}", variables({{"T", "7"}})).timeouts.idle);
}

TEST(Load, AKeyOfTheFileIsNotExpanded) {
  EXPECT_EQ("${A}", loaded("models: {\"${A}\": [demo]}").models.at(0).name);
}

TEST(Load, PassthroughIsAWordOfTheFileOnly) {
  const config c =
      loaded("upstreams: {a: {url: http://h, key: \"${K}\"}}", variables({{"K", "passthrough"}}));
  EXPECT_FALSE(c.upstreams.at(0).key_passthrough);
  EXPECT_EQ("passthrough", c.upstreams[0].key.reveal());
}

TEST(Load, IsYaml12) {
  EXPECT_EQ("no", loaded("models: {no: [demo]}").models.at(0).name);
  EXPECT_EQ("4", loaded("models: {4: [demo]}").models.at(0).name);
  EXPECT_EQ(
      "22:30",
      loaded("models: {m: [{upstream: demo, model: 22:30}]}").models.at(0).candidates[0].model);
  EXPECT_EQ(2U, loaded("{\"workers\": 2, \"listen\": \"[::1]:1\"}").workers) << "JSON is YAML";
  EXPECT_EQ(2U, loaded("\xEF\xBB\xBFworkers: 2\r\nlisten: 1\r\n").workers)
      << "byte order mark, CRLF";
}

TEST(Load, AliasesRepeatWhatWasAnchored) {
  const config c = loaded(
      "stream: &s {heartbeat: 3s}\n"
      "upstreams: {a: {url: http://h, stream: *s}, b: {url: &u http://i, stream: *s}, c: {url: "
      "*u}}\n");
  ASSERT_EQ(4U, c.upstreams.size()) << c.origin;
  EXPECT_EQ(millis(3000), c.upstreams[0].stream.heartbeat);
  EXPECT_EQ(millis(3000), c.upstreams[1].stream.heartbeat);
  EXPECT_EQ("i", c.upstreams[2].url.host);
}

TEST(Load, KeepsTheOrderOfTheFileAndAddsDemoLast) {
  const config c = loaded(
      "upstreams: {z: {url: http://h}, a: {url: http://h}, m: {url: http://h}}\n"
      "models: {z: [a], a: [z], \"*\": [m]}");
  std::string names;
  for (const upstream& u : c.upstreams) names += u.name + ' ';
  for (const model_route& r : c.models) names += r.name + ' ';
  EXPECT_EQ("z a m demo z a * ", names);
}

TEST(Apply, TheNearerSettingWinsAndTheRestIsInherited) {
  stream_overrides file;
  file.heartbeat = millis(1);
  file.eof_as_stop = true;
  stream_overrides nearer;
  nearer.heartbeat = millis(2);
  nearer.echo_model = openai::stream_settings::model_echo::alias;
  const stream_policy policy = apply(apply({}, file), nearer);
  EXPECT_EQ(millis(2), policy.heartbeat);
  EXPECT_EQ(millis(15000), policy.commit_after);
  EXPECT_TRUE(policy.dialect.eof_as_stop);
  EXPECT_EQ(openai::stream_settings::model_echo::alias, policy.dialect.echo_model);
  EXPECT_EQ(openai::stream_settings::role_content_form::empty, policy.dialect.role_content);
}

}  // namespace
}  // namespace weir::config
