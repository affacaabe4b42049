"""SIGTERM: what runs may finish, nothing new begins, and the second one means now."""

import signal
import threading

from support import case
from support.wire import (DONE, LAST_CHUNK, answer_events, event, events, finish, h1, head, role,
                          streamed, text)

ask = case.ask


class Shutdown(case.IntegrationTest):
    def setUp(self):
        self.up = self.upstream()
        self.weir = self.gateway({**self.before(self.up), "workers": 2})

    def assert_refuses(self, weir=None):
        """New connections are refused; the listeners close within a moment of the signal."""
        # A listener that closes resets what it had not accepted yet.
        with self.assertRaises((ConnectionRefusedError, ConnectionResetError)):
            while True:  # until the last worker does; the runner's timeout is the bound
                with (weir or self.weir).connect() as client:
                    try:
                        client.request("GET", "/healthz").response("GET").read()
                    except (ConnectionResetError, BrokenPipeError, case.client.Truncated):
                        pass  # it waited at a listener that closed

    def running_stream(self):
        go_on = threading.Event()
        self.up.script(head(), h1(events(role(), text("Hel"))), go_on,
                       h1(events(text("lo"), finish()) + DONE), LAST_CHUNK)
        got = self.chat(self.weir)
        while b"Hel" not in got.body and got.more():
            pass
        return got, go_on

    def test_idle_ends_at_once(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            weir = self.gateway(self.before(self.up))
            idle = self.connect(weir)
            idle.request("GET", "/healthz").response("GET").read()
            weir.signal(number)
            self.assertTrue(idle.at_end())
            self.assertEqual(0, weir.wait())

    def test_a_running_stream_finishes(self):
        got, go_on = self.running_stream()
        self.weir.signal(signal.SIGTERM)
        self.assert_refuses()
        self.assertIsNone(self.weir.process.poll())
        go_on.set()
        view = self.stream_of(got)
        self.assertEqual(("Hello", "stop"), (view.text, view.finish))
        self.assertTrue(got.client.at_end())
        self.assertEqual(0, self.weir.wait())
        self.assertEqual(1, len([li for li in self.weir.output if li and "chat" in li]))

    def test_a_running_json_answer_finishes_and_the_connection_closes(self):
        go_on = threading.Event()
        self.up.script(go_on, streamed(answer_events("Hello")))
        client = self.connect(self.weir)
        client.request("POST", "/v1/chat/completions", ask(stream=False))
        self.up.wait_for_chats(1)
        self.weir.signal(signal.SIGTERM)
        self.assert_refuses()
        go_on.set()
        got = client.response()
        self.completion_of(got)
        self.assertEqual("close", got.get("Connection"))
        self.assertTrue(client.at_end())
        self.assertEqual(0, self.weir.wait())

    def test_a_request_that_waits_behind_another_is_not_begun(self):
        got, go_on = self.running_stream()
        got.client.request("POST", "/v1/chat/completions", ask())
        self.weir.signal(signal.SIGTERM)
        self.assert_refuses()
        go_on.set()
        self.assertEqual("Hello", self.stream_of(got).text)
        self.assertTrue(got.client.at_end())
        self.assertEqual(1, len(self.up.chats))
        self.assertEqual(0, self.weir.wait())

    def test_the_second_signal_ends_streams_with_an_error_frame(self):
        got, _ = self.running_stream()
        self.up.script()
        waiting = self.connect(self.weir).request("POST", "/v1/chat/completions", ask())
        self.up.wait_for_chats(2)
        self.weir.signal(signal.SIGTERM)
        self.assert_refuses()
        self.weir.signal(signal.SIGTERM)
        view = self.stream_of(got)
        self.assertTrue(view.error["message"])
        self.assertEqual(("Hel", None), (view.text, view.finish))
        answer = waiting.response()
        self.assertGreaterEqual(answer.status, 500)
        self.assertTrue(answer.error()["message"])
        self.assertEqual(0, self.weir.wait(10))
        # Both upstream requests were let go.
        for chat in self.up.chats:
            self.up.wait_for_closed(chat.connection)

    def test_the_second_signal_counts_whichever_worker_has_the_stream(self):
        for _ in range(6):  # the kernel chooses the worker
            weir = self.gateway({**self.before(self.up), "workers": 2})
            self.up.script(head(), h1(events(role(), text("Hel"))))
            got = self.chat(weir)
            got.next_event()
            weir.signal(signal.SIGTERM)
            self.assert_refuses(weir)
            weir.signal(signal.SIGTERM)
            self.assertIsNotNone(self.stream_of(got).error)
            self.assertEqual(0, weir.wait(10))

    def test_a_client_that_does_not_read_cannot_hold_it_up(self):
        flood = case.upstream.Flood(h1(event(text("a" * 60000))) for _ in range(640))
        self.up.script(head(), h1(event(role())), flood)
        client = self.connect(self.weir, receive_buffer=65536)
        client.request("POST", "/v1/chat/completions", ask())
        self.assertTrue(flood.stalled.wait(case.client.PATIENCE))
        self.weir.signal(signal.SIGTERM)
        self.assert_refuses()
        self.weir.signal(signal.SIGTERM)
        self.assertEqual(0, self.weir.wait(10))


if __name__ == "__main__":
    case.main()
