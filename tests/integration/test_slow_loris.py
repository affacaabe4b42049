"""Clients that send their heads byte by byte do not harm those that behave. WEIR_LORIS says how
many there are."""

import os
import re
import selectors
import socket
import statistics
import threading
import time

from support import case, lint
from support.wire import DONE, LAST_CHUNK, events, finish, h1, head, role, text

LORIS = int(os.environ.get("WEIR_LORIS", "300"))
HONEST = int(os.environ.get("WEIR_HONEST", "20"))
ROUNDS = 5


def answer(exchange):
    exchange.send(head() + h1(events(role())))
    for number in range(5):
        exchange.send(h1(events(text(f"w{number} "))))
    exchange.send(h1(events(finish()) + DONE) + LAST_CHUNK)


def memory(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return int(re.search(r"VmRSS:\s+(\d+) kB", status.read()).group(1)) / 1024


class SlowLoris(case.IntegrationTest):
    def honest(self, weir):
        """The times that HONEST clients at once need for a stream each, several rounds of them."""
        times, faults = [], []

        def client():
            try:
                for _ in range(ROUNDS):
                    began = time.monotonic()
                    with weir.connect() as connection:
                        self.assertTrue(lint.stream(connection.chat(case.ask()).read()).done)
                    times.append(time.monotonic() - began)
            except Exception as fault:  # whatever it is, an honest client was harmed
                faults.append(repr(fault))
        threads = [threading.Thread(target=client) for _ in range(HONEST)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        self.assertEqual([], faults)
        return times

    def test_honest_streams_are_served_and_the_others_are_told_in_time(self):
        up = self.upstream()
        up.always(answer)
        weir = self.gateway(self.before(up, limits={"header_time": "5s"}))
        self.honest(weir)
        alone = self.honest(weir)
        before = memory(weir.process.pid)

        slow = []
        for _ in range(LORIS):
            one = socket.create_connection(("127.0.0.1", weir.port))
            one.sendall(b"POST /v1/chat/completions HTTP/1.1\r\nHost: h\r\nX-Slow: ")
            slow.append(one)
            self.addCleanup(one.close)
        during = memory(weir.process.pid)
        beside = []
        answered = selectors.DefaultSelector()
        for one in slow:
            answered.register(one, selectors.EVENT_READ)
        told = 0
        beside += self.honest(weir)
        while told < LORIS:
            for one in slow:
                try:
                    one.send(b"x")
                except OSError:
                    pass  # told already
            for key, _ in answered.select(0.2):
                answered.unregister(key.fileobj)
                self.assertIn(b" 408 ", key.fileobj.recv(4096))
                told += 1
        samples = weir.metrics()
        self.assertEqual(LORIS, samples.total("weir_requests_total", status_class="4xx"))
        print(f"{LORIS} slow clients, {HONEST} honest ones: median "
              f"{statistics.median(alone) * 1000:.0f} ms alone, "
              f"{statistics.median(beside) * 1000:.0f} ms beside them, slowest "
              f"{max(alone) * 1000:.0f} and {max(beside) * 1000:.0f} ms; RSS {before:.0f} MiB "
              f"before, {during:.0f} MiB with them")


if __name__ == "__main__":
    case.main()
