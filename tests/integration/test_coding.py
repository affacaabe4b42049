"""Content codings: of requests by their label, of upstreams' answers by their content."""

import gzip
import json
import threading
import zlib

from support import case
from support.client import request_bytes
from support.upstream import Close
from support.wire import (DONE, JSON, LAST_CHUNK, SSE, answer_events, compact, completion,
                          error_body, event, finish, h1, head, response, role, streamed, text, zstd)

ask = case.ask
CHAT = "/v1/chat/completions"
BODY = compact(ask(stream=False)).encode()
CODINGS = {"gzip": gzip.compress, "deflate": zlib.compress, "zstd": zstd}


class Flushing:
    """Compresses so that everything written can be read at once, as servers of events do it."""

    def __init__(self, coding):
        self._made = zlib.compressobj(wbits={"gzip": 31, "deflate": 15}[coding])

    def write(self, data):
        return self._made.compress(data) + self._made.flush(zlib.Z_SYNC_FLUSH)

    def end(self):
        return self._made.flush()


class Compressed(case.IntegrationTest):
    @classmethod
    def setUpClass(cls):
        cls.up = cls.class_upstream(models=["m-1"], pack=gzip.compress)
        cls.weir = cls.class_gateway(cls.before(cls.up))

    def tearDown(self):
        self.assertEqual(0, self.up.unused_scripts)
        self.assertEqual([], self.up.forget())


class Answers(Compressed):
    """F33, F34, SSE-10."""

    def test_streams_and_documents_whatever_their_label(self):
        for coding, pack in CODINGS.items():
            for label in ([f"Content-Encoding: {coding}"], [], ["Content-Encoding: identity"]):
                with self.subTest(coding=coding, label=label):
                    self.up.script(streamed(pack(answer_events("Hel", "lo")), *label))
                    self.assertEqual("Hello", self.stream_of(self.chat(self.weir)).text)
                    self.up.script(response(pack(compact(completion("Hi")).encode()), 200, JSON,
                                            *label))
                    got = self.chat(self.weir, ask(stream=False))
                    self.assertEqual("SSE-10;n=1", got.get("x-weir-repairs"))
                    self.completion_of(got)

    def test_plain_bodies_under_a_label_that_is_not_true(self):
        for label in ("gzip", "zstd", "deflate", "br", "gzip, br"):
            with self.subTest(label=label):
                self.up.script(streamed(answer_events("Hi"), f"Content-Encoding: {label}"))
                self.assertEqual("Hi", self.stream_of(self.chat(self.weir)).text)
                self.up.script(response(completion("Hi"), 200, JSON, f"Content-Encoding: {label}"))
                got = self.chat(self.weir, ask(stream=False))
                self.assertIsNone(got.get("x-weir-repairs"))
                self.completion_of(got)

    def test_events_leave_as_they_are_flushed(self):  # SSE-17
        for coding in ("gzip", "deflate"):
            packer, go_on = Flushing(coding), [threading.Event() for _ in range(2)]
            self.up.script(head(200, SSE, f"Content-Encoding: {coding}"),
                           h1(packer.write(event(role()) + event(text("a")))), go_on[0],
                           h1(packer.write(event(text("b")))), go_on[1],
                           h1(packer.write(event(finish()) + DONE) + packer.end()), LAST_CHUNK)
            got = self.chat(self.weir)
            self.assertEqual("", got.next_payload()["choices"][0]["delta"]["content"])
            self.assertEqual("a", got.next_payload()["choices"][0]["delta"]["content"])
            go_on[0].set()
            self.assertEqual("b", got.next_payload()["choices"][0]["delta"]["content"])
            go_on[1].set()
            self.assertEqual("ab", self.stream_of(got).text)

    def test_errors_are_read(self):  # EMAP-1
        body = compact(error_body("It is busy.", code="busy")).encode()
        for coding, pack in CODINGS.items():
            for label in ([f"Content-Encoding: {coding}"], []):
                for stream in (True, False):
                    self.up.script(response(pack(body), 503, JSON, *label))
                    self.assert_error(self.chat(self.weir, ask(stream=stream)), 503, "busy",
                                      says="It is busy.")

    def test_a_stream_that_breaks_off_or_is_corrupt_is_an_error_event(self):  # CHAT-29c
        packer = Flushing("gzip")
        begun = packer.write(event(role()) + event(text("Hel")))
        for code, steps in (("upstream_stream_truncated", [streamed(begun)]),
                            ("upstream_stream_truncated", [head() + h1(begun), Close()]),
                            ("upstream_invalid_response", [streamed(begun + b"\x07" * 20)])):
            self.up.script(*steps)
            view = self.stream_of(self.chat(self.weir))
            self.assertEqual(("Hel", code), (view.text, view.error["code"]))

    def test_much_out_of_little_waits_for_its_reader(self):  # HTTP-13
        words = ["w" * 1000] * 4000
        self.up.script(streamed(gzip.compress(answer_events(*words)), "Content-Encoding: gzip"))
        got = self.connect(self.weir, receive_buffer=4096).chat(ask())
        self.assertEqual("".join(words), self.stream_of(got).text)

    def test_a_list_of_models_is_read(self):
        self.assertIn("m-1", [m["id"] for m in self.weir.get("/v1/models").json()["data"]])

    def test_it_is_counted(self):
        before = self.weir.metrics().total("weir_stream_repairs_total", clause="SSE-10")
        self.up.script(streamed(gzip.compress(answer_events("Hi"))))
        got = self.chat(self.weir)
        self.stream_of(got)
        line = self.weir.access_line(got.get("x-request-id"))
        self.assertEqual({"SSE-10": 1}, line["repairs"])
        after = self.weir.metrics().total("weir_stream_repairs_total", clause="SSE-10")
        self.assertEqual(1, after - before)


class Requests(Compressed):
    """HTTP-12: the label is law."""

    def setUp(self):
        self.up.always(response(completion("fine")))

    def post(self, body, *fields):
        return self.connect(self.weir).request("POST", CHAT, body, fields).response()

    def assert_refused(self, got, status, says):
        self.assert_error(got, status, None, "invalid_request_error", says=says)
        self.assertEqual([], self.up.chats)

    def test_the_upstream_gets_the_body_as_it_was_meant(self):
        for coding, pack in CODINGS.items():
            with self.subTest(coding):
                self.completion_of(self.post(pack(BODY), f"Content-Encoding: {coding}"))
        self.completion_of(self.post(BODY, "Content-Encoding: identity"))
        self.completion_of(self.post(gzip.compress(BODY), "content-encoding: X-GZIP"))
        members = gzip.compress(BODY[:9]) + gzip.compress(BODY[9:])
        self.completion_of(self.post(members, "Content-Encoding: gzip"))
        self.assertEqual(6, len(self.up.chats))
        for request in self.up.chats:
            self.assertEqual(json.loads(BODY), request.json())
            self.assertIsNone(request.get("content-encoding"))

    def test_chunked_and_byte_by_byte(self):
        for coding, pack in CODINGS.items():
            raw = request_bytes("POST", CHAT, None, [f"Content-Encoding: {coding}",
                                                     "Transfer-Encoding: chunked"])
            raw += b"".join(h1(bytes([b])) for b in pack(BODY)) + LAST_CHUNK
            client = self.connect(self.weir)
            for at in range(0, len(raw), 50):
                client.send(raw[at:at + 50])
            self.completion_of(client.response())
            self.assertEqual(json.loads(BODY), self.up.chats[-1].json())

    def test_an_expectation_is_answered(self):
        packed = zstd(BODY)
        client = self.connect(self.weir).send(request_bytes(
            "POST", CHAT, None, ["Content-Encoding: zstd", f"Content-Length: {len(packed)}",
                                 "Expect: 100-continue"]))
        self.assertEqual(100, client.head().status)
        self.completion_of(client.send(packed).response())

    def test_a_coding_that_is_not_read_is_415_and_says_which_are(self):
        for label in ("br", "compress", "gzip, gzip", "gzip, br", "nonsense"):
            for expect in ([], ["Expect: 100-continue"]):
                with self.subTest(label=label, expect=expect):
                    got = self.post(BODY, f"Content-Encoding: {label}", *expect)
                    self.assertEqual([], got.interim)  # said before the body comes
                    self.assertEqual("gzip, deflate, zstd", got.get("Accept-Encoding"))
                    self.assert_refused(got, 415, label)

    def test_a_body_that_is_not_what_its_label_says_is_400(self):
        packed = gzip.compress(BODY)
        raw = zlib.compressobj(wbits=-15)
        for label, body in (("gzip", BODY), ("zstd", BODY), ("deflate", BODY), ("zstd", packed),
                            ("deflate", raw.compress(BODY) + raw.flush()), ("gzip", packed[:-1]),
                            ("gzip", packed + b"{}"), ("gzip", packed[:20]), ("gzip", b"")):
            with self.subTest(label=label, body=body):
                got = self.post(body, f"Content-Encoding: {label}")
                self.assertIsNone(got.get("Accept-Encoding"))
                self.assert_refused(got, 400, label)

    def test_a_body_without_a_label_is_not_looked_into(self):
        self.assert_refused(self.post(gzip.compress(BODY)), 400, "parse the JSON body")

    def test_a_bomb_is_413(self):  # ERR-23
        bomb = b" " * (33 * 1024 * 1024)
        for coding, pack in CODINGS.items():
            with self.subTest(coding):
                got = self.post(pack(bomb), f"Content-Encoding: {coding}")
                self.assert_error(got, 413, "request_too_large", says="Request body too large.")
                self.assertEqual([], self.up.chats)

    def test_a_large_body_that_fits_goes_through(self):
        body = ask(stream=False, messages=[{"role": "user", "content": "x" * 2000000}])
        packed = gzip.compress(compact(body).encode())
        self.completion_of(self.post(packed, "Content-Encoding: gzip"))
        self.assertEqual(body, self.up.chats[0].json())


if __name__ == "__main__":
    case.main()
