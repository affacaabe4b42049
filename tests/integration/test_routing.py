"""Several upstreams for a model, seen from outside: shares, priorities, explain and upstreams."""

import collections
import json

from support import case, gateway
from support.wire import answer_events, error_body, response, streamed

ask = case.ask


def says(name):
    return streamed(answer_events(name))


class Shares(case.IntegrationTest):
    def start(self, models, routing=None, **upstreams):
        made = {name: self.upstream() for name in upstreams}
        for name, up in made.items():
            up.always(says(name))
        config = {"workers": 1, "models": models,
                  "upstreams": {n: {"url": made[n].url, **more} for n, more in upstreams.items()}}
        if routing:
            config["routing"] = routing
        return made, self.gateway(config)

    def answers(self, weir, count, **more):
        seen = collections.Counter()
        with weir.connect() as client:
            for _ in range(count):
                view = self.stream_of(client.chat(ask(model="m", **more)))
                seen[view.text] += 1
        return seen

    def test_weights_are_exact_over_a_cycle(self):
        _, weir = self.start({"m": [{"upstream": "a", "weight": 3}, "b"]}, a={}, b={})
        self.assertEqual({"a": 30, "b": 10}, self.answers(weir, 40))

    def test_a_conversation_stays_where_it_is(self):
        _, weir = self.start({"m": ["a", "b", "c"]}, {"strategy": "sticky"}, a={}, b={}, c={})
        places = set()
        for user in range(20):
            messages = [{"role": "system", "content": "Be kind."},
                        {"role": "user", "content": f"question {user}"}]
            seen = self.answers(weir, 2, messages=messages)
            messages += [{"role": "assistant", "content": "yes"}, {"role": "user", "content": "?"}]
            seen += self.answers(weir, 2, messages=messages)
            self.assertEqual(1, len(seen), seen)
            places |= set(seen)
        self.assertEqual({"a", "b", "c"}, places)

    def test_upstreams_that_list_a_model_share_it_by_their_priority(self):
        made = [self.upstream(models=["m"]) for _ in range(3)]
        for name, up in zip("abc", made):
            up.always(says(name))
        weir = self.gateway({"workers": 1, "upstreams": {
            name: {"url": up.url, "priority": 2 if name == "c" else 1}
            for name, up in zip("abc", made)}})
        with weir.connect() as client:  # waits until all have told their lists
            client.request("GET", "/v1/models").response().read()
        self.assertEqual({"a": 5, "b": 5}, self.answers(weir, 10))

    def test_an_upstream_offers_only_what_it_is_told_to(self):
        up = self.upstream(models=["qwen-1", "llama-1"])
        up.always(says("up"))
        weir = self.gateway({"upstreams": {"up": {"url": up.url, "models": ["qwen*"]}}})
        with weir.connect() as client:
            listed = client.request("GET", "/v1/models").response().json()["data"]
        self.assertIn("qwen-1", [m["id"] for m in listed])
        self.assertNotIn("llama-1", [m["id"] for m in listed])
        self.assert_error(self.chat(weir, ask(model="llama-1")), 404, "model_not_found")
        self.stream_of(self.chat(weir, ask(model="qwen-1")))

    def test_the_access_line_tells_what_was_tried(self):
        made, weir = self.start({"m": ["a", {"upstream": "b", "priority": 2}]},
                                {"attempts": 2}, a={}, b={})
        made["a"].always(response(error_body(), 503))
        answer = self.chat(weir, ask(model="m"))
        self.stream_of(answer)
        line = weir.access_line(answer.get("x-request-id"))
        self.assertEqual([{"upstream": "a", "error": "overloaded"}], line["failed_attempts"])
        self.assertEqual(("b", 2, None), (line["upstream"], line["attempts"], line["error"]))


class CommandLine(case.CommandLineTest):
    def config(self, **upstreams):
        return self.file("weir.yaml", {"upstreams": upstreams, "models": {
            "fast": {"candidates": [{"upstream": "a", "model": "big", "weight": 3}, "b",
                                    {"upstream": "demo", "priority": 2}],
                     "routing": {"strategy": "sticky", "hedge": "p95"}},
            "/gpt-[45].*/": ["b"]}})

    def test_explain_names_the_order_and_the_reason(self):
        path = self.config(a={"url": "http://127.0.0.1:9"}, b={"url": "http://127.0.0.1:9"})
        code, out, _ = gateway.run("explain", "fast", "-c", path, "--json")
        self.assertEqual(0, code)
        said = json.loads(out)
        self.assertEqual([("a", "big", 1, 75), ("b", "fast", 1, 25), ("demo", "fast", 2, 100)],
                         [(t["upstream"], t["model"], t["priority"], t["share"])
                          for t in said["targets"]])
        self.assertEqual(("configured", "fast"), (said["reason"], said["entry"]))
        self.assertEqual(("sticky", "p95", 3), (said["routing"]["strategy"],
                                                said["routing"]["hedge"],
                                                said["routing"]["attempts"]))
        code, out, _ = gateway.run("explain", "gpt-5-mini", "-c", path)
        self.assertEqual(0, code)
        self.assertIn("the entry /gpt-[45].*/ of the configuration fits", out)

    def test_explain_asks_for_lists_where_the_configuration_says_nothing(self):
        up = self.upstream(models=["listed-model"])
        path = self.file("weir.yaml", {"upstreams": {"up": {"url": up.url},
                                                     "gone": {"url": "http://127.0.0.1:9"}}})
        code, out, _ = gateway.run("explain", "listed-model", "-c", path)
        self.assertEqual(0, code)
        self.assertIn("this upstream lists the model", out)
        code, out, _ = gateway.run("explain", "other", "-c", path, "--json")
        self.assertEqual("unlisted", json.loads(out)["reason"])
        only = self.file("only.yaml", {"upstreams": {"up": {"url": up.url},
                                                     "too": {"url": up.url}}})
        code, out, _ = gateway.run("explain", "listed-modle", "-c", only, "--json")
        self.assertEqual((1, {"model": "listed-modle", "found": False, "near": ["listed-model"]}),
                         (code, json.loads(out)))

    def test_upstreams_tells_who_can_be_reached(self):
        good, bare = self.upstream(models=["x", "y"]), self.upstream(models=None)
        path = self.config(a={"url": good.url}, b={"url": bare.url},
                           c={"url": "http://127.0.0.1:9"})
        code, out, _ = gateway.run("upstreams", "-c", path, "--json")
        self.assertEqual(1, code)  # one cannot
        said = {u["upstream"]: u for u in json.loads(out)["upstreams"]}
        self.assertEqual(("ok", 2, 200), (said["a"]["state"], said["a"]["models"],
                                          said["a"]["status"]))
        self.assertEqual(("no_list", 404), (said["b"]["state"], said["b"]["status"]))
        self.assertEqual(("unreachable", "refused"), (said["c"]["state"], said["c"]["fault"]))
        self.assertGreater(said["a"]["milliseconds"], 0)
        code, out, _ = gateway.run("upstreams", "-c", self.config(a={"url": good.url},
                                                                  b={"url": bare.url}))
        self.assertEqual(0, code)
        self.assertIn("2 models", out)
        self.assertIn(good.url, out)

    def test_no_key_is_shown(self):
        up = self.upstream(models=["x"])
        path = self.config(a={"url": up.url, "key": "sk-secret-key"}, b={"url": up.url})
        for arguments in (("upstreams",), ("explain", "fast"), ("upstreams", "--json")):
            _, out, err = gateway.run(*arguments, "-c", path)
            self.assertNotIn("sk-secret", out + err)
        self.assertIn("Bearer sk-secret-key", [r.get("Authorization") for r in up.requests])


if __name__ == "__main__":
    case.main()
