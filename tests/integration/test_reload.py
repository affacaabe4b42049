"""The configuration changes while weir runs: all of it or nothing, and no stream notices."""

import os
import pty
import signal
import threading

from support import case, gateway
from support.wire import DONE, LAST_CHUNK, compact, events, finish, h1, head, role, streamed, text


class Reload(case.IntegrationTest):
    def setUp(self):
        self.one, self.two = self.upstream(), self.upstream()
        self.weir = self.gateway(self.leading_to(self.one))
        self.path = os.path.join(self.weir.directory, "gateway.yaml")

    @staticmethod
    def leading_to(up, **more):
        return {"workers": 2, "upstreams": {"up": {"url": up.url, "models": ["m-1"]}}, **more}

    def replace(self, config):
        """As editors and deployments do: another file takes the name."""
        with open(self.path + ".new", "w", encoding="utf-8") as out:
            out.write(config if isinstance(config, str)
                      else compact(gateway.tell_failures(config)))
        os.rename(self.path + ".new", self.path)

    def wait_for_version(self, version):
        self.weir.wait_for_complaint(f"configuration {version} is in force")

    def answered_by(self, up, says):
        up.script(streamed(events(role(), text(says), finish())))
        view = self.stream_of(self.chat(self.weir))
        self.assertEqual(says, view.text)

    def test_a_signal_or_a_changed_file_brings_it_into_force_and_a_running_stream_stays(self):
        for version, how in ((2, lambda: self.weir.signal(signal.SIGHUP)), (3, lambda: None)):
            old, new = (self.one, self.two) if version == 2 else (self.two, self.one)
            with self.subTest(version=version):
                go_on = threading.Event()
                old.script(head(), h1(events(role(), text("Hel"))), go_on,
                           h1(events(text("lo"), finish()) + DONE), LAST_CHUNK)
                running = self.chat(self.weir)
                while b"Hel" not in running.body and running.more():
                    pass
                self.replace(self.leading_to(new))
                how()
                self.wait_for_version(version)
                self.answered_by(new, "from the new one")
                go_on.set()
                self.assertEqual("Hello", self.stream_of(running).text)
        samples = self.weir.metrics()
        self.assertEqual(3, samples.total("weir_config_version"))
        self.assertEqual(0, samples.total("weir_config_refused_total"))

    def test_a_mistake_leaves_everything_as_it_was_and_says_why(self):
        table = [
            ("upstreams:\n  up: {ulr: x}\n", ":2:8: ", "url"),
            (self.leading_to(self.two, listen="127.0.0.1:1", workers=3), "`workers`", "restart"),
            ("upstreams: {\n", ":2:1: ", ""),
        ]
        for number, (config, place, hint) in enumerate(table, 1):
            with self.subTest(config=config):
                self.replace(config)
                self.weir.signal(signal.SIGHUP)
                said = self.weir.wait_for_complaint("the configuration was not taken; 1 stays",
                                                    times=number)
                problem = [line for line in said if place in line][-1]
                self.assertIn(hint, problem)
                self.answered_by(self.one, "still the old one")
                samples = self.weir.metrics()
                self.assertEqual(number, samples.total("weir_config_refused_total"))
                self.assertEqual(1, samples.total("weir_config_version"))
        # What is right again is taken.
        self.replace(self.leading_to(self.two))
        self.wait_for_version(2)
        self.answered_by(self.two, "right again")

    def test_a_key_file_that_changes_is_read_again(self):
        key = os.path.join(self.weir.directory, "key")
        with open(key, "w", encoding="utf-8") as out:
            out.write("sk-first")
        config = self.leading_to(self.one)
        config["upstreams"]["up"]["key_file"] = key
        self.replace(config)
        self.wait_for_version(2)
        self.answered_by(self.one, "one")
        with open(key + ".new", "w", encoding="utf-8") as out:
            out.write("sk-second")
        os.rename(key + ".new", key)
        self.wait_for_version(3)
        self.answered_by(self.one, "two")
        sent = [r.get("Authorization") for r in self.one.requests if r.method == "POST"]
        self.assertEqual(["Bearer sk-first", "Bearer sk-second"], sent)
        self.assertNotIn("sk-", self.weir.stderr + self.weir.stdout)

    def test_without_a_file_a_signal_looks_at_the_same_again(self):
        weir = self.gateway(arguments=["--upstream", self.one.url])
        weir.signal(signal.SIGHUP)
        weir.wait_for_complaint("configuration 2 is in force: command line")
        self.one.script(streamed(events(role(), text("here"), finish())))
        self.assertEqual("here", self.stream_of(self.chat(weir)).text)

    def test_a_terminal_that_hangs_up_ends_it(self):
        terminal, of_the_program = pty.openpty()
        weir = self.gateway(self.leading_to(self.one), terminal=of_the_program)
        os.close(of_the_program)
        os.close(terminal)
        self.assertEqual(0, weir.wait())


if __name__ == "__main__":
    case.main()
