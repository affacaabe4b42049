"""What bench/run measures: each scenario is a load, those it goes through, and what is told of it."""
from dataclasses import dataclass

ALL = ("direct", "nginx", "haproxy", "relay", "weir")
FEW = ("nginx", "weir")

# What a figure is called, its unit, and how many digits it gets.
FIGURES = {
    "cpu_event": ("CPU us per event", 2),
    "user_event": ("of it user", 2),
    "cpu_request": ("CPU us per request", 1),
    "user_request": ("of it user", 1),
    "events_core": ("events per second and core", 0),
    "events_rate": ("events/s", 0),
    "requests_rate": ("requests/s", 0),
    "delay_p50": ("delay p50 us", 0),
    "delay_p99": ("delay p99 us", 0),
    "first_p50": ("TTFT p50 us", 0),
    "first_p99": ("TTFT p99 us", 0),
    "answer_p50": ("answer p50 us", 0),
    "answer_p99": ("answer p99 us", 0),
    "stream_kib": ("anonymous KiB per stream", 2),
    "start_ms": ("start to first answer ms", 1),
    "anonymous_mib": ("idle anonymous MiB", 1),
    "rss_mib": ("idle RSS MiB", 1),
    "binary_mib": ("program, stripped, MiB", 2),
}


@dataclass(frozen=True)
class Scenario:
    about: str
    targets: tuple
    figures: tuple               # the first one is compared with nginx's
    form: str = "clean"          # what the emitter sends
    usage: bool = True           # whether the client asks for it
    interval_ms: int = 20        # between two writes of one stream; 0: as fast as it is read
    per_write: int = 1           # events
    streams: int = 0             # 0: as many as --streams says
    events: int = 0              # of one answer; 0: so many that none ends while it is measured
    document: bool = False       # JSON in place of a stream
    new_connections: bool = False
    kind: str = "load"           # or memory, start
    wanted: float = 0.95         # of nginx's; more (of a rate: less than 1 / this) is missed. 0: any
    against: str = "nginx"       # whom the ratio compares with

    @property
    def paced(self):
        return not self.document and self.interval_ms > 0 and self.events == 0

    @property
    def rises(self):
        """Whether more of the first figure is better."""
        return self.figures[0].endswith(("_core", "_rate"))

    def nominal(self, streams):
        return (streams or 0) * self.per_write * 1000 / self.interval_ms if self.paced else 0


EVENT = ("cpu_event", "user_event", "delay_p50", "delay_p99")
REQUEST = ("cpu_request", "user_request", "requests_rate", "answer_p50", "answer_p99")

SCENARIOS = {
    "clean": Scenario(
        "a right stream, usage asked for, one event per write: weir passes every event verbatim",
        ALL, EVENT),
    "unasked": Scenario(
        "the same, usage not asked for: weir asks the upstream for it all the same and takes "
        "`\"usage\":null` out of every event", FEW, EVENT, usage=False),
    "deviating": Scenario(
        "role in every delta, usage unasked, no `[DONE]`, one event per write: weir mends every "
        "event", FEW, EVENT, form="deviating", usage=False),
    "batched": Scenario(
        "eight events per upstream write, four times the events of `clean`", ALL, EVENT,
        interval_ms=40, per_write=8),
    "unpaced": Scenario(
        "eight events per write, as fast as they are read, 64 streams: all is saturated, and the "
        "kernel joins writes", ALL, ("events_core", "cpu_event", "user_event", "events_rate"),
        interval_ms=0, per_write=8, streams=64, events=4000, wanted=0),
    "delay": Scenario(
        "one way from the emitter's write to the load generator's read, as `clean`",
        ("direct", "nginx", "weir"), ("delay_p50", "delay_p99"), wanted=1.0),
    "ttft": Scenario(
        "one connection, one stream of four events after the other, as fast as they are read: from "
        "the request to the first text", ALL, ("first_p50", "first_p99", "answer_p50"),
        interval_ms=0, streams=1, events=4, wanted=1.0),
    "document": Scenario(
        "one connection, one JSON document after the other", ALL,
        ("answer_p50", "answer_p99", "cpu_request"), streams=1, events=50, document=True,
        wanted=1.0),
    "documents": Scenario(
        "64 connections, JSON documents, one after the other on each", ALL, REQUEST, streams=64,
        events=50, document=True, wanted=1.0),
    "connections": Scenario(
        "16 at once, a JSON document and a new connection for each request", ALL, REQUEST,
        streams=16, events=50, document=True, new_connections=True, wanted=1.0),
    "memory": Scenario(
        "idle streams held open, an event in each every second: anonymous memory above that of the "
        "idle program, over the streams", ("nginx", "haproxy", "relay", "weir"), ("stream_kib",),
        interval_ms=1000, streams=9000, kind="memory"),
    "start": Scenario(
        "from its start until a program has passed on its first answer; what it takes then",
        ("nginx", "haproxy", "weir"), ("start_ms", "anonymous_mib", "rss_mib", "binary_mib"),
        events=50, document=True, kind="start", wanted=1.0),
    "recorded streams": Scenario(
        "as `clean`, with streams of 50 events: weir with its journal and ledger beside weir with "
        "`store: {ledger: none}`", ("weir unrecorded", "weir"), EVENT, events=50,
        against="weir unrecorded", wanted=0),
    "recorded documents": Scenario(
        "as `documents`: weir with its journal and ledger beside weir with `store: {ledger: none}`",
        ("weir unrecorded", "weir"), REQUEST, streams=64, events=50, document=True,
        against="weir unrecorded", wanted=0),
}
# --scenarios may name several at once.
GROUPS = {"accounting": ("recorded streams", "recorded documents")}
