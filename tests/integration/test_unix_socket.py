"""weir behind a Unix socket: who may connect, what is left behind, and who takes over."""

import os
import shutil
import socket
import stat
import subprocess
import tempfile

from support import PATIENCE, case, gateway
from support.wire import answer_events, streamed


class UnixSocket(case.IntegrationTest):
    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix="weir-unix-")
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)
        self.path = os.path.join(self.directory, "weir.sock")
        self.up = self.upstream()

    def behind_it(self, **sections):
        return self.gateway({**self.before(self.up, **sections), "workers": 2},
                            listen="unix:" + self.path)

    def hello(self, weir):
        self.up.script(streamed(answer_events("Hello")))
        self.assertEqual("Hello", self.stream_of(self.chat(weir)).text)

    def test_it_serves_its_owner_and_group_without_an_address(self):
        weir = self.behind_it(limits={"connections_per_address": 1})
        self.assertEqual(0o660, stat.S_IMODE(os.stat(self.path).st_mode))
        kept = [self.connect(weir) for _ in range(3)]  # nobody has an address to be counted by
        self.hello(weir)
        response = kept[0].request("GET", "/healthz").response()
        response.read()
        self.assertEqual(200, response.status)
        self.assertEqual("unix:", weir.access_line(response.get("x-request-id"))["peer"])
        self.assertNotIn("reachable from other machines", weir.stderr)

    def test_curl_reaches_it_as_it_says_at_its_start(self):
        weir = self.behind_it()
        said = next(line for line in weir.stderr.split("\n") if "try  curl" in line)
        self.assertIn(f"--unix-socket {self.path} http://localhost/", said)
        done = subprocess.run(["curl", "-sS", "--unix-socket", self.path,
                               "http://localhost/healthz"],
                              stdout=subprocess.PIPE, timeout=PATIENCE, check=True)
        self.assertIn(b"ok", done.stdout)

    def test_a_relative_path_starts_at_the_configuration(self):
        path = os.path.join(self.directory, "weir.yaml")
        with open(path, "w", encoding="utf-8") as out:
            out.write("listen: unix:beside.sock\n")
        code, shown, _ = gateway.run("config", "show", path)
        self.assertEqual(0, code)
        self.assertIn(f"listen: unix:{self.directory}/beside.sock\n", shown)

    def test_the_socket_of_one_who_died_is_replaced_and_that_of_one_who_lives_is_not(self):
        first = self.behind_it()
        code, _, said = gateway.run("serve", "--listen", "unix:" + self.path, "--no-discover")
        self.assertEqual(1, code)
        self.assertIn(f"cannot listen on unix:{self.path}: it is in use", said)
        self.hello(first)
        first.kill()
        with socket.socket(socket.AF_UNIX) as late, self.assertRaises(ConnectionRefusedError):
            late.connect(self.path)
        self.hello(self.behind_it())

    def test_a_successor_has_the_same_socket(self):
        weir = self.behind_it()
        pid = weir.hand_over(weir.process.pid)
        self.addCleanup(weir.end_successor, pid)
        self.assertEqual(0, weir.process.wait(PATIENCE))
        self.hello(weir)

    def test_a_service_manager_may_hand_one_down(self):
        with socket.socket(socket.AF_UNIX) as held:
            held.bind(self.path)
            held.listen()
            with gateway.Activated(self.before(self.up), [held]) as weir:
                self.assertIn(f"listening on unix:{self.path}", weir.stderr)
                self.up.script(streamed(answer_events("Hello")))
                with case.client.Client(self.path) as c:
                    self.assertEqual("Hello", self.stream_of(c.chat(case.ask())).text)


if __name__ == "__main__":
    case.main()
