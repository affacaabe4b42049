"""A raw HTTP/1.1 client: sends any bytes, reads heads and bodies as they arrive."""

import json
import socket
import struct
import time

from . import PATIENCE
from . import wire


class Truncated(Exception):
    """The connection ended in the middle of a message."""


class Head:
    def __init__(self, text):
        lines = text.split("\r\n")
        self.version, status, self.reason = (lines[0].split(" ", 2) + [""])[:3]
        self.status = int(status)
        self.headers = [tuple(p.strip() for p in line.split(":", 1)) for line in lines[1:]]

    def all(self, name):
        return [v for n, v in self.headers if n.lower() == name.lower()]

    def get(self, name):
        values = self.all(name)
        if len(values) > 1:
            raise AssertionError(f"{name} is there {len(values)} times")
        return values[0] if values else None


class Client:
    def __init__(self, place, receive_buffer=None, tls=None):
        """`place`: a port, or the path of a Unix socket; `tls`: an ssl.SSLContext."""
        local = isinstance(place, str)
        self.sock = socket.socket(socket.AF_UNIX if local else socket.AF_INET)
        self.sock.settimeout(PATIENCE)
        if not local:
            self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if receive_buffer:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        try:
            self.sock.connect(place if local else ("127.0.0.1", place))
            if tls:
                self.sock = tls.wrap_socket(self.sock, server_hostname="localhost")
        except OSError:  # ssl.SSLError is one
            self.sock.close()
            raise
        self.buffer = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.sock.close()

    def reset(self):
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()

    def send(self, data):
        self.sock.sendall(data)
        return self

    def request(self, method, target, body=None, headers=(), version="1.1"):
        """A request that is in order; `headers` are `Name: value`."""
        self.send(request_bytes(method, target, body, headers, version))
        return self

    def chat(self, body, headers=()):
        return self.request("POST", "/v1/chat/completions", body, headers).response()

    def receive(self):
        data = self.sock.recv(262144)
        if not data:
            raise Truncated(self.buffer)
        self.buffer += data

    def at_end(self):
        """Whether the peer closes now without another byte."""
        if self.buffer:
            return False
        try:
            return self.sock.recv(1) == b""
        except ConnectionResetError:
            return True

    def head(self):
        while b"\r\n\r\n" not in self.buffer:
            self.receive()
        text, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
        return Head(text.decode("latin-1"))

    def response(self, to="POST"):
        """The next final response, as soon as its head is there."""
        interim = []
        while (head := self.head()).status < 200:
            interim.append(head)
        return Response(self, head, to, interim)


class Response:
    def __init__(self, client, head, to, interim):
        self.client, self.head, self.interim = client, head, interim
        self.status, self.get, self.all = head.status, head.get, head.all
        self.body = b""     # so far
        self.pieces = []    # (time.monotonic(), bytes) of each h1 chunk or read
        self._parsed = 0    # of body, by next_event
        self._parts = self._read_parts(to)

    def _read_parts(self, to):
        client = self.client
        if to == "HEAD" or self.status in (204, 304):
            return
        if (self.get("Transfer-Encoding") or "").lower() == "chunked":
            if self.get("Content-Length") is not None:
                raise AssertionError("chunked and a length")
            while True:
                while b"\r\n" not in client.buffer:
                    client.receive()
                line, _, client.buffer = client.buffer.partition(b"\r\n")
                size = int(line, 16)
                while len(client.buffer) < size + 2:
                    client.receive()
                part, end = client.buffer[:size], client.buffer[size:size + 2]
                client.buffer = client.buffer[size + 2:]
                if end != b"\r\n":
                    raise AssertionError(f"a chunk ends in {end!r}")
                if size == 0:
                    return
                yield part
        elif self.get("Content-Length") is not None:
            left = int(self.get("Content-Length"))
            while left:
                if not client.buffer:
                    client.receive()
                part, client.buffer = client.buffer[:left], client.buffer[left:]
                left -= len(part)
                yield part
        else:
            while True:
                if client.buffer:
                    part, client.buffer = client.buffer, b""
                    yield part
                try:
                    client.receive()
                except Truncated:
                    return

    def more(self):
        """Reads a little more of the body; False at its orderly end."""
        for part in self._parts:
            self.body += part
            self.pieces.append((time.monotonic(), part))
            return True
        return False

    def read(self):
        """The whole body."""
        parts = [self.body]
        for part in self._parts:
            parts.append(part)
            self.pieces.append((time.monotonic(), part))
        self.body = b"".join(parts)
        return self.body

    def next_event(self):
        """The next event or comment of a stream without its blank line; None at the end."""
        while (end := self.body.find(b"\n\n", self._parsed)) < 0:
            if not self.more():
                if self._parsed != len(self.body):
                    raise AssertionError(f"the stream ends inside {self.body[self._parsed:]!r}")
                return None
        found = self.body[self._parsed:end]
        self._parsed = end + 2
        return found.decode()

    def next_payload(self):
        """The next event's JSON, comments left out; the text `[DONE]`, or None at the end."""
        while (found := self.next_event()) is not None and found.startswith(":"):
            pass
        if found is None:
            return None
        assert found.startswith("data: "), found
        return found[6:] if found == "data: [DONE]" else json.loads(found[6:])

    def json(self):
        return json.loads(self.read())

    def error(self):
        """The members of the error envelope (contract 2.3), which must all be there."""
        assert self.get("Content-Type") == "application/json", self.head.headers
        document = self.json()
        assert set(document) == {"error"}, document
        assert {"message", "type", "param", "code"} <= set(document["error"]), document
        return document["error"]


def request_bytes(method, target, body=None, headers=(), version="1.1"):
    if body is not None and not isinstance(body, (bytes, str)):
        body = wire.compact(body)
    if isinstance(body, str):
        body = body.encode()
    lines = [f"{method} {target} HTTP/{version}", "Host: gateway.test"]
    if body is not None:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join(lines + list(headers) + ["", ""]).encode("latin-1") + (body or b"")
