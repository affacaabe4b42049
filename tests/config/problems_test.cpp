#include <gtest/gtest.h>

#include <span>

#include "config/loading.h"
#include "config/scratch.h"
#include "weir/base/limits.h"

namespace weir::config {
namespace {

using lines = std::vector<std::string>;

struct test_case {
  const char* what;
  std::string yaml;
  lines want;
};

void expect(std::span<const test_case> cases, const environment& env = variables({})) {
  for (const test_case& c : cases) EXPECT_EQ(c.want, problems_of(c.yaml, env)) << c.what;
}

TEST(Problems, OfKeys) {
  const test_case cases[] = {
      {"misspelled", "upsteams: {}", {"f:1:1: unknown key 'upsteams' (did you mean 'upstreams'?)"}},
      {"not near anything",
       "colours: {}",
       {"f:1:1: unknown key 'colours' (known here: listen, tls, workers, upstreams, models, "
        "timeouts, "
        "routing, stream, limits, drain, admin, cors, prices, store, keys)"}},
      {"at its place",
       "upstreams:\n  a:\n    url: http://h\n    ky: x\n",
       {"f:4:5: unknown key 'ky' (did you mean 'key'?)"}},
      {"quoted: at the quote",
       "\"lisen\": 1",
       {"f:1:1: unknown key 'lisen' (did you mean 'listen'?)"}},
      {"duplicate",
       "workers: 1\nlisten: 4000\nworkers: 2\n",
       {"f:3:1: duplicate key 'workers' (it is in line 1 already)"}},
      {"duplicate upstream",
       "upstreams: {a: {url: http://h}, a: {url: http://i}}",
       {"f:1:33: duplicate key 'a' (it is in line 1 already)"}},
      {"duplicate with another spelling",
       "stream: {heartbeat: 1s, 'heartbeat': 2s}",
       {"f:1:25: duplicate key 'heartbeat' (it is in line 1 already)"}},
      {"missing", "upstreams:\n  a: {}\n", {"f:2:6: upstreams.a: 'url' is missing"}},
      {"a key with a line break in it",
       "\"a\\nb\": 1",
       {"f:1:1: unknown key 'a?b' (known here: listen, tls, workers, upstreams, models, timeouts, "
        "routing, stream, limits, drain, admin, cors, prices, store, keys)"}},
      {"not a name", "? [a]\n: 1", {"f:1:3: a key must be a name"}},
      {"no name at all", "~: 1", {"f:1:1: a key must be a name"}},
  };
  expect(cases);
}

TEST(Problems, OfCors) {
  constexpr const char* rule =
      "must be an origin like https://app.example.com, in lower case and without a path, or *";
  const auto at = [&](const char* place) { return place + std::string(rule); };
  const test_case cases[] = {
      {"no origins", "cors: {max_age: 1h}", {"f:1:7: cors: 'origins' is missing"}},
      {"a path", "cors: {origins: ['https://a.b/']}", {at("f:1:18: cors.origins: ")}},
      {"no scheme", "cors: {origins: [a.b]}", {at("f:1:18: cors.origins: ")}},
      {"upper case", "cors: {origins: [https://A.b]}", {at("f:1:18: cors.origins: ")}},
      {"null as text", "cors: {origins: ['null']}", {at("f:1:18: cors.origins: ")}},
      {"* beside others",
       "cors: {origins: ['*', https://a.b]}",
       {"f:1:17: cors.origins: '*' is every origin and stands alone"}},
      {"no list",
       "cors: {origins: '*'}",
       {"f:1:17: cors.origins: must be a list of origins, not text"}},
      {"a line end in a header",
       "cors: {origins: ['*'], headers: [\"a\\r\\nb\"]}",
       {"f:1:34: cors.headers: must be the name of a header"}},
      {"credentials with *",
       "cors: {origins: ['*'], credentials: true}",
       {"f:1:37: cors: 'credentials' and every origin exclude each other (name the origins)"}},
  };
  expect(cases);
}

TEST(Problems, OfClientKeys) {
  const test_case cases[] = {
      {"no key",
       "keys: {clients: {a: {group: g}}, groups: {g: {}}}",
       {"f:1:18: keys.clients.a: one of 'key', 'key_file' and 'hash' is missing"}},
      {"two keys",
       "keys: {clients: {a: {key: k, hash: '" + std::string(64, '0') + "'}}}",
       {"f:1:36: keys.clients.a: only one of 'key' and 'hash' may be set"}},
      {"a short hash",
       "keys: {clients: {a: {hash: '00'}}}",
       {"f:1:28: keys.clients.a.hash: must be a hash of 64 hexadecimal digits"}},
      {"a name that is none",
       "keys: {clients: {'a b': {key: k}}}",
       {"f:1:18: keys.clients: 'a b' is no name: up to 64 letters, digits, '.', '_' and '-', first "
        "a letter or digit"}},
      {"the same key twice",
       "keys: {clients: {a: {key: k}, b: {key: k}}}",
       {"f:1:31: keys.clients.b: another client has the same key"}},
      {"a group that is not there",
       "keys: {clients: {a: {key: k, group: rad}}, groups: {red: {}}}",
       {"f:1:37: keys.clients.a.group: there is no group 'rad' (did you mean 'red'?)"}},
      {"an upstream that is not there",
       "keys: {clients: {a: {key: k, upstreams: [u]}}}",
       {"f:1:42: keys.clients.a.upstreams: unknown upstream 'u'"}},
      {"an API that is none",
       "keys: {clients: {a: {key: k, apis: [chta]}}}",
       {"f:1:37: keys.clients.a.apis: must be one of chat, cmpl, emb, moderations, rerank, audio, "
        "images (did you mean 'chat'?)"}},
      {"a label that is none",
       "keys: {clients: {a: {key: k, labels: {'a b': c, d: 'e,f'}}}}",
       {"f:1:39: keys.clients.a.labels: 'a b' is no label: up to 64 letters, digits, '.', '_' and "
        "'-'",
        "f:1:52: keys.clients.a.labels.d: a label's value is up to 64 visible characters without "
        "commas"}},
      {"no day",
       "keys: {clients: {a: {key: k, expires: tomorrow}}}",
       {"f:1:39: keys.clients.a.expires: must be a day in UTC like 2026-11-27"}},
      {"no number",
       "keys: {groups: {g: {requests_per_minute: 0}}}",
       {"f:1:42: keys.groups.g.requests_per_minute: must be a whole number from 1 to 10000000"}},
      {"no amount",
       "keys: {groups: {g: {usd_per_day: -1, usd_per_month: 9000001}}}",
       {"f:1:34: keys.groups.g.usd_per_day: an amount of USD is written like 12.50, with up to "
        "nine decimals, and at most 9000000",
        "f:1:53: keys.groups.g.usd_per_month: an amount of USD is written like 12.50, with up to "
        "nine decimals, and at most 9000000"}},
      {"no backend",
       "limits: {backend: 'redis://h:p'}",
       {"f:1:19: limits.backend: must be 'memory', or a url like redis://:PASSWORD@HOST:6379/0"}},
  };
  expect(cases);
}

TEST(Problems, OfTooManyOrigins) {
  const auto file = [](std::size_t count) {
    std::string list;
    for (std::size_t i = 0; i < count; ++i) list += "https://h" + std::to_string(i) + ", ";
    return "cors: {origins: [" + list + "]}";
  };
  EXPECT_EQ(std::vector<std::string>{}, problems_of(file(limits::max_cors_entries)));
  EXPECT_EQ(std::vector<std::string>{"f:1:17: cors.origins: at most 64 of them"},
            problems_of(file(limits::max_cors_entries + 1)));
}

TEST(Problems, OfTypes) {
  const test_case cases[] = {
      {"the file", "[1]", {"f:1:1: must be a mapping, not a list"}},
      {"the file as text", "hello", {"f:1:1: must be a mapping, not text"}},
      {"listen", "listen: [1]", {"f:1:9: listen: must be HOST:PORT, not a list"}},
      {"listen empty", "listen:", {"f:1:1: listen: must be HOST:PORT, but is empty"}},
      {"listen nonsense", "listen: 99999", {"f:1:9: listen: a port is a number from 0 to 65535"}},
      {"workers as text",
       "workers: many",
       {"f:1:10: workers: must be a whole number from 0 to 256"}},
      {"workers in quotes",
       "workers: \"2\"",
       {"f:1:10: workers: must be a whole number from 0 to 256"}},
      {"durable",
       "store: {durable: battery}",
       {"f:1:18: store.durable: must be 'process' or 'disk'"}},
      {"content_size above",
       "store: {content_size: 1MiB}",
       {"f:1:23: store.content_size: must be a size from 1KiB to 256KiB"}},
      {"workers below", "workers: -1", {"f:1:10: workers: must be a whole number from 0 to 256"}},
      {"workers above", "workers: 257", {"f:1:10: workers: must be a whole number from 0 to 256"}},
      {"workers not whole",
       "workers: 1.5",
       {"f:1:10: workers: must be a whole number from 0 to 256"}},
      {"workers as a list",
       "workers: []",
       {"f:1:10: workers: must be a whole number from 0 to 256, not a list"}},
      {"upstreams",
       "upstreams: [a]",
       {"f:1:12: upstreams: must be a mapping of names to upstreams, not a list"}},
      {"upstreams empty",
       "upstreams:\n",
       {"f:1:1: upstreams: must be a mapping of names to upstreams, but is empty"}},
      {"an upstream",
       "upstreams: {a: http://h}",
       {"f:1:16: upstreams.a: must be a mapping with a url, not text"}},
      {"key as number",
       "upstreams: {a: {url: http://h, key: 123}}",
       {"f:1:37: upstreams.a.key: must be text, a credential or 'passthrough', not a number (write "
        "it in quotes)"}},
      {"models",
       "models: x",
       {"f:1:9: models: must be a mapping of model names to candidates, not text"}},
      {"a model",
       "models: {m: demo}",
       {"f:1:13: models.m: must be a list like [openai], not text"}},
      {"a size without unit",
       "limits: {buffered: 5}",
       {"f:1:20: limits.buffered: a size is a whole number with B, KiB, MiB or GiB, like 64KiB"}},
      {"a unit of ten",
       "limits: {buffered: 5MB}",
       {"f:1:20: limits.buffered: a size is a whole number with B, KiB, MiB or GiB, like 64KiB"}},
      {"a size below",
       "limits: {buffered: 1023KiB}",
       {"f:1:20: limits.buffered: must be a size from 1MiB to 1024GiB"}},
      {"a size above",
       "limits: {body_size: 1025MiB}",
       {"f:1:21: limits.body_size: must be a size from 1KiB to 1GiB"}},
      {"a size beyond numbers",
       "limits: {body_size: 99999999999999999999GiB}",
       {"f:1:21: limits.body_size: the size is too large"}},
      {"a size as a list",
       "limits: {body_size: []}",
       {"f:1:21: limits.body_size: must be a size like 64KiB, not a list"}},
      {"timeouts", "timeouts: 5s", {"f:1:11: timeouts: must be a mapping, not text"}},
      {"a flag of YAML 1.1",
       "stream: {eof_as_stop: yes}",
       {"f:1:23: stream.eof_as_stop: must be true or false (write true)"}},
      {"a flag of YAML 1.1, off",
       "stream: {eof_as_stop: Off}",
       {"f:1:23: stream.eof_as_stop: must be true or false (write false)"}},
      {"a flag in quotes",
       "stream: {eof_as_stop: 'true'}",
       {"f:1:23: stream.eof_as_stop: must be true or false"}},
      {"a word",
       "stream: {role_content: emtpy}",
       {"f:1:24: stream.role_content: must be 'empty' or 'omit' (did you mean 'empty'?)"}},
      {"one of several words",
       "stream: {reasoning_field: reasonning}",
       {"f:1:27: stream.reasoning_field: must be 'as_is', 'reasoning_content', 'reasoning', 'both' "
        "or 'none' (did you mean 'reasoning'?)"}},
      {"another word",
       "stream: {echo_model: never}",
       {"f:1:22: stream.echo_model: must be 'upstream' or 'alias'"}},
      {"a word that is a number",
       "stream: {echo_model: 1}",
       {"f:1:22: stream.echo_model: must be 'upstream' or 'alias', not a number"}},
  };
  expect(cases);
}

TEST(Problems, OfDurations) {
  const std::string form =
      "a duration is a whole number with ms, s, m or h, like 500ms, 5s, 2m or 1h";
  const test_case cases[] = {
      {"no unit",
       "timeouts: {connect: 5}",
       {"f:1:21: timeouts.connect: " + form + " (did you mean '5s'?)"}},
      {"none where it makes no sense",
       "timeouts: {idle: none}",
       {"f:1:18: timeouts.idle: " + form}},
      {"nothing",
       "timeouts: {idle: }",
       {"f:1:12: timeouts.idle: must be a duration like 5s, but is empty"}},
      {"zero", "timeouts: {total: 0s}", {"f:1:19: timeouts.total: a duration is at least 1ms"}},
      {"too long",
       "stream: {heartbeat: 25h}",
       {"f:1:21: stream.heartbeat: a duration is at most 24h"}},
  };
  expect(cases);
}

TEST(Problems, OfUpstreams) {
  const test_case cases[] = {
      {"reserved",
       "upstreams: {demo: {url: http://h}}",
       {"f:1:13: upstreams: the name 'demo' is taken by the built-in upstream"}},
      {"a bad name",
       "upstreams: {a b: {url: http://h}}",
       {"f:1:13: upstreams: 'a b' is no name: up to 64 letters, digits, '.', '_' and '-', first a "
        "letter or digit"}},
      {"a url with credentials",
       "upstreams: {a: {url: \"http://u:hunter2@h\"}}",
       {"f:1:22: upstreams.a.url: a url must not hold credentials ('@'): write them as 'key:' or "
        "'headers:'"}},
      {"no url", "upstreams: {a: {url: \"\"}}", {"f:1:22: upstreams.a.url: must not be empty"}},
      {"an empty key",
       "upstreams: {a: {url: http://h, key: \"\"}}",
       {"f:1:37: upstreams.a.key: must not be empty"}},
      {"a key that splits the header",
       "upstreams: {a: {url: http://h, key: \"a\\r\\nb: hunter2\"}}",
       {"f:1:37: upstreams.a.key: the credential holds a character that cannot be sent in a "
        "header"}},
      {"two keys",
       "upstreams: {a: {url: http://h, key: k, key_file: /dev/null}}",
       {"f:1:50: upstreams.a.key_file: the file is empty",
        "f:1:50: upstreams.a: only one of 'key' and 'key_file' may be set"}},
      {"a key file that is not there",
       "upstreams: {a: {url: http://h, key_file: /nowhere/k}}",
       {"f:1:42: upstreams.a.key_file: the file cannot be read: No such file or directory"}},
      {"a key file that is a directory",
       "upstreams: {a: {url: http://h, key_file: /}}",
       {"f:1:42: upstreams.a.key_file: the file cannot be read: Is a directory"}},
      {"a ca file that is not there",
       "upstreams: {a: {url: https://h, ca_file: /nowhere/ca}}",
       {"f:1:42: upstreams.a.ca_file: the file cannot be read: No such file or directory"}},
      {"a socket path too long",
       "upstreams:\n  a:\n    url: unix:/" + std::string(107, 'a'),
       {"f:3:10: upstreams.a.url: the path of a Unix socket has at most 103 bytes"}},
      {"a proxy of another kind",
       "upstreams: {a: {url: http://h, proxy: socks5://u:hunter2@h:1}}",
       {"f:1:39: upstreams.a.proxy: a SOCKS proxy is not supported, only http://"}},
      {"a proxy over TLS",
       "upstreams: {a: {url: http://h, proxy: https://h:1}}",
       {"f:1:39: upstreams.a.proxy: a proxy over https:// is not supported, only http://"}},
      {"a proxy without a port",
       "upstreams: {a: {url: http://h, proxy: http://u:hunter2@h}}",
       {"f:1:39: upstreams.a.proxy: the proxy's port is missing, as in http://host:3128"}},
      {"no proxy's url",
       "upstreams: {a: {url: http://h, proxy: \"\"}}",
       {"f:1:39: upstreams.a.proxy: must not be empty"}},
      {"a proxy to a socket",
       "upstreams: {a: {url: unix:/s, proxy: h:1}}",
       {"f:1:38: upstreams.a: no proxy leads to a Unix socket"}},
      {"a header of ours",
       "upstreams: {a: {url: http://h, headers: {Content-Length: \"1\"}}}",
       {"f:1:42: upstreams.a.headers: the header 'Content-Length' is set by weir itself"}},
      {"no header name",
       "upstreams: {a: {url: http://h, headers: {\"a b\": c}}}",
       {"f:1:42: upstreams.a.headers: 'a b' is no header name"}},
      {"a header twice",
       "upstreams: {a: {url: http://h, headers: {x-a: b, X-A: c}}}",
       {"f:1:50: upstreams.a.headers: the header 'X-A' stands there twice (header names do not "
        "depend on case)"}},
      {"a header that splits",
       "upstreams: {a: {url: http://h, headers: {x-a: \"b\\nc\"}}}",
       {"f:1:47: upstreams.a.headers.x-a: the value holds a control character"}},
      {"key and authorization",
       "upstreams: {a: {url: http://h, key: k, headers: {Authorization: Basic x}}}",
       {"f:1:49: upstreams.a: only one of 'key' and the header 'authorization' may be set"}},
      {"passthrough and authorization",
       "upstreams: {a: {url: http://h, key: passthrough, headers: {authorization: x}}}",
       {"f:1:59: upstreams.a: only one of 'key' and the header 'authorization' may be set"}},
      {"a parameter without a name",
       "upstreams: {a: {url: http://h, query: {\"\": x}}}",
       {"f:1:40: upstreams.a.query: '' is no name of a parameter"}},
      {"a parameter as number",
       "upstreams: {a: {url: http://h, query: {v: 1}}}",
       {"f:1:43: upstreams.a.query.v: must be text, not a number (write it in quotes)"}},
  };
  expect(cases);
}

std::string repeated(const std::string& text, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += text;
  return out;
}

TEST(Problems, OfModels) {
  const test_case cases[] = {
      {"an unknown upstream",
       "upstreams: {openai: {url: http://h}}\nmodels: {m: [opnai]}",
       {"f:2:14: models.m: unknown upstream 'opnai' (did you mean 'openai'?)"}},
      {"an unknown upstream in a mapping",
       "models:\n  m:\n    - upstream: demos\n",
       {"f:3:17: models.m.upstream: unknown upstream 'demos' (did you mean 'demo'?)"}},
      {"an upstream that is wrong itself is reported once",
       "upstreams: {a: {url: ftp://h}}\nmodels: {m: [a]}",
       {"f:1:22: upstreams.a.url: only http://, https:// and unix:/ are supported"}},
      {"an empty list",
       "models: {m: []}",
       {"f:1:13: models.m: the list is empty (name the upstream: [openai])"}},
      {"more candidates than there may be",
       "models: {m: [" + repeated("demo,", limits::max_candidates + 1) + "]}",
       {"f:1:13: models.m: at most 64 candidates"}},
      {"as many as there may be",
       "models: {m: [" + repeated("demo,", limits::max_candidates) + "]}",
       {}},
      {"a mapping without candidates",
       "models: {m: {routing: {strategy: sticky}}}",
       {"f:1:13: models.m: 'candidates' is missing"}},
      {"a strategy that is none",
       "models: {m: {candidates: [demo], routing: {strategy: least_buzy}}}",
       {"f:1:54: models.m.routing.strategy: must be 'weighted', 'least_busy', 'p2c_ewma' or "
        "'sticky' (did you mean 'least_busy'?)"}},
      {"a share without its sign",
       "routing: {retry_budget: 20}",
       {"f:1:25: routing.retry_budget: must be a share from 0% to 100% (did you mean '20%'?)"}},
      {"more than all",
       "routing: {retry_budget: 101%}",
       {"f:1:25: routing.retry_budget: must be a share from 0% to 100%"}},
      {"no percentile",
       "routing: {hedge: p100}",
       {"f:1:18: routing.hedge: must be 'none' or a percentile from p1 to p99"}},
      {"no attempt at all",
       "routing: {attempts: 0}",
       {"f:1:21: routing.attempts: must be a whole number from 1 to 10"}},
      {"a priority that is none",
       "models: {m: [{upstream: demo, priority: 0}]}",
       {"f:1:41: models.m.priority: must be a whole number from 1 to 100"}},
      {"a regular expression that is none",
       "models: {\"/gpt-(/\": [demo]}",
       {"f:1:10: models./gpt-(/: no regular expression: missing ): gpt-("}},
      {"one among an upstream's models",
       "upstreams: {a: {url: http://h, models: [\"/[/\"]}}",
       {"f:1:41: upstreams.a.models: no regular expression: missing ]: ["}},
      {"models that are no list",
       "upstreams: {a: {url: http://h, models: gpt-*}}",
       {"f:1:40: upstreams.a.models: must be a list of names and patterns, not text"}},
      {"no upstream", "models: {m: [{model: x}]}", {"f:1:14: models.m: 'upstream' is missing"}},
      {"an unknown key",
       "models: {m: [{upstream: demo, weigth: 1}]}",
       {"f:1:31: unknown key 'weigth' (did you mean 'weight'?)"}},
      {"an empty name",
       "models: {\"\": [demo]}",
       {"f:1:10: models: a model's name has 1 to 256 bytes and no control characters"}},
      {"a name that is too long",
       "models: {" + std::string(257, 'm') + ": [demo]}",
       {"f:1:10: models: a model's name has 1 to 256 bytes and no control characters"}},
      {"an upstream's name for it that is empty",
       "models: {m: [{upstream: demo, model: ''}]}",
       {"f:1:38: models.m.model: must not be empty"}},
  };
  expect(cases);
}

TEST(Problems, OfVariables) {
  const test_case cases[] = {
      {"not set",
       "listen: ${NOWHERE}",
       {"f:1:9: listen: the environment variable NOWHERE is not set"}},
      {"two of them",
       "upstreams: {a: {url: \"http://${A}:${B}\"}}",
       {"f:1:22: upstreams.a.url: the environment variable A is not set",
        "f:1:22: upstreams.a.url: the environment variable B is not set"}},
      {"no end",
       "listen: \"${X\"",
       {"f:1:9: listen: '${' starts no variable (a variable is ${NAME}; a literal ${ is $${)"}},
      {"no name",
       "listen: \"${}\"",
       {"f:1:9: listen: '${' starts no variable (a variable is ${NAME}; a literal ${ is $${)"}},
      {"a default as shells have it",
       "listen: \"${X:-1}\"",
       {"f:1:9: listen: '${' starts no variable (a variable is ${NAME}; a literal ${ is $${)"}},
      {"an empty one as a key",
       "upstreams: {a: {url: http://h, key: \"${EMPTY}\"}}",
       {"f:1:37: upstreams.a.key: must not be empty (does the environment variable have a "
        "value?)"}},
      {"a secret in the wrong place is not repeated",
       "stream: {role_content: \"${SECRET}\", heartbeat: \"${SECRET}\"}\nlisten: "
       "${SECRET}\nworkers: ${SECRET}",
       {"f:1:24: stream.role_content: must be 'empty' or 'omit'",
        "f:1:48: stream.heartbeat: a duration is a whole number with ms, s, m or h, like 500ms, "
        "5s, 2m or 1h",
        "f:2:9: listen: the host is neither a name nor an address",
        "f:3:10: workers: must be a whole number from 0 to 256"}},
  };
  expect(cases, variables({{"EMPTY", ""}, {"SECRET", "hunter2/hunter2"}}));
}

TEST(Problems, OfSyntax) {
  const test_case cases[] = {
      {"indentation", "a: 1\n  b: 2\n", {"f:1:4: not valid YAML: invalid multiline plain key"}},
      {"an address without quotes",
       "listen: [::1]:4000\n",
       {"f:1:14: not valid YAML: invalid value after mapping (an IPv6 address must stand in "
        "quotes: \"[::1]:4000\")"}},
      {"a variable without quotes",
       "upstreams: {a: {key: ${X}}}\n",
       {"f:1:23: not valid YAML: missing comma in flow mapping (inside { } and [ ] a variable must "
        "stand in quotes: \"${NAME}\")"}},
      {"a pattern without quotes",
       "models:\n  *: [demo]\n",
       {"f:2:3: '*:' refers to nothing (a name with * must stand in quotes: \"*\")"}},
      {"a list without an end",
       "models: {m: [demo}",
       {"f:1:18: not valid YAML: mismatched flow mapping end"}},
      {"not UTF-8", "listen: 4000\n# caf\xe9\n", {"f:2:6: the file is not valid UTF-8 here"}},
      {"an overlong sequence", "a: \xc0\x80", {"f:1:4: the file is not valid UTF-8 here"}},
      {"a surrogate", "a: \xed\xa0\x80", {"f:1:4: the file is not valid UTF-8 here"}},
      {"a control character", "a: x\x01y", {"f:1:5: control character in the file"}},
      {"columns count characters",
       "# \xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\x01",
       {"f:1:6: control character in the file"}},
      {"two documents",
       "listen: 1\n---\nlisten: 2\n",
       {"f:2:1: a second document starts here; a configuration is one document"}},
      {"a tag", "listen: !!str 1\n", {"f:1:15: tags are not supported"}},
  };
  expect(cases);
}

TEST(Problems, AreAllReportedInTheOrderOfTheFile) {
  EXPECT_EQ((lines{"f:1:1: unknown key 'lisen' (did you mean 'listen'?)",
                   "f:3:7: upstreams.a: 'url' is missing",
                   "f:3:8: unknown key 'urls' (did you mean 'url'?)",
                   "f:5:8: models.m: unknown upstream 'b'",
                   "f:6:11: timeouts: must be a mapping, not a number"}),
            problems_of("lisen: 1\n"
                        "upstreams:\n"
                        "  a:  {urls: x}\n"
                        "models:\n"
                        "  m:  [b]\n"
                        "timeouts: 1\n"));
}

TEST(Problems, OfTheFileItself) {
  const scratch directory;
  const std::string path = directory.path("weir.yaml");
  const auto missing = load_file(path, variables({}));
  ASSERT_FALSE(missing);
  EXPECT_EQ(path + ": cannot be read: No such file or directory", to_string(missing.error().at(0)));
  EXPECT_EQ(1U, missing.error().size());
}

TEST(Problems, OfSizeReachEachBound) {
  const std::string comment(limits::max_config_bytes - 1, '#');
  EXPECT_EQ(lines{}, problems_of(comment + "\n"));
  EXPECT_EQ(lines{"f: the file is larger than 1048576 bytes"}, problems_of(comment + "#\n"));

  const auto nested = [](std::size_t depth) {
    return "a: " + std::string(depth, '[') + std::string(depth, ']');
  };
  const std::string unknown =
      "f:1:1: unknown key 'a' (known here: listen, tls, workers, upstreams, models, timeouts, "
      "routing, "
      "stream, limits, drain, admin, cors, prices, store, keys)";
  EXPECT_EQ(lines{unknown}, problems_of(nested(limits::max_config_depth - 1)));
  EXPECT_EQ(lines{"f:1:35: nested deeper than 32 levels"},
            problems_of(nested(limits::max_config_depth)));

  // The mapping, its key and its list are three.
  const auto many = [](std::size_t values) {
    std::string out = "a: [";
    for (std::size_t i = 0; i < values; ++i) out += "1,";
    return out + "]";
  };
  EXPECT_EQ(lines{unknown}, problems_of(many(limits::max_config_nodes - 3)));
  const lines refused = problems_of(many(limits::max_config_nodes - 2));
  ASSERT_EQ(1U, refused.size());
  EXPECT_NE(std::string::npos, refused[0].find("the file holds more than 65536 values"));
}

TEST(Problems, OfAliasesThatGrowWithoutBound) {
  std::string bomb = "a: &a [1,1,1,1,1,1,1,1,1,1]\n";
  for (char name = 'b'; name <= 'h'; ++name) {
    const std::string previous(1, static_cast<char>(name - 1));
    bomb += std::string(1, name) + ": &" + name + " [";
    for (int i = 0; i < 10; ++i) bomb += '*' + previous + ',';
    bomb += "]\n";
  }
  EXPECT_EQ(lines{"f:5:20: the file holds more than 65536 values"}, problems_of(bomb));

  // A few long texts, many times: the bound is on what they take, too.
  std::string copies = "a: &a " + std::string(limits::max_config_bytes / 4, 'x') + "\nb: [";
  for (int i = 0; i < 1000; ++i) copies += "*a,";
  const lines refused = problems_of(copies + "]\n");
  ASSERT_EQ(1U, refused.size());
  EXPECT_NE(std::string::npos, refused[0].find("the file holds more than 65536 values"));
}

TEST(Problems, OfKeyFiles) {
  const scratch directory;
  const auto load_with = [&](std::string_view content) {
    directory.write("key", content);
    directory.write("f.yaml", "upstreams: {a: {url: http://h, key_file: key}}");
    const auto made = load_file(directory.path("f.yaml"), variables({}));
    return made ? made->upstreams[0].key.reveal() : made.error().at(0).message;
  };
  EXPECT_EQ("k", load_with("k"));
  EXPECT_EQ("k", load_with("k\n"));
  EXPECT_EQ("k", load_with("k\r\n\n"));
  EXPECT_EQ("upstreams.a.key_file: the file is empty", load_with("\n"));
  EXPECT_EQ("upstreams.a.key_file: the file holds a character that cannot be sent in a header",
            load_with("k\nl"));
  EXPECT_EQ(limits::max_key_file_bytes,
            load_with(std::string(limits::max_key_file_bytes, 'k')).size());
  EXPECT_EQ("upstreams.a.key_file: the file cannot be read: larger than 65536 bytes",
            load_with(std::string(limits::max_key_file_bytes + 1, 'k')));
}

}  // namespace
}  // namespace weir::config
