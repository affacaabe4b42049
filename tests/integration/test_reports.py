"""The four reports the project exists for, each reproduced between real sockets."""

import json

from support import case
from support.upstream import Close, Slowly
from support.wire import (DONE, JSON, LAST_CHUNK, SSE, answer_events, chunk, completion, event,
                          events, finish, h1, head, response, role, streamed, text, usage,
                          usage_chunk)

ask = case.ask


class Report(case.IntegrationTest):
    """One upstream and one gateway for all; every test writes its scripts."""

    @classmethod
    def setUpClass(cls):
        cls.up = cls.class_upstream()
        cls.weir = cls.class_gateway(cls.before(cls.up))

    def tearDown(self):
        self.assertEqual(0, self.up.unused_scripts)
        self.assertEqual([], self.up.forget())

    def answered(self, steps, body=None):
        self.up.script(*steps)
        return self.chat(self.weir, body)


class AnUpstreamThatKnowsOnlyOneForm(Report):
    """llmspy: `stream:true` gave a 500, or one JSON body that streaming clients discard. SSE-11"""

    def test_json_becomes_a_stream(self):
        view = self.stream_of(self.answered([response(completion("Hello there"))]))
        self.assertEqual(("Hello there", "stop"), (view.text, view.finish))
        self.assertIsNone(view.usage)

    def test_json_with_usage_becomes_a_stream_with_usage_when_asked(self):
        with_usage = completion("Hello", usage=usage())
        view = self.stream_of(
            self.answered([response(with_usage)], ask(include_usage=True)), include_usage=True)
        self.assertEqual(usage(), view.usage)
        view = self.stream_of(self.answered([response(with_usage)]))
        self.assertIsNone(view.usage)  # CHAT-25

    def test_json_of_two_choices_becomes_a_stream_of_two(self):
        document = completion("one")
        document["choices"].append(dict(document["choices"][0], index=1,
                                        message={"role": "assistant", "content": "two"}))
        view = self.stream_of(self.answered([response(document)], ask(n=2)), n=2)
        self.assertEqual({0: "one", 1: "two"}, view.texts)

    def test_json_stays_json_when_json_was_asked_for(self):
        document = completion("Hello", usage=usage(), system_fingerprint="fp_1")
        got = self.completion_of(self.answered([response(document)], ask(stream=False)))
        self.assertEqual(document, got)

    def test_a_stream_becomes_json(self):
        got = self.completion_of(
            self.answered([streamed(answer_events("Hel", "lo", prompt=11))], ask(stream=False)))
        self.assertEqual("Hello", got["choices"][0]["message"]["content"])
        self.assertEqual("stop", got["choices"][0]["finish_reason"])
        self.assertEqual(usage(11), got["usage"])

    def test_a_stream_stays_a_stream_byte_for_byte(self):
        body = answer_events("Hel", "lo")
        got = self.answered([streamed(body)])
        self.stream_of(got)
        self.assertEqual(body, got.body)  # P3

    def test_the_label_of_the_body_does_not_decide(self):
        for kind in (JSON, "text/plain", "application/octet-stream", None):
            with self.subTest(kind=kind):
                view = self.stream_of(
                    self.answered([streamed(answer_events("Hello"), content_type=kind)]))
                self.assertEqual("Hello", view.text)
        for kind in (SSE, "text/plain", None):
            with self.subTest(json_as=kind):
                view = self.stream_of(self.answered([response(completion("Hello"), 200, kind)]))
                self.assertEqual("Hello", view.text)

    def test_the_upstream_is_told_what_the_client_asked_for(self):
        for stream in (True, False):
            self.answered([response(completion("x"))], ask(stream=stream)).read()
        self.assertEqual([True, False], [r.json()["stream"] for r in self.up.chats])  # REQ-14

    def test_an_upstream_that_fails_is_an_error_for_both(self):
        for stream in (True, False):
            failing = response({"error": {"message": "no streaming here", "type": "server_error",
                                          "param": None, "code": None}}, 500)
            got = self.answered([failing], ask(stream=stream))
            self.assert_error(got, 500, says="no streaming here")


class AnUpstreamThatNeverSaysDone(Report):
    """LightLLM: no `[DONE]`, so clients hang; `role` in every delta."""

    BODY = events(*[chunk({"role": "assistant", "content": t}, index=0) for t in ("Hel", "lo")],
                  chunk({"role": "assistant", "content": ""}, "stop"))

    def test_done_is_added_when_the_message_ends(self):
        view = self.stream_of(self.answered([streamed(self.BODY)]))  # CHAT-29b
        self.assertEqual(("Hello", "stop"), (view.text, view.finish))
        self.assertEqual({0: 1}, view.roles)  # CHAT-8

    def test_done_is_added_when_the_connection_ends(self):
        without_length = head(200, SSE, chunked=False) + self.BODY
        view = self.stream_of(self.answered([without_length, Close()]))
        self.assertEqual(("Hello", "stop"), (view.text, view.finish))

    def test_done_is_added_while_the_connection_stays_open(self):
        got = self.answered([head(), h1(self.BODY)])  # and no more: SSE-12
        view = self.stream_of(got)
        self.assertEqual(("Hello", "stop"), (view.text, view.finish))
        self.up.wait_for_closed(self.up.chats[0].connection)

    def test_it_becomes_json_as_well(self):
        got = self.completion_of(self.answered([streamed(self.BODY)], ask(stream=False)))
        self.assertEqual("Hello", got["choices"][0]["message"]["content"])

    def test_role_in_every_delta_of_two_choices(self):
        body = events(*[chunk({"role": "assistant", "content": t}, index=i)
                        for t in ("a", "b") for i in (0, 1)],
                      finish(index=0), finish(index=1))
        view = self.stream_of(self.answered([streamed(body)], ask(n=2)), n=2)
        self.assertEqual({0: "ab", 1: "ab"}, view.texts)
        self.assertEqual({0: 1, 1: 1}, view.roles)


class AnUpstreamWithEmptyFinishReasons(Report):
    """LocalAI: `finish_reason:""`, empty first chunks, no finish chunk, errors as text."""

    def test_empty_finish_reasons_are_null(self):
        body = events(chunk({"role": "assistant", "content": ""}, ""), chunk({"content": "Hi"}, ""),
                      chunk({}, "stop")) + DONE
        view = self.stream_of(self.answered([streamed(body)]))  # CHAT-13
        self.assertEqual(("Hi", "stop"), (view.text, view.finish))

    def test_empty_chunks_are_dropped(self):
        body = events(chunk({"content": ""}, ""), chunk({}, ""), chunk({"content": "Hi"}, ""),
                      chunk({"content": ""}, ""), finish()) + DONE
        view = self.stream_of(self.answered([streamed(body)]))  # CHAT-11
        self.assertEqual("Hi", view.text)

    def test_done_is_proof_enough_for_a_finish_that_never_came(self):
        body = events(role(), chunk({"content": "Hi"}, ""), chunk({"content": ""}, "")) + DONE
        view = self.stream_of(self.answered([streamed(body)]))  # CHAT-29d
        self.assertEqual(("Hi", "stop"), (view.text, view.finish))

    def test_a_missing_finish_reason_is_null(self):
        bare = chunk({"content": "Hi"})
        del bare["choices"][0]["finish_reason"]
        view = self.stream_of(
            self.answered([streamed(events(role(), bare, finish()) + DONE)]))
        self.assertEqual("Hi", view.text)

    def test_an_error_as_text_becomes_an_error_frame(self):
        for line in (b'data: {"error":"out of memory"}\n\n',
                     b'error: {"message":"out of memory"}\n\n',
                     b'{"error":{"message":"out of memory"}}\n\n',
                     b'event: error\ndata: {"message":"out of memory"}\n\n'):
            with self.subTest(line=line):
                view = self.stream_of(
                    self.answered([streamed(events(role(), text("Hi")) + line)]))  # CHAT-30
                self.assertIn("out of memory", view.error["message"])
                self.assertIsNone(view.finish)


class AnUpstreamWhoseBytesComeOneByOne(Report):
    """cocoon: SSE parsed as one JSON document gave HTTP 200 with 0 bytes and nothing billed."""

    def counted(self, steps, body):
        before = self.weir.metrics()
        got = self.answered(steps, body)
        answer = (self.stream_of(got, body.get("stream_options") is not None)
                  if body["stream"] else self.completion_of(got))
        line = self.weir.access_line(got.get("x-request-id"))
        self.assertEqual((11, 3, 7), (line["prompt_tokens"], line["cached_tokens"],
                                      line["completion_tokens"]), line)
        after = self.weir.metrics()
        grown = {t: after.total("weir_tokens_total", type=t) - before.total("weir_tokens_total",
                                                                            type=t)
                 for t in ("input", "cached_input", "output")}
        self.assertEqual({"input": 11, "cached_input": 3, "output": 7}, grown)
        return answer

    BODY = answer_events("Hello ", "w\u00f6rld \U0001f30a", prompt=11, cached=3, completion=7)

    def test_usage_is_counted_and_not_shown(self):
        view = self.counted([head() + b"".join(h1(bytes([b])) for b in self.BODY) + LAST_CHUNK],
                            ask())
        self.assertEqual("Hello w\u00f6rld \U0001f30a", view.text)
        self.assertIsNone(view.usage)
        self.assertEqual({"include_usage": True}, self.up.chats[-1].json()["stream_options"])

    def test_every_byte_in_a_packet_of_its_own(self):
        view = self.counted([head(), Slowly(b"".join(h1(bytes([b])) for b in self.BODY)),
                             LAST_CHUNK], ask(include_usage=True))
        self.assertEqual(usage(11, 3, 7), view.usage)

    def test_usage_of_a_stream_for_a_client_that_wants_json(self):
        document = self.counted([head(), Slowly(h1(self.BODY)), LAST_CHUNK], ask(stream=False))
        self.assertEqual(usage(11, 3, 7), document["usage"])

    def test_crlf(self):
        self.counted([streamed(self.BODY.replace(b"\n", b"\r\n"))], ask())
        self.counted([head(), Slowly(h1(self.BODY.replace(b"\n", b"\r\n"))), LAST_CHUNK], ask())

    def test_cr_alone(self):
        self.counted([streamed(self.BODY.replace(b"\n", b"\r"))], ask())

    def test_the_last_event_is_not_ended(self):
        for tail in (b"", b"\n"):
            with self.subTest(tail=tail):  # SSE-7: usage is in it, [DONE] never comes
                self.counted([streamed(events(role(), text("Hello"), finish()) +
                                       event(usage_chunk())[:-2] + tail)], ask())

    def test_done_is_not_ended(self):
        self.counted([streamed(self.BODY[:-2])], ask())

    def test_an_unended_last_event_that_is_not_whole_is_a_truncation(self):
        body = events(role(), text("Hello")) + event(text("world"))[:-6]
        view = self.stream_of(self.answered([streamed(body)]))
        self.assertEqual("upstream_stream_truncated", view.error["code"])
        self.assertEqual("Hello", view.text)

    def test_the_whole_stream_in_one_piece(self):
        self.assertEqual("Hello w\u00f6rld \U0001f30a",
                         self.counted([streamed(self.BODY)], ask()).text)

    def test_the_access_line_names_the_exchange(self):
        got = self.answered([streamed(self.BODY)])
        got.read()
        line = self.weir.access_line(got.get("x-request-id"))
        self.assertEqual(("POST", "/v1/chat/completions", 200, "up", "m-1"),
                         tuple(line[k] for k in ("method", "path", "status", "upstream", "model")),
                         json.dumps(line))


if __name__ == "__main__":
    case.main()
