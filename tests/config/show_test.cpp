#include "config/show.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "config/discover.h"
#include "config/loading.h"
#include "config/scratch.h"
#include "config/values.h"

namespace weir::config {
namespace {

constexpr const char* whole_file = R"(
listen: "[::1]:4001"
upstreams:
  openai: {url: https://api.openai.com/v1, key: sk-hunter2, headers: {X-Foo: hunter2},
           query: {api-version: 2024-10-21, sig: hunter2, "a b": "$${x} & y"},
           proxy: "http://hunter2:hunter2@10.0.0.1:3128"}
  local: {url: http://127.0.0.1:8000, key: passthrough, proxy: none, stream: {eof_as_stop: true}}
  socket: {url: unix:/run/vllm.sock}
models:
  qwen3-32b:
    - {upstream: local, model: Qwen/Qwen3-32B, stream: {echo_model: alias}}
  "gpt-*": [openai]
  "true":
    candidates: [demo, {upstream: openai, weight: 3, priority: 2}]
    routing: {strategy: sticky, hedge: p95}
timeouts: {connect: 7s, idle: 1500ms}
stream: {heartbeat: 20s}
admin: {key: hunter2}
cors: {origins: [https://app.example.com, "http://[::1]:3000"], headers: [authorization]}
keys:
  clients:
    alice: {key: hunter2, group: red, labels: {team: red}, models: ["gpt-*"], upstreams: [demo],
            apis: [chat], expires: 2027-01-01, usd_per_day: 0.5, stream: {cost: true}}
  groups:
    red: {requests_per_minute: 60, tokens_per_minute: 100000, max_concurrent: 8,
          usd_per_month: 100}
)";

TEST(ShowYaml, IsTheEffectiveConfiguration) {
  EXPECT_EQ(R"(# Effective configuration, from f. Secrets are shown as ***.
# The built-in upstream 'demo' is offered as well.
listen: "[::1]:4001"
workers: 0
upstreams:
  openai:
    url: https://api.openai.com/v1
    key: "***"
    headers:
      X-Foo: "***"
    query:
      api-version: 2024-10-21
      sig: "***"
      "a b": "$${x} & y"
    proxy: "http://***@10.0.0.1:3128"
    priority: 1
    max_concurrent: 0
    max_per_minute: 0
    breaker:
      failures: 5
      open: 5s
  local:
    url: http://127.0.0.1:8000/v1
    key: passthrough
    proxy: none
    priority: 1
    max_concurrent: 0
    max_per_minute: 0
    breaker:
      failures: 5
      open: 5s
    stream:
      eof_as_stop: true
  socket:
    url: unix:/run/vllm.sock:/v1
    priority: 1
    max_concurrent: 0
    max_per_minute: 0
    breaker:
      failures: 5
      open: 5s
models:
  qwen3-32b:
    - upstream: local
      model: Qwen/Qwen3-32B
      weight: 1
      priority: 1
      stream:
        echo_model: alias
  "gpt-*":
    - upstream: openai
      weight: 1
      priority: 1
  "true":
    candidates:
      - upstream: demo
        weight: 1
        priority: 1
      - upstream: openai
        weight: 3
        priority: 2
    routing:
      strategy: sticky
      hedge: p95
timeouts:
  connect: 7s
  first_byte: 5m
  first_token: 5m
  idle: 1500ms
  total: none
routing:
  strategy: weighted
  sticky_by: prompt
  attempts: 3
  retry_budget: "20%"
  backoff: 250ms
  max_wait: 10s
  hedge: none
  queue: 128
  queue_wait: 10s
stream:
  mode: strict
  role_content: empty
  reasoning_field: as_is
  include_reasoning: true
  echo_model: upstream
  heartbeat: 20s
  commit_after: 15s
  eof_as_stop: false
  cumulative: false
  close_arguments: false
  think_tags: false
  think_opened: false
  tools_in_text: false
  strip_tokens: false
  validation: minimal
  max_tokens_field: as_is
  completions: as_is
  cost: false
limits:
  header_size: 64KiB
  header_time: 10s
  body_size: 32MiB
  body_time: 10m
  body_idle: 30s
  keep_alive: 75s
  requests_per_connection: 0
  connections: 10000
  connections_per_address: 0
  streams: 0
  buffered: 1GiB
  backend: memory
  backend_away: serve
drain:
  grace: none
  limit: 30s
admin:
  key: "***"
cors:
  origins:
    - https://app.example.com
    - "http://[::1]:3000"
  headers:
    - authorization
  credentials: false
  max_age: 10m
store:
  journal_size: 1GiB
  when_full: serve
  durable: process
  content_size: 64KiB
  retention_days: 0
keys:
  required: false
  output_reserve: 4096
  clients:
    alice:
      key: "***"
      group: red
      labels:
        team: red
      models:
        - "gpt-*"
      upstreams:
        - demo
      apis:
        - chat
      expires: 2027-01-01
      usd_per_day: 0.5
      store_content: false
      stream:
        cost: true
  groups:
    red:
      requests_per_minute: 60
      tokens_per_minute: 100000
      max_concurrent: 8
      usd_per_month: 100
)",
            show_yaml(loaded(whole_file)));
}

TEST(ShowJson, IsTheSameAsJson) {
  EXPECT_EQ(
      R"({
  "listen": "127.0.0.1:4000",
  "workers": 2,
  "upstreams": {
    "a": {
      "url": "http://h/v1",
      "query": {
        "q": "\"${x}\""
      },
      "priority": 1,
      "max_concurrent": 0,
      "max_per_minute": 0,
      "breaker": {
        "failures": 5,
        "open": "5s"
      }
    }
  },
  "models": {
    "m": [{
      "upstream": "a",
      "weight": 1,
      "priority": 1
    }]
  },
  "timeouts": {
    "connect": "5s",
    "first_byte": "5m",
    "first_token": "5m",
    "idle": "2m",
    "total": "1h"
  },
  "routing": {
    "strategy": "weighted",
    "sticky_by": "prompt",
    "attempts": 3,
    "retry_budget": "20%",
    "backoff": "250ms",
    "max_wait": "10s",
    "hedge": "none",
    "queue": 128,
    "queue_wait": "10s"
  },
  "stream": {
    "mode": "strict",
    "role_content": "omit",
    "reasoning_field": "as_is",
    "include_reasoning": true,
    "echo_model": "upstream",
    "heartbeat": "15s",
    "commit_after": "15s",
    "eof_as_stop": false,
    "cumulative": false,
    "close_arguments": false,
    "think_tags": false,
    "think_opened": false,
    "tools_in_text": false,
    "strip_tokens": false,
    "validation": "minimal",
    "max_tokens_field": "as_is",
    "completions": "as_is",
    "cost": false
  },
  "limits": {
    "header_size": "64KiB",
    "header_time": "10s",
    "body_size": "32MiB",
    "body_time": "10m",
    "body_idle": "30s",
    "keep_alive": "75s",
    "requests_per_connection": 0,
    "connections": 10000,
    "connections_per_address": 0,
    "streams": 0,
    "buffered": "1GiB",
    "backend": "memory",
    "backend_away": "serve"
  },
  "drain": {
    "grace": "none",
    "limit": "30s"
  },
  "store": {
    "journal_size": "1GiB",
    "when_full": "serve",
    "durable": "process",
    "content_size": "64KiB",
    "retention_days": 0
  },
  "keys": {
    "required": false,
    "output_reserve": 4096
  }
}
)",
      show_json(loaded("workers: 2\nupstreams: {a: {url: http://h, query: {q: '\"$${x}\"'}}}\n"
                       "models: {m: [a]}\ntimeouts: {total: 1h}\n"
                       "stream: {role_content: omit}")));
}

TEST(Show, NoSecretAppears) {
  const scratch directory;
  directory.write("k", "hunter2");
  directory.write("weir.yaml", std::string(whole_file) + "\n");
  directory.write("two.yaml", "upstreams: {a: {url: http://h, key_file: k}}");
  for (const char* name : {"weir.yaml", "two.yaml"}) {
    const auto made = load_file(directory.path(name), variables({}));
    ASSERT_TRUE(made);
    EXPECT_EQ(std::string::npos, show_yaml(*made).find("hunter2")) << name;
    EXPECT_EQ(std::string::npos, show_json(*made).find("hunter2")) << name;
    for (const std::string& w : warnings(*made)) EXPECT_EQ(std::string::npos, w.find("hunter2"));
  }
}

TEST(Show, KeyFilesAndTheirSecretsSurviveLoadingBack) {
  const scratch directory;
  directory.write("k", "sk-1\n");
  directory.write("sub/weir.yaml", "upstreams: {a: {url: http://h, key_file: ../k}}");
  const auto made = load_file(directory.path("sub/weir.yaml"), variables({}));
  ASSERT_TRUE(made);
  const config again = loaded(show_yaml(*made));
  ASSERT_EQ(2U, again.upstreams.size()) << again.origin;
  EXPECT_EQ("sk-1", again.upstreams[0].key.reveal());
}

TEST(ShowYaml, TheOriginCannotEndItsComment) {
  config c;
  c.origin = "a\nlisten: 1";
  EXPECT_EQ("127.0.0.1", loaded(show_yaml(c)).listen.host);
  EXPECT_EQ(4000, loaded(show_yaml(c)).listen.port);
}

// Whatever a text holds, loading what is shown gives it back.
RC_GTEST_PROP(Show, LoadsBack, ()) {
  const auto text = rc::gen::nonEmpty(rc::gen::container<std::string>(rc::gen::oneOf(
      rc::gen::element('$', '{', '}', '"', '\'', ':', '#', ' ', '-', '*', '&', '!', '%', '@', '`',
                       ',', '[', ']', '?', '|', '>', '\\', '/', '~', '.', '=', '<'),
      rc::gen::inRange<char>('0', '9'), rc::gen::inRange<char>('a', 'f'))));
  config c;
  c.listen = {"127.0.0.1", *rc::gen::arbitrary<std::uint16_t>(), ""};
  c.workers = *rc::gen::inRange(0U, 257U);
  const int upstreams = *rc::gen::inRange(0, 3);
  for (int i = 0; i < upstreams; ++i) {
    upstream u;
    u.name = "u" + std::to_string(i);
    u.url = *parse_url(i == 0 ? "https://h:8443/x" : "http://[::1]:1");
    u.query = {{*text, *rc::gen::element<std::string>("", "x") + *text}};
    if (*rc::gen::arbitrary<bool>()) u.stream.heartbeat = millis(*rc::gen::inRange(1, 100000));
    c.upstreams.push_back(u);
  }
  const int models = *rc::gen::inRange(0, 3);
  for (int i = 0; i < models; ++i) {
    model_route r;
    r.name = *text + std::to_string(i);
    candidate one;
    one.upstream = "demo";
    one.model = *text;
    if (*rc::gen::arbitrary<bool>()) one.stream.eof_as_stop = *rc::gen::arbitrary<bool>();
    r.candidates.push_back(one);
    c.models.push_back(r);
  }
  if (*rc::gen::arbitrary<bool>()) c.timeouts.total = millis(*rc::gen::inRange(1, 100000));
  const std::string yaml = show_yaml(c);
  RC_LOG() << yaml;
  const config from_yaml = loaded(yaml);
  RC_LOG() << from_yaml.origin;
  RC_ASSERT(from_yaml.origin == "f");
  RC_ASSERT(show_json(from_yaml) == show_json(c));
  RC_ASSERT(from_yaml.models.size() == c.models.size());
  for (std::size_t i = 0; i < c.models.size(); ++i) {
    RC_ASSERT(from_yaml.models[i].name == c.models[i].name);
    RC_ASSERT(from_yaml.models[i].candidates[0].model == c.models[i].candidates[0].model);
  }
}

TEST(Warnings, SayWhatDeservesAWord) {
  struct test_case {
    const char* what;
    const char* yaml;
    std::vector<std::string> want;
  };
  const std::string open =
      ", beyond this machine: whoever reaches it can use every upstream and its key, for this "
      "release has no client keys";
  const std::string plain =
      "upstream 'a' gets a credential over plain http: everybody on the way can read it";
  const std::string round = "upstream 'a' is this gateway itself: requests would go round";
  const test_case cases[] = {
      {"nothing", "", {}},
      {"loopback of both kinds", "listen: \"[::1]:1\"", {}},
      {"every interface", "listen: 0.0.0.0:4000", {"listening on 0.0.0.0:4000" + open}},
      {"every interface, IPv6", "listen: \"[::]:1\"", {"listening on [::]:1" + open}},
      {"a key in the clear", "upstreams: {a: {url: http://10.0.0.7, key: k}}", {plain}},
      {"a header in the clear", "upstreams: {a: {url: http://h, headers: {api-key: k}}}", {plain}},
      {"a key to this machine", "upstreams: {a: {url: http://localhost:1, key: k}}", {}},
      {"a key over TLS", "upstreams: {a: {url: https://h, key: k}}", {}},
      {"the client's own came in the clear",
       "upstreams: {a: {url: http://h, key: passthrough}}",
       {}},
      {"itself", "upstreams: {a: {url: http://localhost:4000}}", {round}},
      {"itself by name",
       "listen: gw:80\nupstreams: {a: {url: http://gw}}",
       {"listening on gw:80" + open, round}},
      {"itself behind every interface",
       "listen: 0.0.0.0:4000\nupstreams: {a: {url: http://127.0.0.1:4000}}",
       {"listening on 0.0.0.0:4000" + open, round}},
      {"another port", "upstreams: {a: {url: http://localhost:4001}}", {}},
      {"another machine", "upstreams: {a: {url: http://10.0.0.1:4000}}", {}},
  };
  for (const test_case& c : cases) {
    const config made = loaded(c.yaml);
    EXPECT_EQ("f", made.origin) << c.what;
    EXPECT_EQ(c.want, warnings(made)) << c.what;
  }
}

}  // namespace
}  // namespace weir::config
