"""Chaos: many streams at once over upstreams that fail at random and restart, clients that leave in
the middle. At the end nothing is stuck, no descriptor is left, memory is flat, and every request is in
the access log once. WEIR_SOAK_SECONDS (10) and WEIR_SOAK_STREAMS (100) scale it; the seed is printed."""

import asyncio
import collections
import json
import os
import random
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from support import case, lint, wire  # noqa: E402  pylint: disable=wrong-import-position
from support.client import request_bytes  # noqa: E402

SECONDS = float(os.environ.get("WEIR_SOAK_SECONDS", "10"))
STREAMS = int(os.environ.get("WEIR_SOAK_STREAMS", "100"))
SEED = int(os.environ.get("WEIR_SOAK_SEED", str(int(time.time()))))
WORDS = ["one ", "two ", "three ", "four ", "five "]
TEXT = "".join(WORDS)


class Chaos:
    """An upstream on asyncio. Each request draws what becomes of it."""

    def __init__(self, rng):
        self.rng, self.port, self.server, self.writers = rng, 0, None, set()
        self.asked = 0

    async def start(self):
        self.server = await asyncio.start_server(self.serve, "127.0.0.1", self.port)
        self.port = self.server.sockets[0].getsockname()[1]

    async def restart(self):
        self.server.close()
        self.drop()
        await asyncio.sleep(0.3)
        await self.start()

    def drop(self):
        for writer in list(self.writers):
            writer.transport.abort()

    async def serve(self, reader, writer):
        self.writers.add(writer)
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = 0
                for line in head.split(b"\r\n"):
                    if line.lower().startswith(b"content-length:"):
                        length = int(line.split(b":")[1])
                await reader.readexactly(length)
                if head.startswith(b"GET"):
                    writer.write(wire.response({"data": [{"id": "m"}]}))
                    continue
                self.asked += 1
                if not await self.answer(writer):
                    break
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self.writers.discard(writer)
            writer.close()

    async def answer(self, writer):
        """False when the connection ends with it."""
        what = self.rng.choices(
            ["clean", "slow", "cut", "reset", "500", "503", "429", "stall", "silent", "garbage",
             "empty", "comments", "error"], [60, 10, 5, 3, 4, 3, 3, 1, 1, 2, 2, 2, 4])[0]
        if what in ("500", "503", "429"):
            more = ("retry-after-ms: 50",) if what != "500" else ()
            writer.write(wire.response(wire.error_body(), int(what), wire.JSON, *more))
            return True
        if what == "reset":
            writer.transport.abort()
            return False
        if what == "silent":
            await asyncio.sleep(3)
            return False
        if what in ("garbage", "empty", "comments"):
            writer.write(wire.streamed({"garbage": b"data: {{{\n\n", "empty": b"",
                                        "comments": b": hi\n\n"}[what]))
            return True
        writer.write(wire.head() + wire.h1(wire.event(wire.role())))
        stop = self.rng.randrange(len(WORDS)) if what in ("cut", "stall", "error") else len(WORDS)
        for word in WORDS[:stop]:
            await asyncio.sleep(self.rng.random() * (0.2 if what == "slow" else 0.02))
            writer.write(wire.h1(wire.event(wire.text(word))))
            await writer.drain()
        if what == "cut":
            return False
        if what == "stall":
            await asyncio.sleep(3)
            return False
        if what == "error":
            writer.write(wire.h1(wire.event(wire.error_body("no room"))) + wire.LAST_CHUNK)
            return True
        writer.write(wire.h1(wire.event(wire.finish()) + wire.DONE) + wire.LAST_CHUNK)
        return True


class Soak(case.IntegrationTest):
    def test_nothing_is_stuck_lost_or_leaked(self):
        print(f"seed {SEED}, {STREAMS} streams, {SECONDS:g} s")
        asyncio.run(self.soak(random.Random(SEED)))

    async def soak(self, rng):
        upstreams = [Chaos(random.Random(rng.random())) for _ in range(3)]
        for one in upstreams:
            await one.start()
        weir = self.gateway({
            "upstreams": {f"u{i}": {"url": f"http://127.0.0.1:{u.port}/v1", "max_concurrent": 400,
                                    "breaker": {"failures": 20, "open": "200ms"}}
                          for i, u in enumerate(upstreams)},
            "models": {"m": {"candidates": ["u0", "u1", {"upstream": "u2", "priority": 2}],
                             "routing": {"strategy": "p2c_ewma", "hedge": "p95",
                                         "backoff": "10ms", "queue_wait": "2s"}}},
            "timeouts": {"connect": "1s", "first_byte": "1s", "first_token": "1s", "idle": "1s"},
            "stream": {"heartbeat": "500ms", "commit_after": "500ms"}})
        self.pid, self.ids = weir.process.pid, []
        self.outcomes = collections.Counter()
        fds = len(os.listdir(f"/proc/{self.pid}/fd"))
        self.until = time.monotonic() + SECONDS
        clients = [asyncio.create_task(self.client(weir.port, random.Random(rng.random()), i))
                   for i in range(STREAMS)]
        restarts = asyncio.create_task(self.restarts(upstreams, rng))
        memory = []
        while time.monotonic() < self.until:
            await asyncio.sleep(min(1.0, SECONDS / 10))
            memory.append(self.private_memory())
        await asyncio.wait_for(asyncio.gather(*clients), 60)  # nothing is stuck
        restarts.cancel()
        for one in upstreams:
            one.drop()
        print(f"{len(self.ids)} requests: {dict(self.outcomes)}; upstreams were asked "
              f"{sum(u.asked for u in upstreams)} times; private memory {memory[0]} KiB at first, "
              f"{memory[len(memory) // 3]} after a third, {memory[-1]} KiB at the end")
        self.assertGreater(self.outcomes["answer"], len(self.ids) // 2)
        await self.settle(lambda: len(os.listdir(f"/proc/{self.pid}/fd")) <= fds, "a descriptor")
        self.assertEqual(0, weir.metrics().total("weir_active_streams"))
        await asyncio.to_thread(self.every_request_is_logged_once, weir)
        if os.environ.get("WEIR_SOAK_MEMORY"):
            self.assertLess(memory[-1], memory[len(memory) // 3] * 1.25 + 4096)
        for one in upstreams:
            one.server.close()

    def private_memory(self):
        with open(f"/proc/{self.pid}/status", encoding="ascii") as file:
            return next(int(li.split()[1]) for li in file if li.startswith("RssAnon"))

    async def settle(self, done, what):
        until = time.monotonic() + 20
        while not done():
            self.assertLess(time.monotonic(), until, f"{what} is left over")
            await asyncio.sleep(0.1)

    def every_request_is_logged_once(self, weir):
        def complete(lines):
            seen = collections.Counter(
                json.loads(li)["request_id"] for li in lines if li and li.startswith("{"))
            return all(seen[i] == 1 for i in self.ids) and [True]
        weir.wait_for_output(complete, "an access line of every request")

    @staticmethod
    async def restarts(upstreams, rng):
        while True:
            await asyncio.sleep(1 + 2 * rng.random())
            await rng.choice(upstreams).restart()

    async def client(self, port, rng, number):
        count = 0
        while time.monotonic() < self.until:
            count += 1
            request_id = f"soak-{number}-{count}"
            stream = rng.random() < 0.8
            leave = rng.random() < 0.05
            self.ids.append(request_id)
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                writer.write(request_bytes("POST", "/v1/chat/completions",
                                           case.ask(stream, model="m"),
                                           (f"x-request-id: {request_id}", "Connection: close")))
                if leave:
                    await reader.read(1)
                    writer.transport.abort()
                    self.outcomes["left"] += 1
                    continue
                answer = await asyncio.wait_for(reader.read(-1), 30)
                outcome = self.judge(answer, stream)
                self.outcomes[outcome] += 1
            finally:
                writer.close()
            # As clients do that are told to come again: without a pause those that are refused at
            # once would be most of all requests.
            if outcome in ("429", "503"):
                await asyncio.sleep(0.1 + 0.2 * rng.random())

    @staticmethod
    def judge(answer, stream):
        head, _, body = answer.partition(b"\r\n\r\n")
        status = int(head.split(b" ")[1])
        if b"transfer-encoding: chunked" in head.lower():
            body = unchunked(body)
        if status != 200:
            assert json.loads(body)["error"]["message"], body
            return str(status)
        if not stream:
            document = lint.completion(json.loads(body))
            assert document["choices"][0]["message"]["content"] == TEXT, document
            return "answer"
        view = lint.stream(body)
        assert view.done, body
        if view.error is None:
            assert view.text == TEXT and view.finish == "stop", body
            return "answer"
        assert TEXT.startswith(view.text) and view.finish is None, body
        return "cut"


def unchunked(body):
    out = b""
    while True:
        line, _, body = body.partition(b"\r\n")
        size = int(line, 16)
        if size == 0:
            return out
        out, body = out + body[:size], body[size + 2:]


if __name__ == "__main__":
    case.main()
