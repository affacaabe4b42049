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

TOP = Path(__file__).resolve().parent.parent.parent
# What weir wants to reach, beside nginx in the same round.
WANTED_RATIO = 0.95


def spread(values, digits=2):
    values = list(values)
    return (f"{statistics.median(values):.{digits}f} "
            f"({min(values):.{digits}f}-{max(values):.{digits}f})")


def ratios(result):
    return [w.cpu / statistics.mean((a.cpu, b.cpu)) for a, w, b in
            zip(result["nginx a"], result["weir"], result["nginx b"])]


def event_table(results):
    lines = ["| stream | through | CPU us per event | user | kernel | ratio to nginx, same round | "
             "delay p50 us | delay p99 us | RSS MiB | private MiB |",
             "|---|---|---|---|---|---|---|---|---|---|"]
    for name, result in results.items():
        both = result["nginx a"] + result["nginx b"]
        noise = [b.cpu / a.cpu for a, b in zip(result["nginx a"], result["nginx b"])]
        for who, runs, ratio in (("direct", result["direct"], None), ("nginx", both, noise),
                                 ("weir", result["weir"], ratios(result))):
            delays = [spread((r.delay[q] for r in runs), 0) for q in ("p50", "p99")]
            if ratio is None:
                cells = ["", "", "", "", *delays, "", ""]
            else:
                cells = [spread(r.cpu for r in runs),
                         f"{statistics.median(r.user for r in runs):.2f}",
                         f"{statistics.median(max(0, r.cpu - r.user) for r in runs):.2f}",
                         spread(ratio, 3) + (" (against itself)" if who == "nginx" else ""),
                         *delays,
                         f"{statistics.median(r.rss for r in runs):.1f}",
                         f"{statistics.median(r.private for r in runs):.1f}"]
            lines.append("| " + " | ".join([name, who, *cells]) + " |")
    return lines


def verdicts(results, nominal, disturbed):
    """What was wanted and not reached, and what makes the figures doubtful."""
    lines = []
    for name, result in results.items():
        ratio = statistics.median(ratios(result))
        if ratio > WANTED_RATIO:
            lines.append(f"- {name}: CPU per event is {ratio:.3f} of nginx's; "
                         f"wanted is {WANTED_RATIO} or less.")
        both = result["nginx a"] + result["nginx b"]
        for q in ("p50", "p99"):
            ours = statistics.median(r.delay[q] for r in result["weir"])
            theirs = statistics.median(r.delay[q] for r in both)
            if ours > theirs:
                lines.append(f"- {name}: the delay's {q} is {ours:.0f} us behind weir and "
                             f"{theirs:.0f} us behind nginx; wanted is no more than nginx.")
        for who, runs in result.items():
            for r in runs:
                if r.faults:
                    lines.append(f"- {name}, {who}: faulty streams: {r.faults}.")
                if r.rate < 0.97 * nominal:
                    lines.append(f"- {name}, {who}: {r.rate:.0f} events/s came through of "
                                 f"{nominal:.0f} offered: saturated, the figure says little.")
    every = [r for result in results.values() for runs in result.values() for r in runs]
    foreign = max(r.foreign for r in every)
    if foreign > disturbed:
        lines.append(f"- The machine was not quiet: up to {100 * foreign:.0f} % of its CPU went to "
                     "other work in one of the runs (this includes interrupts nobody is charged "
                     "for).")
    return lines


def micro(build):
    """Runs the micro benchmarks and gives their tables."""
    tables = []
    for name in ("chat", "sse", "json_reader"):
        print(f"micro: {name}", flush=True)
        done = subprocess.run(
            [build / f"bench/{name}_bench", "--benchmark_format=json", "--benchmark_min_time=0.1",
             "--benchmark_repetitions=5", "--benchmark_report_aggregates_only=true"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=600, check=True)
        rows = {}
        for row in json.loads(done.stdout)["benchmarks"]:
            rows.setdefault(row["run_name"], {})[row["aggregate_name"]] = row
        unit = {"ns": 1, "us": 1e3, "ms": 1e6}
        lines = [f"**{name}_bench**", "", "| benchmark | ns per event | MB/s | allocations per "
                 "event | spread |" if name != "json_reader" else
                 "| benchmark | ns per document | MB/s | spread |",
                 "|---|---|---|---|---|" if name != "json_reader" else "|---|---|---|---|"]
        for run_name, kinds in rows.items():
            row = kinds["median"]
            ns = row["cpu_time"] * unit[row["time_unit"]]
            if "event" in row:
                ns = row["event"] * 1e9
            cells = [f"`{run_name}`", f"{ns:.1f}", f"{row['bytes_per_second'] / 1e6:.0f}"]
            if name != "json_reader":
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
    a, build, streams = facts.options, facts.build, facts.streams
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
    rate = streams * a.per_write * 1000 // a.interval_ms
    return [
        f"- commit {commit()}, {setting['CMAKE_BUILD_TYPE']}: "
        f"{output_of(compiler, '--version').splitlines()[0]}, {flags}",
        f"- {output_of('nginx', '-v').split(': ')[-1]}: proxy_pass, proxy_buffering off, HTTP/1.1 "
        "keep-alive upstream, reuseport, 2 workers; weir: 2 workers, one upstream; both write an "
        "access log to /dev/null",
        f"- {cpu}, {os.cpu_count()} cores, Linux {kernel}, loopback, plain TCP; emitter "
        "and load generator on the same cores, one thread each",
        f"- {streams} streams, one write of {a.per_write} event{'s' * (a.per_write > 1)} each "
        f"{a.interval_ms} ms: {rate} events/s of 300 bytes; {a.rounds} rounds of nginx, weir, nginx, "
        f"{a.seconds:g} s each; no stream begins or ends while it is measured",
        f"- load average before: {facts.load_before}",
        f"- command: `{shlex.join(['bench/run', *sys.argv[1:]])}`",
    ]


def report(facts, results, tables):
    """The whole file. `facts`: options, build, streams, shapes (what each is), load_before, and
    discarded rounds with the share of foreign work (disturbed) that discarded them."""
    a = facts.options
    nominal = facts.streams * a.per_write * 1000 / a.interval_ms
    missed = verdicts(results, nominal, facts.disturbed) or ["- Nothing of what is listed above."]
    every = [r for result in results.values() for runs in result.values() for r in runs]
    lines = [f"# CPU per relayed event, {datetime.date.today()}, {commit()}", "",
             *environment(facts), "",
             *[f"- **{name}**: {facts.shapes[name]}" for name in results], "",
             *event_table(results), "",
             "Median (least-most). CPU is what the kernel charges all processes and threads of the "
             "target (user and kernel time) over the events that arrived meanwhile. nginx's ratio is the second run of a round over the "
             "first: the noise. Delay is one way, from the emitter's write to the load generator's "
             "read. RSS counts pages that nginx's processes share once for each.", "",
             f"Checked: {sum(r.streams_right for r in every)} streams to their end, text by hash, "
             f"`[DONE]` where it is due; {sum(sum(r.faults.values()) for r in every)} faults. "
             f"Measured again because other work took more than {100 * facts.disturbed:.0f} % of the "
             f"machine: {facts.discarded} times.", "",
             "## Missed", "", *missed]
    if tables:
        lines += ["", "## Micro benchmarks", "",
                  "Median CPU time of 5 repetitions; spread is their standard deviation over their "
                  "mean. chat_bench is the whole pure path: parser, reader, decoder, machine, "
                  "encoder; `8_per_read` is 8 events in one read.", "", *tables]
    return "\n".join(lines).rstrip() + "\n"
