"""The corpus of request smuggling against weir alone, behind nginx and behind HAProxy: no hidden request reaches the
upstream. The table in docs/security.md is what this test sees; WEIR_RECORD=1 writes it anew."""

import concurrent.futures
import os
import re
import socket
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))

from support import case  # noqa: E402  pylint: disable=wrong-import-position
from support.wire import completion, response  # noqa: E402

from corpus import FORMS, bytes_of  # noqa: E402
from fronts import Front, program  # noqa: E402

PAGE = os.path.join(HERE, "..", "..", "..", "docs", "security.md")
BEGIN, END = "<!-- the table begins -->\n", "<!-- the table ends -->\n"
FRONTS = ("nginx", "HAProxy")
QUIET = 1.0  # a front that waits for more of a request is left after so long


def send(port, data):
    """The statuses of what comes back, and whether the connection was closed."""
    answer = b""
    with socket.create_connection(("127.0.0.1", port)) as sock:
        sock.settimeout(QUIET)
        try:
            sock.sendall(data)
            while part := sock.recv(65536):
                answer += part
            closed = True
        except socket.timeout:
            closed = False
        except ConnectionError:
            closed = True
    return " ".join(re.findall(r"HTTP/1\.[01] (\d\d\d) ", answer.decode("latin-1"))), closed


class Smuggling(case.IntegrationTest):
    @classmethod
    def setUpClass(cls):
        cls.up = cls.class_upstream()
        cls.up.always(response(completion()))
        cls.weir = cls.class_gateway(cls.before(cls.up))
        cls.ports = {"weir": cls.weir.port}
        for name in FRONTS:
            if program(name):
                front = Front(name, cls.weir.port)
                cls.addClassCleanup(front.stop)
                cls.ports[name] = front.port

    def reached(self, mark):
        """Whether a front knew of each request with this mark that came up."""
        return [bool(request.get("traceparent")) for request in self.up.chats
                if mark.encode() in request.body]

    def row(self, number):
        form = FORMS[number]
        cells = {}
        for name, port in self.ports.items():
            mark = f"hidden-{name}-{number}-"
            statuses, closed = send(port, bytes_of(form, mark))
            # A request in order goes the same way behind it: whatever was let through came before.
            after = send(port, b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            cells[name] = (statuses, closed, self.reached(mark), after)
        return cells

    def test_no_hidden_request_reaches_the_upstream(self):
        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            rows = list(pool.map(self.row, range(len(FORMS))))
        problems, lines = [], ""
        for form, cells in zip(FORMS, rows):
            statuses, closed, _, _ = cells["weir"]
            if statuses != form.want or not (closed or form.name.startswith("legal")):
                problems.append(f"{form.name}: {statuses}, closed {closed}; not {form.want}")
            for name, (_, _, reached, after) in cells.items():
                # A lax front may read two requests, and says so itself; nothing may come up unknown to it.
                if False in reached or (name == "weir" and reached):
                    problems.append(f"{form.name}: through {name} the hidden request got up")
                if after[0] != "200":
                    problems.append(f"{form.name}: then {name} answered {after}")
            lines += "| " + " | ".join([form.name] + [cells[n][0] or "none" for n in cells]) + " |\n"
        self.assertEqual([], problems)
        if len(self.ports) != 1 + len(FRONTS):
            self.skipTest("nginx or HAProxy is not installed: weir was tried without them")
        self.compare(lines)

    def test_the_probe_sees_a_request_that_does_get_up(self):
        """Else the other test could not fail."""
        for name, port in self.ports.items():
            mark = f"open-{name}-"
            data = bytes_of(FORMS[-1], mark)
            self.assertEqual("200", send(port, data[data.rindex(b"POST"):])[0], name)
            self.assertEqual([name != "weir"], self.reached(mark), name)

    def compare(self, lines):
        with open(PAGE, encoding="utf-8") as file:
            page = file.read()
        start, end = page.index(BEGIN) + len(BEGIN), page.index(END)
        table = "| form | weir | behind nginx | behind HAProxy |\n|---|---|---|---|\n" + lines
        if os.environ.get("WEIR_RECORD"):
            with open(PAGE, "w", encoding="utf-8") as file:
                file.write(page[:start] + table + page[end:])
        else:
            self.assertEqual(page[start:end], table, "docs/security.md: WEIR_RECORD=1 writes it")


if __name__ == "__main__":
    case.main()
