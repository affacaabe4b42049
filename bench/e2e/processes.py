"""What bench/run starts and measures: the emitter, weir, nginx, HAProxy and a bare relay."""
import contextlib
import http.client
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

WORKERS = 2
REQUEST = b'{"model":"bench","messages":[{"role":"user","content":"Say something for a while."}]}'

NGINX = """{user}daemon off;
worker_processes {workers};
worker_rlimit_nofile {files};
pid {prefix}/pid;
error_log {prefix}/error.log warn;
events {{ worker_connections {connections}; }}
http {{
  access_log /dev/null;
  client_body_temp_path {prefix}/t1;
  proxy_temp_path {prefix}/t2;
  fastcgi_temp_path {prefix}/t3;
  uwsgi_temp_path {prefix}/t4;
  scgi_temp_path {prefix}/t5;
  keepalive_requests 1000000000;
  upstream emitter {{
    server 127.0.0.1:{upstream};
    keepalive 1024;
    keepalive_requests 1000000000;
  }}
  server {{
    listen 127.0.0.1:{port} reuseport backlog=4096;
    location / {{
      proxy_pass http://emitter;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_buffering off;
      proxy_read_timeout 300s;
    }}
  }}
}}
"""

HAPROXY = """global
  nbthread {workers}
  maxconn {clients}
defaults
  mode http
  timeout connect 10s
  timeout client 300s
  timeout server 300s
  option http-no-delay
  http-reuse always
frontend clients
  bind 127.0.0.1:{port} backlog 4096
  default_backend emitter
backend emitter
  server emitter 127.0.0.1:{upstream} maxconn {clients}
"""

# Metrics and repair are always on. The record of each request goes through the journal to SQLite,
# with its cost.
WEIR = """listen: 127.0.0.1:{port}
workers: {workers}
upstreams: {{bench: {{url: "http://127.0.0.1:{upstream}"}}}}
models: {{bench: [bench]}}
prices: {{bench: {{input: 0.10, output: 0.40}}}}
limits: {{connections: 0}}
store: {{ledger: {ledger}}}
"""


@contextlib.contextmanager
def running(command, **more):
    """A child that is gone afterwards, whatever happens."""
    child = subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL, **more)
    try:
        yield child
    finally:
        for ask in (child.terminate, child.kill):
            ask()
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(20)
                break


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for_port(port, child, what):
    for _ in range(400):
        if child.poll() is not None:
            sys.exit(f"{what} ended with {child.returncode} before it listened")
        with socket.socket() as s:
            if s.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.025)
    sys.exit(f"{what} does not listen on port {port}")


@dataclass
class Target:
    """Something between the load generator and the emitter, or the emitter itself."""
    name: str
    port: int
    pids: list = field(default_factory=list)
    ledger: Path = None

    def settled(self):
        """With all its processes: nginx's workers come a moment after the listener."""
        if self.name == "nginx":
            for _ in range(200):
                children = f"/proc/{self.pids[0]}/task/{self.pids[0]}/children"
                workers = [int(pid) for pid in Path(children).read_text().split()]
                if len(workers) == WORKERS:
                    return Target(self.name, self.port, [self.pids[0], *workers], self.ledger)
                time.sleep(0.05)
            sys.exit("nginx has not started its workers")
        return self


@contextlib.contextmanager
def emitter(build, form, events, interval_ms, per_write):
    command = [build / "bench/emitter", "--events", events, "--interval-ms", interval_ms,
               "--per-write", per_write, "--shape", form]
    with running(command, stdout=subprocess.PIPE, text=True) as child:
        yield Target("direct", int(child.stdout.readline().split()[-1]), []), child.pid


class Peers:
    """Starts targets before an upstream. `clients`: connections that must fit at once."""

    def __init__(self, build, scratch, upstream, clients=4000):
        self.build, self.scratch, self.upstream, self.clients = build, scratch, upstream, clients
        self.count = 0

    @contextlib.contextmanager
    def start(self, name, wait=True):
        """A target, once it listens; at once without `wait`."""
        ways = {"nginx": self.nginx, "haproxy": self.haproxy, "relay": self.relay,
                "weir": self.weir, "weir unrecorded": lambda: self.weir(recorded=False)}
        with ways[name]() as (child, target):
            if wait:
                wait_for_port(target.port, child, name)
                target = target.settled()
            yield target

    def directory(self):
        self.count += 1
        made = self.scratch / f"{os.getpid()}-{time.monotonic_ns()}-{self.count}"
        made.mkdir()
        return made

    @contextlib.contextmanager
    def nginx(self):
        port, prefix = free_port(), self.directory()
        user = "user root;\n" if os.geteuid() == 0 else ""  # so that workers may use the prefix
        (prefix / "nginx.conf").write_text(NGINX.format(
            user=user, prefix=prefix, upstream=self.upstream, port=port, workers=WORKERS,
            connections=2 * self.clients + 192, files=2 * self.clients + 300))
        with running([shutil.which("nginx"), "-p", prefix, "-c", prefix / "nginx.conf",
                      "-e", prefix / "error.log"], stderr=subprocess.DEVNULL) as child:
            yield child, Target("nginx", port, [child.pid])

    @contextlib.contextmanager
    def haproxy(self):
        port, prefix = free_port(), self.directory()
        (prefix / "haproxy.cfg").write_text(HAPROXY.format(
            port=port, upstream=self.upstream, workers=WORKERS, clients=self.clients))
        with open(prefix / "haproxy.log", "w") as log:
            with running([shutil.which("haproxy"), "-db", "-f", prefix / "haproxy.cfg"],
                         stdout=log, stderr=log) as child:
                yield child, Target("haproxy", port, [child.pid])

    @contextlib.contextmanager
    def relay(self):
        command = [self.build / "bench/relay", "--upstream", self.upstream, "--threads", WORKERS]
        with running(command, stdout=subprocess.PIPE, text=True) as child:
            yield child, Target("relay", int(child.stdout.readline().split()[-1]), [child.pid])

    @contextlib.contextmanager
    def weir(self, recorded=True):
        port, prefix = free_port(), self.directory()
        ledger = prefix / "weir.db" if recorded else None
        (prefix / "weir.yaml").write_text(WEIR.format(
            port=port, upstream=self.upstream, workers=WORKERS,
            ledger=f"sqlite:{ledger}" if recorded else "none"))
        with open(prefix / "weir.log", "w") as log:  # the access log goes to stdout
            with running([self.build / "bin/weir", "serve", "-c", prefix / "weir.yaml"],
                         stdout=subprocess.DEVNULL, stderr=log) as child:
                name = "weir" if recorded else "weir unrecorded"
                yield child, Target(name, port, [child.pid], ledger)


def answers_once(port, patience=20):
    """Asks until a whole answer comes; the time from now, in milliseconds."""
    begin = time.monotonic()
    while time.monotonic() - begin < patience:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=patience)
        try:
            connection.request("POST", "/v1/chat/completions", REQUEST,
                               {"Content-Type": "application/json"})
            answer = connection.getresponse()
            if answer.status == 200 and answer.read().endswith(b"}"):
                return 1000 * (time.monotonic() - begin)
        except (ConnectionError, http.client.HTTPException):
            pass
        finally:
            connection.close()
        time.sleep(0.0005)
    sys.exit(f"no answer on port {port}")


def memory(pids):
    """KiB of these processes together: resident, proportional, and of no file."""
    sums = {"Rss:": 0, "Pss:": 0, "Anonymous:": 0}
    for pid in pids:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            words = line.split()
            if words[0] in sums:
                sums[words[0]] += int(words[1])
    return {"rss_kb": sums["Rss:"], "pss_kb": sums["Pss:"], "anonymous_kb": sums["Anonymous:"]}


def stripped_size(program):
    """Bytes of a program without its symbols."""
    copy = subprocess.run(["mktemp"], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
    try:
        subprocess.run(["strip", "-o", copy, program], check=True)
        return os.path.getsize(copy)
    finally:
        os.unlink(copy)


def records_of(build, ledger):
    """Answers that are on record as whole, once weir has ended: `usage` brings what is still in the
    journal to the ledger."""
    subprocess.run([build / "bin/weir", "usage", "-c", ledger.parent / "weir.yaml", "--json"],
                   stdout=subprocess.DEVNULL, check=True)
    with contextlib.closing(sqlite3.connect(ledger)) as database:
        return database.execute("SELECT count(*) FROM weir_records WHERE status = 200").fetchone()[0]
