"""Reloads, valid ones and mistakes, while streams run: not one is disturbed. WEIR_RELOADS and
WEIR_STREAMS say how many."""

import json
import os
import signal
import threading
import time

from support import case, gateway, lint
from support.wire import DONE, LAST_CHUNK, events, finish, h1, head, role, text

RELOADS = int(os.environ.get("WEIR_RELOADS", "40"))
STREAMS = int(os.environ.get("WEIR_STREAMS", "20"))
WORDS = 20


def answer(exchange):
    """A stream of WORDS words; a word every 20 ms."""
    exchange.send(head() + h1(events(role())))
    for number in range(WORDS):
        exchange.send(h1(events(text(f"w{number} "))))
        time.sleep(0.02)  # the pace of the stream, not a wait for something
    exchange.send(h1(events(finish()) + DONE) + LAST_CHUNK)


class UnderLoad(case.IntegrationTest):
    def test_no_stream_notices(self):
        up = self.upstream()
        up.always(answer)
        weir = self.gateway({**self.before(up), "workers": 2})
        path = os.path.join(weir.directory, "gateway.yaml")
        over = threading.Event()
        done, faults = [], []

        def client():
            while not over.is_set():
                try:
                    with weir.connect() as connection:
                        view = lint.stream(connection.chat(case.ask()).read())
                    whole = "".join(f"w{n} " for n in range(WORDS))
                    (done if view.done and view.text == whole else faults).append(view.text)
                except Exception as fault:  # whatever it is, a stream was disturbed
                    faults.append(repr(fault))
        clients = [threading.Thread(target=client) for _ in range(STREAMS)]
        for one in clients:
            one.start()
        version = 1
        refused = 0
        try:
            for number in range(RELOADS):
                right = number % 3 != 2
                content = {**self.before(up), "workers": 2,
                           "timeouts": {"idle": f"{100 + number}s"}}
                with open(path + ".new", "w", encoding="utf-8") as out:
                    out.write(json.dumps(gateway.tell_failures(content)) if right
                              else "upstreams: [")
                os.rename(path + ".new", path)
                weir.signal(signal.SIGHUP)
                if right:
                    version += 1
                    weir.wait_for_complaint(f"configuration {version} is in force")
                else:
                    refused += 1
                    weir.wait_for_complaint("the configuration was not taken", times=refused)
                while len(done) < number * STREAMS // 10 and not faults:
                    time.sleep(0.01)  # streams begin under every configuration
        finally:
            over.set()
            for one in clients:
                one.join()
        self.assertEqual([], faults)
        self.assertGreater(len(done), STREAMS)
        samples = weir.metrics()
        self.assertEqual((version, refused), (samples.total("weir_config_version"),
                                              samples.total("weir_config_refused_total")))
        print(f"{RELOADS} reloads, {refused} of them mistakes, {STREAMS} streams at once: "
              f"{len(done)} streams whole, {len(faults)} disturbed")


if __name__ == "__main__":
    case.main()
