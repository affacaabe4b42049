"""HTTP-10: a client that leaves takes its upstream request with it, within 100 ms."""

import time

from support import case
from support.upstream import Flood
from support.wire import answer_events, event, events, h1, head, role, streamed, text

ask = case.ask


class AClientThatLeaves(case.IntegrationTest):
    # The clause says 100 ms; what is asserted leaves room for a loaded machine.
    GENEROUS = 1.0

    @classmethod
    def setUpClass(cls):
        cls.up = cls.class_upstream(send_buffer=65536)
        cls.weir = cls.class_gateway(cls.before(cls.up, stream={"heartbeat": "10s"}))

    def tearDown(self):
        self.assertEqual([], self.up.forget())

    def cancelled(self):
        return self.weir.metrics().total("weir_client_cancelled_total")

    def assert_upstream_is_let_go(self, left, what):
        connection = self.up.wait_for_chats(1)[0].connection
        took = self.up.wait_for_closed(connection) - left
        print(f"{what}: the upstream saw the close after {took * 1000:.1f} ms")
        self.assertLess(took, self.GENEROUS)

    def assert_recorded(self, before):
        def found(lines):
            return [li for li in lines if '"cancelled":true' in li or '"status":499' in li]
        self.weir.wait_for_output(found, "access line of a cancelled exchange")
        self.assertEqual(before + 1, self.cancelled())

    def test_in_the_middle_of_a_stream(self):
        before = self.cancelled()
        self.up.script(head(), h1(events(role(), text("Hel"))))
        got = self.chat(self.weir)
        request_id = got.get("x-request-id")
        got.next_event()
        got.next_event()
        left = time.monotonic()
        got.client.close()
        self.assert_upstream_is_let_go(left, "in a stream")
        self.assert_recorded(before)
        line = self.weir.access_line(request_id)
        self.assertEqual(499, line["status"], line)

    def test_with_a_reset(self):
        self.up.script(head(), h1(events(role(), text("Hel"))))
        got = self.chat(self.weir)
        got.next_event()
        left = time.monotonic()
        got.client.reset()
        self.assert_upstream_is_let_go(left, "with a reset")

    def test_before_the_head(self):
        before = self.cancelled()
        self.up.script()
        client = self.connect(self.weir).request("POST", "/v1/chat/completions", ask())
        self.up.wait_for_chats(1)
        left = time.monotonic()
        client.close()
        self.assert_upstream_is_let_go(left, "before the head")
        self.assert_recorded(before)

    def test_while_the_upstream_thinks_about_json(self):
        self.up.script()
        client = self.connect(self.weir)
        client.request("POST", "/v1/chat/completions", ask(stream=False))
        self.up.wait_for_chats(1)
        left = time.monotonic()
        client.close()
        self.assert_upstream_is_let_go(left, "for JSON")

    def test_while_a_stream_is_gathered_for_it(self):
        self.up.script(head(), h1(events(role(), text("Hel"))))
        client = self.connect(self.weir)
        client.request("POST", "/v1/chat/completions", ask(stream=False))
        self.up.wait_for_chats(1)
        left = time.monotonic()
        client.close()
        self.assert_upstream_is_let_go(left, "while aggregated")

    def test_while_the_upstream_is_held_back(self):
        flood = Flood(h1(event(text("a" * 60000))) for _ in range(640))
        self.up.script(head(), h1(event(role())), flood)
        client = self.connect(self.weir, receive_buffer=65536)
        client.request("POST", "/v1/chat/completions", ask())
        self.assertTrue(flood.stalled.wait(case.client.PATIENCE))
        left = time.monotonic()
        client.close()
        self.assert_upstream_is_let_go(left, "held back")

    def test_with_a_second_request_waiting(self):
        self.up.script(head(), h1(events(role(), text("Hel"))))
        client = self.connect(self.weir)
        one = case.client.request_bytes("POST", "/v1/chat/completions", ask())
        client.send(one + one)
        client.response().next_event()
        left = time.monotonic()
        client.close()
        self.assert_upstream_is_let_go(left, "with a request waiting")
        self.up.script(streamed(answer_events("next")))
        self.assertEqual("next", self.stream_of(self.chat(self.weir)).text)
        self.assertEqual(2, len(self.up.chats))  # the one that waited was never sent

    def test_half_a_request_is_no_exchange(self):
        client = self.connect(self.weir)
        client.send(b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\n"
                    b"Content-Length: 1000\r\n\r\n{")
        client.close()
        self.up.script(streamed(answer_events("next")))
        self.assertEqual("next", self.stream_of(self.chat(self.weir)).text)
        self.assertEqual(1, len(self.up.chats))

    def test_after_the_end_nothing_is_cancelled(self):
        before = self.cancelled()
        self.up.script(head() + h1(answer_events("x")) + b"0\r\n\r\n")
        self.assertEqual("x", self.stream_of(self.chat(self.weir)).text)
        self.assertEqual(before, self.cancelled())

    def test_no_stream_stays_open(self):
        self.up.script(head(), h1(events(role(), text("Hel"))))
        got = self.chat(self.weir)
        got.next_event()
        self.assertEqual(1, self.weir.metrics().total("weir_active_streams"))
        got.client.close()
        self.up.wait_for_closed(self.up.chats[0].connection)
        self.assertEqual(0, self.weir.metrics().total("weir_active_streams"))


if __name__ == "__main__":
    case.main()
