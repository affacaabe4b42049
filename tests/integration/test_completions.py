"""The older Completions API between real sockets: streams and documents of bare texts."""

import gzip
import json
import pathlib
import threading

from support import case, lint
from support.gateway import run
from support.wire import (DONE, LAST_CHUNK, compact, completion, error_body, event, events, h1,
                          head, response, streamed)

FIXTURE = pathlib.Path(__file__).parents[1] / "data" / "fixtures" / "completions.sse"


def ask(stream=True, include_usage=False, **more):
    body = {"model": "m-1", "prompt": "Say", "stream": stream}
    if include_usage:
        body["stream_options"] = {"include_usage": True}
    body.update(more)
    return body


def said(text, finish=None, index=0, **more):
    made = {"id": "cmpl-1", "object": "text_completion", "created": 1760000000, "model": "m-1",
            "choices": [{"text": text, "index": index, "logprobs": None, "finish_reason": finish}]}
    made.update(more)
    return made


class Completions(case.IntegrationTest):
    def setUp(self):
        self.up = self.upstream()
        self.weir = self.gateway(self.before(self.up))

    def complete(self, body):
        return self.connect(self.weir).request("POST", "/v1/completions", body).response()

    def texts_of(self, response, n=1):
        """What a client reads of a whole stream: the texts and the finishes by index."""
        self.assertEqual(200, response.status, response.body)
        self.assertEqual("text/event-stream; charset=utf-8", response.get("Content-Type"))
        *payloads, last = lint.payloads(lint.without_heartbeats(response.read()))
        self.assertEqual(b"[DONE]", last)
        texts, finishes = [""] * n, [None] * n
        for chunk in map(json.loads, payloads):
            self.assertEqual("text_completion", chunk["object"])
            for choice in chunk["choices"]:
                self.assertIsNone(finishes[choice["index"]], chunk)
                texts[choice["index"]] += choice["text"]
                finishes[choice["index"]] = choice["finish_reason"]
        return texts, finishes

    def test_a_legal_stream_leaves_as_it_came(self):
        body = FIXTURE.read_bytes()
        self.up.script(streamed(body))
        self.assertEqual(body, self.complete(ask(include_usage=True)).read())
        [request] = self.up.chats
        self.assertEqual("/v1/completions", request.target)
        self.assertEqual("Say", json.loads(request.body)["prompt"])

    def test_each_text_arrives_before_the_next_is_sent(self):
        seen = threading.Event()
        self.up.script(head(), h1(event(said("Hel"))), seen, h1(event(said("lo", "stop")) + DONE),
                       LAST_CHUNK)
        got = self.complete(ask())
        self.assertEqual("Hel", got.next_payload()["choices"][0]["text"])
        seen.set()
        self.assertEqual((["Hello"], ["stop"]), self.texts_of(got))

    def test_usage_that_weir_asked_for_is_its_own(self):
        usage = {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7}
        self.up.script(streamed(events(said("Hi", usage=None), said("", "stop", usage=None),
                                       {**said(""), "choices": [], "usage": usage}) + DONE))
        got = self.complete(ask())
        self.assertEqual((["Hi"], ["stop"]), self.texts_of(got))
        self.assertNotIn(b"usage", got.body)
        self.assertTrue(json.loads(self.up.chats[0].body)["stream_options"]["include_usage"])
        record = self.weir.access_line(got.get("x-request-id"))
        self.assertEqual(("cmpl", 5, 2), (record["dialect"], record["prompt_tokens"],
                                          record["completion_tokens"]))
        self.assertEqual({}, record["repairs"])

    def test_a_document_for_a_stream_and_a_stream_for_a_document(self):
        self.up.script(response(said("Hello", "stop")))
        self.assertEqual((["Hello"], ["stop"]), self.texts_of(self.complete(ask())))
        self.up.script(streamed(events(said("Hel"), said("lo", "length")) + DONE))
        got = self.complete(ask(stream=False))
        self.assertEqual("application/json", got.get("Content-Type"))
        self.assertEqual(said("Hello", "length"), got.json())

    def test_a_document_that_is_right_leaves_as_it_came(self):
        body = json.dumps(said("Hello", "stop", vendor=1.50)).encode()
        self.up.script(response(gzip.compress(body), 200, "application/json",
                                "Content-Encoding: gzip"))
        self.up.script(response(body))
        self.assertEqual(said("Hello", "stop", vendor=1.50), self.complete(ask(stream=False)).json())
        self.assertEqual(body, self.complete(ask(stream=False)).read())

    def test_answers_in_the_form_of_chat_become_text(self):
        self.up.script(response(completion("Hello")))
        self.assertEqual((["Hello"], ["stop"]), self.texts_of(self.complete(ask())))
        self.up.script(response(completion("Hello")))
        got = self.complete(ask(stream=False))
        self.assertEqual("Hello", got.json()["choices"][0]["text"])
        self.assertIn("CMPL-1", got.get("x-weir-repairs"))

    def test_every_prompt_has_its_choices(self):
        self.up.script(streamed(events(*[said(f"{i}", "stop", i) for i in (5, 0, 3, 1, 4, 2)]) + DONE))
        got = self.complete(ask(prompt=["a", "b", "c"], n=2))
        self.assertEqual((list("012345"), ["stop"] * 6), self.texts_of(got, 6))

    def test_what_is_cut_is_an_error(self):
        self.up.script(streamed(events(said("Hel"))))
        body = self.complete(ask()).read()
        self.assertIn(b"upstream_stream_truncated", body)
        self.assertNotIn(b'"stop"', body)
        self.assertTrue(body.endswith(DONE))
        self.up.script(streamed(events(said("Hel"))))
        self.assert_error(self.complete(ask(stream=False)), 502, "upstream_stream_truncated")

    def test_errors_are_those_of_the_upstream_and_of_the_catalogue(self):
        self.up.script(response(error_body("No.", "invalid_request_error", "x"), 400))
        self.assert_error(self.complete(ask()), 400, "x", says="No.")
        self.assert_error(self.complete(ask(prompt=7)), 400, "invalid_type", param="prompt")
        self.assert_error(self.complete(ask(n=128, prompt=["a"] * 17)), 400,
                          "array_above_max_length", param="prompt")


class RepairOfCompletions(case.CommandLineTest):
    def repair(self, body, request):
        return run("repair", "--request", self.file("request.json", request), stdin=body)

    def test_a_request_with_a_prompt_is_one_of_completions(self):
        body = FIXTURE.read_bytes()
        code, out, err = self.repair(body, ask(include_usage=True))
        self.assertEqual((0, body.decode(), ""), (code, out, err))
        code, out, err = self.repair(events({"choices": [{"delta": {"content": "Hi"},
                                                          "finish_reason": "stop"}]}), ask())
        self.assertEqual(0, code)
        self.assertIn('"text":"Hi"', out)
        self.assertIn("CMPL-1", err)

    def test_messages_make_it_one_of_chat(self):
        body = compact(said("Hi", "stop")).encode()
        code, out, _ = self.repair(body, case.ask(prompt="whatever"))
        self.assertEqual(0, code)
        self.assertIn('"delta":{"content":"Hi"}', out)


if __name__ == "__main__":
    case.main()
