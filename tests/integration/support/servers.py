"""Real servers beside the gateway: PostgreSQL and Redis, each in a directory of its own."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time

from . import PATIENCE

REDIS = "/usr/bin/redis-server"


def postgres_program(name):
    for version in sorted(os.listdir("/usr/lib/postgresql"), reverse=True) \
            if os.path.isdir("/usr/lib/postgresql") else []:
        path = f"/usr/lib/postgresql/{version}/bin/{name}"
        if os.path.exists(path):
            return path
    return None


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Redis:
    """On a free port; it keeps nothing on disk."""

    def __init__(self):
        self.directory = tempfile.mkdtemp(prefix="weir-redis-")
        self.process = None
        for _ in range(5):  # somebody may take the free port first
            self.port = free_port()
            if self.start():
                return
        raise AssertionError("redis-server does not start")

    @property
    def url(self):
        return f"redis://127.0.0.1:{self.port}"

    def start(self):
        self.process = subprocess.Popen(
            [REDIS, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "",
             "--appendonly", "no", "--dir", self.directory],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        end = time.monotonic() + PATIENCE
        while self.process.poll() is None and time.monotonic() < end:
            try:
                if self.ask("PING") == b"+PONG\r\n":
                    return True
            except OSError:
                time.sleep(0.02)
        return False

    def ask(self, command):
        with socket.create_connection(("127.0.0.1", self.port), PATIENCE) as s:
            s.sendall(command.encode() + b"\r\n")
            return s.recv(4096)

    def flush(self):
        assert self.ask("FLUSHALL") == b"+OK\r\n"

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(PATIENCE)

    def close(self):
        if self.process.poll() is None:
            self.kill()
        shutil.rmtree(self.directory, ignore_errors=True)


class Postgres:
    """On a Unix socket. As root it runs as the user that Debian's package made."""

    def __init__(self):
        self.directory = tempfile.mkdtemp(prefix="weir-postgres-")
        self.data = os.path.join(self.directory, "data")
        self.user = None
        if os.geteuid() == 0:
            self.user = "postgres"
            shutil.chown(self.directory, self.user, self.user)
        self.run("initdb", "--no-sync", "-A", "trust", "-U", "weir", "-E", "UTF8",
                 "--locale=C.UTF-8", "-D", self.data)
        self.start()

    @property
    def url(self):
        return f"postgresql://weir@/postgres?host={self.directory}"

    def run(self, program, *arguments):
        how = {}
        if self.user:
            entry = pwd.getpwnam(self.user)
            how = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
        subprocess.run([postgres_program(program), *arguments], check=True, cwd=self.directory,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **how)

    def start(self):
        self.run("pg_ctl", "start", "-w", "-D", self.data, "-l",
                 os.path.join(self.directory, "log"), "-o",
                 f"-c listen_addresses= -c unix_socket_directories={self.directory} "
                 "-c shared_buffers=16MB")

    def stop(self):
        """As a crash: it says no good-bye."""
        self.run("pg_ctl", "stop", "-w", "-m", "immediate", "-D", self.data)

    def ask(self, statement):
        """The rows of the answer, as lists of text."""
        out = subprocess.run([shutil.which("psql") or postgres_program("psql"), "-X", "-A", "-t",
                              "-F", "\t", "-d", self.url, "-c", statement], check=True,
                             stdout=subprocess.PIPE, text=True).stdout
        return [line.split("\t") for line in out.splitlines()]

    def close(self):
        try:
            self.stop()
        except subprocess.CalledProcessError:
            pass  # it is down already
        shutil.rmtree(self.directory, ignore_errors=True)
