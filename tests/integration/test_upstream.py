"""What upstreams do wrong, and what of a request reaches them."""

import threading

from support import case
from support.upstream import Close, HALF_A_CHUNK, Reset
from support.wire import (DONE, JSON, LAST_CHUNK, SSE, answer_events, completion, error_body,
                          event, events, finish, h1, head, response, role, streamed, text)

ask = case.ask


class Upstreams(case.IntegrationTest):
    @classmethod
    def setUpClass(cls):
        cls.up = cls.class_upstream()
        cls.weir = cls.class_gateway(cls.before(cls.up))

    def tearDown(self):
        self.assertEqual(0, self.up.unused_scripts)
        self.assertEqual([], self.up.forget())

    def both_ways(self, *steps):
        """The response to the same upstream's answer for a stream and for JSON."""
        for stream in (True, False):
            self.up.always(*steps)
            yield self.chat(self.weir, ask(stream=stream))

    def assert_upstream_error(self, got, says=""):
        error = self.assert_error(got, 502, "upstream_error", "server_error", says=says)
        self.assertTrue(error["message"].startswith("Upstream request failed."), error)
        self.assertNotIn(str(self.up.port), error["message"])  # ERR-36
        self.assertNotIn("127.0.0.1", error["message"])
        return error


class Unusable(Upstreams):
    """ERR-30: 502, whatever it is that came instead of an answer."""

    def test_nobody_listens(self):
        gone = self.upstream(listening=False)
        weir = self.gateway({"upstreams": {"gone": {"url": gone.url}}})
        for stream in (True, False):
            got = self.chat(weir, ask(stream=stream))
            error = self.assert_error(got, 502, "upstream_error", "server_error", says="gone")
            self.assertNotIn(str(gone.port), error["message"])

    def test_garbage_in_place_of_http(self):
        for garbage in (b"SSH-2.0-OpenSSH_9.2\r\n", b"\x16\x03\x01\x00\x05hello\r\n\r\n",
                        b"\x00" * 64,
                        b"HTTP/1.1 abc\r\n\r\n", b"HTTP/2 200 OK\r\n\r\n", b"{}\n\n",
                        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
                        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: xyz\r\n\r\nhello",
                        b"HTTP/1.1 200 OK\r\nbad line\r\n\r\n"):
            with self.subTest(garbage=garbage):
                for got in self.both_ways(garbage, Close()):
                    self.assert_upstream_error(got)

    def test_a_head_without_end(self):
        for got in self.both_ways(b"HTTP/1.1 200 OK\r\nX: " + b"a" * 100000, Close()):
            self.assert_upstream_error(got)

    def test_the_connection_ends_before_an_answer(self):
        for steps in ([Close()], [Reset()], [b"HTTP/1.1 200", Close()],
                      [head(), Close()], [head(), Reset()],
                      [head(200, JSON, length=1000) + b'{"id":', Close()]):
            with self.subTest(steps=steps):
                for got in self.both_ways(*steps):
                    error = self.assert_error_502(got)
                    self.assertEqual("server_error", error["type"])

    def assert_error_502(self, got):
        self.assertEqual(502, got.status, got.read())
        return got.error()

    def test_html(self):
        page = b"<!DOCTYPE html><html><body><h1>504 Gateway Time-out</h1></body></html>"
        for kind in ("text/html", SSE, None):
            for got in self.both_ways(response(page, 200, kind)):  # F38
                self.assertEqual(502, got.status)
                self.assertEqual("server_error", got.error()["type"])

    def test_nothing_at_all(self):
        for steps in ([response(b"", 200, JSON)], [response(b"", 200, SSE)], [streamed(b"")],
                      [streamed(b"   \n\n")], [head(204, None, length=None, chunked=False)]):
            with self.subTest(steps=steps):
                for got in self.both_ways(*steps):  # F39
                    self.assertEqual(502, got.status, got.read())
                    got.error()

    def test_comments_only(self):
        for body in (b": hello\n\n: hello\n\n", b": hello\n\n" + DONE, DONE):
            for got in self.both_ways(streamed(body)):  # CHAT-29d
                self.assertEqual(502, got.status, got.read())
                got.error()

    def test_json_that_is_no_answer(self):
        for body in (b"{}", b"[]", b"null", b'"hello"', b'{"choices":[]}',
                     b'{"object":"list","data":[]}', b'{"id":"x","choices":nul'):
            with self.subTest(body=body):
                for got in self.both_ways(response(body)):  # SYN-5
                    self.assertEqual(502, got.status, got.read())
                    got.error()

    def test_an_encoding_that_nobody_reads(self):
        packed = response(b"\x1b\x08\x00\xf8\x25", 200, JSON, "Content-Encoding: br")
        for got in self.both_ways(packed):
            self.assert_upstream_error(got, says="br")

    def test_a_redirect_is_not_followed(self):
        elsewhere = self.upstream()
        for status in (301, 302, 307, 308):
            moved = response(b"", status, None, f"Location: {elsewhere.url}/chat/completions")
            for got in self.both_ways(moved):
                self.assert_upstream_error(got, says=str(status))
        self.assertEqual([], elsewhere.requests)

    def test_interim_responses_are_skipped(self):
        interim = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
        self.up.script(interim + streamed(answer_events("Hello")))
        self.assertEqual("Hello", self.stream_of(self.chat(self.weir)).text)


class Truncated(Upstreams):
    """CHAT-29c: the end of the connection is not the end of the answer."""

    BEGUN = events(role(), text("Hel"))

    def ends(self):
        begun = head() + h1(self.BEGUN)
        return {
            "an orderly close": [begun, Close()],
            "a reset": [begun, Reset()],
            "half a chunk": [begun, HALF_A_CHUNK, Close()],
            "half a chunk size": [begun, b"4", Close()],
            "half an event": [begun, h1(event(text("lo"))[:-10]), LAST_CHUNK],
            "the end of the message": [begun, LAST_CHUNK],
            "a length that was too long": [
                head(200, SSE, length=len(self.BEGUN) + 10) + self.BEGUN, Close()],
            "the end of a body without length": [
                head(200, SSE, chunked=False) + self.BEGUN, Close()],
            "garbage for a chunk size": [begun, b"zz\r\n"],
        }

    def test_a_stream_ends_with_an_error_frame(self):
        for name, steps in self.ends().items():
            with self.subTest(name):
                # A reset discards what the gateway has not read yet: first the client has it.
                seen = threading.Event()
                self.up.script(steps[0], seen, *steps[1:])
                got = self.chat(self.weir)
                while b"Hel" not in got.body and got.more():
                    pass
                seen.set()
                view = self.stream_of(got)
                self.assertRegex(view.error.pop("message"),
                                 r"^Upstream closed the stream before completion\. "
                                 r"Upstream `up`, after [1-9][0-9]* bytes of its answer\.$")
                self.assertEqual({"type": "server_error", "param": None,
                                  "code": "upstream_stream_truncated"}, view.error)
                self.assertEqual(("Hel", None), (view.text, view.finish))

    def test_no_half_answer_becomes_json(self):  # AGG-2
        for name, steps in self.ends().items():
            with self.subTest(name):
                self.up.script(*steps)
                got = self.chat(self.weir, ask(stream=False))
                self.assertEqual(502, got.status)
                self.assertEqual("server_error", got.error()["type"])

    def test_the_connection_of_a_client_lives_on(self):
        self.up.script(head() + h1(self.BEGUN), Close())
        got = self.chat(self.weir)
        self.assertIsNotNone(self.stream_of(got).error)
        self.up.script(streamed(answer_events("again")))
        self.assertEqual("again", self.stream_of(got.client.chat(ask())).text)

    def test_an_end_without_finish_may_count_as_stop(self):
        weir = self.gateway(self.before(self.up, stream={"eof_as_stop": True}))
        self.up.script(head() + h1(self.BEGUN), LAST_CHUNK)
        view = self.stream_of(self.chat(weir))
        self.assertEqual(("Hel", "stop", None), (view.text, view.finish, view.error))

    def test_an_error_midway_is_told_with_its_own_words(self):  # CHAT-30
        self.up.script(streamed(self.BEGUN + event(error_body("CUDA out of memory", code="oom")) +
                                events(text("never"), finish()) + DONE))
        view = self.stream_of(self.chat(self.weir))
        self.assertEqual(("Hel", None), (view.text, view.finish))
        self.assertEqual(("CUDA out of memory", "oom"), (view.error["message"], view.error["code"]))


class Statuses(Upstreams):
    """EMAP-1: an upstream's refusal is relayed with status and message."""

    def test_status_and_body_are_the_upstreams(self):
        table = [
            (400, error_body("bad temperature", "invalid_request_error", None, "temperature")),
            (400, error_body("too long", "invalid_request_error", "context_length_exceeded",
                             "messages")),
            (404, error_body("no such model", "invalid_request_error", "model_not_found")),
            (413, error_body("too much", "invalid_request_error")),
            (429, error_body("slow down", "requests", "rate_limit_exceeded")),
            (500, error_body("it broke")),
            (503, error_body("too busy", code="engine_overloaded")),
        ]
        for status, body in table:
            for got in self.both_ways(response(body, status)):
                self.assertEqual(status, got.status)
                self.assertEqual(body["error"], got.error())
                self.assertEqual("up", got.get("x-weir-upstream"))

    def test_odd_bodies_get_the_envelope(self):
        table = [
            (400, b'{"detail":"what was wrong"}'), (400, b'{"message":"what was wrong"}'),
            (400, b'{"object":"error","message":"what was wrong","code":400}'),
            (500, b'{"error":"what was wrong"}'),
            (400, b'[{"error":{"code":400,"message":"what was wrong","status":"UNKNOWN"}}]'),
            (503, b"what was wrong"), (502, b"<html><body>what was wrong</body></html>"),
        ]
        for status, body in table:
            with self.subTest(body=body):
                for got in self.both_ways(response(body, status)):
                    self.assertEqual(status, got.status)
                    self.assertIn("what was wrong", got.error()["message"])

    def test_empty_errors_still_say_something(self):
        for status in (400, 404, 429, 500, 502, 503):
            for got in self.both_ways(response(b"", status, None)):
                self.assertEqual(status, got.status)
                self.assertTrue(got.error()["message"])

    def test_only_529_is_translated(self):
        for status, want in ((529, 503), (422, 422), (418, 418), (599, 599)):  # EMAP-1, EMAP-3
            for got in self.both_ways(response(b'{"detail":"no"}', status)):
                self.assertEqual((want, "no"), (got.status, got.error()["message"]))

    def test_retry_after_is_kept(self):  # HTTP-9, EMAP-3
        for status in (429, 503):
            for got in self.both_ways(response(error_body("slow down"), status, JSON,
                                               "Retry-After: 7")):
                self.assertEqual("7", got.get("Retry-After"))

    def test_a_long_error_text_is_cut(self):
        for got in self.both_ways(response(b"x" * 1000000, 500, "text/plain")):
            self.assertEqual(500, got.status)
            self.assertLessEqual(len(got.error()["message"]), 2048)

    def test_an_error_whose_body_never_ends_is_relayed_in_time(self):
        weir = self.gateway(self.before(self.up, timeouts={"first_byte": "300ms"}))
        self.up.script(head(500, "text/plain", length=1000) + b"what was wrong")
        got = self.chat(weir)
        self.assertEqual(500, got.status)
        self.assertIn("what was wrong", got.error()["message"])

    def test_the_upstreams_address_is_masked(self):  # ERR-36
        for got in self.both_ways(response(error_body(f"cannot reach {self.up.url}/x"), 500)):
            self.assertNotIn(str(self.up.port), got.read().decode())


class Credentials(Upstreams):
    OURS, THEIRS = "sk-gateway-7d1f0e", "sk-client-99ab3c"

    def with_key(self, **settings):
        return self.gateway({"workers": 1, "upstreams": {"up": {"url": self.up.url, **settings}}})

    def test_our_key_goes_up_and_the_clients_does_not(self):  # HTTP-4
        weir = self.with_key(key=self.OURS)
        self.up.script(streamed(answer_events("x")))
        self.stream_of(self.chat(weir, headers=[f"Authorization: Bearer {self.THEIRS}",
                                                f"x-api-key: {self.THEIRS}",
                                                f"Cookie: session={self.THEIRS}",
                                                f"Proxy-Authorization: Basic {self.THEIRS}",
                                                f"api-key: {self.THEIRS}"]))
        request = self.up.chats[0]
        self.assertEqual(f"Bearer {self.OURS}", request.get("authorization"))
        self.assertNotIn(self.THEIRS, str(request.headers))

    def test_without_a_key_nothing_of_the_client_goes_up(self):
        self.up.script(streamed(answer_events("x")))
        self.stream_of(self.chat(self.weir, headers=[f"Authorization: Bearer {self.THEIRS}"]))
        self.assertNotIn("authorization", self.up.chats[0].names)

    def test_passthrough_sends_the_clients(self):
        weir = self.with_key(key="passthrough")
        self.up.script(streamed(answer_events("x")))
        self.stream_of(self.chat(weir, headers=[f"Authorization: Bearer {self.THEIRS}"]))
        self.assertEqual(f"Bearer {self.THEIRS}", self.up.chats[0].get("authorization"))

    def test_upstream_on_the_command_line_passes_the_clients_key(self):
        weir = self.gateway(arguments=["--upstream", f"http://127.0.0.1:{self.up.port}"])
        self.up.script(streamed(answer_events("x")))
        self.stream_of(self.chat(weir, headers=[f"Authorization: Bearer {self.THEIRS}"]))
        self.assertEqual(f"Bearer {self.THEIRS}", self.up.chats[0].get("authorization"))
        self.assertEqual("/v1/chat/completions", self.up.chats[0].target)

    def test_a_refusal_of_our_key_is_our_fault(self):  # EMAP-2
        weir = self.with_key(key=self.OURS)
        for status in (401, 403):
            for stream in (True, False):
                self.up.script(response(error_body(f"Incorrect API key provided: {self.OURS}",
                                                   "invalid_request_error", "invalid_api_key"),
                                        status))
                got = self.chat(weir, ask(stream=stream))
                error = self.assert_error(got, 502, "upstream_auth_error", "server_error")
                self.assertNotIn(self.OURS, error["message"])

    def test_a_refusal_of_the_clients_key_is_relayed(self):
        weir = self.with_key(key="passthrough")
        self.up.script(response(error_body("Incorrect API key provided", "invalid_request_error",
                                           "invalid_api_key"), 401))
        got = self.chat(weir, headers=[f"Authorization: Bearer {self.THEIRS}"])
        self.assert_error(got, 401, "invalid_api_key", "invalid_request_error")

    def test_configured_headers_and_query_are_added(self):
        weir = self.with_key(headers={"api-key": self.OURS, "X-Title": "t"},
                             query={"api-version": "2024-10-21", "a b": "c&d"})
        self.up.script(streamed(answer_events("x")))
        self.stream_of(self.chat(weir))
        request = self.up.chats[0]
        self.assertEqual((self.OURS, "t"), (request.get("api-key"), request.get("x-title")))
        self.assertEqual("/v1/chat/completions?api-version=2024-10-21&a%20b=c%26d", request.target)


class WhatCrosses(Upstreams):
    def test_hop_by_hop_fields_stay_here(self):
        self.up.script(response(completion("x"), 200, JSON, "Connection: X-Hop", "X-Hop: 1",
                                "Keep-Alive: timeout=5", "Set-Cookie: a=b", "Server: secret/1.0",
                                "Upgrade: h2c", "Trailer: X-T", "Proxy-Authenticate: Basic"))
        got = self.chat(self.weir, ask(stream=False),
                        ["Connection: X-Mine", "X-Mine: 1", "TE: trailers", "Keep-Alive: 5",
                         "Upgrade: websocket", "Proxy-Connection: keep-alive"])
        self.completion_of(got)
        request = self.up.chats[0]
        for name in ("x-mine", "te", "keep-alive", "upgrade", "proxy-connection",
                     "transfer-encoding", "trailer"):
            self.assertNotIn(name, request.names)
        for name in ("X-Hop", "Keep-Alive", "Set-Cookie", "Upgrade", "Trailer", "Server",
                     "Proxy-Authenticate"):
            self.assertEqual([], got.all(name))

    def test_the_request_that_goes_up_is_in_order(self):
        self.up.script(streamed(answer_events("x")))
        self.stream_of(self.chat(self.weir, headers=["Accept-Encoding: gzip, br",
                                                     "User-Agent: mine",
                                                     "OpenAI-Organization: org-1",
                                                     "X-Stainless-Lang: js"]))
        request = self.up.chats[0]
        self.assertEqual(f"127.0.0.1:{self.up.port}", request.get("host"))
        self.assertEqual(str(len(request.body)), request.get("content-length"))
        self.assertEqual("application/json", request.get("content-type"))
        self.assertEqual("text/event-stream", request.get("accept"))
        self.assertEqual("identity", request.get("accept-encoding"))  # F33
        self.assertEqual("org-1", request.get("openai-organization"))  # HTTP-5
        self.assertNotIn("x-stainless-lang", request.names)
        self.assertEqual(len(set(request.names)), len(request.names), request.names)

    def test_usage_is_always_asked_for(self):  # REQ-13
        self.up.always(streamed(answer_events("x", prompt=1)))
        for options in (None, {"include_usage": False}, {"include_usage": True},
                        {"include_obfuscation": False}):
            got = self.chat(self.weir, ask(stream_options=options))
            self.stream_of(got, include_usage=bool(options and options.get("include_usage")))
            sent = self.up.chats[-1].json()["stream_options"]
            self.assertEqual({**(options or {}), "include_usage": True}, sent)
        self.up.always(response(completion("x")))
        self.completion_of(self.chat(self.weir, ask(stream=False)))
        self.assertNotIn("stream_options", self.up.chats[-1].json())

    def test_the_upstreams_request_id_is_shown(self):  # HTTP-6
        for stream, answer in ((True, streamed(answer_events("x"), "x-request-id: up-1")),
                               (False, response(completion("x"), 200, JSON, "x-request-id: up-1"))):
            self.up.script(answer)
            got = self.chat(self.weir, ask(stream=stream))
            got.read()
            self.assertEqual("up-1", got.get("x-upstream-request-id"))
            self.assertNotEqual("up-1", got.get("x-request-id"))


class OldServers(case.IntegrationTest):
    """REQ-13: who refuses `stream_options` is asked once more without, and remembered."""

    def test_asked_again_without_and_then_never_with(self):
        for status, refusal in (
                (400, error_body("Unrecognized request argument supplied: stream_options",
                                 "invalid_request_error")),
                (422, {"detail": [{"loc": ["body", "stream_options"],
                                   "msg": "extra fields not permitted",
                                   "type": "value_error.extra"}]})):
            up = self.upstream()
            weir = self.gateway(self.before(up))
            up.script(response(refusal, status))
            up.script(streamed(answer_events("one")))
            got = self.chat(weir)
            self.assertEqual("one", self.stream_of(got).text)
            self.assertEqual("2", got.get("x-weir-attempts"))
            up.script(streamed(answer_events("two")))
            self.assertEqual("two", self.stream_of(self.chat(weir)).text)
            sent = [r.json().get("stream_options") for r in up.chats]
            self.assertEqual([{"include_usage": True}, None, None], sent)

    def test_another_refusal_is_relayed_at_once(self):
        up = self.upstream()
        weir = self.gateway(self.before(up))
        up.script(response(error_body("bad temperature", "invalid_request_error"), 400))
        self.assert_error(self.chat(weir), 400, says="bad temperature")
        self.assertEqual(1, len(up.chats))

    def test_what_refuses_both_is_asked_twice_and_no_more(self):
        up = self.upstream()
        weir = self.gateway(self.before(up))
        up.always(response(error_body("stream_options is unknown", "invalid_request_error"), 400))
        self.assert_error(self.chat(weir), 400, says="stream_options is unknown")
        self.assertEqual(2, len(up.chats))


class Pool(case.IntegrationTest):
    """Upstream connections are kept and used again."""

    def setUp(self):
        self.up = self.upstream()
        self.weir = self.gateway(self.before(self.up))

    def numbers(self):
        return [r.connection.number for r in self.up.chats]

    def test_one_connection_serves_one_request_after_the_other(self):
        for k in range(6):
            if k % 2:
                self.up.script(streamed(answer_events("x")))
                self.stream_of(self.chat(self.weir))
            else:
                self.up.script(response(completion("x")))
                self.completion_of(self.chat(self.weir, ask(stream=False)))
        self.assertEqual(1, len(set(self.numbers())), self.numbers())

    def test_two_at_once_need_two(self):
        go_on = threading.Event()
        self.up.script(head(), h1(events(role(), text("a"))), go_on,
                       h1(event(finish()) + DONE), LAST_CHUNK)
        first = self.chat(self.weir)
        self.up.script(streamed(answer_events("b")))
        self.assertEqual("b", self.stream_of(self.chat(self.weir)).text)
        go_on.set()
        self.assertEqual("a", self.stream_of(first).text)
        self.assertEqual(2, len(set(self.numbers())))

    def test_an_error_answer_leaves_the_connection_usable(self):
        self.up.script(response(error_body("no"), 400))
        self.assert_error(self.chat(self.weir), 400, says="no")
        self.up.script(streamed(answer_events("x")))
        self.stream_of(self.chat(self.weir))
        self.assertEqual(1, len(set(self.numbers())))

    def test_close_and_http_1_0_are_respected(self):
        for answer in (streamed(answer_events("x"), "Connection: close"),
                       streamed(answer_events("x")).replace(b"HTTP/1.1", b"HTTP/1.0")
                       .replace(b"Transfer-Encoding: chunked", b"X-Nothing: x")
                       .replace(h1(answer_events("x")) + LAST_CHUNK, answer_events("x"))):
            self.up.script(answer, Close())
            self.assertEqual("x", self.stream_of(self.chat(self.weir)).text)
        self.assertEqual(2, len(set(self.numbers())))

    def test_a_stale_connection_is_retried_once_on_a_fresh_one(self):
        for ending in (Close(), Reset()):
            self.up.script(streamed(answer_events("first")))
            self.stream_of(self.chat(self.weir))
            self.up.script(ending)  # as the next request comes, without a byte of an answer
            self.up.script(streamed(answer_events("second")))
            got = self.chat(self.weir)
            self.assertEqual("second", self.stream_of(got).text)
            self.assertEqual("2", got.get("x-weir-attempts"))
        one, again, fresh = self.numbers()[:3]
        self.assertEqual(one, again)
        self.assertNotEqual(one, fresh)

    def test_a_connection_that_answered_a_byte_is_not_retried(self):
        self.up.script(streamed(answer_events("first")))
        self.stream_of(self.chat(self.weir))
        self.up.script(b"HTTP/1.1 2", Close())
        self.assertEqual(502, self.chat(self.weir).status)
        self.assertEqual(2, len(self.up.chats))

    def test_bytes_that_nobody_asked_for_end_a_connection(self):
        self.up.script(response(completion("x")) + response(completion("poison")))
        self.completion_of(self.chat(self.weir, ask(stream=False)))
        self.up.script(response(completion("clean")))
        got = self.completion_of(self.chat(self.weir, ask(stream=False)))
        self.assertEqual("clean", got["choices"][0]["message"]["content"])


if __name__ == "__main__":
    case.main()
