"""One run of the load generator, rounds of them, and a machine that is quiet meanwhile."""
import contextlib
import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

import processes

# What share of the machine other work may take in a run that counts.
DISTURBED = 0.05


def per(amount, count):
    return amount / max(1, count)


class Run:
    """What one run saw of one target: `figures` by the names of scenarios.FIGURES."""

    def __init__(self, figures, foreign=0.0, busy=0.0, right=0, faults=None):
        self.figures, self.foreign, self.busy = figures, foreign, busy
        self.right, self.faults = right, faults or {}

    @classmethod
    def of_load(cls, seen, pids):
        target = [p for p in seen["processes"] if p["pid"] in pids]
        cpu, user = (sum(p[key] for p in target) for key in ("cpu_s", "user_s"))
        events, requests = seen["events"], seen["answer_us"]["count"]
        figures = {
            "cpu_event": 1e6 * per(cpu, events), "user_event": 1e6 * per(user, events),
            "cpu_request": 1e6 * per(cpu, requests), "user_request": 1e6 * per(user, requests),
            "events_core": events / cpu if cpu > 0 else 0.0,
            "events_rate": events / seen["window_s"], "requests_rate": requests / seen["window_s"],
            "anonymous_kib": sum(p["anonymous_kb"] for p in target),
        }
        for name, times in (("delay", "delay_us"), ("first", "first_text_us"),
                            ("answer", "answer_us")):
            figures |= {f"{name}_{q}": seen[times][q] for q in ("p50", "p99")}
        machine = seen["machine"]
        total = max(0.01, machine["total_s"])
        ours = sum(p["cpu_s"] for p in seen["processes"]) + seen["own_s"]
        return cls(figures, max(0.0, machine["busy_s"] - ours) / total, machine["busy_s"] / total,
                   seen["streams_right"], {k: n for k, n in seen["faults"].items() if n})


class Quiet:
    """Sees to it that rounds are not disturbed by other work, as far as its patience goes."""

    def __init__(self, patience):
        self.patience = patience
        self.discarded = 0

    def wait(self):
        while self.patience > 0:
            before = Path("/proc/stat").read_text().split()[1:9]
            time.sleep(min(1, self.patience))
            self.patience -= 1
            used = [int(b) - int(a) for a, b in
                    zip(before, Path("/proc/stat").read_text().split()[1:9])]
            if sum(used) - used[3] - used[4] < DISTURBED * sum(used):  # all but idle and iowait
                return

    def undisturbed(self, measure):
        """What `measure` gives, a dictionary of runs, from an attempt that counts."""
        while True:
            self.wait()
            begin = time.monotonic()
            runs = measure()
            if max(r.foreign for r in runs.values()) <= DISTURBED or self.patience <= 0:
                return runs
            self.patience -= time.monotonic() - begin
            self.discarded += 1
            print("disturbed: measured again", flush=True)


class Bench:
    """All that scenarios share: the options, the build, a directory, patience."""

    def __init__(self, options, build, scratch, files):
        self.options, self.build, self.scratch = options, build, scratch
        self.files = files  # descriptors that a process may have
        self.quiet = Quiet(options.patience)
        self.streams = options.streams
        self.right = 0  # answers checked, also those of rounds thrown away
        self.broken = []  # what must not be, in words

    @property
    def warmup(self):
        return 0.2 if self.options.smoke else 1.0

    def events(self, s):
        """As many as a scenario says, else so many that no stream ends before the window does."""
        if s.events:
            return s.events
        if s.kind == "memory":  # none is measured by its events: it may end, and begin anew
            return 2 if self.options.smoke else 10
        whole = 1000 * (self.options.seconds + self.warmup + (0.5 if self.options.smoke else 1))
        return int(whole / s.interval_ms) * s.per_write

    def streams_of(self, s):
        if self.options.smoke:
            return min(s.streams or self.streams, 64 if s.kind == "memory" else self.streams)
        if s.kind != "memory":
            return s.streams or self.streams
        return min(s.streams, self.most_streams)

    @property
    def most_streams(self):
        return (self.files - 300) // 2  # a proxy has two descriptors a stream

    def load(self, s, target, emitter_pid, streams=None, seconds=None):
        seconds = seconds or self.options.seconds
        expect_done = s.form == "clean" or target.name.startswith("weir")
        command = [self.build / "bench/load", "--port", target.port,
                   "--streams", streams or self.streams_of(s), "--events", self.events(s),
                   "--warmup-ms", int(1000 * self.warmup), "--duration-ms", int(1000 * seconds),
                   "--patience-ms", 60000, "--done", "yes" if expect_done else "no",
                   "--usage", "yes" if s.usage and not s.document else "no",
                   "--document", "yes" if s.document else "no",
                   "--new-connections", "yes" if s.new_connections else "no",
                   "--watch", ",".join(str(pid) for pid in [*target.pids, emitter_pid])]
        done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, text=True,
                              timeout=seconds + 200)
        if not done.stdout:
            sys.exit("the load generator failed")
        run = Run.of_load(json.loads(done.stdout), target.pids)
        self.right += run.right
        return run

    def emitter(self, s):
        return processes.emitter(self.build, s.form, self.events(s), s.interval_ms, s.per_write)

    def choose_streams(self, s):
        """500 streams, halved while nginx and the tools leave less than a fifth of the machine."""
        self.streams = self.streams or 500
        while not self.options.streams:
            with self.emitter(s) as (upstream, pid):
                peers = processes.Peers(self.build, self.scratch, upstream.port)
                with peers.start("nginx") as target:
                    busy = self.load(s, target, pid, seconds=1.5).busy
            print(f"try: {self.streams} streams, machine {100 * busy:.0f} % busy", flush=True)
            if busy < 0.8 or self.streams < 60:
                return
            self.streams //= 2


def tell(name, who, s, run):
    figures = ", ".join(f"{key} {run.figures[key]:.1f}" for key in s.figures)
    print(f"{name:18} {who:15} {figures}, machine {100 * run.busy:.0f} % busy, "
          f"{100 * run.foreign:.0f} % others, {run.right} right"
          f"{', FAULTS ' + str(run.faults) if run.faults else ''}", flush=True)


def order(s, names):
    """A round: who is compared with comes first and last, the others between."""
    first = s.against
    return [f"{first} a", *[n for n in names if n != first], f"{first} b"]


def loads(bench, name, s, names):
    """Rounds through targets that run all the while."""
    results = {}
    with contextlib.ExitStack() as stack:
        upstream, pid = stack.enter_context(bench.emitter(s))
        peers = processes.Peers(bench.build, bench.scratch, upstream.port)
        targets = {"direct": upstream}
        starts = contextlib.ExitStack()  # what ends before records are counted
        stack.enter_context(starts)
        for who in names:
            if who != "direct":
                targets[who] = starts.enter_context(peers.start(who))
        asked = {who: 0 for who in names}

        def one(slot):
            who = slot.removesuffix(" a").removesuffix(" b")
            run = bench.load(s, targets[who], pid)
            asked[who] += run.right
            if run.faults:
                bench.broken.append(f"{name}, {who}: {run.faults}")
            tell(name, slot, s, run)
            return run

        for _ in range(bench.options.rounds):
            runs = bench.quiet.undisturbed(lambda: {w: one(w) for w in order(s, names)})
            for slot, run in runs.items():
                results.setdefault(slot, []).append(run)
        starts.close()
        for who in names:
            ledger = targets[who].ledger
            if ledger is not None and (kept := processes.records_of(bench.build, ledger)) != asked[who]:
                bench.broken.append(f"{name}, {who}: {kept} records of {asked[who]} answers")
    return results


def memories(bench, name, s, names):
    """Each run with a program of its own: what it took once it may keep."""
    results = {}
    streams = bench.streams_of(s)

    def one(slot):
        who = slot.removesuffix(" a").removesuffix(" b")
        with bench.emitter(s) as (upstream, pid):
            peers = processes.Peers(bench.build, bench.scratch, upstream.port, streams + 64)
            with peers.start(who) as target:
                processes.answers_once(target.port)
                idle = processes.memory(target.pids)["anonymous_kb"]
                run = bench.load(s, target, pid, seconds=min(2, bench.options.seconds))
                run.figures["stream_kib"] = (run.figures["anonymous_kib"] - idle) / streams
        if run.faults:
            bench.broken.append(f"{name}, {who}: {run.faults}")
        tell(name, slot, s, run)
        return run

    for _ in range(min(3, bench.options.rounds)):  # memory hardly differs, and each takes long
        for slot in order(s, names):
            results.setdefault(slot, []).append(one(slot))
    return results


def starts(bench, name, s, names):
    results = {}
    programs = {"weir": bench.build / "bin/weir", "nginx": shutil.which("nginx"),
                "haproxy": shutil.which("haproxy")}
    sizes = {who: processes.stripped_size(programs[who]) / 2**20 for who in names}

    def one(slot, peers):
        who = slot.removesuffix(" a").removesuffix(" b")
        begin = time.monotonic()
        with peers.start(who, wait=False) as target:
            processes.answers_once(target.port)
            took = 1000 * (time.monotonic() - begin)
            target = target.settled()
            used = processes.memory(target.pids)
        run = Run({"start_ms": took, "anonymous_mib": used["anonymous_kb"] / 1024,
                   "rss_mib": used["rss_kb"] / 1024, "binary_mib": sizes[who]}, right=1)
        tell(name, slot, s, run)
        return run

    with bench.emitter(s) as (upstream, _):
        peers = processes.Peers(bench.build, bench.scratch, upstream.port)
        for _ in range(bench.options.rounds):
            bench.quiet.wait()
            for slot in order(s, names):
                results.setdefault(slot, []).append(one(slot, peers))
    return results


def scenario(bench, name, s, names):
    return {"load": loads, "memory": memories, "start": starts}[s.kind](bench, name, s, names)
