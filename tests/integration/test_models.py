"""The models, and what the gateway says of itself."""

import pathlib
import re

from support import case
from support.wire import (DONE, answer_events, completion, error_body, events, response, role,
                          streamed, text)

ask = case.ask


class Models(case.IntegrationTest):
    @classmethod
    def setUpClass(cls):
        cls.one = cls.class_upstream(models=["m-1", "org/deep/model", "both"])
        cls.two = cls.class_upstream(models=["m-2", "both"])
        cls.silent = cls.class_upstream(models=None)  # it has no list
        cls.weir = cls.class_gateway({
            "workers": 2,
            "upstreams": {"one": {"url": cls.one.url},
                          "two": {"url": cls.two.url, "priority": 2},
                          "silent": {"url": cls.silent.url}},
            "models": {"fast": [{"upstream": "two", "model": "m-2"}],
                       "shout": [{"upstream": "one", "model": "m-1",
                                  "stream": {"echo_model": "alias"}}],
                       "gpt-*": ["silent"],
                       "gpt-4*": ["two"]}})

    def tearDown(self):
        for up in (self.one, self.two, self.silent):
            self.assertEqual([], up.forget())

    def listed(self):
        got = self.weir.get("/v1/models")
        self.assertEqual((200, "application/json"), (got.status, got.get("Content-Type")))
        document = got.json()
        self.assertEqual("list", document["object"])
        return document["data"]

    def test_the_list_is_merged_and_has_the_aliases(self):
        ids = [m["id"] for m in self.listed()]
        self.assertEqual(len(set(ids)), len(ids))
        for want in ("m-1", "m-2", "org/deep/model", "both", "fast", "shout", "demo/clean"):
            self.assertIn(want, ids)
        self.assertFalse([i for i in ids if "*" in i])

    def test_each_entry_has_the_form_of_openai(self):
        for model in self.listed():
            self.assertEqual("model", model["object"])
            self.assertIs(int, type(model["created"]))
            self.assertTrue(model["owned_by"])

    def test_one_model_by_its_id(self):
        for spelt, want in (("m-1", "m-1"), ("org/deep/model", "org/deep/model"),
                            ("org%2Fdeep%2Fmodel", "org/deep/model"), ("fast", "fast"),
                            ("demo/clean", "demo/clean")):
            got = self.weir.get("/v1/models/" + spelt)
            self.assertEqual((200, want), (got.status, got.json()["id"]))

    def test_an_unknown_id_is_404_with_near_names(self):
        got = self.weir.get("/v1/models/org/deep/modal")
        self.assert_error(got, 404, "model_not_found", says="org/deep/model")

    def served_by(self, model, up):
        up.script(response(completion("x", model="whatever")))
        got = self.chat(self.weir, ask(stream=False, model=model))
        document = self.completion_of(got)
        return up.chats[-1].json()["model"], got.get("x-weir-upstream"), document["model"]

    def test_requests_go_where_the_model_is(self):
        self.listed()  # the lists are known
        self.assertEqual(("m-1", "one", "whatever"), self.served_by("m-1", self.one))
        self.assertEqual(("m-2", "two", "whatever"), self.served_by("m-2", self.two))
        self.assertEqual(("org/deep/model", "one", "whatever"),
                         self.served_by("org/deep/model", self.one))
        self.assertEqual(("both", "one", "whatever"), self.served_by("both", self.one))

    def test_an_alias_is_translated(self):
        self.assertEqual(("m-2", "two", "whatever"), self.served_by("fast", self.two))

    def test_an_alias_is_echoed_if_configured(self):  # CHAT-4
        self.assertEqual(("m-1", "one", "shout"), self.served_by("shout", self.one))
        self.one.script(streamed(answer_events("x")))
        view = self.stream_of(self.chat(self.weir, ask(model="shout")))
        self.assertEqual({"shout"}, {p["model"] for p in view.payloads})

    def test_patterns_match_the_longest_first(self):
        self.assertEqual(("gpt-5", "silent", "whatever"), self.served_by("gpt-5", self.silent))
        self.assertEqual(("gpt-4o", "two", "whatever"), self.served_by("gpt-4o", self.two))

    def test_an_upstream_without_a_list_takes_what_nobody_else_has(self):
        self.listed()
        self.assertEqual(("mystery", "silent", "whatever"), self.served_by("mystery", self.silent))


class Health(case.IntegrationTest):
    def test_the_process_is_healthy(self):
        weir = self.gateway(arguments=["--no-discover"])
        got = weir.get("/healthz")
        self.assertEqual((200, {"status": "ok"}), (got.status, got.json()))

    def test_the_demo_alone_is_ready(self):
        weir = self.gateway(arguments=["--no-discover"])
        self.assertEqual(200, weir.get("/readyz").status)

    def test_ready_with_an_upstream_that_can_be_reached(self):
        up = self.upstream()
        weir = self.gateway(self.before(up))
        weir.get("/v1/models")  # waits until it was asked
        self.assertEqual(200, weir.get("/readyz").status)

    def test_not_ready_when_none_can_be_reached(self):
        weir = self.gateway({"upstreams": {"gone": {"url": self.upstream(listening=False).url}}})
        weir.get("/v1/models")
        got = weir.get("/readyz")
        self.assertEqual(503, got.status)
        self.assertIn("gone", got.body.decode())
        self.assertEqual(200, weir.get("/healthz").status)
        listed = weir.get("/v1/models")
        self.assertEqual(200, listed.status)  # the others' models all the same
        self.assertIn("demo/clean", [m["id"] for m in listed.json()["data"]])

    def test_ready_again_once_an_upstream_answers(self):
        up = self.upstream(listening=False)
        weir = self.gateway(self.before(up))
        self.assertEqual(502, self.chat(weir).status)
        self.assertEqual(503, weir.get("/readyz").status)
        up.script(response(error_body("no"), 400))  # reached is reached, whatever it says
        up.listen()
        self.assert_error(self.chat(weir), 400, says="no")
        self.assertEqual(200, weir.get("/readyz").status)


class Metrics(case.IntegrationTest):
    NAMES = ("weir_requests_total", "weir_active_streams", "weir_stream_events_total",
             "weir_tokens_total", "weir_time_to_first_token_seconds",
             "weir_request_duration_seconds", "weir_stream_repairs_total",
             "weir_upstream_errors_total", "weir_usage_missing_total",
             "weir_client_cancelled_total", "weir_connections", "weir_build_info")

    @classmethod
    def setUpClass(cls):
        cls.up = cls.class_upstream(models=["m-1"])
        cls.weir = cls.class_gateway({**cls.before(cls.up), "workers": 2})

    def ask_for(self, answer, **more):
        self.up.script(answer)
        got = self.chat(self.weir, ask(**more))
        got.read()
        # Counted before the line is written.
        self.weir.access_line(got.get("x-request-id"))

    def test_the_exposition_is_in_order_and_complete(self):
        self.ask_for(streamed(answer_events("x", prompt=1)))
        self.ask_for(response(error_body("no"), 500))
        self.ask_for(response(completion("x")))
        got = self.weir.get("/metrics")
        self.assertEqual(200, got.status)
        self.assertRegex(got.get("Content-Type"), r"^text/plain; version=0\.0\.4")
        metrics = case.gateway.Metrics(got.body.decode())
        for name in self.NAMES:
            self.assertIn(name, metrics.types)
            self.assertIn(name, metrics.helps)
        for name, _, _ in metrics.samples:
            family = re.sub(r"_(bucket|sum|count)$", "", name)
            self.assertTrue(name in metrics.types or metrics.types.get(family) == "histogram", name)

    def test_the_documentation_names_what_there_is(self):
        page = pathlib.Path(__file__).parents[2] / "docs" / "metrics.md"
        documented = set(re.findall(r"\b(?:weir|vllm:|gen_ai)_[a-z_]+", page.read_text("utf-8")))
        documented = {re.sub(r"_(bucket|sum|count)$", "", n) for n in documented}
        there = set(self.weir.metrics().types)
        self.assertLessEqual(set(self.NAMES), documented)
        self.assertEqual(there, documented & there)
        self.assertEqual(set(), documented - there)

    def test_the_documentation_names_the_members_of_the_access_line(self):
        self.up.script(streamed(answer_events("x")))
        got = self.chat(self.weir)
        got.read()
        line = self.weir.access_line(got.get("x-request-id"))
        page = pathlib.Path(__file__).parents[2] / "docs" / "access-log.md"
        self.assertLessEqual(set(line), set(re.findall(r"`([a-z_]+)`", page.read_text("utf-8"))))

    def test_requests_tokens_errors_and_repairs_are_counted(self):
        before = self.weir.metrics()
        self.ask_for(streamed(answer_events("x", prompt=11, cached=3, completion=7)))
        self.ask_for(response(completion("x")))  # a stream made from JSON, without usage
        self.ask_for(response(error_body("no"), 500))
        self.ask_for(streamed(events(role(), text("x")) + DONE))  # no finish: CHAT-29d
        after = self.weir.metrics()

        def grown(name, **labels):
            return after.total(name, **labels) - before.total(name, **labels)
        self.assertEqual(4, grown("weir_requests_total", upstream="up"))
        self.assertEqual(4, grown("weir_requests_total", model="m-1"))
        self.assertEqual(1, grown("weir_requests_total", status_class="5xx"))
        self.assertEqual(4, grown("weir_request_duration_seconds_count"))
        self.assertEqual(3, grown("weir_time_to_first_token_seconds_count"))
        self.assertEqual([11, 3, 7], [grown("weir_tokens_total", type=t)
                                      for t in ("input", "cached_input", "output")])
        self.assertEqual(2, grown("weir_usage_missing_total"))
        self.assertEqual(1, grown("weir_upstream_errors_total", upstream="up"))
        self.assertEqual(1, grown("weir_stream_repairs_total", clause="CHAT-29"))
        self.assertLess(0, grown("weir_stream_events_total"))
        self.assertEqual(0, after.total("weir_active_streams"))
        self.assertLessEqual(1, after.total("weir_connections"))

    def test_histograms_add_up(self):
        self.ask_for(streamed(answer_events("x")))
        metrics = self.weir.metrics()
        for name, kind in metrics.types.items():
            if kind != "histogram":
                continue
            series = {}
            for sample, labels, value in metrics.samples:
                if sample == name + "_bucket":
                    key = tuple(sorted((k, v) for k, v in labels.items() if k != "le"))
                    series.setdefault(key, []).append((float(labels["le"]), value))
            for key, buckets in series.items():
                self.assertEqual(sorted(buckets), buckets)
                counts = [count for _, count in buckets]
                self.assertEqual(sorted(counts), counts)
                self.assertEqual(float("inf"), buckets[-1][0])
                self.assertEqual(counts[-1], sum(
                    v for n, own, v in metrics.samples
                    if n == name + "_count" and tuple(sorted(own.items())) == key))

    def test_strange_models_do_not_become_labels(self):  # OBS-4
        self.ask_for(streamed(answer_events("x")), model='evil"\\\nname')
        self.ask_for(streamed(answer_events("x")), model="someone@example.org")
        text = self.weir.metrics().text
        self.assertNotIn("evil", text)
        self.assertNotIn("someone", text)


if __name__ == "__main__":
    case.main()
