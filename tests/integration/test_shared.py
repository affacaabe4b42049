"""Several gateways with one ledger in PostgreSQL and one count in Redis, which come and go."""

import json
import os
import threading
import time
import unittest

from support import PATIENCE, case, client, servers
from support.wire import DONE, chunk, events, finish, role, streamed, text

SECRET = "as-own-secret-0123"
TOLD = {"prompt_tokens": 0, "completion_tokens": 7, "total_tokens": 7}


def bearer(secret):
    return [f"Authorization: Bearer {secret}"]


@unittest.skipUnless(os.path.exists(servers.REDIS) and servers.postgres_program("initdb"),
                     "Redis and PostgreSQL are not installed")
class Shared(case.CommandLineTest):
    @classmethod
    def setUpClass(cls):
        cls.postgres = servers.Postgres()
        cls.addClassCleanup(cls.postgres.close)

    def setUp(self):
        super().setUp()
        self.redis = servers.Redis()
        self.addCleanup(self.redis.close)
        self.up = self.upstream()
        self.up.always(streamed(events(role(), text("Hello"), finish(),
                                       chunk(choices=[], usage=TOLD)) + DONE))
        self.began = time.time()

    def replica(self, name, away="serve", key="a", **limits):
        """100 USD for a million tokens of output: 1e-4 a token."""
        return self.gateway({**self.before(
            self.up, store={"ledger": self.postgres.url,
                            "journal": os.path.join(self.directory, name)},
            limits={"backend": self.redis.url, "backend_away": away},
            keys={"clients": {key: {"key": SECRET, **limits}}},
            prices={"m-1": {"input": 0, "output": 100}}), "workers": 2})

    def ask(self, weir, **more):
        with weir.connect() as c:
            got = c.chat(case.ask(**more), bearer(SECRET))
            got.read()
            return got

    def records(self):
        """Ids of requests and what they cost, of this test."""
        return {row[0]: (int(row[1]), int(row[2] or 0)) for row in self.postgres.ask(
            "SELECT request_id, count(*), sum(cost_nano_usd) FROM weir_records "
            f"WHERE time >= {int(self.began * 1e6)} GROUP BY request_id")}

    def until(self, holds):
        end = time.monotonic() + PATIENCE
        while not holds():
            self.assertLess(time.monotonic(), end)
            time.sleep(0.02)

    def test_64_clients_of_two_gateways_never_pass_one_budget(self):
        both = [self.replica(n, usd_per_day=0.02) for n in ("one", "two")]
        counted, guard = {200: 0, 429: 0}, threading.Lock()

        def ask_until_refused(weir):
            refusals = 0
            while refusals < 3:
                status = self.ask(weir, max_tokens=8).status
                with guard:
                    counted[status] += 1
                refusals += status == 429
        clients = [threading.Thread(target=ask_until_refused, args=(both[n % 2],))
                   for n in range(64)]
        for one in clients:
            one.start()
        for one in clients:
            one.join()
        for weir in both:
            weir.stop()
        spent = sum(cost for _, cost in self.records().values())
        self.assertEqual(counted[200] * 700_000, spent)
        self.assertLessEqual(spent, 20_000_000)
        self.assertLess(10_000_000, spent)

    def test_while_redis_is_away_the_choice_holds(self):
        serves = self.replica("one", key="c", max_concurrent=1000, usd_per_month=0.01)
        refuses = self.replica("two", away="refuse", key="b", max_concurrent=1)
        for weir in (serves, refuses):
            self.assertEqual(200, self.ask(weir, max_tokens=8).status)
        self.redis.kill()
        self.assertEqual(200, self.ask(serves, max_tokens=8).status)
        serves.wait_for_complaint("limits of keys are not shared: redis: ")
        self.until(lambda: self.ask(refuses, max_tokens=8).status == 503)
        began = time.monotonic()
        self.assertEqual(503, self.ask(refuses).status)
        self.assertLess(time.monotonic() - began, 2)
        self.assertTrue(self.redis.start())
        self.until(lambda: self.ask(refuses, max_tokens=8).status == 200)
        serves.wait_for_complaint("limits of keys are shared again")

    def test_killed_while_postgres_restarts_and_redis_is_flushed_nothing_is_lost(self):
        seen, over = [], threading.Event()
        fleet = [self.replica("one", usd_per_month=1000)]

        def ask_on_and_on():
            while not over.is_set():
                try:
                    got = self.ask(fleet[-1], max_tokens=8)
                    if got.status == 200 and DONE in got.body:
                        seen.append(got.get("x-request-id"))
                except (OSError, client.Truncated):
                    pass
        clients = [threading.Thread(target=ask_on_and_on) for _ in range(4)]
        for one in clients:
            one.start()
        for disturb in (self.postgres.stop, self.redis.flush, self.postgres.start,
                        self.redis.kill, self.redis.start):
            before = len(seen)
            disturb()
            self.until(lambda: len(seen) > before + 3)  # it serves all the same
            fleet[-1].kill()
            fleet.append(self.replica("one", usd_per_month=1000))
        over.set()
        for one in clients:
            one.join(PATIENCE)
        fleet[-1].stop()
        self.until(lambda: not set(seen) - set(self.records()))
        kept = self.records()
        self.assertEqual([], [one for one in seen if kept[one] != (1, 700_000)])
        self.assertEqual([], [one for one, (times, _) in kept.items() if times != 1])

    def test_what_one_gateway_spent_the_other_knows_from_the_ledger(self):
        """Without Redis: each counts for itself, and looks into the ledger."""
        config = {"store": {"ledger": self.postgres.url,
                            "journal": os.path.join(self.directory, "one")},
                  "keys": {"clients": {"b": {"key": SECRET, "usd_per_month": 0.001}}},
                  "prices": {"m-1": {"input": 0, "output": 100}}}
        one = self.gateway(self.before(self.up, **config))
        self.assertEqual(200, self.ask(one, max_tokens=8).status)
        one.stop()
        config["store"]["journal"] = os.path.join(self.directory, "two")
        two = self.gateway(self.before(self.up, **config))
        self.until(lambda: json.loads(self.connect(two).request(
            "GET", "/v1/usage", None, bearer(SECRET)).response().read())
            ["limits"][0]["usd_per_month"]["used"] == 0.0007)
        self.assertEqual(429, self.ask(two, max_tokens=8).status)


if __name__ == "__main__":
    case.main()
