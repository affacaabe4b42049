"""A scripted HTTP/1.1 upstream on raw sockets.

Every chat request takes the next script; a script is a list of steps:
    bytes             are sent as they are
    threading.Event   is waited for
    a step below      Slowly, Every, Flood, Close, Reset
    a callable        is called with the Exchange
After its last step the connection goes on to the next request, so that a response must be complete
in itself. While it waits for a request it notices the peer's close (`Connection.closed`).
`GET .../models` is answered by `models` and never takes a script: the gateway asks when it likes.
"""

import collections
import itertools
import json
import select
import socket
import struct
import threading
import time

from . import PATIENCE
from . import wire

HALF_A_CHUNK = b"40\r\ndata: {\"id\":\"chatcmpl-1\""


class Slowly:
    """Sends byte by byte, or `size` bytes at a time."""

    def __init__(self, data, size=1):
        self.data, self.size = data, size

    def __call__(self, exchange):
        for at in range(0, len(self.data), self.size):
            exchange.send(self.data[at:at + self.size])


class Every:
    """Sends `data` every `interval` seconds until the peer closes."""

    def __init__(self, interval, data):
        self.interval, self.data = interval, data

    def __call__(self, exchange):
        while not exchange.connection.wait_readable(self.interval):
            exchange.send(self.data)


class Flood:
    """Sends all of `blocks`; `stalled` is set, with what had been sent by then in `sent_at_stall`,
    once the peer has taken nothing for `patience` seconds."""

    def __init__(self, blocks, patience=1.0):
        self.blocks, self.patience = blocks, patience
        self.stalled = threading.Event()
        self.sent = self.sent_at_stall = 0

    def __call__(self, exchange):
        sock = exchange.connection.sock
        for block in self.blocks:
            view = memoryview(block)
            while view:
                if not select.select([], [sock], [], self.patience)[1]:
                    if not self.stalled.is_set():
                        self.sent_at_stall = self.sent
                        self.stalled.set()
                    continue
                taken = sock.send(view, socket.MSG_DONTWAIT)
                self.sent += taken
                view = view[taken:]


class Close:
    """Ends the connection in an orderly way."""

    def __call__(self, exchange):
        exchange.connection.close()


class Reset:
    """Ends the connection with a RST."""

    def __call__(self, exchange):
        exchange.connection.reset()


class Request:
    def __init__(self, method, target, headers, body, connection):
        self.method, self.target, self.headers, self.body = method, target, headers, body
        self.connection = connection

    def get(self, name):
        values = [v for n, v in self.headers if n.lower() == name.lower()]
        return values[0] if values else None

    @property
    def names(self):
        return [n.lower() for n, _ in self.headers]

    def json(self):
        return json.loads(self.body)


class Exchange:
    def __init__(self, connection, request):
        self.connection, self.request = connection, request

    def send(self, data):
        self.connection.sock.sendall(data)


class PeerClosed(Exception):
    pass


class Connection:
    def __init__(self, sock, number):
        self.sock, self.number = sock, number
        self.buffer = b""
        self.closed = threading.Event()  # by the peer
        self.closed_at = None            # time.monotonic()
        self.ended = False               # by us
        self.reused_session = False      # TLS

    def receive(self):
        try:
            data = self.sock.recv(65536)
        except OSError:
            data = b""
        if not data:
            self.note_closed()
            raise PeerClosed
        self.buffer += data

    def note_closed(self):
        if not self.ended and not self.closed.is_set():
            self.closed_at = time.monotonic()
            self.closed.set()

    def wait_for(self, event):
        """Waits for it, or for the peer to close."""
        until = time.monotonic() + PATIENCE
        while not event.wait(0.02):
            if time.monotonic() > until:
                raise AssertionError("nobody set the event that a script waits for")
            if self.wait_readable(0):
                self.receive()

    def wait_readable(self, seconds):
        return bool(select.select([self.sock], [], [], seconds)[0])

    def take_through(self, mark):
        while mark not in self.buffer:
            self.receive()
        taken, _, self.buffer = self.buffer.partition(mark)
        return taken

    def take(self, count):
        return b"".join(self.take_parts(count))

    def take_parts(self, count):
        """So many bytes, as they come."""
        while count:
            if not self.buffer:
                self.receive()
            part, self.buffer = self.buffer[:count], self.buffer[count:]
            count -= len(part)
            yield part

    def read_head(self):
        lines = self.take_through(b"\r\n\r\n").decode("latin-1").split("\r\n")
        method, target, _ = lines[0].split(" ")
        headers = [tuple(part.strip() for part in line.split(":", 1)) for line in lines[1:]]
        return Request(method, target, headers, b"", self)

    def body_parts(self, request):
        """The body of a request whose head was read, as it comes."""
        if "chunked" not in (request.get("transfer-encoding") or ""):
            yield from self.take_parts(int(request.get("content-length") or 0))
            return
        while size := int(self.take_through(b"\r\n"), 16):
            yield from self.take_parts(size)
            self.take(2)
        while self.take_through(b"\r\n"):
            pass

    def close(self):
        self.ended = True
        try:
            self.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.sock.close()

    def reset(self):
        self.ended = True
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()


class Upstream:
    """`tls` is a server-side ssl.SSLContext. `models` are ids, or None for a 404; `pack` compresses
    their list. `path` is that of a Unix socket to listen on, in place of a port. One that does not listen holds its port and refuses connections until `listen`.
    `take_body(request, parts)` reads the body of a request in another way than into memory."""

    def __init__(self, models=(), tls=None, send_buffer=None, listening=True, pack=bytes,
                 take_body=None, path=None):
        self._take_body = take_body
        self.models, self.tls, self.send_buffer, self.pack = models, tls, send_buffer, pack
        self.requests, self.connections, self.problems = [], [], []
        self._scripts, self._always = collections.deque(), None
        self._changed = threading.Condition()
        self._numbers = itertools.count()
        self.path = path
        self._listener = socket.socket(socket.AF_UNIX if path else socket.AF_INET)
        self._listener.bind(path or ("127.0.0.1", 0))
        self.port = None if path else self._listener.getsockname()[1]
        if listening:
            self.listen()

    def listen(self):
        self._listener.listen(128)
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self):
        if self.path:
            return f"unix:{self.path}:/v1"
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}/v1"

    @property
    def chats(self):
        return [r for r in self.requests if r.method != "GET"]

    def script(self, *steps):
        """For the next chat request that has none yet."""
        self._scripts.append(steps)

    def always(self, *steps):
        """For every chat request for which there is no script."""
        self._always = steps

    @property
    def unused_scripts(self):
        return len(self._scripts)

    def forget(self):
        """Makes ready for the next test."""
        self._scripts.clear()
        self._always = None
        with self._changed:
            self.requests.clear()
        problems, self.problems = self.problems, []
        return problems

    def wait_for_chats(self, count, seconds=PATIENCE):
        with self._changed:
            if not self._changed.wait_for(lambda: len(self.chats) >= count, seconds):
                raise AssertionError(f"{len(self.chats)} chat requests came, not {count}")
        return self.chats

    def wait_for_closed(self, connection, seconds=PATIENCE):
        if not connection.closed.wait(seconds):
            raise AssertionError("the gateway did not close its connection to the upstream")
        return connection.closed_at

    def close(self):
        self._listener.close()
        for connection in self.connections:
            connection.close()

    def _accept(self):
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            if not self.path:
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self.send_buffer:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, self.send_buffer)
            connection = Connection(sock, next(self._numbers))
            self.connections.append(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        try:
            if self.tls:
                connection.sock = self.tls.wrap_socket(connection.sock, server_side=True)
                connection.reused_session = connection.sock.session_reused
            while not connection.ended:
                request = connection.read_head()
                parts = connection.body_parts(request)
                if self._take_body and request.method != "GET":
                    self._take_body(request, parts)
                else:
                    request.body = b"".join(parts)
                with self._changed:
                    self.requests.append(request)
                    self._changed.notify_all()
                self._answer(Exchange(connection, request))
        except PeerClosed:
            pass
        except OSError:  # what we sent was not wanted any more
            connection.note_closed()
        except Exception as problem:  # pylint: disable=broad-except
            self.problems.append(problem)
            connection.close()

    def _answer(self, exchange):
        if exchange.request.method == "GET":
            return exchange.send(self._model_list())
        if self._scripts:
            steps = self._scripts.popleft()
        elif self._always is not None:
            steps = self._always
        else:
            self.problems.append(AssertionError(f"no script for {exchange.request.body!r}"))
            return exchange.send(wire.response(wire.error_body("no script"), 500))
        for step in steps:
            if isinstance(step, bytes):
                exchange.send(step)
            elif isinstance(step, threading.Event):
                exchange.connection.wait_for(step)
            else:
                step(exchange)

    def _model_list(self):
        # The connection closes: it must not serve a chat request of a test that counts them.
        if self.models is None:
            return wire.response({"detail": "Not Found"}, 404, wire.JSON, "Connection: close")
        data = [{"id": m, "object": "model", "created": 1760000000, "owned_by": "test"}
                for m in self.models]
        body = self.pack(wire.compact({"object": "list", "data": data}).encode())
        return wire.response(body, 200, wire.JSON, "Connection: close")
