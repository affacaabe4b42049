"""It streams: every event at once, signs of life in between, errors before it begins."""

import socket
import threading
import time

from support import case
from support.wire import (DONE, LAST_CHUNK, completion, error_body, event, events, finish, h1,
                          head, response, role, streamed, text)

ask = case.ask


class EachEventAtOnce(case.IntegrationTest):
    def test_the_next_event_comes_only_after_the_client_has_the_last(self):
        up = self.upstream()
        weir = self.gateway(self.before(up))
        seen = [threading.Event() for _ in range(8)]
        steps = [head(), h1(event(role()))]
        for k, arrived in enumerate(seen):
            steps += [h1(event(text(f"{k} "))), arrived]
        up.script(*steps, h1(event(finish()) + DONE), LAST_CHUNK)
        got = self.chat(weir)
        self.assertEqual("assistant", got.next_payload()["choices"][0]["delta"]["role"])
        for k, arrived in enumerate(seen):
            self.assertEqual({"content": f"{k} "}, got.next_payload()["choices"][0]["delta"])
            arrived.set()
        self.assertEqual("0 1 2 3 4 5 6 7 ", self.stream_of(got).text)

    def test_the_head_comes_with_the_first_event(self):
        up = self.upstream()
        weir = self.gateway(self.before(up))
        seen = threading.Event()
        up.script(head(), h1(event(role())), seen, h1(events(text("x"), finish()) + DONE),
                  LAST_CHUNK)
        got = self.chat(weir)  # returns once the head is there
        seen.set()
        self.assertEqual("x", self.stream_of(got).text)

    def test_the_body_ends_with_done_although_the_upstream_stays(self):
        up = self.upstream()
        weir = self.gateway(self.before(up))
        up.script(head(), h1(events(role(), text("x"), finish()) + DONE))  # and nothing more
        self.assertEqual("x", self.stream_of(self.chat(weir)).text)  # T3
        up.wait_for_closed(up.chats[0].connection)

    def test_many_streams_at_once(self):
        up = self.upstream()
        weir = self.gateway({**self.before(up), "workers": 2})
        together = threading.Barrier(12)
        up.always(head(), h1(events(role(), text("a"))), lambda _: together.wait(20),
                  h1(events(text("b"), finish()) + DONE), LAST_CHUNK)
        responses = []
        asking = [threading.Thread(target=lambda: responses.append(self.chat(weir)))
                  for _ in range(12)]
        for one in asking:
            one.start()
        for one in asking:
            one.join()
        self.assertEqual(["ab"] * 12, [self.stream_of(r).text for r in responses])


class SignsOfLife(case.IntegrationTest):
    def test_heartbeats_fill_the_silence_between_events(self):
        up = self.upstream()
        weir = self.gateway(self.before(up, stream={"heartbeat": "100ms"}))
        enough = threading.Event()
        up.script(head(), h1(events(role(), text("a")) + event(text("b"))[:40]), enough,
                  h1(event(text("b"))[40:] + event(finish()) + DONE), LAST_CHUNK)
        got = self.chat(weir)
        found = [got.next_event() for _ in range(4)]
        self.assertEqual([": keepalive"] * 2, found[2:])  # SSE-18, although half an event is here
        enough.set()
        view = self.stream_of(got)
        self.assertEqual("ab", view.text)

    def test_without_silence_there_are_none(self):
        up = self.upstream()
        weir = self.gateway(self.before(up))
        up.script(streamed(events(role(), text("a"), finish()) + DONE))
        got = self.chat(weir)
        self.stream_of(got)
        self.assertNotIn(b"keepalive", got.body)

    def test_comments_of_the_upstream_are_not_forwarded(self):
        up = self.upstream()
        weir = self.gateway(self.before(up))
        up.script(streamed(b": OPENROUTER PROCESSING\n\n" + events(role()) + b": ping\n\n" +
                           events(text("a"), finish()) + DONE))
        got = self.chat(weir)
        self.stream_of(got)
        self.assertNotIn(b"\n:", b"\n" + got.body)

    def test_the_head_goes_out_after_commit_after(self):
        up = self.upstream()
        weir = self.gateway(self.before(up, stream={"commit_after": "200ms", "heartbeat": "100ms"}))
        alive = threading.Event()
        up.script(alive, streamed(events(role(), text("late"), finish()) + DONE))
        began = time.monotonic()
        got = self.chat(weir)  # GEN-6: the head, although the upstream has not said a word
        self.assertGreater(time.monotonic() - began, 0.19)
        self.assertEqual(": keepalive", got.next_event())
        alive.set()
        self.assertEqual("late", self.stream_of(got).text)

    def test_a_failure_after_commit_after_is_an_error_frame(self):
        up = self.upstream()
        weir = self.gateway(self.before(up, stream={"commit_after": "100ms"}))
        failures = (response(error_body("too busy", code="busy"), 503),
                    streamed(events(error_body("too busy"))))
        for failing in failures:
            alive = threading.Event()
            up.script(alive, failing)
            got = self.chat(weir)
            alive.set()
            self.assertIn("too busy", self.stream_of(got).error["message"])

    def test_a_nonstream_request_has_no_commit(self):
        up = self.upstream()
        weir = self.gateway(self.before(up, stream={"commit_after": "50ms", "heartbeat": "50ms"}))
        go_on = threading.Event()
        up.script(head(200, "application/json"), go_on,
                  h1(case.wire.compact(completion("x")).encode()), LAST_CHUNK)
        client = self.connect(weir).request("POST", "/v1/chat/completions", ask(stream=False))
        client.sock.settimeout(0.3)
        with self.assertRaises(socket.timeout):
            client.receive()  # nothing, for longer than both
        client.sock.settimeout(case.client.PATIENCE)
        go_on.set()
        self.completion_of(client.response())


class AFirstFrameThatIsAnError(case.IntegrationTest):
    """GEN-6: then the client gets a status, not a 200."""

    @classmethod
    def setUpClass(cls):
        cls.up = cls.class_upstream()
        cls.weir = cls.class_gateway(cls.before(cls.up))

    def test_the_status_is_the_errors_code_or_its_class(self):
        table = [
            ({"message": "slow down", "type": "requests", "param": None, "code": 429}, 429),
            ({"message": "no such model", "type": "invalid_request_error", "param": None,
              "code": 404}, 404),
            ({"message": "slow down", "type": "requests", "param": None,
              "code": "rate_limit_exceeded"}, 429),
            ({"message": "It broke.", "type": "server_error", "param": None, "code": None}, 500),
            ("plain text", 502),
        ]
        for error, status in table:
            for stream in (True, False):
                with self.subTest(error=error, stream=stream):
                    self.up.script(streamed(b": hello\n\n" + event({"error": error}) + DONE))
                    got = self.chat(self.weir, ask(stream=stream))
                    self.assertEqual(status, got.status)
                    says = error if isinstance(error, str) else error["message"]
                    self.assertIn(says, got.error()["message"])

    def test_json_with_an_error_and_status_200_is_no_answer(self):
        for stream in (True, False):  # X10
            self.up.script(response({"error": {"message": "slow down", "type": "requests",
                                               "param": None, "code": 429}}))
            got = self.chat(self.weir, ask(stream=stream))
            self.assertEqual((429, "slow down"), (got.status, got.error()["message"]))


if __name__ == "__main__":
    case.main()
