"""Credentials never appear where somebody could read them."""

import os

from support import case
from support.gateway import run
from support.wire import answer_events, error_body, event, events, response, role, streamed, text

ask = case.ask
KEY = "zq81hx-key-of-the-upstream-04"  # of no well-known form
HEADER = "hdr-9f8e7d6c5b4a"
FILED = "sk-filed-77aa66bb55cc"
CLIENTS = "sk-client-123abc456def"
SECRETS = (KEY, HEADER, FILED, CLIENTS)


class Secrets(case.IntegrationTest):
    def setUp(self):
        self.up = self.upstream(models=["m-1"])
        self.filed = self.upstream(models=["m-2"])
        self.directory = case.gateway.tempfile.mkdtemp(prefix="weir-secret-")
        self.addCleanup(case.gateway.shutil.rmtree, self.directory, ignore_errors=True)
        self.key_file = os.path.join(self.directory, "key")
        with open(self.key_file, "w", encoding="utf-8") as file:
            file.write(FILED + "\n")
        self.config = {"workers": 1, "upstreams": {
            "up": {"url": self.up.url, "key": "${THE_KEY}", "headers": {"X-Secret": HEADER}},
            "filed": {"url": self.filed.url, "key_file": self.key_file}}}

    def assert_no_secret_in(self, where, text):
        for secret in SECRETS:
            self.assertNotIn(secret, text, where)
            self.assertNotIn(secret[:12], text, where)

    def test_not_in_logs_errors_or_metrics(self):
        weir = self.gateway(self.config, env={"THE_KEY": KEY})
        leaking = f"Incorrect API key provided: {KEY} {HEADER} (Authorization: Bearer {KEY})"
        answers = [streamed(answer_events("x")),
                   response(error_body(leaking), 400),
                   response(error_body(leaking), 401),
                   response(f"<html>{leaking}</html>", 500, "text/html"),
                   response({"detail": leaking, "key": KEY}, 422),
                   streamed(event(error_body(leaking))),
                   streamed(events(role(), text("x")) + event(error_body(leaking))),
                   response(error_body(leaking))]
        seen = []
        for stream in (True, False):
            for answer in answers:
                self.up.script(answer)
                got = self.chat(weir, ask(stream=stream),
                                [f"Authorization: Bearer {CLIENTS}", f"x-api-key: {CLIENTS}"])
                seen.append(str(got.head.headers) + got.read().decode())
                weir.access_line(got.get("x-request-id"))
        self.filed.script(streamed(answer_events("x")))
        self.stream_of(self.chat(weir, ask(model="m-2")))
        # They were used all the same.
        self.assertEqual({f"Bearer {KEY}"}, {r.get("authorization") for r in self.up.requests})
        self.assertEqual({HEADER}, {r.get("x-secret") for r in self.up.requests})
        self.assertEqual({f"Bearer {FILED}"}, {r.get("authorization") for r in self.filed.requests})

        for body in seen:
            self.assert_no_secret_in("an answer", body)
        for path in ("/metrics", "/healthz", "/readyz", "/v1/models", "/nowhere"):
            self.assert_no_secret_in(path, weir.get(path).body.decode())
        weir.stop()
        self.assert_no_secret_in("stdout", weir.stdout)
        self.assert_no_secret_in("stderr", weir.stderr)

    def test_not_in_answers_to_bad_requests(self):
        weir = self.gateway(self.config, env={"THE_KEY": KEY})
        for body, target in ((f'{{"model":"m-1","api_key":"{CLIENTS}"', "/v1/chat/completions"),
                             (ask(model=CLIENTS), "/v1/chat/completions"),
                             (None, f"/v1/x?key={CLIENTS}")):
            got = self.connect(weir).request("POST", target, body,
                                             [f"Authorization: Bearer {CLIENTS}"]).response()
            self.assertIn(got.status, (400, 404))
            self.assert_no_secret_in(target, got.read().decode())
            weir.access_line(got.get("x-request-id"))

    def test_not_in_config_show(self):
        path = os.path.join(self.directory, "weir.yaml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(case.wire.compact(self.config))
        for more in ([], ["--json"]):
            code, out, err = run("config", "show", "-c", path, *more, env={"THE_KEY": KEY})
            self.assertEqual((0, ""), (code, err))
            self.assertIn("***", out)
            self.assertIn("filed", out)
            self.assert_no_secret_in("config show", out)

    def test_not_in_what_config_check_complains_of(self):
        path = os.path.join(self.directory, "weir.yaml")
        for bad in ({"url": f"http://user:{KEY}@127.0.0.1:1/v1"},
                    {"url": f"http://127.0.0.1:1/v1?key={KEY}"},
                    {"url": "http://127.0.0.1:1", "key": [KEY]},
                    {"url": "http://127.0.0.1:1", "key": KEY, "key_file": self.key_file},
                    {"url": "http://127.0.0.1:1", "headers": {"X": KEY + "\r\nY: z"}},
                    {"url": "http://127.0.0.1:1", "key": KEY + "\n"}):
            with open(path, "w", encoding="utf-8") as file:
                file.write(case.wire.compact({"upstreams": {"up": bad}}))
            code, out, err = run("config", "check", "-c", path)
            self.assertEqual(1, code, out)
            self.assert_no_secret_in("config check", out + err)


if __name__ == "__main__":
    case.main()
