"""`weir bench`: what a load comes to, and what is wrong with the answers to it."""

import json
import os
import pty
import signal
import subprocess
import threading

from support import PATIENCE, case
from support.certificates import Authority
from support.gateway import environment, run
from support.upstream import Close
from support.wire import (LAST_CHUNK, answer_events, completion, error_body, event, events, h1, head,
                          response, role, streamed, text)

ANSWER = streamed(answer_events("a", "b", "c"))  # five events before the end


class Bench(case.CommandLineTest):
    def bench(self, up, *arguments, env=()):
        code, out, err = run("bench", up.url, "--json", *arguments, env=env)
        return code, json.loads(out), err

    def test_every_stream_is_asked_for_and_read_to_its_end(self):
        up = self.upstream(models=["m-7"])
        up.always(ANSWER)
        code, seen, err = self.bench(up, "--requests", "30", "--streams", "4", "--max-tokens", "9",
                                     "--prompt-size", "1000")
        self.assertEqual((0, ""), (code, err))
        self.assertEqual((30, 30, 0, 150), tuple(seen[k] for k in ("requests", "ok", "failed", "events")))
        self.assertEqual([], seen["errors"])
        self.assertEqual((30, 30, 120), tuple(seen[k]["count"] for k in (
            "first_token_us", "duration_us", "event_gap_us")))
        self.assertGreaterEqual(seen["duration_us"]["p50"], seen["first_token_us"]["p50"])
        asked = [r.json() for r in up.chats]
        self.assertEqual(30, len(asked))
        self.assertEqual(("m-7", True, 9), tuple(asked[0][k] for k in ("model", "stream", "max_tokens")))
        self.assertEqual(1000, len(asked[0]["messages"][0]["content"]))
        self.assertLessEqual(len({r.connection.number for r in up.chats}), 4)

    def test_each_request_has_a_connection_of_its_own_when_asked(self):
        up = self.upstream()
        up.always(ANSWER)
        code, seen, _ = self.bench(up, "-m", "m-1", "--requests", "6", "--streams", "2",
                                   "--new-connections")
        self.assertEqual((0, 6), (code, seen["ok"]))
        self.assertEqual(6, len({r.connection.number for r in up.chats}))

    def test_documents(self):
        up = self.upstream()
        up.always(response(completion()))
        code, seen, _ = self.bench(up, "-m", "m-1", "--no-stream", "--requests", "5")
        self.assertEqual((0, 5, 0), (code, seen["ok"], seen["events"]))
        self.assertIsNone(seen["first_token_us"])
        self.assertNotIn("stream", up.chats[0].json())

    def test_what_is_wrong_is_counted_by_kind(self):
        for name, steps, kind in (
                ("no end", [streamed(events(role(), text("a")))], "no [DONE]"),
                ("an error event", [streamed(events(role(), error_body("It broke.")))], "error event"),
                ("a refusal", [response(error_body("Too many."), 429)], "HTTP 429"),
                ("a document", [response(completion())], "no stream"),
                ("half a stream", [head(), h1(event(role())), Close()], "lost"),
                ("no HTTP", [b"SSH-2.0-OpenSSH_9.2\r\n"], "no HTTP"),
                ("an empty stream", [head() + LAST_CHUNK], "empty stream")):
            with self.subTest(name):
                up = self.upstream()
                up.script(ANSWER)
                up.script(*steps)
                code, seen, _ = self.bench(up, "-m", "m-1", "--requests", "2", "--streams", "1")
                self.assertEqual((1, 1, 1), (code, seen["ok"], seen["failed"]))
                self.assertEqual([kind], [e["kind"] for e in seen["errors"]])

    def test_silence_ends_a_request_after_its_time(self):
        up = self.upstream()
        up.always(head(), threading.Event())
        code, seen, _ = self.bench(up, "-m", "m-1", "--requests", "1", "--timeout", "100ms")
        self.assertEqual((1, "late"), (code, seen["errors"][0]["kind"]))

    def test_nobody_there(self):
        up = self.upstream(listening=False)
        code, out, err = run("bench", up.url, "-m", "m-1", "--duration", "1h")
        self.assertEqual(1, code)
        self.assertIn("nothing answers", err)
        self.assertIn("no connection", out)
        code, _, err = run("bench", up.url)
        self.assertEqual(1, code)
        self.assertIn("refused", err)

    def test_time_that_is_up_ends_asking_but_no_answer(self):
        up = self.upstream()
        up.always(ANSWER)
        code, seen, _ = self.bench(up, "-m", "m-1", "--duration", "200ms", "--streams", "3")
        self.assertEqual((0, 0, 0), (code, seen["failed"], seen["unfinished"]))
        self.assertEqual(seen["ok"], len(up.chats))
        self.assertGreater(seen["ok"], 0)

    def test_the_key_goes_where_it_is_meant_to(self):
        up = self.upstream()
        up.always(ANSWER)
        for arguments, env, want in ((("--key", "k-1"), (), "Bearer k-1"),
                                     (("--key-env", "MINE"), (("MINE", "k-2"),), "Bearer k-2"),
                                     ((), (("WEIR_BENCH_KEY", "k-3"),), "Bearer k-3"), ((), (), None)):
            self.bench(up, "-m", "m-1", "--requests", "1", *arguments, env=env)
            self.assertEqual(want, up.chats[-1].get("authorization"))

    def test_over_tls(self):
        authority = Authority(self.directory, "ours")
        up = self.upstream(tls=authority.context("IP:127.0.0.1"))
        up.always(ANSWER)
        code, seen, _ = self.bench(up, "-m", "m-1", "--requests", "5", "--streams", "2",
                                   env=(("SSL_CERT_FILE", authority.certificate),))
        self.assertEqual((0, 5), (code, seen["ok"]), seen)

    def test_through_weir(self):
        gateway = self.gateway(arguments=("--no-discover",))
        code, out, err = run("bench", f"http://127.0.0.1:{gateway.port}", "-m", "demo/clean",
                             "--requests", "8", "--streams", "4")
        self.assertEqual((0, ""), (code, err))
        self.assertRegex(out, r"(?m)^requests +8 ")
        self.assertRegex(out, r"(?m)^  failed +0$")
        self.assertRegex(out, r"(?m)^to the first token +\d")

    def test_ctrl_c_ends_it_early_and_still_tells(self):
        up = self.upstream()
        up.always(head(), h1(event(text("a"))), threading.Event())
        master, slave = pty.openpty()
        process = subprocess.Popen(
            [case.gateway.BINARY, "bench", up.url, "-m", "m-1", "--streams", "2", "--duration", "1h"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=slave,
            env=environment(self.directory))
        os.close(slave)
        self.addCleanup(process.kill)
        up.wait_for_chats(2)
        progress = b""
        while b"2 open" not in progress:  # tells twice a second
            progress += os.read(master, 4096)
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=PATIENCE)
        os.close(master)
        self.assertEqual(1, process.returncode)
        self.assertIn(b"ended early", out)
        self.assertRegex(out, rb"(?m)^  unfinished +2$")

    def test_wrong_use(self):
        for arguments in ([], ["localhost"], ["http://127.0.0.1:1", "--streams", "0"],
                          ["http://127.0.0.1:1", "--duration", "10"],
                          ["http://127.0.0.1:1", "--requests", "many"],
                          ["http://127.0.0.1:1", "--key", "a", "--key-env", "B"]):
            with self.subTest(arguments):
                code, out, err = run("bench", *arguments)
                self.assertEqual((2, ""), (code, out))
                self.assertIn("weir bench --help", err)


if __name__ == "__main__":
    case.main()
