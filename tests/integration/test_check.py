"""`weir check`: live endpoints, captured answers, and what is said about them."""

import fcntl
import json
import os
import pathlib
import pty
import re
import struct
import subprocess
import termios

import test_tls
from support import case
from support.gateway import environment, run
from support.upstream import Close
from support.wire import (DONE, LAST_CHUNK, answer_events, chunk, compact, completion, error_body,
                          event, events, finish, h1, head, response, role, streamed, text, usage)

FIXTURES = pathlib.Path(__file__).parents[1] / "data" / "fixtures"
PROBES = ["text", "document", "usage", "choices", "stop", "length", "tools", "error", "disconnect"]
ROLES = events(*[chunk({"role": "assistant", "content": t}) for t in ("a", "b", "c")], finish())


class CheckTest(case.CommandLineTest):
    def check(self, *arguments, stdin=b"", env=()):
        """Exit code and report of `weir check --json`."""
        code, out, err = run("check", "--json", *arguments, stdin=stdin, env=env)
        self.assertEqual("", err)
        report = json.loads(out)
        self.assertEqual(code == 0, report["clean"])
        self.assertEqual(code == 0, not report["failure"] and report["faults"] == 0, report)
        return code, report

    @staticmethod
    def rules(report, probe=0, severity="fault"):
        return [f["rule"] for f in report["probes"][probe]["findings"]
                if f["severity"] == severity]


class Gateway(CheckTest):
    """weir is its own first customer: nothing that it sends is a fault."""

    @classmethod
    def setUpClass(cls):
        cls.gate = cls.class_gateway(arguments=["--no-discover"])

    def test_a_clean_upstream_behind_weir_has_no_fault(self):
        code, report = self.check(f"http://127.0.0.1:{self.gate.port}/v1", "-m", "demo/clean")
        self.assertEqual(0, code, report)
        self.assertEqual(PROBES, [p["name"] for p in report["probes"]])
        self.assertTrue(all(p["ran"] for p in report["probes"]))
        self.assertEqual([], self.rules(report, 0, "hint"))

    def test_calls_are_judged_when_the_model_calls(self):
        code, report = self.check(f"http://127.0.0.1:{self.gate.port}", "-m", "demo/tools")
        self.assertEqual(0, code, report)
        tools = report["probes"][PROBES.index("tools")]
        self.assertEqual((None, []), (tools["remark"], tools["findings"]))

    def test_what_weir_repairs_is_no_fault_behind_it(self):
        for model in ("json-only", "sse-only", "no-done", "role-every-delta", "comments", "azure"):
            code, report = self.check(f"http://127.0.0.1:{self.gate.port}/v1",
                                      "-m", f"demo/{model}")
            self.assertEqual(0, code, (model, report))

    def test_an_answer_that_ends_in_an_error_is_hinted_at(self):
        _, report = self.check(f"http://127.0.0.1:{self.gate.port}/v1", "-m", "demo/truncated")
        self.assertIn("error-event", self.rules(report, 0, "hint"))

    def test_an_unknown_model_stops_the_check(self):
        code, report = self.check(f"http://127.0.0.1:{self.gate.port}/v1", "-m", "nonsense")
        self.assertEqual(1, code)
        self.assertEqual(["request-fails"], self.rules(report))
        self.assertIn("nonsense", report["probes"][0]["findings"][0]["detail"])
        self.assertFalse(any(p["ran"] for p in report["probes"][1:]))


class OneRequest(CheckTest):
    """Endpoints that answer one request wrong in one way."""

    @classmethod
    def setUpClass(cls):
        cls.up = cls.class_upstream(models=["m-1"])

    def ask(self, *script, stream=True, more=()):
        self.up.script(*script)
        request = self.file("request.json", case.ask(stream))
        code, report = self.check(self.up.url, "--request", request, *more)
        self.assertEqual(1, len(report["probes"]))
        self.assertEqual("request", report["probes"][0]["name"])
        return code, report

    def test_each_fault_is_found_as_that_and_nothing_else(self):
        good = answer_events("Hel", "lo")
        html = b"<!DOCTYPE html><h1>hi</h1>"
        for what, script, want in (
                ("nothing", [streamed(good)], []),
                ("the role with each piece", [streamed(ROLES + DONE)],
                 ["role-with-payload", "role-repeated"]),
                ("no [DONE]", [streamed(good.replace(DONE, b""))], ["terminator-missing"]),
                ("CRLF", [streamed(good.replace(b"\n", b"\r\n"))], ["carriage-return"]),
                ("one JSON document", [response(completion())], ["document-for-stream"]),
                ("JSON lines", [streamed(compact(role()).encode() + b"\n" +
                                         compact(finish()).encode() + b"\n")],
                 ["lines-for-stream"]),
                ("a page", [response(html, 200, "text/html")], ["body-text"]),
                ("an empty body", [head(200) + LAST_CHUNK], ["body-empty"]),
                ("another label", [streamed(good, content_type="text/plain")],
                 ["content-type-wrong"]),
                ("no label", [streamed(good, content_type=None)], ["content-type-wrong"]),
                ("a label with parameters",
                 [streamed(good, content_type="Text/Event-Stream; charset=utf-8")], []),
                ("a coding", [streamed(b"\x1f\x8b\x08\x00", "Content-Encoding: gzip")],
                 ["content-encoded"]),
                ("a coding that nobody names", [streamed(b"\x1f\x8b\x08\x00")],
                 ["body-compressed"]),
                ("an error as an answer", [response(error_body())], ["error-as-success"]),
                ("a page with 500", [response(html, 500, "text/html")],
                 ["request-fails", "document-type-wrong", "document-not-json"]),
                ("an error with 429", [response(error_body(), 429)], ["request-fails"]),
                ("a cut connection", [head(200) + h1(events(role(), text("a"))), Close()],
                 ["answer-cut"]),
                ("no HTTP", [b"hello\r\n\r\n", Close()], ["answer-malformed"])):
            with self.subTest(what):
                code, report = self.ask(*script)
                self.assertEqual(want, self.rules(report), report)
                self.assertEqual(1 if want else 0, code)

    def test_a_document_is_judged_when_one_was_asked_for(self):
        for what, script, want in (
                ("nothing", response(completion()), []),
                ("no role", response(compact(completion()).replace('"role":"assistant",', "")),
                 ["role-missing"]),
                ("another label", response(completion(), 200, "text/plain"),
                 ["document-type-wrong"]),
                ("a stream", streamed(answer_events("x")), ["stream-for-document"]),
                ("a document and [DONE]", response(compact(completion()) + "\n\ndata: [DONE]\n\n"),
                 ["lines-for-document"])):
            with self.subTest(what):
                _, report = self.ask(script, stream=False)
                self.assertEqual(want, self.rules(report), report)

    def test_a_stream_with_a_length_is_hinted_at(self):
        code, report = self.ask(response(answer_events("x"), 200, "text/event-stream"))
        self.assertEqual((0, ["stream-has-length"]), (code, self.rules(report, 0, "hint")))

    def test_what_stays_open_is_told_and_not_waited_for(self):
        for body, want in ((answer_events("x"), ["open-after-terminator"]),
                           (answer_events("x").replace(DONE, b""), ["open-after-finish"])):
            code, report = self.ask(head(200) + h1(body), self.until_closed)
            self.assertEqual((1, want), (code, self.rules(report)))

    def test_silence_is_bounded(self):
        for sent in (b"", head(200), head(200) + h1(events(role(), text("a")))):
            code, report = self.ask(sent, self.until_closed, more=["--timeout", "200ms"])
            self.assertEqual((1, ["answer-late"]), (code, self.rules(report)))

    @staticmethod
    def until_closed(exchange):
        while not exchange.connection.wait_readable(1):
            pass

    def test_what_a_server_says_is_cut(self):
        code, report = self.ask(response(error_body("x" * 10000), 500))
        [found] = report["probes"][0]["findings"]
        self.assertEqual(1, code)
        self.assertLess(len(found["detail"]), 400)
        self.assertIn("xxx...", found["detail"])

    def test_a_finding_says_where_and_who_breaks(self):
        _, report = self.ask(streamed(events(role(), text("a"), chunk({"role": "assistant"}),
                                             chunk({"role": "assistant"}), finish()) + DONE))
        [found] = [f for f in report["probes"][0]["findings"] if f["rule"] == "role-repeated"]
        before = events(role(), text("a"))
        self.assertEqual(("CHAT-8", "fault", 2, 2, len(before)),
                         (found["clause"], found["severity"], found["count"], found["event"],
                          found["offset"]))
        self.assertIn('"delta":{"role":"assistant"}', found["bytes"])
        self.assertIn("openai-python", found["clients"])
        self.assertTrue(found["weir"])
        self.assertIsNone(found["setting"])

    def test_a_setting_that_helps_is_named(self):
        pieces = [text(t) for t in ("Hel", "Hello", "Hello, world")]
        code, report = self.ask(streamed(events(role(), *pieces, finish()) + DONE))
        [found] = report["probes"][0]["findings"]
        self.assertEqual((0, "text-cumulative", "cumulative"),
                         (code, found["rule"], found["setting"]))


class Probes(CheckTest):
    def endpoint(self, **answers):
        """An upstream that answers each probe as told, and the others well."""
        up = self.upstream(models=["m-1"])
        good = streamed(answer_events("x"))
        two = events(role(), role(1), finish(), finish(index=1)) + DONE
        usual = {"text": good, "document": response(completion()),
                 "usage": streamed(answer_events("x", prompt=1, cached=0, completion=1)),
                 "choices": streamed(two), "stop": good,
                 "length": streamed(events(role(), text("1"), finish("length")) + DONE),
                 "tools": good, "error": response(error_body(), 400),
                 "disconnect": good, "after": good}
        for name in [*PROBES, "after"]:
            script = answers.get(name, usual[name])
            for one in script if isinstance(script, list) else [script]:
                up.script(*one) if isinstance(one, tuple) else up.script(one)
        return up

    def findings(self, report, name, severity="fault"):
        return self.rules(report, PROBES.index(name), severity)

    def test_what_each_probe_asks(self):
        up = self.endpoint()
        code, report = self.check(up.url)
        self.assertEqual((0, "m-1", 0, 0),
                         (code, report["model"], report["faults"], report["hints"]), report)
        asked = [r.json() for r in up.chats]
        self.assertEqual(10, len(asked))
        self.assertTrue(all(r["model"] == "m-1" for r in asked))
        self.assertEqual([True, False] + [True] * 8, [r["stream"] for r in asked])
        self.assertEqual({"include_usage": True}, asked[2]["stream_options"])
        self.assertEqual(2, asked[3]["n"])
        self.assertEqual(5, asked[5]["max_tokens"])
        self.assertEqual("get_weather", asked[6]["tools"][0]["function"]["name"])
        self.assertNotIn("messages", asked[7])

    def test_what_a_server_refuses_is_hinted_at(self):
        refused = response(error_body("no such thing", "invalid_request_error"), 400)
        code, report = self.check(self.endpoint(choices=refused, tools=refused).url)
        self.assertEqual(0, code, report)
        for name in ("choices", "tools"):
            self.assertEqual(["request-refused"], self.findings(report, name, "hint"))

    def test_a_limit_is_asked_for_by_its_newer_name_where_the_older_is_refused(self):
        refused = response(error_body("Use 'max_completion_tokens' instead."), 400)
        cut = streamed(events(role(), text("1"), finish("length")) + DONE)
        up = self.endpoint(length=[refused, cut])
        code, report = self.check(up.url)
        self.assertEqual((0, 0), (code, report["hints"]), report)
        self.assertEqual(5, up.chats[6].json()["max_completion_tokens"])
        self.assertNotIn("max_tokens", up.chats[6].json())

    def test_another_finish_than_asked_for_is_hinted_at(self):
        _, report = self.check(self.endpoint(length=streamed(answer_events("x"))).url)
        self.assertEqual(["finish-other-than-asked"], self.findings(report, "length", "hint"))

    def test_how_a_broken_request_is_answered(self):
        for answer, faults, hints in (
                (response(error_body(), 500), ["bad-request-as-own-fault"], []),
                (response({"detail": "x"}, 422), ["error-foreign"], []),
                (response("no", 400, "text/plain"), ["document-type-wrong", "document-not-json"],
                 []),
                (response(error_body()), ["error-as-success"], []),
                (streamed(answer_events("x")), [], ["bad-request-accepted"])):
            _, report = self.check(self.endpoint(error=answer).url)
            self.assertEqual(faults, self.findings(report, "error"), report)
            self.assertEqual(hints, self.findings(report, "error", "hint"), report)

    def test_a_client_that_leaves_is_seen_to_and_the_next_one_is_served(self):
        def wait_for_leaving(exchange):
            exchange.connection.wait_readable(case.client.PATIENCE)
        left = (head(200) + h1(events(role(), text("1"))), wait_for_leaving)
        code, report = self.check(self.endpoint(disconnect=[left]).url)
        self.assertEqual(0, code, report)
        self.assertIn("left", report["probes"][-1]["remark"])
        _, report = self.check(self.endpoint(disconnect=[left], after=[(Close(),)]).url)
        self.assertEqual(["next-request-fails"], self.findings(report, "disconnect"))


class Reaching(CheckTest):
    def test_nobody_there_is_1_and_said(self):
        up = self.upstream(listening=False)
        for more in ((), ("-m", "x")):
            code, report = self.check(up.url, *more)
            self.assertEqual((1, []), (code, report["probes"][1:]))
            self.assertIn("refused", report["failure"].lower())
            code, out, _ = run("check", up.url, *more)
            self.assertEqual(1, code)
            self.assertIn("not checked", out)

    def test_without_a_list_a_model_must_be_named(self):
        for models in (None, []):
            code, report = self.check(self.upstream(models=models).url)
            self.assertEqual((1, []), (code, report["probes"]))
            self.assertIn("--model", report["failure"])

    def test_where_the_key_comes_from(self):
        for arguments, env, want in (
                ((), (), None),
                (("--key", "key-of-option"), (("WEIR_CHECK_KEY", "key-of-check"),),
                 "key-of-option"),
                (("--key-env", "MINE"), (("MINE", "key-of-mine"),), "key-of-mine"),
                ((), (("WEIR_CHECK_KEY", "key-of-check"), ("OPENAI_API_KEY", "key-of-openai")),
                 "key-of-check"),
                ((), (("OPENAI_API_KEY", "key-of-openai"),), "key-of-openai")):
            up = self.upstream(models=["m-1"])
            up.always(streamed(answer_events("x")))
            request = self.file("request.json", case.ask())
            self.check(up.url, "--request", request, *arguments, env=env)
            self.assertEqual(want and f"Bearer {want}", up.chats[0].get("authorization"))
        code, _, err = run("check", "--key-env", "NONE_OF_THESE", "http://127.0.0.1:1")
        self.assertEqual(1, code)
        self.assertIn("NONE_OF_THESE", err)

    def test_the_key_is_never_printed(self):
        key = "sk-0123456789abcdefghij"
        up = self.upstream(models=["m-1"])
        says = error_body(f"Incorrect API key provided: {key}.", "invalid_request_error")
        for script in (response(says, 401), response(f"no {key}", 401, "text/plain"),
                       streamed(events(role(), text(key), chunk({"role": key}), finish(key)) + DONE),
                       streamed(events(says) + DONE), response(f"<{key * 9}>", 200, "text/html")):
            up.always(script)
            for more in ((), ("--json",)):
                code, out, err = run("check", up.url, "--key", key, *more)
                self.assertEqual("", err)
                self.assertNotIn("0123456789", out)

    def test_https_is_verified(self):
        authority = test_tls.Authority(self.directory, "ours")
        up = self.upstream(models=["m-1"], tls=authority.context("IP:127.0.0.1"))
        up.always(streamed(answer_events("x")))
        request = self.file("request.json", case.ask())
        code, report = self.check(up.url, "--request", request,
                                  env=[("SSL_CERT_FILE", authority.certificate)])
        self.assertEqual(0, code, report)
        code, report = self.check(up.url, "--request", request)
        self.assertEqual(1, code)
        self.assertIn("certificate", report["failure"])


class Captures(CheckTest):
    def test_the_examples_of_the_contract_are_clean(self):
        for path in sorted(FIXTURES.glob("chat_*.sse")):
            body = path.read_bytes()
            request = self.file("request.json", case.ask(
                include_usage=b'"usage":' in body, n=2 if "n2" in path.name else 1))
            code, report = self.check(str(path), "--request", request)
            self.assertEqual((0, "capture"), (code, report["probes"][0]["name"]), report)

    def test_a_file_and_stdin_are_judged_alike(self):
        path = os.path.join(self.directory, "answer.sse")
        pathlib.Path(path).write_bytes(ROLES)
        for arguments, stdin in (((path,), b""), (("-",), ROLES)):
            code, report = self.check(*arguments, stdin=stdin)
            self.assertEqual(1, code)
            self.assertEqual({"role-with-payload", "role-repeated", "terminator-missing"},
                             set(self.rules(report)))

    def test_the_request_decides(self):
        usage_too = answer_events("x", prompt=1, cached=0, completion=1)
        for body, request, want in (
                (usage_too, case.ask(), ["usage-not-asked-for"]),
                (usage_too, case.ask(include_usage=True), []),
                (compact(completion()).encode(), case.ask(), ["document-for-stream"]),
                (compact(completion()).encode(), case.ask(False), []),
                (answer_events("x"), case.ask(n=2), ["choice-missing"]),
                (FIXTURES.joinpath("completions.sse").read_bytes(),
                 {"model": "m-1", "prompt": "x", "stream": True,
                  "stream_options": {"include_usage": True}}, []),
                (answer_events("x"), {"model": "m-1", "prompt": ["x", "y"], "stream": True},
                 ["completion-envelope", "completion-text", "completion-chat-member",
                  "completion-choices"])):
            code, report = self.check("-", "--request", self.file("request.json", request),
                                      stdin=body)
            self.assertEqual(want, self.rules(report), report)
            self.assertEqual(1 if want else 0, code)

    def test_usage_that_never_came_is_hinted_at(self):
        request = self.file("request.json", case.ask(include_usage=True))
        code, report = self.check("-", "--request", request, stdin=answer_events("x"))
        self.assertEqual((0, ["usage-unknown"]), (code, self.rules(report, 0, "hint")))

    def test_what_cannot_be_read_is_1(self):
        for arguments in (["/nonexistent.sse"], ["-", "--request", "/nonexistent.json"],
                          ["-", "--request", self.file("bad.json", "nonsense")],
                          ["-", "--request", self.file("none.json", "{}")]):
            code, out, err = run("check", *arguments)
            self.assertEqual((1, ""), (code, out))
            self.assertRegex(err, r"^weir: .*(nonexistent|bad\.json|none\.json)")

    def test_an_address_without_a_scheme_is_told_what_it_lacks(self):
        code, _, err = run("check", "127.0.0.1:8000")
        self.assertEqual(1, code)
        self.assertIn("http://", err)

    def test_wrong_use_is_2(self):
        for arguments in ([], ["-", "-m", "x"], ["-", "--key", "x"], ["-", "--timeout", "1s"],
                          ["http://user:pw@127.0.0.1"], ["http://127.0.0.1:x"],
                          ["http://127.0.0.1:1", "--timeout", "soon"],
                          ["http://127.0.0.1:1", "--key", "x", "--key-env", "y"],
                          ["http://127.0.0.1:1", "-m", "x", "--request", "y"]):
            code, out, err = run("check", *arguments)
            self.assertEqual((2, ""), (code, out), arguments)
            self.assertNotIn("pw", err)


class Text(case.CommandLineTest):
    def test_a_pipe_gets_lines_of_bounded_width_without_colour(self):
        code, out, err = run("check", "-", stdin=ROLES)
        self.assertEqual((1, ""), (code, err))
        self.assertNotIn("\033", out)
        self.assertIn("breaks: ", out)
        self.assertIn("weir: ", out)
        self.assertLessEqual(max(map(len, out.splitlines())), 100)
        self.assertRegex(out, r"role-repeated \(CHAT-8\), 2 times, first in event 1 at byte \d+")

    def test_nothing_that_a_server_says_steers_the_terminal(self):
        up = self.upstream(models=["\x1b[31mred"])
        up.always(response(error_body("\x1b]0;title\x07 \u009b31m"), 500))
        for more in ((), ("--json",)):
            _, out, _ = run("check", up.url, *more)
            self.assertIsNone(re.search("[\0-\x09\x0b-\x1f\x7f-\x9f]", out), out)
            self.assertIn("title", out)

    def test_a_terminal_gets_colour_and_its_own_width(self):
        for env, colour in (((), True), ((("NO_COLOR", "1"),), False)):
            near, far = pty.openpty()
            fcntl.ioctl(far, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 60, 0, 0))
            capture = self.file("answer.sse", ROLES.decode())
            done = subprocess.run([case.gateway.BINARY, "check", capture], stdout=far,
                                  stderr=subprocess.PIPE, env=environment(self.directory, env),
                                  timeout=case.client.PATIENCE, check=False)
            os.close(far)
            out = self.rest_of(near)
            self.assertEqual(1, done.returncode)
            self.assertEqual(colour, b"\033[" in out)
            if not colour:  # what is quoted from the answer is not wrapped
                lines = out.decode().replace("\r", "").splitlines()
                self.assertLessEqual(max(len(line) for line in lines if '"' not in line), 60)

    @staticmethod
    def rest_of(terminal):
        out = b""
        try:
            while more := os.read(terminal, 65536):
                out += more
        except OSError:  # the other end is closed
            pass
        os.close(terminal)
        return out


if __name__ == "__main__":
    case.main()
