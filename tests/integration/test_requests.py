"""What clients send: bad requests get a clear answer and reach no upstream; good ones get through
in every legal form."""

import json

from support import case
from support.client import request_bytes
from support.wire import answer_events, compact, completion, response, streamed

ask = case.ask
CHAT = "/v1/chat/completions"
BODY = compact(ask(stream=False))


class Requests(case.IntegrationTest):
    @classmethod
    def setUpClass(cls):
        cls.up = cls.class_upstream(models=["m-1", "qwen3-32b", "org/deep-model"])
        cls.other = cls.class_upstream(models=["llama-3.1-8b"])
        cls.weir = cls.class_gateway({"workers": 1, "upstreams": {
            "up": {"url": cls.up.url}, "other": {"url": cls.other.url}}})

    def setUp(self):
        self.up.always(response(completion("fine")))

    def tearDown(self):
        self.assertEqual([], self.up.forget())
        self.assertEqual([], self.other.chats)

    def answer_to(self, raw, to="POST"):
        client = self.connect(self.weir).send(raw)
        return client.response(to)

    def assert_no_upstream_asked(self):
        self.assertEqual([], [(r.method, r.body) for r in self.up.chats])


class BadChatRequests(Requests):
    """Contract 2, 2.3."""

    def refused(self, body, status=400, **what):
        got = self.chat(self.weir, body)
        error = self.assert_error(got, status, kind="invalid_request_error", **what)
        self.assert_no_upstream_asked()
        # The request was understood as HTTP: the connection goes on (RFC 9112 9.3).
        self.assertEqual(200, got.client.request("GET", "/healthz").response("GET").status)
        return error

    def test_what_is_not_json_is_refused_with_the_offset(self):  # ERR-3
        for text, offset in [('{"model": "m-1", }', 17), ("", 0), ("hello", 0), ('{"a":1', 6),
                             ('{"a":"\x01"}', 6), ("{} {}", 3), ("{'a':1}", 1), ("\xff\xfe", 0),
                             ("[1,2", 4), ('{"a":01}', 6)]:
            with self.subTest(text=text):
                error = self.refused(text.encode("latin-1"))
                self.assertTrue(error["message"].startswith(
                    "We could not parse the JSON body of your request."), error)
                # The byte, or the one after which nothing could follow.
                self.assertRegex(error["message"], rf"\b({offset}|{offset + 1})\b")

    def test_deep_json_is_refused(self):
        for text in ("[" * 100000, '{"a":' * 100000):
            self.refused(text)

    def test_json_that_is_no_object_is_refused(self):  # REQ-1
        for text in ("[]", "1", '"x"', "null", "true"):
            with self.subTest(text=text):
                self.refused(text)

    def test_the_model_must_be_there(self):  # ERR-4
        for model in ({}, {"model": None}, {"model": ""}):
            with self.subTest(model=model):
                error = self.refused({"messages": case.MESSAGES, **model})
                self.assertEqual("you must provide a model parameter", error["message"])

    def test_messages_must_be_there(self):  # ERR-6
        error = self.refused({"model": "m-1"}, code="missing_required_parameter", param="messages")
        self.assertEqual("Missing required parameter: 'messages'.", error["message"])

    def test_model_is_judged_before_messages(self):  # ERR-34
        self.assertEqual("you must provide a model parameter", self.refused({})["message"])

    def test_empty_messages(self):  # ERR-11
        error = self.refused(ask(messages=[]), code="empty_array", param="messages")
        self.assertEqual("Invalid 'messages': empty array. Expected an array with minimum length "
                         "1, but got an empty array instead.", error["message"])

    def test_wrong_types(self):  # ERR-7
        table = [
            ({"model": 1}, "model", "a string", "an integer"),
            ({"messages": None}, "messages", "an array of objects", "null"),
            ({"messages": "hi"}, "messages", "an array of objects", "a string"),
            ({"messages": ["hi"]}, "messages[0]", "an object", "a string"),
            ({"messages": [{"role": 1}]}, "messages[0].role", "one of 'system', 'assistant', "
             "'user', 'function', 'tool', or 'developer'", "an integer"),
            ({"n": "2"}, "n", "an integer", "a string"),
            ({"n": 1.5}, "n", "an integer", "a decimal number"),
            ({"n": True}, "n", "an integer", "a boolean"),
            ({"n": [1]}, "n", "an integer", "an array"),
            ({"stream": "yes"}, "stream", "a boolean", "a string"),
            ({"stream": 1}, "stream", "a boolean", "an integer"),
            ({"stream_options": []}, "stream_options", "an object", "an array"),
            ({"stream_options": {"include_usage": 1}}, "stream_options.include_usage", "a boolean",
             "an integer"),
        ]
        for change, param, expected, got in table:
            with self.subTest(change=change):
                error = self.refused(ask(**change), code="invalid_type", param=param)
                self.assertEqual(f"Invalid type for '{param}': expected {expected}, but got {got} "
                                 "instead.", error["message"])

    def test_a_role_that_nobody_knows(self):  # ERR-8
        error = self.refused(ask(messages=[{"role": "user", "content": "a"}, {"role": "bogus"}]),
                             code="invalid_value", param="messages[1].role")
        self.assertEqual("Invalid value: 'bogus'. Supported values are: 'system', 'assistant', "
                         "'user', 'function', 'tool', and 'developer'.", error["message"])

    def test_a_message_without_role(self):
        self.refused(ask(messages=[{"content": "a"}]), code="missing_required_parameter",
                     param="messages[0].role")

    def test_n_out_of_range(self):  # ERR-10
        for n, code in ((0, "integer_below_min_value"), (-1, "integer_below_min_value"),
                        (129, "integer_above_max_value"), (10 ** 30, "integer_above_max_value")):
            with self.subTest(n=n):
                self.refused(ask(n=n), code=code, param="n")

    def test_stream_options_without_stream(self):  # ERR-14
        error = self.refused(ask(stream=False, stream_options={"include_usage": True}),
                             param="stream_options")
        self.assertEqual("The 'stream_options' parameter is only allowed when 'stream' is enabled.",
                         error["message"])

    def test_null_is_the_same_as_absent(self):  # REQ-1
        body = ask(stream=None, n=None, stream_options=None, tools=None, temperature=None)
        self.completion_of(self.chat(self.weir, body))

    def test_errors_are_json_also_for_streams(self):  # HTTP-2
        got = self.chat(self.weir, {"model": "m-1", "stream": True})
        self.assert_error(got, 400, "missing_required_parameter", param="messages")


class UnknownModels(Requests):
    def test_the_error_names_near_ones(self):  # ERR-5
        for asked, near in (("qwen3-32", "qwen3-32b"), ("Qwen3-32B", "qwen3-32b"),
                            ("llama-3.1-8", "llama-3.1-8b"), ("deep-model", "org/deep-model")):
            for stream in (True, False):
                with self.subTest(asked=asked, stream=stream):
                    got = self.chat(self.weir, ask(stream=stream, model=asked))
                    error = self.assert_error(got, 404, "model_not_found", "invalid_request_error")
                    self.assertTrue(error["message"].startswith(
                        f"The model `{asked}` does not exist or you do not have access to it."),
                        error)
                    self.assertIn(near, error["message"])
        self.assert_no_upstream_asked()

    def test_a_name_like_no_other_gets_no_suggestion(self):
        error = self.assert_error(self.chat(self.weir, ask(model="zzzzzzzz")), 404,
                                  "model_not_found")
        self.assertEqual("The model `zzzzzzzz` does not exist or you do not have access to it.",
                         error["message"])

    def test_a_huge_name_is_refused_and_not_repeated(self):
        error = self.assert_error(self.chat(self.weir, ask(model="x" * 100000)), 400,
                                  "string_above_max_length", param="model")
        self.assertLess(len(error["message"]), 4096)
        self.assert_error(self.chat(self.weir, ask(model="x" * 1024)), 404, "model_not_found")

    def test_a_strange_name_stays_text(self):
        for name in ('a"b\\c', "\u2028", "a\r\nX-Injected: yes", "\U0001f30a", "../../etc/passwd"):
            with self.subTest(name=name):
                got = self.chat(self.weir, ask(model=name))
                self.assert_error(got, 404, "model_not_found")
                self.assertIsNone(got.get("X-Injected"))


class BadHttp(Requests):
    """RFC 9112, and the limits that docs/http.md names."""

    def refused_and_closed(self, raw, *statuses):
        client = self.connect(self.weir).send(raw)
        got = client.response()
        self.assertIn(got.status, statuses, got.read())
        self.assertEqual("close", got.get("Connection"))
        self.assertTrue(got.error()["message"])
        self.assertTrue(client.at_end(), "the connection must close")
        return got

    def test_framing_that_could_smuggle_is_refused_and_closed(self):
        inner = "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s" % (
            len(BODY), BODY)
        chunked = "%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY)
        table = {
            "length and chunked": (f"Content-Length: {len(BODY)}\r\nTransfer-Encoding: chunked",
                                   chunked),
            "two lengths": (f"Content-Length: {len(BODY)}\r\nContent-Length: 0", BODY),
            "a list of lengths": (f"Content-Length: {len(BODY)}, 0", BODY),
            "a negative length": ("Content-Length: -1", BODY),
            "a length with a sign": (f"Content-Length: +{len(BODY)}", BODY),
            "a hexadecimal length": ("Content-Length: 0x10", BODY),
            "an empty length": ("Content-Length:", BODY),
            "a length beyond 64 bits": ("Content-Length: 99999999999999999999999", BODY),
            "space before the colon": (f"Content-Length : {len(BODY)}", BODY),
            "space before transfer-encoding's colon": ("Transfer-Encoding : chunked", chunked),
            "chunked not last": ("Transfer-Encoding: chunked, identity", chunked),
            "chunked twice": ("Transfer-Encoding: chunked, chunked", chunked),
            "an unknown coding": ("Transfer-Encoding: xchunked", chunked),
            "a coding that is not chunked": ("Transfer-Encoding: gzip", chunked),
            "identity": ("Transfer-Encoding: identity", chunked),
            "a folded line": (f"Content-Length: {len(BODY)}\r\nX-A: b\r\n c", BODY),
            "a bare CR": (f"Content-Length: {len(BODY)}\r\nX-A: b\rX-B: c", BODY),
            "a bare LF": (f"Content-Length: {len(BODY)}\nX-A: b", BODY),
            "a NUL": (f"Content-Length: {len(BODY)}\r\nX-A: b\0c", BODY),
            "a field without a name": (f"Content-Length: {len(BODY)}\r\n: b", BODY),
            "a line that is no field": (f"Content-Length: {len(BODY)}\r\nnonsense", BODY),
            "a chunk size that is no number": ("Transfer-Encoding: chunked", "zz\r\n" + BODY),
            "a chunk size with a sign": ("Transfer-Encoding: chunked", "+5\r\nhello\r\n0\r\n\r\n"),
            "a chunk size with 0x": ("Transfer-Encoding: chunked", "0x5\r\nhello\r\n0\r\n\r\n"),
            "a chunk size beyond 64 bits": ("Transfer-Encoding: chunked", "f" * 17 + "\r\n"),
            "a chunk without its end": ("Transfer-Encoding: chunked", "2\r\n{}XX0\r\n\r\n"),
            "a chunk line that ends in LF": ("Transfer-Encoding: chunked", "2\n{}\r\n0\r\n\r\n"),
        }
        for name, (fields, body) in table.items():
            with self.subTest(name):
                raw = f"POST {CHAT} HTTP/1.1\r\nHost: x\r\n{fields}\r\n\r\n{body}{inner}"
                self.refused_and_closed(raw.encode("latin-1"), 400, 501)
                # Neither the request nor what hid behind it.
                self.assert_no_upstream_asked()
        self.assertEqual(200, self.weir.get("/healthz").status)

    def test_chunked_in_http_1_0_is_refused(self):
        raw = f"POST {CHAT} HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
        self.refused_and_closed(raw.encode(), 400, 501)

    def test_bad_request_lines(self):
        table = [
            (b"GET\r\n\r\n", 400),
            (b"GET /healthz\r\n\r\n", 400),
            (b"GET  /healthz HTTP/1.1\r\nHost: x\r\n\r\n", 400),
            (b"GET /healthz HTTP/1.1 \r\nHost: x\r\n\r\n", 400),
            (b"GET /healthz http/1.1\r\nHost: x\r\n\r\n", 400),
            (b"GET /healthz HTTP/2.0\r\nHost: x\r\n\r\n", 505),
            (b"GET /healthz HTTP/1.1\r\n\r\n", 400),
            (b"GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
            (b"GET /healthz HTTP/1.1\r\nHost: a b\r\n\r\n", 400),
            (b"G\x00T /healthz HTTP/1.1\r\nHost: x\r\n\r\n", 400),
            (b"GET /a\x01b HTTP/1.1\r\nHost: x\r\n\r\n", 400),
            (b"GET healthz HTTP/1.1\r\nHost: x\r\n\r\n", 400),
            (b"CONNECT x:443 HTTP/1.1\r\nHost: x\r\n\r\n", 501),
            (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 40 + b"\r\n\r\n", 400),
            (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
        ]
        for raw, status in table:
            with self.subTest(raw=raw):
                self.refused_and_closed(raw, status)

    def test_a_long_target_is_414(self):
        for length in (10000, 200000):
            target = "/" + "a" * length
            self.refused_and_closed(f"GET {target} HTTP/1.1\r\nHost: x\r\n\r\n".encode(), 414)

    def test_a_large_head_is_431(self):
        for fields in (["X-Big: " + "a" * 100000], [f"X-{k}: {'a' * 1000}" for k in range(100)],
                       [f"X-{k}: a" for k in range(1000)]):
            self.refused_and_closed(request_bytes("GET", "/healthz", headers=fields), 431)

    def test_a_head_without_end_is_431(self):
        raw = b"GET /healthz HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 200000
        self.refused_and_closed(raw, 431)

    def test_a_large_body_is_413(self):
        limit = 32 * 1024 * 1024
        for head in (f"Content-Length: {limit + 1}", "Content-Length: 999999999999999"):
            with self.subTest(head):  # said before a byte of it is read
                raw = f"POST {CHAT} HTTP/1.1\r\nHost: x\r\n{head}\r\n\r\n".encode()
                got = self.refused_and_closed(raw, 413)
                error = json.loads(got.body)["error"]
                self.assertEqual("request_too_large", error["code"])
                self.assertTrue(error["message"].startswith("Request body too large."))

    def test_a_large_chunked_body_is_413(self):
        client = self.connect(self.weir)
        client.send(request_bytes("POST", CHAT, headers=["Transfer-Encoding: chunked"]))
        piece = b"100000\r\n" + b" " * 0x100000 + b"\r\n"
        try:
            for _ in range(33):
                client.send(piece)
        except OSError:  # it may close without reading all
            pass
        self.assertEqual(413, client.response().status)

    def test_an_expectation_is_refused_before_the_body(self):
        raw = (f"POST {CHAT} HTTP/1.1\r\nHost: x\r\nContent-Length: 999999999\r\n"
               "Expect: 100-continue\r\n\r\n")
        got = self.refused_and_closed(raw.encode(), 413)
        self.assertEqual([], got.interim)


class Paths(Requests):
    def test_an_unknown_path_is_404(self):  # ERR-21
        for method, target in (("POST", "/v1/chat/completion"), ("GET", "/"), ("GET", "/v1"),
                               ("POST", "/v1/x"), ("GET", "/v1/chat/completions/x"),
                               ("GET", "/favicon.ico"), ("DELETE", "/v1/../v1/models")):
            with self.subTest(target):
                client = self.connect(self.weir).request(method, target)
                got = client.response(method)
                error = self.assert_error(got, 404, "unknown_url", "invalid_request_error")
                self.assertTrue(error["message"].startswith(
                    f"Unknown request URL: {method} {target}."), error)
                # The connection serves on.
                self.assertEqual(200, client.request("GET", "/healthz").response("GET").status)

    def test_a_wrong_method_is_405_and_says_which_is_right(self):  # ERR-22
        for method, target, right in (("GET", CHAT, "POST"), ("PUT", CHAT, "POST"),
                                      ("DELETE", CHAT, "POST"), ("POST", "/v1/models", "GET"),
                                      ("POST", "/healthz", "GET"), ("DELETE", "/metrics", "GET"),
                                      ("POST", "/v1/models/m-1", "GET"),
                                      ("POST", "/readyz", "GET")):
            with self.subTest(f"{method} {target}"):
                client = self.connect(self.weir).request(method, target)
                got = client.response(method)
                error = self.assert_error(got, 405, "method_not_supported",
                                          "invalid_request_error")
                self.assertEqual(f"Not allowed to {method} on {target}. (HINT: Perhaps you meant "
                                 "to use a different HTTP method?)", error["message"])
                self.assertIn(right, [m.strip() for m in got.get("Allow").split(",")])
                self.assertEqual(200, client.request("GET", "/healthz").response("GET").status)
        self.assert_no_upstream_asked()

    def test_a_query_does_not_change_the_path(self):
        client = self.connect(self.weir).request("POST", CHAT + "?api-version=1", BODY)
        self.completion_of(client.response())

    def test_head_has_no_body(self):
        client = self.connect(self.weir).request("HEAD", "/healthz")
        got = client.response("HEAD")
        self.assertEqual(200, got.status)
        client.request("GET", "/healthz")
        self.assertEqual(int(got.get("Content-Length")), len(client.response("GET").read()))


class GoodHttp(Requests):
    def test_keep_alive_serves_many(self):
        client = self.connect(self.weir)
        for k in range(5):
            stream = k % 2 == 0
            self.up.script(streamed(answer_events(f"answer {k}")) if stream
                           else response(completion(f"answer {k}")))
            got = client.chat(ask(stream=stream))
            text = (self.stream_of(got).text if stream
                    else self.completion_of(got)["choices"][0]["message"]["content"])
            self.assertEqual(f"answer {k}", text)
            self.assertEqual("keep-alive", got.get("Connection"))

    def test_close_is_respected(self):
        client = self.connect(self.weir)
        got = client.chat(ask(stream=False), ["Connection: close"])
        self.completion_of(got)
        self.assertEqual("close", got.get("Connection"))
        self.assertTrue(client.at_end())

    def test_a_chunked_request(self):
        for sizes in ([len(BODY)], [1] * len(BODY), [10, len(BODY) - 10]):
            raw = (f"POST {CHAT} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                   "Transfer-Encoding: chunked\r\n\r\n").encode()
            at = 0
            for size in sizes:
                raw += b"%x;ext=\"a;b\"\r\n%s\r\n" % (size, BODY[at:at + size].encode())
                at += size
            raw += b"0\r\nX-Trailer: yes\r\n\r\n"
            self.completion_of(self.answer_to(raw))
        for request in self.up.chats:
            self.assertEqual(json.loads(BODY), request.json())

    def test_a_request_byte_by_byte(self):
        raw = request_bytes("POST", CHAT, BODY)
        client = self.connect(self.weir)
        for k in range(len(raw)):
            client.send(raw[k:k + 1])
        self.completion_of(client.response())

    def test_pipelined_requests_are_answered_in_order(self):
        for k in range(4):
            self.up.script(response(completion(f"answer {k}")) if k % 2
                           else streamed(answer_events(f"answer {k}")))
        raw = b"".join(request_bytes("POST", CHAT, ask(stream=k % 2 == 0)) for k in range(4))
        raw += request_bytes("GET", "/healthz") + request_bytes("GET", "/nowhere")
        client = self.connect(self.weir).send(raw)
        for k in range(4):
            got = client.response()
            self.assertEqual(200, got.status)
            self.assertIn(f"answer {k}", got.read().decode())
        for status in (200, 404):
            got = client.response("GET")
            got.read()
            self.assertEqual(status, got.status)

    def test_many_pipelined_requests(self):
        client = self.connect(self.weir).send(request_bytes("GET", "/healthz") * 500)
        for _ in range(500):
            got = client.response("GET")
            self.assertEqual((200, b'{"status":"ok"}'), (got.status, got.read()))

    def test_an_expectation_is_answered(self):
        client = self.connect(self.weir)
        client.send(request_bytes("POST", CHAT, None, [f"Content-Length: {len(BODY)}",
                                                       "Expect: 100-continue"]))
        self.assertEqual(100, client.head().status)
        client.send(BODY.encode())
        got = client.response()
        self.completion_of(got)
        self.assertEqual([], got.interim)

    def test_http_1_0_gets_a_stream_until_the_connection_closes(self):
        self.up.script(streamed(answer_events("Hello")))
        raw = request_bytes("POST", CHAT, ask(), version="1.0").replace(b"Host: gateway.test\r\n",
                                                                      b"")
        got = self.answer_to(raw)
        self.assertIsNone(got.get("Transfer-Encoding"))
        self.assertEqual("Hello", self.stream_of(got).text)
        self.assertEqual("close", got.get("Connection"))

    def test_http_1_0_gets_json_with_a_length(self):
        client = self.connect(self.weir).request("POST", CHAT, BODY, version="1.0")
        self.completion_of(client.response())
        self.assertTrue(client.at_end())

    def test_http_1_0_keeps_alive_when_asked(self):
        client = self.connect(self.weir)
        for _ in range(2):
            client.request("POST", CHAT, BODY, ["Connection: keep-alive"], "1.0")
            got = client.response()
            self.completion_of(got)
            self.assertEqual("keep-alive", got.get("Connection"))

    def test_the_content_type_does_not_matter(self):  # HTTP-12
        for kind in ("Content-Type: text/plain",
                     "Content-Type: application/x-www-form-urlencoded", "X-Nothing: x"):
            raw = request_bytes("POST", CHAT, None, [kind, f"Content-Length: {len(BODY)}"])
            self.completion_of(self.answer_to(raw + BODY.encode()))

    def test_a_byte_order_mark_is_allowed(self):  # HTTP-12
        self.completion_of(self.chat(self.weir, b"\xef\xbb\xbf" + BODY.encode()))

    def test_what_the_client_sends_reaches_the_upstream_unchanged(self):  # REQ-9, GEN-9
        body = ('{ "model" : "m-1",\n "big": 123456789012345678901234567890, "exp": 1.50e+02,\n'
                ' "min_p":0.05, "nothing": null, "text": "\\u00e9\\/\u00e9",'
                ' "messages":[{"role":"user","content":"hi","cache_control":{"type":"x"}}] }')
        self.completion_of(self.chat(self.weir, body))
        self.assertEqual(body, self.up.chats[0].body.decode())

    def test_a_large_request_goes_through(self):
        body = compact(ask(stream=False, messages=[{"role": "user", "content": "x" * 8000000}]))
        self.completion_of(self.chat(self.weir, body))
        self.assertEqual(body, self.up.chats[0].body.decode())

    def test_the_request_id_is_the_clients_or_ours(self):  # HTTP-6
        for headers, want in ((["x-request-id: abc-1"], "abc-1"),
                              (["X-Client-Request-Id: abc-2"], "abc-2"),
                              (["x-request-id: " + "a" * 513], r"req_[0-9a-f]{32}"),
                              (["x-request-id: a b"], r"req_[0-9a-f]{32}"),
                              ([], r"req_[0-9a-f]{32}")):
            got = self.chat(self.weir, ask(stream=False), headers)
            self.completion_of(got)
            self.assertRegex(got.get("x-request-id"), f"^{want}$")
        got = self.chat(self.weir, "nonsense", ["x-request-id: abc-3"])
        self.assertEqual("abc-3", got.get("x-request-id"))

    def test_an_empty_line_before_a_request_is_skipped(self):  # RFC 9112 2.2
        self.assertEqual(200, self.answer_to(b"\r\n" + request_bytes("GET", "/healthz")).status)



if __name__ == "__main__":
    case.main()
