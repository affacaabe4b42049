"""`weir repair`: the chat path as a filter."""

import contextlib
import gzip
import json
import pathlib
import subprocess
import time
import zlib

from support import case, lint
from support.gateway import run
from support.wire import (DONE, answer_events, chunk, compact, completion, error_body, event,
                          events, finish, role, text, usage, zstd)

FIXTURES = pathlib.Path(__file__).parents[1] / "data" / "fixtures"


class Repair(case.CommandLineTest):
    def repair(self, body, *arguments):
        code, out, err = run("repair", *arguments, stdin=body)
        return code, out.encode(), err

    def request(self, **more):
        return ["--request", self.file("request.json", case.ask(**more))]

    def test_a_legal_stream_is_left_alone(self):
        for path in sorted(FIXTURES.glob("chat_*.sse")):
            body = path.read_bytes()
            request = self.request(include_usage=b'"usage":' in body,
                                   n=2 if "n2" in path.name else 1,
                                   tools=[{"type": "function", "function": {"name": "f"}}]
                                   if "tools" in path.name else None)
            code, out, err = self.repair(body, *request)
            self.assertEqual(body, out, path.name)
            self.assertEqual(1 if "error" in path.name else 0, code, path.name)
            self.assertNotIn("repaired", err)

    def test_what_is_whole_is_repaired(self):
        body = events(*[chunk({"role": "assistant", "content": t}, "") for t in ("a", "b")],
                      finish()).replace(b"\n", b"\r\n")
        code, out, err = self.repair(body)
        self.assertEqual(0, code)
        view = lint.stream(out)
        self.assertEqual(("ab", "stop"), (view.text, view.finish))
        for clause in ("CHAT-8", "CHAT-13"):
            self.assertIn(clause, err)

    def test_a_truncated_stream_is_1_with_the_legal_ending(self):
        for body in (events(role(), text("Hel")), events(role(), text("Hel")) + b"data: {\"id",
                     events(role(), text("Hel"), error_body("it broke"))):
            code, out, err = self.repair(body)
            self.assertEqual(1, code)
            view = lint.stream(out)
            self.assertEqual(("Hel", None), (view.text, view.finish))
            self.assertIn(view.error["message"], err)

    def test_nothing_at_all_is_1(self):
        for body in (b"", b"<html>", b": hello\n\n"):
            code, out, _ = self.repair(body)
            self.assertEqual(1, code)
            self.assertIsNotNone(lint.stream(out).error)

    def test_json_and_streams_become_what_the_request_asked_for(self):
        document = completion("Hello", usage=usage())
        code, out, _ = self.repair(compact(document).encode())
        self.assertEqual((0, "Hello"), (code, lint.stream(out).text))
        code, out, _ = self.repair(compact(document).encode(), *self.request(include_usage=True))
        self.assertEqual((0, usage()), (code, lint.stream(out, include_usage=True).usage))
        code, out, _ = self.repair(answer_events("Hel", "lo"), *self.request(stream=False))
        self.assertEqual((0, "Hello"), (code, lint.completion(json.loads(out))["choices"][0]
                                        ["message"]["content"]))

    def test_what_is_compressed_is_read(self):  # F33, F34
        plain = answer_events("Hel", "lo")
        for pack in (gzip.compress, zlib.compress, zstd):
            code, out, err = self.repair(pack(plain))
            self.assertEqual((0, plain), (code, out))
            self.assertIn("SSE-10", err)
        code, out, err = self.repair(gzip.compress(plain)[:-20])
        self.assertEqual(1, code)
        self.assertIsNone(lint.stream(out).finish)

    def test_a_failed_json_answer_is_one_json_error(self):
        code, out, _ = self.repair(events(role(), text("Hel")), *self.request(stream=False))
        self.assertEqual(1, code)
        self.assertEqual({"error"}, set(json.loads(out)))

    def test_the_list_of_repairs_as_json(self):
        code, _, err = self.repair(events(role(), text("a")) + DONE, "--json")
        self.assertEqual(0, code)
        listed = json.loads(err)
        self.assertEqual((True, None), (listed["whole"], listed["error"]))
        self.assertIn("CHAT-29", [r["clause"] for r in listed["repairs"]])
        code, _, err = self.repair(events(role(), text("a")), "--json")
        self.assertEqual((1, False), (code, json.loads(err)["whole"]))
        self.assertTrue(json.loads(err)["error"])

    def test_a_bad_request_file_is_1(self):
        for content in ("nonsense", "{}"):
            code, out, err = self.repair(answer_events("x"), "--request",
                                         self.file("request.json", content))
            self.assertEqual((1, b""), (code, out))
            self.assertIn("request.json", err)
        code, _, err = self.repair(b"", "--request", "/nonexistent.json")
        self.assertEqual(1, code)
        self.assertIn("/nonexistent.json", err)

    def test_settings_are_those_of_the_configuration(self):
        cut = events(role(), text("Hel"))
        code, out, _ = self.repair(cut, "--set", "eof_as_stop=true")
        self.assertEqual((0, "stop"), (code, lint.stream(out).finish))
        code, out, _ = self.repair(events(text("Hel"), finish()), "--set", "role_content=omit")
        self.assertNotIn(b'"content":""', out)
        code, _, _ = self.repair(cut, "--set", "eof_as_stop=true", "--set", "eof_as_stop=false")
        self.assertEqual(1, code)

    def test_settings_that_are_wrong_are_wrong_use(self):
        for setting, said in (("eof_as_stp=true", "did you mean 'eof_as_stop'?"),
                              ("echo_model=alia", "did you mean 'alias'?"),
                              ("eof_as_stop=yes", "write true"),
                              ("eof_as_stop", "NAME=VALUE"),
                              ("heartbeat=1s", "weir serve"),
                              ("max_tokens_field=max_tokens", "weir serve"),
                              ("validation=full", "--request")):
            with self.subTest(setting):
                code, out, err = self.repair(answer_events("x"), "--set", setting)
                self.assertEqual((2, b""), (code, out))
                self.assertIn(said, err)

    def test_the_request_may_be_checked_in_full(self):
        hot = self.request(temperature=9)
        self.assertEqual(0, self.repair(answer_events("x"), *hot)[0])
        code, out, err = self.repair(answer_events("x"), *hot, "--set", "validation=full")
        self.assertEqual((1, b""), (code, out))
        self.assertIn("'temperature'", err)

    def filter(self):
        process = subprocess.Popen([case.gateway.BINARY, "repair"], stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   env=case.gateway.environment(self.directory))
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.stdout.close)
        self.addCleanup(self.hang_up, process)
        return process

    @staticmethod
    def hang_up(process):
        with contextlib.suppress(BrokenPipeError):
            process.stdin.close()
        process.wait(case.client.PATIENCE)

    @staticmethod
    def write(process, body):
        process.stdin.write(body)
        process.stdin.flush()

    @staticmethod
    def ends_within(process, seconds):
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def test_it_is_a_filter(self):
        """Output comes while input still comes, and ends with the answer, not with the pipe."""
        process = self.filter()
        for one in (role(), text("a"), text("b")):
            self.write(process, event(one))
            line = process.stdout.readline()
            self.assertTrue(line.startswith(b"data: "), line)
            self.assertEqual(b"\n", process.stdout.readline())
        self.write(process, event(finish()) + DONE)
        self.assertIn(b"[DONE]", process.stdout.read())
        self.assertEqual(0, process.wait(case.client.PATIENCE))

    def test_heartbeats_behind_a_finish_do_not_keep_the_answer_open(self):  # SSE-12, CHAT-29e
        process = self.filter()
        self.write(process, events(role(), text("hi"), finish()))
        late = time.monotonic() + case.client.PATIENCE
        while not self.ends_within(process, 0.7):
            self.assertLess(time.monotonic(), late)
            with contextlib.suppress(BrokenPipeError):
                self.write(process, event(chunk({})))
        view = lint.stream(process.stdout.read())
        self.assertEqual((0, "hi", "stop"), (process.returncode, view.text, view.finish))

    def test_payload_behind_a_finish_begins_the_silence_anew(self):  # CHAT-29e
        process = self.filter()
        self.write(process, event(role()))
        words = [f"w{i}." for i in range(5)]
        for word in words:
            begin = time.monotonic()
            self.write(process, event(chunk({"content": word}, "stop")))
            ended = self.ends_within(process, 0.6)
            if time.monotonic() - begin > 1.5:
                self.skipTest("the machine is too busy to write in time")
            self.assertFalse(ended, "it ended too soon")
        self.write(process, DONE)
        view = lint.stream(process.stdout.read())
        self.assertEqual(("".join(words), "stop"), (view.text, view.finish))


if __name__ == "__main__":
    case.main()
