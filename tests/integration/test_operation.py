"""What operators and service managers do to a running gateway: drain, hand over, notify."""

import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time

from support import PATIENCE, case, gateway, lint
from support.wire import DONE, LAST_CHUNK, events, finish, h1, head, role, streamed, text

RESTARTS = int(os.environ.get("WEIR_RESTARTS", "5"))
PACKAGING = os.path.join(os.path.dirname(__file__), "..", "..", "packaging", "systemd")


class Manager:
    """The socket a service manager listens on for messages."""

    def __init__(self):
        self.directory = tempfile.mkdtemp(prefix="weir-notify-")
        self.path = os.path.join(self.directory, "socket")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)
        self.socket.settimeout(PATIENCE)

    def next(self):
        return self.socket.recv(4096).decode().split("\n")

    def close(self):
        self.socket.close()
        shutil.rmtree(self.directory)


class Operation(case.IntegrationTest):
    def setUp(self):
        self.up = self.upstream()

    def manager(self):
        made = Manager()
        self.addCleanup(made.close)
        return made

    def running(self, weir, go_on):
        self.up.script(head(), h1(events(role(), text("Hel"))), go_on,
                       h1(events(text("lo"), finish()) + DONE), LAST_CHUNK)
        got = self.chat(weir)
        while b"Hel" not in got.body and got.more():
            pass
        return got

    def test_within_the_grace_time_requests_are_served_and_readiness_says_no(self):
        weir = self.gateway(self.before(self.up, drain={"grace": "1h", "limit": "1h"}))
        self.assertEqual(200, weir.get("/readyz").status)
        weir.signal(signal.SIGTERM)
        weir.wait_for_complaint("new requests are served for 3600 s more")
        self.assertEqual(503, weir.get("/readyz").status)
        self.up.script(streamed(events(role(), text("late"), finish())))
        late = self.chat(weir)
        self.assertEqual("late", self.stream_of(late).text)
        self.assertEqual("close", late.get("Connection"))
        weir.signal(signal.SIGTERM)
        self.assertEqual(0, weir.wait())

    def test_after_the_grace_time_nothing_new_begins_and_what_runs_ends_legally(self):
        weir = self.gateway(self.before(self.up, drain={"grace": "50ms", "limit": "100ms"}))
        got = self.running(weir, threading.Event())
        weir.signal(signal.SIGTERM)
        body = got.read()
        self.assertIn(b"shutting down", body)
        self.assertTrue(body.rstrip().endswith(b"data: [DONE]"))
        self.assertEqual(0, weir.wait())
        with self.assertRaises(ConnectionRefusedError):
            weir.connect()

    def test_the_manager_hears_of_start_life_and_end(self):
        manager = self.manager()
        weir = self.gateway(self.before(self.up),
                            env={"NOTIFY_SOCKET": manager.path, "WATCHDOG_USEC": "50000"})
        self.assertEqual(["READY=1", f"MAINPID={weir.process.pid}"], manager.next())
        for _ in range(3):
            self.assertEqual(["WATCHDOG=1"], manager.next())
        weir.signal(signal.SIGTERM)
        while (message := manager.next()) == ["WATCHDOG=1"]:
            pass
        self.assertEqual(["STOPPING=1"], message)

    def test_sockets_that_are_handed_down_are_used(self):
        for sockets, workers in ((1, 3), (3, 2)):
            with self.subTest(sockets=sockets, workers=workers):
                listening = [socket.create_server(("127.0.0.1", 0)) for _ in range(sockets)]
                with gateway.Activated(self.before(self.up, listen="127.0.0.1:1") |
                                       {"workers": workers}, listening) as weir:
                    for one in listening:
                        self.up.script(streamed(events(role(), text("here"), finish())))
                        with case.client.Client(one.getsockname()[1]) as c:
                            self.assertEqual("here", lint.stream(c.chat(case.ask()).read()).text)
                    self.assertIn(str(listening[0].getsockname()[1]), weir.stderr)
                for one in listening:
                    one.close()

    def test_a_descriptor_that_is_no_listening_socket_is_refused(self):
        table = [(lambda: socket.socket(), "does not listen"),
                 (lambda: socket.socket(type=socket.SOCK_DGRAM), "is no stream socket"),
                 (lambda: open(os.devnull, "rb"), "is no socket")]
        for make, says in table:
            with self.subTest(says), make() as one:
                code, err = gateway.activated_failure(self.before(self.up), [one])
                self.assertEqual(1, code)
                self.assertIn(says, err)

    def test_a_successor_that_does_not_come_up_changes_nothing(self):
        weir = self.gateway(self.before(self.up))
        path = os.path.join(weir.directory, "gateway.yaml")
        with open(path, "w", encoding="utf-8") as out:
            out.write("upstreams: [\n")
        weir.signal(signal.SIGUSR2)
        weir.wait_for_complaint("the successor ended with code 1; this one serves on")
        self.up.script(streamed(events(role(), text("still"), finish())))
        self.assertEqual("still", self.stream_of(self.chat(weir)).text)

    def test_restarts_under_load_refuse_nobody_and_cut_no_stream(self):
        words = 15

        def answer(exchange):
            exchange.send(head() + h1(events(role())))
            for number in range(words):
                exchange.send(h1(events(text(f"w{number} "))))
                time.sleep(0.02)  # the pace of the stream
            exchange.send(h1(events(finish()) + DONE) + LAST_CHUNK)
        self.up.always(answer)
        weir = self.gateway({**self.before(self.up), "workers": 2})
        over, done, faults = threading.Event(), [], []

        def client():
            while not over.is_set():
                try:
                    with weir.connect() as connection:
                        view = lint.stream(connection.chat(case.ask()).read())
                    (done if view.done and view.text.endswith(f"w{words - 1} ")
                     else faults).append(view.text)
                except Exception as fault:  # whatever it is, a client noticed
                    faults.append(repr(fault))
        clients = [threading.Thread(target=client) for _ in range(8)]
        for one in clients:
            one.start()
        pid = weir.process.pid
        try:
            for _ in range(RESTARTS):
                before = len(done)
                pid = weir.hand_over(pid)
                while len(done) < before + 8 and not faults:
                    time.sleep(0.01)  # each client has met the successor
        finally:
            over.set()
            for one in clients:
                one.join()
            weir.end_successor(pid)
        self.assertEqual([], faults)
        print(f"{RESTARTS} restarts: {len(done)} streams whole, {len(faults)} disturbed")

    def test_the_units_are_right(self):
        analyze = shutil.which("systemd-analyze")
        if not analyze:
            self.skipTest("there is no systemd-analyze")
        directory = tempfile.mkdtemp(prefix="weir-units-")
        self.addCleanup(shutil.rmtree, directory)
        for name in ("weir.service", "weir.socket"):
            with open(os.path.join(PACKAGING, name), encoding="utf-8") as unit:
                content = unit.read().replace("/usr/bin/weir", gateway.BINARY)
            with open(os.path.join(directory, name), "w", encoding="utf-8") as out:
                out.write(content)
        service = os.path.join(directory, "weir.service")
        checked = subprocess.run([analyze, "verify", "--recursive-errors=no", "--man=no", service],
                                 capture_output=True, text=True, check=False)
        self.assertEqual((0, ""), (checked.returncode, checked.stderr))
        rated = subprocess.run([analyze, "security", "--offline=true", "--no-pager", service],
                               capture_output=True, text=True, check=False)
        level = re.search(r"exposure level for weir.service: ([\d.]+)", rated.stdout)
        self.assertLess(float(level.group(1)), 2.0, rated.stdout)


if __name__ == "__main__":
    case.main()
