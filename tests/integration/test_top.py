"""`weir top`: one frame as text or JSON, and the live view on a terminal."""

import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import threading
import time

from support import PATIENCE, case
from support.gateway import environment, run
from support.wire import DONE, LAST_CHUNK, events, finish, h1, head, role, text

ESCAPE = re.compile(r"\033\[[?0-9;]*[A-Za-z]")


class Terminal:
    """A terminal of 100 columns and the program in it. `screen` is what was written since the last
    time the view went home."""

    def __init__(self, directory, *arguments, env=(), rows=30):
        self.near, self.far = pty.openpty()
        self.resize(rows, 100)
        self.before = termios.tcgetattr(self.far)
        self.bytes = b""
        self.process = subprocess.Popen(
            [case.gateway.BINARY, "top", *arguments], stdin=self.far, stdout=self.far,
            stderr=subprocess.PIPE, env=environment(directory, env), start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))

    def resize(self, rows, columns):
        fcntl.ioctl(self.far, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    @property
    def screen(self):
        frames = self.bytes.decode(errors="replace").split("\033[H")
        return ESCAPE.sub("", frames[-1]).replace("\r", "")

    def wait_for(self, pattern):
        """Until a whole frame has it."""
        until = time.monotonic() + PATIENCE
        while not (self.bytes.endswith(b"\033[J") and re.search(pattern, self.screen)):
            if time.monotonic() > until or self.process.poll() is not None:
                raise AssertionError(f"no {pattern!r} in\n{self.screen}")
            if select.select([self.near], [], [], 0.1)[0]:
                self.bytes += os.read(self.near, 65536)
        return self.screen

    def type(self, keys):
        os.write(self.near, keys)

    def left(self):
        """The exit code, once the program has ended and all it wrote is read."""
        code = self.process.wait(PATIENCE)
        while select.select([self.near], [], [], 0)[0]:
            self.bytes += os.read(self.near, 65536)
        return code

    def close(self):
        self.process.kill()
        self.process.wait()
        self.process.stderr.close()
        os.close(self.near)
        os.close(self.far)


class Top(case.CommandLineTest):
    def setUp(self):
        super().setUp()
        self.up = self.upstream()
        self.weir = self.gateway(self.before(self.up))
        self.url = f"http://127.0.0.1:{self.weir.port}"

    def terminal(self, *arguments, **how):
        made = Terminal(self.directory, *arguments, **how)
        self.addCleanup(made.close)
        return made

    def running_stream(self):
        go_on = threading.Event()
        self.up.script(head(), h1(events(role(), text("Hel"))), go_on,
                       h1(events(text("lo"), finish()) + DONE), LAST_CHUNK)
        got = self.chat(self.weir)
        while b"Hel" not in got.body and got.more():
            pass
        self.addCleanup(go_on.set)
        return got, go_on

    def test_one_frame_as_json(self):
        got, go_on = self.running_stream()
        code, out, err = run("top", self.url, "--once", "--json", "--interval", "10ms")
        self.assertEqual((0, ""), (code, err))
        frame = json.loads(out)
        self.assertEqual((1, 0, self.url), (frame["streams"], frame["waiting"], frame["url"]))
        upstreams = {u["name"]: u for u in frame["upstreams"]}
        self.assertEqual((True, 1), (upstreams["up"]["up"], upstreams["up"]["in_flight"]))
        go_on.set()
        got.read()
        _, out, _ = run("top", self.url + "/v1", "--once", "--json", "--interval", "10ms")
        frame = json.loads(out)
        self.assertEqual([0] * 3, [frame["streams"], *[u["in_flight"] for u in frame["upstreams"]]])

    def test_one_frame_as_text_also_where_there_is_no_terminal(self):
        for arguments in (("--once",), ()):
            code, out, err = run("top", self.url, "--interval", "10ms", *arguments)
            self.assertEqual((0, ""), (code, err))
            self.assertNotIn("\033", out)
            self.assertRegex(out, r"(?m)^weir \d+\.\d+\.\d+ ")
            self.assertRegex(out, r"(?m)^up +up +0 ")

    def test_a_gateway_that_is_away_is_a_failure_of_one_frame(self):
        nobody = self.upstream(listening=False)
        code, out, err = run("top", nobody.url, "--once")
        self.assertEqual((1, ""), (code, out))
        self.assertIn("refused", err)
        code, _, err = run("top", self.up.url, "--once")  # something else answers
        self.assertEqual(1, code)
        self.assertIn("not the metrics of weir", err)

    def test_the_live_view_shows_streams_as_they_come_and_go(self):
        view = self.terminal(self.url, "--interval", "20ms")
        view.wait_for(r"(?m)^up +up +0 ")
        got, go_on = self.running_stream()
        view.wait_for(r"(?m)^up +up +1 ")
        go_on.set()
        got.read()
        view.wait_for(r"(?m)^up +up +0 ")
        view.type(b"q")
        self.assertEqual(0, view.left())
        self.assert_restored(view)

    def assert_restored(self, view):
        self.assertTrue(view.bytes.startswith(b"\033[?1049h\033[?25l"), view.bytes[:40])
        self.assertTrue(view.bytes.endswith(b"\033[?25h\033[?1049l"), view.bytes[-40:])
        self.assertEqual(view.before, termios.tcgetattr(view.far))

    def test_ctrl_c_leaves_and_restores_the_terminal(self):
        view = self.terminal(self.url, "--interval", "20ms")
        view.wait_for("weir ")
        view.type(b"\x03")
        self.assertEqual(0, view.left())
        self.assert_restored(view)

    def test_it_fits_the_terminal_also_after_a_resize(self):
        view = self.terminal(self.url, "--interval", "20ms")
        view.wait_for("upstream ")
        view.resize(3, 50)
        view.process.send_signal(signal.SIGWINCH)
        view.bytes = b""
        view.wait_for("(?s)^weir(?!.*upstream )")
        lines = view.screen.split("\n")
        self.assertLessEqual(len(lines), 3)
        self.assertLessEqual(max(map(len, lines)), 50)

    def test_colours_unless_they_are_unwanted(self):
        for env, colour in (((), True), ((("NO_COLOR", "1"),), False)):
            view = self.terminal(self.url, "--interval", "20ms", env=env)
            view.wait_for("upstream ")
            self.assertEqual(colour, b"\033[1m" in view.bytes)
            view.type(b"q")
            self.assertEqual(0, view.left())

    def test_it_says_that_weir_is_away_and_goes_on(self):
        where = "unix:" + os.path.join(self.directory, "weir.sock")
        weir = self.gateway(self.before(self.up), listen=where)
        view = self.terminal(where, "--interval", "20ms")
        view.wait_for("(?s)^weir .*upstream ")
        weir.stop()
        view.wait_for("is away; trying again")
        self.gateway(self.before(self.up), listen=where)
        view.wait_for("(?s)^weir .*upstream ")
        view.type(b"q")
        self.assertEqual(0, view.left())
        self.assert_restored(view)

    def test_wrong_use(self):
        for arguments in (["localhost"], ["--interval", "1"], ["--json"], ["--nonsense"]):
            with self.subTest(arguments):
                code, out, err = run("top", *arguments)
                self.assertEqual((2, ""), (code, out))
                self.assertIn("weir top --help", err)


if __name__ == "__main__":
    case.main()
