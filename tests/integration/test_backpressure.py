"""HTTP-13: a client that does not read holds its upstream back, and nothing is lost."""

import hashlib

from support import case
from support.upstream import Flood
from support.wire import DONE, LAST_CHUNK, event, events, finish, h1, head, role, streamed, text

ask = case.ask


class AClientThatDoesNotRead(case.IntegrationTest):
    # What lies in sockets between the two may grow to 4 and 6 MiB by Linux's defaults.
    BOUND = 16 * 1024 * 1024
    EVENTS, SIZE = 640, 60000

    def test_the_upstream_stalls_and_then_everything_arrives(self):
        up = self.upstream(send_buffer=65536)
        weir = self.gateway(self.before(up, timeouts={"idle": "2s", "first_token": "2s"}))
        letters = [chr(97 + k % 26) * self.SIZE for k in range(self.EVENTS)]
        flood = Flood(h1(event(text(t))) for t in letters)
        up.script(head(), h1(event(role())), flood, h1(event(finish()) + DONE), LAST_CHUNK)
        client = self.connect(weir, receive_buffer=1 << 20)
        client.request("POST", "/v1/chat/completions", ask())
        self.assertTrue(flood.stalled.wait(case.client.PATIENCE), "the upstream never stalled")
        print(f"stalled after {flood.sent_at_stall / 1e6:.1f} of "
              f"{self.EVENTS * self.SIZE / 1e6:.1f} MB")
        self.assertLess(flood.sent_at_stall, self.BOUND)
        # Being held back is not being idle: longer than that timer nothing may happen.
        self.assertFalse(up.chats[0].connection.closed.wait(2.5))
        got = client.response()
        view = self.stream_of(got)
        want = hashlib.sha256("".join(letters).encode()).hexdigest()
        self.assertEqual(want, hashlib.sha256(view.text.encode()).hexdigest())

    def test_the_others_are_served_meanwhile(self):
        up = self.upstream(send_buffer=65536)
        weir = self.gateway(self.before(up))
        flood = Flood(h1(event(text("a" * self.SIZE))) for _ in range(self.EVENTS))
        up.script(head(), h1(event(role())), flood)
        slow = self.connect(weir, receive_buffer=65536)
        slow.request("POST", "/v1/chat/completions", ask())
        self.assertTrue(flood.stalled.wait(case.client.PATIENCE))
        up.script(streamed(events(role(), text("quick"), finish()) + DONE))
        self.assertEqual("quick", self.stream_of(self.chat(weir)).text)
        slow.close()
        up.wait_for_closed(up.chats[0].connection)


if __name__ == "__main__":
    case.main()
