"""That the harness can fail: no cell passes that did not run, or that shows something else."""

import contextlib
import copy
import datetime
import io
import os
import pathlib
import select
import sys
import tempfile
import unittest
import urllib.error
import urllib.request
from unittest import mock

from harness import agents, cells, driver, install, judge, matrix, reference, table
from support import catalogue, lint

CASES = catalogue.cases()
PLAIN = {"choices": [{"content": "Hello", "finish": "stop"}], "usage": {"prompt_tokens": 3}}
CALLS = {"choices": [{"finish": "tool_calls", "calls": [
    {"name": "f", "arguments": '{"a":1}'}, {"name": "g", "arguments": "{}", "id": "call_g"}]}]}
BROKEN = {"choices": [{"content": "Hel"}], "error": {"code": 500, "message": "It broke"}}


def shown(wanted):
    """What a client shows that shows all of it."""
    view = copy.deepcopy(wanted)
    for choice in view["choices"]:
        for at, call in enumerate(choice.get("calls", ())):
            call.setdefault("id", f"call_{at}")
    return view


class Judge(unittest.TestCase):
    def doctored(self, wanted, change):
        clean, weir = shown(wanted), shown(wanted)
        self.assertIsNone(judge.difference(wanted, clean, weir))
        change(weir)
        return judge.difference(wanted, clean, weir)

    def test_every_doctored_answer_is_noticed(self):
        def choice(view):
            return view["choices"][0]
        for name, wanted, change in (
                ("text lost", PLAIN, lambda v: choice(v).pop("content")),
                ("text twice", PLAIN, lambda v: choice(v).update(content="HelloHello")),
                ("reasoning invented", PLAIN, lambda v: choice(v).update(reasoning="Hm.")),
                ("another finish", PLAIN, lambda v: choice(v).update(finish="length")),
                ("finish lost", PLAIN, lambda v: choice(v).pop("finish")),
                ("usage lost", PLAIN, lambda v: v.pop("usage")),
                ("other usage", PLAIN, lambda v: v["usage"].update(prompt_tokens=4)),
                ("choice lost", PLAIN, lambda v: v["choices"].clear()),
                ("choice invented", PLAIN, lambda v: v["choices"].append({"content": "x"})),
                ("error invented", PLAIN, lambda v: v.update(error={"message": "no"})),
                ("call lost", CALLS, lambda v: choice(v)["calls"].pop()),
                ("arguments changed", CALLS,
                 lambda v: choice(v)["calls"][0].update(arguments='{"a":2}')),
                ("name changed", CALLS, lambda v: choice(v)["calls"][0].update(name="g")),
                ("id changed", CALLS, lambda v: choice(v)["calls"][1].update(id="call_h")),
                ("id lost", CALLS, lambda v: choice(v)["calls"][0].update(id="")),
                ("id twice", CALLS, lambda v: choice(v)["calls"][0].update(id="call_g")),
                ("id too long", CALLS, lambda v: choice(v)["calls"][0].update(id="c" * 41)),
                ("error lost", BROKEN, lambda v: v.pop("error")),
                ("other words", BROKEN, lambda v: v["error"].update(message="Something else")),
                ("another code", BROKEN, lambda v: v["error"].update(code=429)),
                ("part lost", BROKEN, lambda v: choice(v).pop("content"))):
            with self.subTest(name):
                self.assertIsNotNone(self.doctored(wanted, change))

    def test_what_may_differ(self):
        for name, wanted, change in (
                ("an id that nobody named", CALLS,
                 lambda v: v["choices"][0]["calls"][0].update(id="call_x")),
                ("more words of an error", BROKEN,
                 lambda v: v["error"].update(message="500 It broke.")),
                ("what is null", PLAIN, lambda v: v["usage"].update(cached_tokens=None))):
            with self.subTest(name):
                self.assertIsNone(self.doctored(wanted, change))

    def test_a_client_that_shows_nothing_passes_no_case_that_says_something(self):
        for wanted in (PLAIN, CALLS, BROKEN):
            self.assertIsNotNone(judge.difference(wanted, {"choices": []}, {"choices": []}))


class Honest:
    """A driver that shows what is there. `doctor(case, view)` changes each view of weir."""

    def __init__(self, clean_url, doctor=lambda name, view: None):
        self._clean_url, self._doctor = clean_url, doctor

    def ask(self, base_url, body, headers):
        request = urllib.request.Request(f"{base_url}/chat/completions", method="POST",
                                         data=catalogue.wire.compact(body).encode(),
                                         headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                seen, status = answer.read(), None
        except urllib.error.HTTPError as problem:
            seen, status = problem.read(), problem.code
        if body["stream"] and not status:
            include_usage = (body.get("stream_options") or {}).get("include_usage", False)
            found = lint.validate_chat.validate(seen, include_usage, body.get("n", 1))
            assert not [f for f in found if "no usage chunk" not in f and "mixed" not in f], found
            view = catalogue.view_of_stream(seen)
        else:
            view = catalogue.view_of_document(catalogue.json.loads(seen))
        if "error" in view:
            view["error"]["status"] = status
        if base_url != self._clean_url:
            self._doctor(body["model"], view)
        return view

    def close(self):
        pass


class Cells(unittest.TestCase):
    """The server of the clean answers stands for the gateway, too, under another path."""

    def setUp(self):
        self.clean = reference.Server(CASES)
        self.addCleanup(self.clean.close)

    def run_cells(self, client, doctor=lambda name, view: None, cases=tuple(CASES)):
        weir = f"{self.clean.url}/weir"
        return cells.Cells(client, weir, self.clean,
                           lambda mode: Honest(self.clean.url, doctor)).run(cases)

    def test_the_clean_answers_are_legal_and_say_what_the_cases_expect(self):
        honest = table.Client("honest", "", "", "", {"stream": [], "document": []})
        for mode, of_mode in self.run_cells(honest).items():
            self.assertEqual(len(CASES), len(of_mode))
            self.assertEqual({}, {case: why for case, why in of_mode.items() if why}, mode)

    def test_a_doctored_answer_fails_its_cell_and_no_other(self):
        def doctor(name, view):
            if name == "F1-crlf":
                view["choices"][0]["content"] += "!"
        some = CASES[:3] + [one for one in CASES if one.name == "F1-crlf"]
        seen = self.run_cells(table.Client("honest", "", "", "", {"stream": []}), doctor, some)
        self.assertEqual(["F1-crlf"], [case for case, why in seen["stream"].items() if why])

    def test_a_driver_that_answers_not_fails_its_cells(self):
        def doctor(name, view):
            raise AssertionError("the client gave no answer")
        seen = self.run_cells(table.Client("mute", "", "", "", {"stream": []}), doctor, CASES[:3])
        self.assertEqual(3, sum("no answer" in why for why in seen["stream"].values()))

    def test_what_the_table_says_in_vain_is_noticed(self):
        boaster = table.Client("boaster", "", "", "", {"stream": []},
                               cannot_show={("stream", "refusal"): "cannot"},
                               refuses={CASES[0].name: "refuses"})
        seen = self.run_cells(boaster)["stream"]
        self.assertEqual({"(refusal)", CASES[0].name}, {case for case, why in seen.items() if why})


class Driver(unittest.TestCase):
    def test_one_that_ends_gives_no_answer(self):
        script = "input(); raise SystemExit('no such package')"
        one = driver.Driver([sys.executable, "-c", script], ".")
        self.addCleanup(one.close)
        with self.assertRaisesRegex(AssertionError, "no answer: no such package"):
            one.ask("http://127.0.0.1/v1", {})


class Agent(unittest.TestCase):
    """With a script in place of the agent."""

    def agent(self, script):
        def start(folder, url, model, home):
            return ["/bin/sh", "-c", script], {}
        with mock.patch.dict(agents.KINDS, {"fake": (start, lambda events: events)}):
            return agents.Agent(table.Client("fake", "", "", "", {}), pathlib.Path("."), "/bin/sh")

    def test_what_it_says_and_what_it_does_is_seen(self):
        agent = self.agent("""Paris
                              echo '{"content":"Hi","usage":{"n":1}}'
                              echo '{"content":"Done."}'""")
        self.assertEqual({"choices": [{"content": "Hi"}], "then": ["Done."], "usage": {"n": 1},
                          "ran": 1}, agent.ask("", {"model": "m"}, {}))

    def test_one_that_says_nothing_is_no_success(self):
        with self.assertRaisesRegex(AssertionError, "said nothing: no model"):
            self.agent("echo no model >&2").ask("", {"model": "m"}, {})

    def test_a_daemon_does_not_outlive_its_agent(self):
        folder = tempfile.TemporaryDirectory(prefix="weir-daemon-")
        self.addCleanup(folder.cleanup)
        fifo = f"{folder.name}/fifo"
        os.mkfifo(fifo)
        held = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
        self.addCleanup(os.close, held)
        self.agent(f"setsid sh -c 'exec 9>{fifo}; : >{fifo}.up; exec sleep 1000' >/dev/null 2>&1 & "
                   f"""while [ ! -e {fifo}.up ]; do :; done; echo '{{"content":"Hi"}}'""") \
            .ask("", {"model": "m"}, {})
        # With the daemon its end of the pipe closes.
        self.assertEqual([held], select.select([held], [], [], 30)[0])
        self.assertEqual(b"", os.read(held, 9))

    def test_the_worst_cases_are_there_and_ask_for_an_effect(self):
        worst = [agents.renamed(one, "run", "command") for one in CASES if one.name in table.WORST]
        self.assertEqual(25, len(worst))
        self.assertEqual(7, sum(one.expect["ran"] for one in worst))
        for one in worst:
            if one.expect["ran"]:
                self.assertIn(b"run", one.body)
                self.assertNotIn(b"get_weather", one.body)

    def test_a_command_that_did_not_run_is_noticed(self):
        wanted = {**CALLS, "ran": 1}
        self.assertIsNone(judge.unshown(wanted, {**shown(CALLS), "ran": 1}))
        self.assertIsNotNone(judge.unshown(wanted, {**shown(CALLS), "ran": 0}))
        self.assertIsNotNone(judge.difference(wanted, {**shown(CALLS), "ran": 1},
                                              {**shown(CALLS), "ran": 2}))


class Install(unittest.TestCase):
    """With an npm that says what it is told to."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="weir-install-")
        self.addCleanup(folder.cleanup)
        self.build = pathlib.Path(folder.name) / "build"
        self.npm = pathlib.Path(folder.name) / "npm"
        path = mock.patch.dict(os.environ, {"PATH": f"{folder.name}:/usr/bin:/bin"})
        path.start()
        self.addCleanup(path.stop)

    def install(self, script):
        self.npm.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        self.npm.chmod(0o755)
        return install.install("openai-node/6", self.build)

    def test_a_registry_that_does_not_answer_or_have_it_is_no_failure(self):
        for code in ("ENOTFOUND", "E503", "E404", "ETARGET"):
            with self.subTest(code), self.assertRaisesRegex(install.NotHere, code):
                self.install(f"echo npm error code {code}; exit 1")

    def test_any_other_failure_is_one(self):
        with self.assertRaisesRegex(AssertionError, "EINTEGRITY"):
            self.install("echo npm error code EINTEGRITY; exit 1")

    def test_without_npm_nothing_is_run(self):
        with mock.patch.dict(os.environ, {"PATH": ""}), self.assertRaises(install.NotHere):
            install.install("openai-node/6", self.build)

    def test_a_second_time_costs_nothing_and_half_an_installation_does_not_count(self):
        with self.assertRaises(AssertionError):
            self.install("touch half; exit 1")
        folder = self.install("touch whole")
        self.assertTrue((folder / "whole").exists())
        self.assertFalse((folder / "half").exists())
        self.assertEqual(folder, self.install("exit 1"))


class Page(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="weir-page-")
        self.addCleanup(folder.cleanup)
        self.build = pathlib.Path(folder.name)
        self.clients = [table.Client(name, "", "", "openai", {"raw": []})
                        for name in ("one", "two")]
        self.path = self.build / "page.md"
        self.page = matrix.Page(self.path, {one.name: one for one in self.clients}, "On {date}.")

    def saw(self, client, why=None, version="1.0"):
        matrix.write_result(matrix.result_file(self.build, client), version,
                            {"raw": {"F1-crlf": why}}, {})

    def write(self):
        with contextlib.redirect_stdout(io.StringIO()):
            return matrix.write(self.build, self.page)

    def test_it_is_written_only_when_all_ran_and_nothing_was_wrong(self):
        self.saw(self.clients[0])
        self.assertEqual((matrix.SKIPPED, False), (self.write(), self.path.exists()))
        self.saw(self.clients[1], "something else")
        self.assertEqual((1, False), (self.write(), self.path.exists()))
        self.saw(self.clients[1])
        self.assertEqual((0, True), (self.write(), self.path.exists()))

    def test_another_day_changes_nothing_but_another_version_does(self):
        for client in self.clients:
            self.saw(client)
        self.write()
        old = self.path.read_text().replace(datetime.date.today().isoformat(), "2001-02-03")
        self.path.write_text(old)
        self.write()
        self.assertEqual(old, self.path.read_text())
        self.saw(self.clients[0], version="1.1")
        self.write()
        self.assertNotIn("2001-02-03", self.path.read_text())


if __name__ == "__main__":
    unittest.main(verbosity=2)
