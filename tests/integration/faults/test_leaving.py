"""HTTP-10 in numbers: how soon an upstream sees that the client of its stream was killed. The plain
run takes 50 clients and asks only for a second; WEIR_CLIENTS=1000 measures (docs/fault-wall.md)."""

import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from support import case  # noqa: E402  pylint: disable=wrong-import-position
from support.wire import events, h1, head, role, text  # noqa: E402

CLIENTS = int(os.environ.get("WEIR_CLIENTS", "50"))


class Killed(case.IntegrationTest):
    def test_the_upstream_sees_it_at_once(self):
        up = self.upstream()
        up.always(head(), h1(events(role(), text("Hel"))))
        weir = self.gateway(self.before(up))
        took = []
        for number in range(CLIENTS):
            before = len(up.chats)
            got = self.chat(weir)
            while b"Hel" not in got.body and got.more():
                pass
            connection = up.wait_for_chats(before + 1)[before].connection
            left = time.monotonic()
            got.client.reset() if number % 2 else got.client.close()
            took.append(up.wait_for_closed(connection) - left)
        took.sort()
        at = lambda share: took[min(int(share * len(took)), len(took) - 1)] * 1000
        print(f"{CLIENTS} clients killed: the upstream saw it after p50 {at(.5):.2f} ms, "
              f"p99 {at(.99):.2f} ms, at most {took[-1] * 1000:.2f} ms")
        self.assertLess(took[-1], 1.0)
        if CLIENTS >= 1000:
            self.assertLess(at(.99), 100)


if __name__ == "__main__":
    case.main()
