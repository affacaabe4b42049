"""A client's driver as a process: requests in, what the client's user sees out."""

import itertools
import json
import os
import shutil
import subprocess
import tempfile
import threading

from support import PATIENCE

from . import HERE

SHARED = "support/serve.mjs"


class Driver:
    """One for a whole matrix; `ask` may be called from several threads."""

    def __init__(self, command, folder):
        # Nothing of this machine's user: no key of his, no proxy, no tracing.
        self._home = tempfile.mkdtemp(prefix="weir-client-")
        env = {"PATH": os.environ["PATH"], "HOME": self._home, "NO_COLOR": "1"}
        self._complaints = tempfile.TemporaryFile()
        self._process = subprocess.Popen(command, cwd=folder, env=env, stdin=subprocess.PIPE,
                                         stdout=subprocess.PIPE, stderr=self._complaints)
        self._numbers, self._views = itertools.count(), {}
        self._changed, self._ended = threading.Condition(), False
        threading.Thread(target=self._collect, daemon=True).start()

    def _collect(self):
        try:
            for line in self._process.stdout:
                answer = json.loads(line)
                with self._changed:
                    self._views[answer["id"]] = answer["view"]
                    self._changed.notify_all()
        finally:
            with self._changed:
                self._ended = True
                self._changed.notify_all()

    def ask(self, base_url, body, headers=()):
        """The view of the answer to one chat request."""
        with self._changed:
            number = next(self._numbers)
            line = {"id": number, "base_url": base_url, "headers": dict(headers), "body": body}
            self._process.stdin.write(json.dumps(line).encode() + b"\n")
            self._process.stdin.flush()
            self._changed.wait_for(lambda: number in self._views or self._ended, PATIENCE)
            if number not in self._views:
                raise AssertionError(f"the client gave no answer: {self.complaints()[-2000:]}")
            return self._views.pop(number)

    def complaints(self):
        self._complaints.seek(0)
        return self._complaints.read().decode(errors="replace")

    def close(self):
        self._process.stdin.close()
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()
        self._complaints.close()
        shutil.rmtree(self._home, ignore_errors=True)


def start(client, mode, folder, interpreter):
    """Starts the driver of `client` for `mode` where its packages are installed."""
    for name in (client.driver, SHARED):
        shutil.copy(HERE / name, folder)
    script = folder / os.path.basename(client.driver)
    return Driver([interpreter, str(script), *client.modes[mode]], folder)
