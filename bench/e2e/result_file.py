"""The result file of bench/run: tables, what was missed, and under which conditions."""
import datetime
import json
import os
import platform
import shlex
import statistics
import subprocess
import sys
from pathlib import Path

import measure
import processes
from scenarios import FIGURES, SCENARIOS

TOP = Path(__file__).resolve().parent.parent.parent

def spread(values, digits=2):
    values = list(values)
    return (f"{statistics.median(values):.{digits}f} "
            f"({min(values):.{digits}f}-{max(values):.{digits}f})")


def slots_of(s, results):
    """The rows of a scenario: who, and all runs of it."""
    first = s.against
    rows = {who: [] for who in s.targets if who in results or who == first}
    for slot, runs in results.items():
        who = first if slot in (f"{first} a", f"{first} b") else slot
        rows[who].extend(runs)
    return rows


def ratios(s, results, who):
    """Of the first figure, round by round; whom it is compared with: the second run to the first."""
    figure = s.figures[0]
    before, behind = results[f"{s.against} a"], results[f"{s.against} b"]
    if who == s.against:
        pairs = [(b.figures[figure], a.figures[figure]) for a, b in zip(before, behind)]
    else:
        pairs = [(r.figures[figure], statistics.mean((a.figures[figure], b.figures[figure])))
                 for a, r, b in zip(before, results[who], behind)]
    return [mine / theirs if theirs else 0.0 for mine, theirs in pairs]


def added(results, who, figure, against):
    """What is above the direct way, round by round."""
    runs = results[f"{against} a"] if who == against else results[who]
    return [r.figures[figure] - d.figures[figure] for r, d in zip(runs, results["direct"])]


def scenario_table(s, results):
    figures = s.figures
    late = [f for f in figures if f.endswith("_p50") or f.endswith("_p99")] \
        if "direct" in results else []
    titles = ["through", *[FIGURES[f][0] for f in figures],
              *[f"added {FIGURES[f][0]}" for f in late], f"{FIGURES[figures[0]][0]}: ratio to "
              f"{s.against}, same round"]
    lines = ["| " + " | ".join(titles) + " |", "|---" * len(titles) + "|"]
    for who, runs in slots_of(s, results).items():
        idle = who == "direct"  # it has no program between, hence no CPU
        cells = ["" if idle and f.startswith(("cpu", "user", "events_core")) else
                 spread((r.figures[f] for r in runs), FIGURES[f][1]) for f in figures]
        cells += ["" if idle else spread(added(results, who, f, s.against), FIGURES[f][1])
                  for f in late]
        cells.append("" if idle and not figures[0].endswith("_p50") else
                     spread(ratios(s, results, who), 3) +
                     (" (against itself)" if who == s.against else ""))
        lines.append("| " + " | ".join([who, *cells]) + " |")
    return lines


def verdicts(bench, results):
    """What was wanted and not reached, and what makes the figures doubtful."""
    lines = []
    foreign = 0.0
    for name, result in results.items():
        s = SCENARIOS[name]
        ratio = statistics.median(ratios(s, result, "weir")) if "weir" in result and s.wanted else None
        title = FIGURES[s.figures[0]][0]
        if ratio is not None and s.rises and ratio < 1 / s.wanted:
            lines.append(f"- {name}: {title} are {ratio:.3f} of {s.against}'s; wanted is "
                         f"{1 / s.wanted:.2f} or more.")
        if ratio is not None and not s.rises and ratio > s.wanted:
            lines.append(f"- {name}: {title} is {ratio:.3f} of {s.against}'s; wanted is "
                         f"{s.wanted} or less.")
        nominal = s.nominal(bench.streams_of(s))
        for who, runs in slots_of(s, result).items():
            foreign = max([foreign, *[r.foreign for r in runs]])
            slow = min((r.figures.get("events_rate", nominal) for r in runs), default=nominal)
            if s.kind == "load" and slow < 0.97 * nominal:
                lines.append(f"- {name}, {who}: {slow:.0f} events/s came through of {nominal:.0f} "
                             "offered: saturated, the figure says little.")
    lines += [f"- wrong: {what}." for what in bench.broken]
    if foreign > measure.DISTURBED:
        lines.append(f"- The machine was not quiet: up to {100 * foreign:.0f} % of its CPU went to "
                     "other work in one of the runs (this includes interrupts nobody is charged "
                     "for).")
    return lines


def micro(build):
    """Runs the micro benchmarks and gives their tables."""
    tables = []
    for name in ("chat", "sse", "json_reader", "journal"):
        print(f"micro: {name}", flush=True)
        done = subprocess.run(
            [build / f"bench/{name}_bench", "--benchmark_format=json", "--benchmark_min_time=0.1",
             "--benchmark_repetitions=5", "--benchmark_report_aggregates_only=true"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=600, check=True)
        rows = {}
        for row in json.loads(done.stdout)["benchmarks"]:
            rows.setdefault(row["run_name"], {})[row["aggregate_name"]] = row
        unit = {"ns": 1, "us": 1e3, "ms": 1e6}
        what = {"json_reader": "document", "journal": "record"}.get(name, "event")
        counts = what == "event"  # allocations
        titles = ["benchmark", f"ns per {what}", "MB/s", *["allocations per event"] * counts, "spread"]
        lines = [f"**{name}_bench**", "", "| " + " | ".join(titles) + " |",
                 "|---" * len(titles) + "|"]
        for run_name, kinds in rows.items():
            row = kinds["median"]
            ns = row["cpu_time"] * unit[row["time_unit"]]
            if "event" in row:
                ns = row["event"] * 1e9
            cells = [f"`{run_name}`", f"{ns:.1f}", f"{row['bytes_per_second'] / 1e6:.0f}"]
            if counts:
                each = row.get("allocations_per_event")
                cells.append("" if each is None else f"{each:.3f}")
            cells.append(f"{100 * kinds['cv']['cpu_time']:.1f} %" if "cv" in kinds else "")
            lines.append("| " + " | ".join(cells) + " |")
        tables += [*lines, ""]
    return tables


def output_of(*command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          cwd=TOP)
    return done.stdout.strip()


def commit():
    """The commit measured, marked when files that matter differ from it."""
    name = output_of("git", "rev-parse", "--short", "HEAD")
    changed = output_of("git", "status", "--porcelain", "--", "src", "include", "cmake", "bench/e2e",
                        "bench/micro", "bench/run", "CMakeLists.txt", "CMakePresets.json")
    return name + ("-dirty" if changed else "")


def environment(facts):
    bench = facts.bench
    a, build = bench.options, bench.build
    cache = dict(line.split("=", 1) for line in (build / "CMakeCache.txt").read_text().splitlines()
                 if "=" in line and not line.startswith(("#", "//")))
    setting = {key.split(":")[0]: value for key, value in cache.items()}
    compiler = setting["CMAKE_CXX_COMPILER"]
    flags = setting.get("CMAKE_CXX_FLAGS_RELEASE", "")
    if setting.get("CMAKE_INTERPROCEDURAL_OPTIMIZATION", "OFF").upper() in ("ON", "TRUE", "1"):
        flags += " with link-time optimization"
    cpu = next((line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
                if line.startswith("model name")), platform.machine())
    kernel = platform.release().split("-")[0]
    peers = f"{output_of('nginx', '-v').split(': ')[-1]}: proxy_pass, proxy_buffering off, HTTP/1.1 " \
            "keep-alive upstream, reuseport; "
    if "haproxy" in a.chosen:
        version = output_of("haproxy", "-v").splitlines()[0].split(" - ")[0]
        peers += f"{version}: http-reuse always, no log; "
    if "relay" in a.chosen:
        peers += "a relay of bytes (bench/e2e/relay.cpp); "
    return [
        f"- commit {commit()}, {setting['CMAKE_BUILD_TYPE']}: "
        f"{output_of(compiler, '--version').splitlines()[0]}, {flags}",
        f"- {peers}weir: one upstream, metrics, journal and SQLite ledger on "
        f"{facts.filesystem}, a price; each with {processes.WORKERS} workers; nginx and weir write "
        "an access log to /dev/null",
        f"- {cpu}, {os.cpu_count()} cores, Linux {kernel}, loopback, plain TCP; emitter "
        "and load generator on the same cores, one thread each",
        f"- {bench.streams} streams where a scenario does not say how many, events of 300 bytes; "
        f"{a.rounds} rounds, {a.seconds:g} s each run; {bench.files} file descriptors",
        f"- load average before: {facts.load_before:.2f}",
        f"- command: `{shlex.join(['bench/run', *sys.argv[1:]])}`",
    ]


def report(facts, results, tables):
    """The whole file. `facts`: bench, load_before, filesystem."""
    bench = facts.bench
    lines = [f"# weir beside nginx, HAProxy and a bare relay, {datetime.date.today()}, {commit()}", "",
             *environment(facts), "",
             "Median (least-most). CPU is what the kernel charges all processes and threads of the "
             "target (user and kernel time) over the events or requests that came through meanwhile. "
             "A ratio is that of the first column to the mean of the two runs of nginx in the same "
             "round; nginx's own is the second run of a round over the first: the noise. Times "
             "begin and end in the load generator, a delay in the emitter; `added` is what is above "
             "the direct way in the same round.", ""]
    for name, result in results.items():
        s = SCENARIOS[name]
        streams = bench.streams_of(s)
        count = "" if s.kind == "start" else f" ({streams} at once)"
        few = f" {s.streams} do not fit: {bench.files} file descriptors." \
            if s.kind == "memory" and bench.most_streams < s.streams else ""
        lines += [f"## {name}", "", f"{s.about[0].upper()}{s.about[1:]}{count}.{few}", "",
                  *scenario_table(s, result), ""]
    lines += ["## Checked", "",
              f"{bench.right} answers to their end: text by hash, no error frame, `[DONE]` where it is "
              "due; as many records in the ledger as answers that came through weir. "
              f"Wrong: {len(bench.broken)}. Measured again because other work took more than "
              f"{100 * measure.DISTURBED:.0f} % of the machine: {bench.quiet.discarded} times.", "",
              "## Missed", "", *(verdicts(bench, results) or ["- Nothing of what is wanted above."])]
    if tables:
        lines += ["", "## Micro benchmarks", "",
                  "Median CPU time of 5 repetitions; spread is their standard deviation over their "
                  "mean. chat_bench is the whole pure path: parser, reader, decoder, machine, "
                  "encoder; `8_per_read` is 8 events in one read. journal_bench: what one record "
                  "takes, wanted is less than 2,000 ns.", "", *tables]
    return "\n".join(lines).rstrip() + "\n"
