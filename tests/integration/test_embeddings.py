"""POST /v1/embeddings: EMB-1 through a real gateway."""

import base64
import gzip
import json
import struct

from support import case
from support.wire import error_body, head, response

MODEL = "BAAI/bge-m3"


def packed(numbers):
    return base64.b64encode(struct.pack(f"<{len(numbers)}f", *numbers)).decode()


def answer(vectors, **more):
    data = [{"object": "embedding", "index": i, "embedding": v} for i, v in enumerate(vectors)]
    return {"object": "list", "data": data, "model": MODEL,
            "usage": {"prompt_tokens": 5, "total_tokens": 5}, **more}


class Embeddings(case.IntegrationTest):
    # Floats of 32 bits, so that nothing is lost on the way.
    VECTORS = [[0.25, -1.5, 0.0], [3.0517578125e-05, 1.0, -0.006929283495992422]]

    @classmethod
    def setUpClass(cls):
        cls.up = cls.class_upstream()
        cls.weir = cls.class_gateway(cls.before(
            cls.up, models={"vectors": [{"upstream": "up", "model": MODEL}]}))

    def tearDown(self):
        self.assertEqual([], self.up.forget())

    def ask(self, headers=(), **more):
        client = self.connect(self.weir)
        body = {"model": "vectors", "input": ["a", "b"], **more}
        return client.request("POST", "/v1/embeddings", body, headers).response()

    def vectors_of(self, got):
        """As official SDKs read them."""
        self.assertEqual(200, got.status, got.body)
        self.assertEqual("application/json", got.get("Content-Type"))
        self.assertIsNotNone(got.get("Content-Length"))
        found = []
        for entry in got.json()["data"]:
            vector = entry["embedding"]
            if isinstance(vector, str):
                raw = base64.b64decode(vector, validate=True)
            else:  # the shortest spelling of a float is not that of the double beside it
                raw = struct.pack(f"<{len(vector)}f", *vector)
            found.append(list(struct.unpack(f"<{len(raw) // 4}f", raw)))
        return found

    def test_every_form_from_every_form(self):
        for asked in (None, "float", "base64"):
            for sent in ("float", "base64"):
                with self.subTest(asked=asked, sent=sent):
                    vectors = self.VECTORS if sent == "float" else map(packed, self.VECTORS)
                    self.up.script(response(answer(vectors)))
                    got = self.ask(**({"encoding_format": asked} if asked else {}))
                    self.assertEqual(self.VECTORS, self.vectors_of(got))
                    form = str if asked == "base64" else list
                    self.assertIsInstance(got.json()["data"][0]["embedding"], form)
                    changed = sent != (asked or "float")
                    self.assertEqual("EMB-1;n=2" if changed else None, got.get("x-weir-repairs"))

    def test_an_answer_that_is_right_leaves_byte_for_byte(self):
        body = json.dumps(answer(self.VECTORS, extra=1.50), indent=3).replace("0.25", "2.50e-1")
        self.up.script(response(body))
        got = self.ask()
        self.assertEqual(body, got.read().decode())
        request = self.up.chats[0]
        self.assertEqual("/v1/embeddings", request.target)
        self.assertEqual({"model": MODEL, "input": ["a", "b"]}, request.json())

    def test_the_order_is_that_of_the_inputs(self):
        mixed = answer(self.VECTORS)
        mixed["data"].reverse()
        self.up.script(response(mixed))
        got = self.ask()
        self.assertEqual(answer(self.VECTORS), got.json())
        self.assertEqual("EMB-1;n=1", got.get("x-weir-repairs"))

    def test_a_large_compressed_answer(self):
        vectors = [[i / 1024, *([0.5] * 767)] for i in range(1024)]
        body = gzip.compress(json.dumps(answer(vectors)).encode())
        self.up.script(response(body, 200, "application/json", "Content-Encoding: gzip"))
        got = self.ask(encoding_format="base64")
        self.assertEqual(vectors, self.vectors_of(got))
        self.assertEqual("SSE-10;n=1, EMB-1;n=1024", got.get("x-weir-repairs"))

    def test_errors_are_told_as_for_chat(self):
        self.up.script(response(error_body("too many", "requests", "rate_limit_exceeded"), 429))
        self.assert_error(self.ask(), 429, "rate_limit_exceeded", says="too many")
        self.up.script(response("<h1>Bad gateway</h1>", 200, "text/html"))
        self.assert_error(self.ask(), 502, "upstream_error", says="Bad gateway")
        self.up.script(response(""))
        self.assert_error(self.ask(), 502, "upstream_error", says="empty")
        self.up.script(head(200, "application/json", length=999) + b'{"data":[', case.upstream.Close())
        self.assert_error(self.ask(), 502, "upstream_stream_truncated")

    def test_requests_are_checked(self):
        got = self.connect(self.weir).request("POST", "/v1/embeddings", {"model": "vectors"})
        self.assert_error(got.response(), 400, "missing_required_parameter", param="input")
        got = self.connect(self.weir).request("POST", "/v1/embeddings", {"input": "a"})
        self.assert_error(got.response(), 400, says="you must provide a model parameter")

    def test_the_access_line_says_what_it_was(self):
        self.up.script(response(answer(map(packed, self.VECTORS))))
        got = self.ask()
        got.read()
        line = self.weir.access_line(got.get("x-request-id"))
        self.assertEqual(("emb", "vectors", MODEL, 5, 0, {"EMB-1": 2}, False),
                         tuple(line[k] for k in ("dialect", "model", "upstream_model",
                                                 "prompt_tokens", "completion_tokens", "repairs",
                                                 "usage_missing")))


if __name__ == "__main__":
    case.main()
