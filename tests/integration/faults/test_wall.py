"""The wall of faults: each of scenarios.py with one candidate and with two, streaming and not. The
client gets a right answer or a truthful error, and what upstreams are asked stays within its bounds.
The table in docs/fault-wall.md is what this test sees; WEIR_RECORD=1 writes it anew."""

import concurrent.futures
import os
import sys
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))

from support import case, lint  # noqa: E402  pylint: disable=wrong-import-position
from support.gateway import Gateway  # noqa: E402
from support.upstream import Upstream  # noqa: E402
from support.wire import error_body, response  # noqa: E402

from scenarios import BlackHole, MARKS, SCENARIOS, TEXT, good, seen, short_answer  # noqa: E402

PAGE = os.path.join(HERE, "..", "..", "..", "docs", "fault-wall.md")
BEGIN, END = "<!-- the table begins -->\n", "<!-- the table ends -->\n"
ATTEMPTS = 2
TIMES = {"connect": "600ms", "first_byte": "800ms", "first_token": "800ms", "idle": "800ms"}


class Answer:
    """What a client got, judged. Tells the upstream's script what of a stream it has seen."""

    def __init__(self, response, stream, user=None):
        if user is not None and response.status == 200 and stream:
            for mark in MARKS:
                while mark not in response.body and response.more():
                    pass
                seen(user, mark).set()
        self.headers = response.get
        self.text = None
        if response.status != 200:
            error = response.error()
            assert error["message"] and error["type"], error
            self.outcome = str(response.status)
            return
        if not stream:
            document = lint.completion(response.json())
            self.text = document["choices"][0]["message"]["content"]
            self.outcome = "answer"
            return
        view = lint.stream(response.read())
        assert view.done
        self.text = view.text
        if view.error is None:
            self.outcome = "answer"
            return
        assert view.finish is None, "a broken answer with a finish reason"
        assert view.error["message"] and view.error["type"], view.error
        self.outcome = "cut"


def ask(weir, model, stream, user=None, **more):
    if user is not None:
        more["user"] = user
    with weir.connect() as client:
        return Answer(client.chat(case.ask(stream, model=model, **more)), stream, user)


def pair(value, which):
    return value[which] if isinstance(value, tuple) else value


class Wall(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.healthy = cls.started(Upstream())
        cls.healthy.always(good)
        cls.faulty = []
        upstreams = {"healthy": {"url": cls.healthy.url}}
        models = {}
        for number, scenario in enumerate(SCENARIOS):
            one = BlackHole() if "never accepts" in scenario.name else Upstream(
                **scenario.upstream)
            cls.started(one)
            one.always(*scenario.steps)
            cls.faulty.append(one)
            url = one.url.replace("http:", "https:") if scenario.tls else one.url
            upstreams[f"faulty-{number}"] = {"url": url, "key": "a-key-of-the-gateway",
                                             "breaker": {"failures": 1000000}}
            models[f"one-{number}"] = [f"faulty-{number}"]
            models[f"two-{number}"] = [f"faulty-{number}", {"upstream": "healthy", "priority": 2}]
        cls.cutting = cls.started(Upstream())
        upstreams["cutting"] = {"url": cls.cutting.url, "breaker": {"failures": 1000000}}
        models["one-cut"] = ["cutting"]
        models["two-cut"] = ["cutting", {"upstream": "healthy", "priority": 2}]
        cls.weir = Gateway({"workers": 1, "upstreams": upstreams, "models": models, "timeouts": TIMES,
                            "routing": {"attempts": ATTEMPTS, "backoff": "5ms",
                                        "max_wait": "1s", "retry_budget": "100%"}})
        cls.addClassCleanup(cls.weir.stop)

    @classmethod
    def started(cls, one):
        cls.addClassCleanup(one.close)
        return one

    def row(self, number):
        """Every cell of one scenario, and what the faulty upstream was asked for each."""
        scenario, upstream = SCENARIOS[number], self.faulty[number]
        cells, problems = {}, []
        for column, (model, wanted) in enumerate((("one", scenario.alone),
                                                  ("two", scenario.two))):
            for stream in (True, False):
                before = len(upstream.chats)
                where = f"{scenario.name}, {model}, {'stream' if stream else 'document'}"
                try:
                    got = ask(self.weir, f"{model}-{number}", stream,
                              user=f"{model}-{number}-{stream}")
                except Exception as problem:  # pylint: disable=broad-except
                    problems.append(f"{where}: {problem!r}")
                    continue
                asked = len(upstream.chats) - before
                cells[model, stream] = (got.outcome, asked)
                want = wanted[0 if stream else 1]
                if got.outcome != want:
                    problems.append(f"{where}: {got.outcome}, not {want}")
                if got.outcome == "answer" and got.text != TEXT:
                    problems.append(f"{where}: says {got.text!r}")
                if got.outcome == "cut" and not TEXT.startswith(got.text):
                    problems.append(f"{where}: says {got.text!r}")
                want = pair(pair(scenario.asked, column), 0 if stream else 1)
                if asked != want and "idle connection" not in scenario.name:
                    problems.append(f"{where}: asked {asked} times, not {want}")
        return cells, problems

    def test_every_fault(self):
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            rows = list(pool.map(self.row, range(len(SCENARIOS))))
        problems = [p for _, found in rows for p in found]
        self.assertEqual([], problems)
        self.compare("".join(self.line(SCENARIOS[i].name, cells)
                             for i, (cells, _) in enumerate(rows)))

    @staticmethod
    def line(name, cells):
        shown = [f"{cells[model, stream][0]}" for model in ("one", "two")
                 for stream in (True, False)]
        asked = ["/".join(str(cells[model, stream][1]) for stream in (True, False))
                 for model in ("one", "two")]
        if "idle connection" in name:
            asked = ["1", "1"]  # how often one was idle depends on what ran beside it
        return "| " + " | ".join([name, shown[0], shown[1], asked[0], shown[2], shown[3],
                                  asked[1]]) + " |\n"

    def compare(self, lines):
        with open(PAGE, encoding="utf-8") as file:
            page = file.read()
        start, end = page.index(BEGIN) + len(BEGIN), page.index(END)
        table = ("| fault | one candidate: stream | document | asked | two: stream | document | "
                 "asked |\n|---|---|---|---|---|---|---|\n" + lines)
        if os.environ.get("WEIR_RECORD"):
            with open(PAGE, "w", encoding="utf-8") as file:
                file.write(page[:start] + table + page[end:])
        else:
            self.assertEqual(page[start:end], table, "docs/fault-wall.md: WEIR_RECORD=1 writes it")

    def test_a_cut_after_every_byte(self):
        """The upstream closes after k bytes of its answer, for every k."""
        whole = short_answer()

        def cut(exchange):
            exchange.send(whole[:int(exchange.request.json()["user"])])
            exchange.connection.close()
        self.cutting.always(cut)

        def cut_at(k):
            problems = []
            for model in ("one", "two"):
                for stream in (True, False):
                    got = ask(self.weir, f"{model}-cut", stream, user=str(k))
                    fair = {"answer": got.text == TEXT, "502": True,
                            "cut": TEXT.startswith(got.text or "")}.get(got.outcome, False)
                    # With another candidate in reserve only what has reached the client counts.
                    if model == "two":
                        fair = fair and got.outcome != "502" and (stream or got.outcome == "answer")
                    if not fair:
                        problems.append((k, model, stream, got.outcome, got.text))
            return problems
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            found = [p for some in pool.map(cut_at, range(len(whole) + 1)) for p in some]
        self.assertEqual([], found)

    def test_an_answer_before_the_body_was_read(self):
        """A refusal that does not wait for the request's body reaches the client."""
        early = self.started_early()
        weir = Gateway({"upstreams": {"early": {"url": early.url}}})
        self.addCleanup(weir.stop)
        for stream in (True, False):
            got = ask(weir, "m-1", stream, padding="x" * 4_000_000)
            self.assertIn(got.outcome, ("413", "502"))

    def started_early(self):
        def refuse(request, _):
            request.connection.sock.sendall(
                response(error_body("too long", "invalid_request_error"), 413))
            request.connection.close()
        early = Upstream(take_body=refuse)
        self.addCleanup(early.close)
        return early


class Storm(unittest.TestCase):
    """Many requests for an upstream that always fails."""

    def run_storm(self, requests, breaker):
        up = Upstream()
        self.addCleanup(up.close)
        up.always(response(error_body(), 500))
        weir = Gateway({"workers": 1, "upstreams": {"up": {"url": up.url, "breaker": breaker}},
                        "routing": {"backoff": "1ms"}})
        self.addCleanup(weir.stop)
        start = time.monotonic()
        outcomes = []
        with weir.connect() as client:
            for _ in range(requests):
                got = client.chat(case.ask())
                outcomes.append(got.status)
                got.read()
        return up, weir, outcomes, time.monotonic() - start

    def test_attempts_stay_within_the_budget(self):
        up, _, outcomes, seconds = self.run_storm(300, {"failures": 1000000})
        self.assertEqual({500}, set(outcomes))
        self.assertLessEqual(len(up.chats), 300 * 1.2 + 10 + seconds + 1)
        self.assertGreater(len(up.chats), 330)  # and it does try

    def test_the_breaker_leaves_it_alone_and_lets_it_come_back(self):
        up, weir, outcomes, _ = self.run_storm(100, {"failures": 5, "open": "300ms"})
        self.assertLess(len(up.chats), 50)
        self.assertEqual({500, 503}, set(outcomes))
        up.always(good)
        until = time.monotonic() + 20
        while time.monotonic() < until:
            got = ask(weir, "m-1", True)
            if got.outcome == "answer":
                return
            self.assertEqual("503", got.outcome)
            self.assertGreaterEqual(int(got.headers("Retry-After")), 1)
        self.fail("the upstream works again, and nobody noticed")


if __name__ == "__main__":
    case.main()
