"""HTTP-11: every wait for an upstream has an end, and the error says which it was."""

import socket
import threading
import time

from support import case, lint
from support.upstream import Every
from support.wire import DONE, LAST_CHUNK, event, events, finish, h1, head, role, text

ask = case.ask


class Timers(case.IntegrationTest):
    """504 before the head, an error frame after it."""

    def before_one_that_waits(self, times, *steps, **sections):
        up = self.upstream()
        up.script(*steps)
        return up, self.gateway(self.before(up, timeouts=times, **sections))

    def assert_frame(self, response, names):
        view = self.stream_of(response)
        self.assertEqual("upstream_timeout", view.error["code"])
        self.assertIn(names, view.error["message"])
        return view

    def assert_504(self, response, names):
        error = self.assert_error(response, 504, "upstream_timeout", "server_error")
        self.assertIn("Upstream timed out.", error["message"])
        self.assertIn(names, error["message"])

    def test_first_byte(self):
        for stream in (True, False):
            up, weir = self.before_one_that_waits({"first_byte": "200ms"})
            self.assert_504(self.chat(weir, ask(stream=stream)), "first_byte")
            up.wait_for_closed(up.chats[0].connection)

    def test_first_byte_after_commit_is_an_error_frame(self):
        _, weir = self.before_one_that_waits({"first_byte": "400ms"},
                                             stream={"commit_after": "100ms"})
        self.assert_frame(self.chat(weir), "first_byte")

    def test_first_token_with_nothing_but_a_head(self):
        up, weir = self.before_one_that_waits({"first_token": "200ms"}, head())
        self.assert_504(self.chat(weir), "first_token")
        up.wait_for_closed(up.chats[0].connection)

    def test_first_token_with_comments_and_a_role(self):
        up, weir = self.before_one_that_waits(
            {"first_token": "400ms"}, head(), h1(event(role())), Every(0.05, h1(b": ping\n\n")))
        view = self.assert_frame(self.chat(weir), "first_token")
        self.assertEqual({0: 1}, view.roles)
        up.wait_for_closed(up.chats[0].connection)

    def test_idle(self):
        up, weir = self.before_one_that_waits(
            {"idle": "300ms"}, head(), h1(events(role(), text("Hel"))))
        self.assertEqual("Hel", self.assert_frame(self.chat(weir), "idle").text)
        up.wait_for_closed(up.chats[0].connection)

    def test_comments_and_empty_deltas_are_no_progress(self):
        up, weir = self.before_one_that_waits(
            {"idle": "400ms"}, head(), h1(events(role(), text("Hel"))),
            Every(0.05, h1(b": ping\n\n" + event(text("")))))
        self.assertEqual("Hel", self.assert_frame(self.chat(weir), "idle").text)
        up.wait_for_closed(up.chats[0].connection)

    def test_payload_is_progress(self):
        arrived = [threading.Event() for _ in range(6)]
        steps = [head(), h1(event(role()))]
        for one in arrived:
            steps += [h1(event(text("x"))), one]
        up, weir = self.before_one_that_waits({"idle": "2s", "first_token": "2s"}, *steps,
                                              h1(event(finish()) + DONE), LAST_CHUNK)
        got = self.chat(weir)
        began = time.monotonic()
        for k, one in enumerate(arrived):
            while len(lint.View(got.body).text) <= k:
                self.assertTrue(got.more())
            # Together longer than the timer, each well within it.
            up.chats[0].connection.closed.wait(0.4)
            one.set()
        self.assertEqual("x" * 6, self.stream_of(got).text)
        self.assertGreater(time.monotonic() - began, 2.0)

    def test_idle_of_a_stream_for_a_client_that_wants_json(self):
        up, weir = self.before_one_that_waits(
            {"idle": "200ms"}, head(), h1(events(role(), text("Hel"))))
        self.assert_504(self.chat(weir, ask(stream=False)), "idle")
        up.wait_for_closed(up.chats[0].connection)

    def test_total_of_the_configuration(self):
        up, weir = self.before_one_that_waits(
            {"total": "500ms"}, head(), h1(event(role())), Every(0.05, h1(event(text("x")))))
        self.assert_frame(self.chat(weir), "total")
        up.wait_for_closed(up.chats[0].connection)

    def test_total_of_the_request(self):
        up, weir = self.before_one_that_waits({})
        self.assert_504(self.chat(weir, headers=["x-weir-timeout: 200ms"]), "total")
        up.wait_for_closed(up.chats[0].connection)
        got = self.chat(weir, headers=["x-weir-timeout: soon"])
        self.assert_error(got, 400, says="x-weir-timeout")

    def test_connect(self):
        # A listener whose queue is full lets new connections wait.
        full = socket.socket()
        self.addCleanup(full.close)
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for _ in range(4):
            waiting = socket.socket()
            self.addCleanup(waiting.close)
            waiting.setblocking(False)
            waiting.connect_ex(full.getsockname())
        url = f"http://127.0.0.1:{full.getsockname()[1]}"
        weir = self.gateway({"upstreams": {"up": {"url": url}},
                             "timeouts": {"connect": "300ms"}})
        self.assert_504(self.chat(weir), "connect")


if __name__ == "__main__":
    case.main()
