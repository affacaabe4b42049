"""What the example programs do, wherever they were built."""

import gzip
import json
import os
import pathlib
import subprocess

SOURCE = pathlib.Path(os.environ["WEIR_SOURCE"])
BUILD = pathlib.Path(os.environ["WEIR_BUILD"])
FIXTURES = SOURCE / "tests/data/fixtures"
# A stream as many servers send it: no role, no [DONE], CRLF.
RAGGED = (b'data: {"choices":[{"delta":{"content":"Hel"},"finish_reason":""}]}\r\n\r\n'
          b'data: {"choices":[{"delta":{"content":"lo"},"finish_reason":""}]}\r\n\r\n'
          b'data: {"choices":[{"delta":{},"finish_reason":"stop"}]}\r\n\r\n')


def run(command, stdin=b""):
    return subprocess.run([str(part) for part in command], input=stdin, capture_output=True,
                          timeout=240, check=False)


class Examples:
    """Tests of the examples in `folder`, which a TestCase beside this one sets."""

    folder = None

    def example(self, name, *arguments, stdin=b""):
        return run([self.folder / name, *arguments], stdin)

    def test_repair_stream_leaves_a_legal_stream_alone(self):
        for name in ("chat_text.sse", "chat_content_filter.sse", "chat_length.sse"):
            body = (FIXTURES / name).read_bytes()
            for packed in (body, gzip.compress(body)):
                done = self.example("repair_stream", stdin=packed)
                self.assertEqual((0, body), (done.returncode, done.stdout), done.stderr)

    def test_repair_stream_repairs_what_weir_repair_repairs(self):
        done = self.example("repair_stream", stdin=RAGGED)
        self.assertEqual(0, done.returncode, done.stderr)
        by_weir = run([os.environ["WEIR_BINARY"], "repair"], RAGGED)

        def said(stream):
            payloads = [json.loads(line[6:]) for line in stream.decode().splitlines()
                        if line.startswith("data: {")]
            return [p["choices"] for p in payloads]
        self.assertEqual(said(by_weir.stdout), said(done.stdout))
        self.assertEqual(5, len(said(done.stdout)) + done.stdout.count(b"[DONE]"))
        self.assertIn(b"repaired CHAT-13", done.stderr)

    def test_repair_stream_tells_of_a_truncation(self):
        done = self.example("repair_stream", stdin=RAGGED[:150])
        self.assertEqual(1, done.returncode)
        self.assertIn(b"upstream_stream_truncated", done.stdout)
        self.assertIn(b"closed the stream before completion", done.stderr)

    def test_fold_stream_makes_one_document(self):
        for body in (RAGGED, gzip.compress(RAGGED)):
            done = self.example("fold_stream", stdin=body)
            self.assertEqual(0, done.returncode, done.stderr)
            choice = json.loads(done.stdout)["choices"][0]
            self.assertEqual(("Hello", "stop"),
                             (choice["message"]["content"], choice["finish_reason"]))
        done = self.example("fold_stream", stdin=RAGGED[:150])
        self.assertEqual((1, b""), (done.returncode, done.stdout))
        self.assertIn("error", json.loads(done.stderr))

    def test_lint_file_judges(self):
        done = self.example("lint_file", FIXTURES / "chat_text.sse")
        self.assertEqual((0, b""), (done.returncode, done.stdout))
        done = self.example("lint_file", FIXTURES / "chat_n2.sse", "2")
        self.assertEqual((0, b""), (done.returncode, done.stdout))
        done = self.example("lint_file", FIXTURES / "chat_n2.sse")
        self.assertEqual(1, done.returncode)
        self.assertIn(b"fault CHAT-15 in event ", done.stdout)
        self.assertEqual(2, self.example("lint_file", "/nonexistent").returncode)
