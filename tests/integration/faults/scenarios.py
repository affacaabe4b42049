"""What can go wrong with an upstream, and what a client of the gateway gets of it.

A scenario is an upstream that has one fault and always has it. Outcomes:
    answer      the whole answer, legal and exact
    cut         a stream that has begun ends with an error frame and [DONE], and with no finish
    502, ...    that status and an error document
The expectation for one candidate and for two, the second of which is healthy, is written down here.
"""

import collections
import dataclasses
import socket
import threading

from support.upstream import Close, Every, Reset
from support.wire import (DONE, LAST_CHUNK, answer_events, error_body, event, events, finish, h1,
                          head, response, role, streamed, text)

TEXT = "Hello"
WHOLE = answer_events("Hel", "lo")
NEVER = Every(0.05, b"")  # waits until the gateway closes


class Seen:
    """Waits until the client has seen so much of a stream, so that it has surely begun. A role alone
    is held back while another candidate could still answer."""

    def __init__(self, mark):
        self.mark = mark

    def __call__(self, exchange):
        asked = exchange.request.json()
        held = self.mark == b"role" and asked["user"].startswith("two")
        if asked["stream"] and not held:
            exchange.connection.wait_for(seen(asked["user"], self.mark))


_seen = collections.defaultdict(threading.Event)


def seen(user, mark):
    """The event that the client of this request sets once it has read `mark`."""
    return _seen[user, mark]


MARKS = (b"role", b"Hel")


def good(exchange):
    """What a healthy upstream says: a stream, or a document of the same text."""
    exchange.send(streamed(WHOLE))


@dataclasses.dataclass
class Scenario:
    name: str
    steps: tuple = ()            # for Upstream.always
    alone: tuple = ("502", "502")  # outcome of a stream, of a document
    two: tuple = ("answer", "answer")
    asked: tuple = (2, 1)        # requests that the faulty one gets: alone, with another
    upstream: dict = dataclasses.field(default_factory=dict)
    tls: bool = False            # the url says https, which it does not speak


def refuses_stream_options(exchange):
    if "stream_options" in exchange.request.json():
        return exchange.send(response(error_body("unknown field stream_options"), 400))
    return good(exchange)


def without_stream_options(exchange):
    """Asked for a document, nobody adds stream_options."""
    refuses_stream_options(exchange)


class ClosesIdle:
    """Every second request on a connection finds it closed: the keep-alive was too short."""

    def __call__(self, exchange):
        if getattr(exchange.connection, "used", False):
            return exchange.connection.close()
        exchange.connection.used = True
        return good(exchange)


def endless_line(exchange):
    exchange.send(head())
    block = h1(b"data: " + b"x" * 65536)
    try:
        for _ in range(100000):
            exchange.send(block)
    except OSError:
        exchange.connection.note_closed()


LIVE = "cut"
SCENARIOS = [
    Scenario("refuses connections", upstream={"listening": False}, asked=(0, 0)),
    Scenario("never accepts (connect timer)", alone=("504", "504"), asked=(0, 0)),
    Scenario("says nothing to a TLS handshake (connect timer)", alone=("504", "504"), asked=(0, 0),
             tls=True),
    Scenario("429 with Retry-After beyond max_wait",
             (response(error_body("slow down"), 429, "application/json", "Retry-After: 30"),),
             alone=("429", "429"), asked=(1, (1, 0))),
    Scenario("429 with retry-after-ms",
             (response(error_body("slow down"), 429, "application/json", "retry-after-ms: 1"),),
             alone=("429", "429")),
    Scenario("429 without a wait", (response(error_body("slow down"), 429),),
             alone=("429", "429")),
    Scenario("spent quota", (response(error_body("pay", code="insufficient_quota"), 429),),
             alone=("429", "429"), asked=(1, 1)),
    Scenario("500", (response(error_body(), 500),), alone=("500", "500")),
    Scenario("503", (response(error_body(), 503),), alone=("503", "503")),
    Scenario("401 for the gateway's key", (response(error_body(), 401),), asked=(1, 1)),
    Scenario("a page with status 502",
             (response("<html><h1>Bad gateway</h1></html>", 502, "text/html"),)),
    Scenario("a page with status 200",
             (response("<html><h1>Welcome</h1></html>", 200, "text/html"),)),
    Scenario("no head in time (first_byte)", (NEVER,), alone=("504", "504"), asked=(1, 1)),
    Scenario("a head and nothing more (first_token)", (head(), NEVER), alone=("504", "504"),
             asked=(1, 1)),
    Scenario("endless comments (first_token)", (head(), Every(0.05, h1(b": ping\n\n"))),
             alone=("504", "504"), asked=(1, 1)),
    Scenario("a role and heartbeats (first_token)",
             (head(), h1(event(role())), Every(0.05, h1(b": ping\n\n"))), alone=(LIVE, "504"),
             asked=(1, 1)),
    Scenario("stalls after the first word (idle)",
             (head(), h1(events(role(), text("Hel"))), Every(0.05, h1(b": ping\n\n"))),
             alone=(LIVE, "504"), two=(LIVE, "answer"), asked=(1, 1)),
    Scenario("resets before its head", (Reset(),)),
    Scenario("closes before its head", (Close(),)),
    Scenario("closes behind its head", (head(), Close())),
    Scenario("closes behind its role", (head(), h1(event(role())), Seen(b"role"), Close()),
             alone=(LIVE, "502"),
             asked=((1, 2), 1)),
    Scenario("closes in the middle", (head(), h1(events(role(), text("Hel"))), Seen(b"Hel"), Close()),
             alone=(LIVE, "502"), two=(LIVE, "answer"), asked=((1, 2), 1)),
    Scenario("resets in the middle", (head(), h1(events(role(), text("Hel"))), Seen(b"Hel"), Reset()),
             alone=(LIVE, "502"), two=(LIVE, "answer"), asked=((1, 2), 1)),
    Scenario("ends its message in the middle",
             (head(), h1(events(role(), text("Hel"))), Seen(b"Hel"), LAST_CHUNK),
             alone=(LIVE, "502"), two=(LIVE, "answer"), asked=((1, 2), 1)),
    Scenario("says a word and ends its message, all at once",
             (streamed(events(role(), text("Hel"))),), alone=(LIVE, "502")),
    Scenario("garbage for HTTP", (b"\x00\xff\xfe garbage\r\n\r\n", Close())),
    Scenario("garbage for a chunk size", (head(), b"zz\r\n", Close())),
    Scenario("garbage for JSON", (streamed(b"data: {{{{\n\n"),)),
    Scenario("an endless line", (endless_line,)),
    Scenario("a length that is too long", (head(200, "text/event-stream", length=len(WHOLE) + 9) +
                                           events(role(), text("Hel")), Seen(b"Hel"), Close()),
             alone=(LIVE, "502"), two=(LIVE, "answer"), asked=((1, 2), 1)),
    Scenario("a length that is too short",
             (head(200, "application/json", length=20) + b'{"id":"chatcmpl-1","object":"x"}',
              Close())),
    Scenario("an empty 200", (response("", 200),)),
    Scenario("an empty stream", (streamed(b""),)),
    Scenario("only comments, then the end", (streamed(b": hello\n\n: hello\n\n"),)),
    Scenario("only a terminator", (streamed(DONE),)),
    Scenario("an error in the first frame", (streamed(event(error_body("no room"))),),
             alone=("500", "500")),
    Scenario("an error midway",
             (head(), h1(events(role(), text("Hel"))), Seen(b"Hel"),
              h1(event(error_body("no room"))) + LAST_CHUNK), alone=(LIVE, "500"), two=(LIVE, "answer"), asked=((1, 2), 1)),
    Scenario("refuses stream_options", (refuses_stream_options,), alone=("answer", "answer"),
             asked=((2, 1), (1, 1))),  # it is remembered
    Scenario("closes an idle connection under the next request", (ClosesIdle(),),
             alone=("answer", "answer"), asked=(1, 1)),
    Scenario("400", (response(error_body("bad n", "invalid_request_error", "c", "n"), 400),),
             alone=("400", "400"), two=("400", "400"), asked=(1, 1)),
    Scenario("404", (response(error_body("no such", "invalid_request_error", "c"), 404),),
             alone=("404", "404"), two=("404", "404"), asked=(1, 1)),
    Scenario("413", (response(error_body("too long", "invalid_request_error"), 413),),
             alone=("413", "413"), two=("413", "413"), asked=(1, 1)),
    Scenario("422", (response(error_body("bad", "invalid_request_error", "c"), 422),),
             alone=("422", "422"), two=("422", "422"), asked=(1, 1)),
]


class BlackHole:
    """A port whose queue of connections is full: whoever connects gets no answer at all."""

    def __init__(self):
        self._listener = socket.socket()
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen(0)
        self.port = self._listener.getsockname()[1]
        self._fillers = []
        for _ in range(4):
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex(("127.0.0.1", self.port))
            self._fillers.append(filler)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/v1"

    chats = ()

    def always(self, *_):
        """It never answers."""

    def close(self):
        for one in (*self._fillers, self._listener):
            one.close()


def short_answer():
    """The shortest whole one, as bytes of HTTP/1.1."""
    return head() + h1(events(role(), text(TEXT), finish())) + h1(DONE) + LAST_CHUNK
