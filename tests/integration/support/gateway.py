"""The gateway as a process: starts the program of WEIR_BINARY on a free port, collects what it says
and sees to it that it ends well."""

import fcntl
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import termios
import threading

from . import PATIENCE
from . import client

BINARY = os.environ.get("WEIR_BINARY", "")
SANITIZER_REPORT = re.compile(r"ERROR: \w+Sanitizer|runtime error:|WARNING: ThreadSanitizer")


def environment(home, more=()):
    """A small one: no credential of the machine's user, no configuration of his."""
    kept = {k: v for k, v in os.environ.items()
            if k in ("PATH", "LANG", "TMPDIR") or k.endswith("SAN_OPTIONS")}
    return {**kept, "HOME": home, "XDG_CONFIG_HOME": home, **dict(more)}


def run(*arguments, stdin=b"", env=(), cwd=None):
    """One call of the program to its end: exit code, stdout, stderr as text."""
    home = tempfile.mkdtemp(prefix="weir-test-")
    try:
        done = subprocess.run([BINARY, *arguments], input=stdin, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, env=environment(home, env),
                              cwd=cwd or home, timeout=PATIENCE, check=False)
    finally:
        shutil.rmtree(home, ignore_errors=True)
    if SANITIZER_REPORT.search(done.stderr.decode(errors="replace")):
        raise AssertionError(done.stderr.decode(errors="replace"))
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def tell_failures(config):
    upstreams = {name: {"breaker": {"failures": 1000000}, **settings}
                 for name, settings in config.get("upstreams", {}).items()}
    return {**config, "upstreams": upstreams, "routing": config.get("routing", {"attempts": 1})}


class Gateway:
    """`config` is a mapping (JSON is YAML) or text; without one `arguments` say what to serve.
    Unless a mapping says otherwise a failure is told and not tried again, however many there are.
    `listen` says where, on a free port or a Unix socket; `tls`, a client's context, how to speak to
    it."""

    def __init__(self, config=None, arguments=(), env=(), terminal=None, listen="127.0.0.1:0",
                 tls=None):
        self.tls, self.killed = tls, False
        self.directory = tempfile.mkdtemp(prefix="weir-test-")
        command = [BINARY, "serve", "--listen", listen]
        if config is not None:
            path = os.path.join(self.directory, "gateway.yaml")
            with open(path, "w", encoding="utf-8") as file:
                file.write(config if isinstance(config, str) else json.dumps(tell_failures(config)))
            command += ["-c", path]
        self.output, self.complaints = [], []  # lines of stdout and of stderr
        self._changed = threading.Condition()
        self.process = subprocess.Popen(
            command + list(arguments), stdin=terminal or subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, env=environment(self.directory, env), cwd=self.directory,
            start_new_session=terminal is not None,
            preexec_fn=None if terminal is None else lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        self._readers = [threading.Thread(target=self._collect, args=pair, daemon=True)
                         for pair in ((self.process.stdout, self.output),
                                      (self.process.stderr, self.complaints))]
        for reader in self._readers:
            reader.start()
        self.port = self._wait_for_port()

    def _collect(self, pipe, lines):
        for line in pipe:
            with self._changed:
                lines.append(line.decode(errors="replace").rstrip("\n"))
                self._changed.notify_all()
        with self._changed:
            lines.append(None)  # no more
            self._changed.notify_all()

    def _wait_for_port(self):
        def announced():
            for line in self.complaints:
                if line is None:
                    return -1
                if found := re.search(r"listening on https?://127\.0\.0\.1:(\d+)", line):
                    return int(found.group(1))
                if found := re.search(r"listening on unix:(\S+),", line):
                    return found.group(1)
            return None
        with self._changed:
            port = self._changed.wait_for(announced, PATIENCE)
        if not port or port == -1:
            self.process.kill()
            self.process.wait()
            raise AssertionError("the gateway did not start:\n" + self.stderr)
        return port

    @property
    def stderr(self):
        return "\n".join(line for line in self.complaints if line is not None)

    @property
    def stdout(self):
        return "\n".join(line for line in self.output if line is not None)

    def connect(self, **how):
        return client.Client(self.port, **{"tls": self.tls, **how})

    def get(self, target):
        with self.connect() as c:
            response = c.request("GET", target, headers=["Connection: close"]).response("GET")
            response.read()
        return response

    def wait_for_output(self, found, what):
        """What `found` makes of the lines of stdout, once it makes something of them."""
        result = None

        def look():
            nonlocal result
            result = found([line for line in self.output if line is not None])
            return result
        with self._changed:
            if not self._changed.wait_for(look, PATIENCE):
                raise AssertionError(f"no {what} in\n{self.stdout}")
        return result

    def wait_for_complaint(self, text, times=1):
        """The lines of stderr, once `text` stands in so many of them."""
        def there():
            return sum(text in line for line in self.complaints if line is not None) >= times
        with self._changed:
            if not self._changed.wait_for(there, PATIENCE):
                raise AssertionError(f"no {text!r} in\n{self.stderr}")
            return [line for line in self.complaints if line is not None]

    def access_line(self, request_id):
        """The access line of the exchange with this x-request-id."""
        def find(lines):
            for line in lines:
                entry = json.loads(line)
                if entry.get("request_id") == request_id:
                    return entry
            return None
        return self.wait_for_output(find, f"access line of {request_id}")

    def metrics(self):
        return Metrics(self.get("/metrics").body.decode())

    def hand_over(self, pid):
        """Lets `pid`, the process that serves, hand over; the process that serves then."""
        before = self.stderr.count("listening on")
        os.kill(pid, signal.SIGUSR2)
        self.wait_for_complaint("listening on", times=before + 1)
        said = re.findall(r"process (\d+) is to take over", self.stderr)
        return int(said[-1])

    def end_successor(self, pid):
        """Ends a process that took over, which is no child of this one."""
        if pid == self.process.pid:
            return
        self.process.wait(PATIENCE)
        os.kill(pid, signal.SIGTERM)
        for reader in self._readers:
            reader.join(PATIENCE)  # the pipes end with the last process that has them

    def signal(self, number):
        self.process.send_signal(number)

    def wait(self, seconds=PATIENCE):
        code = self.process.wait(seconds)
        for reader in self._readers:
            reader.join(PATIENCE)
        return code

    def kill(self):
        """Ends it as nothing that it could prepare for."""
        self.killed = True
        self.process.kill()
        self.wait()

    def stop(self):
        """Asks it to end, unless it has; fails when it did not end well."""
        try:
            if self.process.poll() is None:
                self.signal(signal.SIGTERM)
            try:
                code = self.wait()
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.wait()
                raise AssertionError("SIGTERM did not end the gateway:\n" + self.stderr) from None
            if code != (-signal.SIGKILL if self.killed else 0) or SANITIZER_REPORT.search(self.stderr):
                raise AssertionError(f"the gateway ended with {code}:\n" + self.stderr)
        finally:
            shutil.rmtree(self.directory, ignore_errors=True)
            self.process.stdout.close()
            self.process.stderr.close()


def activated(config, sockets):
    """`weir serve` started as a service manager starts it: sockets are descriptors 3 and on."""
    directory = tempfile.mkdtemp(prefix="weir-test-")
    path = os.path.join(directory, "gateway.yaml")
    with open(path, "w", encoding="utf-8") as file:
        file.write(json.dumps(tell_failures(config)))
    # The shell's own id is the program's: exec keeps it. Descriptors are moved out of the way first.
    high = [fcntl.fcntl(one.fileno(), fcntl.F_DUPFD, 20) for one in sockets]
    moves = " ".join(f"{3 + n}<&{fd} {fd}<&-" for n, fd in enumerate(high))
    command = f'export LISTEN_PID=$$ LISTEN_FDS={len(sockets)}; exec "$0" serve -c "$1" {moves}'
    process = subprocess.Popen(["bash", "-c", command, BINARY, path], pass_fds=high,
                               stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.PIPE, env=environment(directory), cwd=directory)
    for fd in high:
        os.close(fd)
    return process, directory


def activated_failure(config, sockets):
    process, directory = activated(config, sockets)
    _, err = process.communicate(timeout=PATIENCE)
    shutil.rmtree(directory)
    return process.returncode, err.decode()


class Activated:
    def __init__(self, config, sockets):
        self.process, self.directory = activated(config, sockets)
        self.stderr = ""

    def __enter__(self):
        while "listening on" not in self.stderr:
            line = self.process.stderr.readline().decode()
            assert line, self.stderr
            self.stderr += line
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        _, err = self.process.communicate(timeout=PATIENCE)
        shutil.rmtree(self.directory)
        self.stderr += err.decode()
        assert self.process.returncode == 0 and not SANITIZER_REPORT.search(self.stderr), self.stderr


class Metrics:
    """A Prometheus text exposition (0.0.4), read strictly."""

    SAMPLE = re.compile(r'([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$')
    LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\["\\n])*)"(?:,|$)')

    def __init__(self, text):
        self.text, self.samples, self.types, self.helps = text, [], {}, set()
        assert text.endswith("\n"), text[-100:]
        for line in text.splitlines():
            if line.startswith("# TYPE "):
                name, kind = line[7:].split(" ")
                assert name not in self.types, f"two TYPE lines for {name}"
                self.types[name] = kind
            elif line.startswith("# HELP "):
                self.helps.add(line[7:].split(" ")[0])
            elif line and not line.startswith("#"):
                found = self.SAMPLE.match(line)
                assert found, line
                labels, rest = {}, found.group(2) or ""
                while rest:
                    label = self.LABEL.match(rest)
                    assert label, line
                    labels[label.group(1)] = label.group(2)
                    rest = rest[label.end():]
                self.samples.append((found.group(1), labels, float(found.group(3))))

    def total(self, name, **labels):
        """The sum of the samples of this name that have these labels."""
        return sum(value for n, own, value in self.samples
                   if n == name and labels.items() <= own.items())
