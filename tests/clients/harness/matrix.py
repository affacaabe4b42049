"""What each client saw, in a file below the build directory, and pages of docs/ made of them."""

import collections
import dataclasses
import datetime
import json
import pathlib
import re

from . import HERE, judge, table

DOCS = HERE.parents[1] / "docs"
SKIPPED = 77  # of ctest
DATE = re.compile(r"\b\d{4}-\d\d-\d\d\b")


@dataclasses.dataclass(frozen=True)
class Page:
    path: pathlib.Path
    clients: dict  # by name
    head: str      # with a place for the date


LIBRARIES = Page(DOCS / "compatibility.md", table.CLIENTS, """# Compatibility

Written by the tests of [tests/clients](../tests/clients/README.md), last changed on {date}.

Each client runs behind weir against an upstream that strays as the entries of the
[catalogue](../tests/catalogue/README.md) say, and shows the same text, reasoning, tool calls, usage
and finish as with a clean answer straight from its server; where the answer is an error, it shows that
error. Agents have [a page of their own](compatibility-agents.md).
""")

AGENTS = Page(DOCS / "compatibility-agents.md", table.AGENTS, """# Compatibility of agents

Written by the long tests of [tests/clients](../tests/clients/README.md), last changed on {date}.

Each agent gets one prompt, headless, behind weir and an upstream that strays as one of the worst
entries of the [catalogue](../tests/catalogue/README.md) says. It shows the same text, calls the same
tools with the same effect, goes on with their results and ends in the same way as with a clean answer
straight from its server. Errors are not among the cases: agents answer them by asking again for minutes.

""" + ", ".join(sorted(table.WORST)) + ".\n")

PAGES = {"libraries": LIBRARIES, "agents": AGENTS}

FAMILIES = {
    "A": "annotations", "C": "content", "E": "envelopes", "F": "framing", "FR": "finishes",
    "G": "reasoning", "K": "tool calls", "M": "other payloads", "N": "several choices",
    "Q": "oddities of vendors", "R": "roles", "T": "ends", "U": "usage", "X": "errors",
}


def result_file(build, client):
    return build / "results" / f"{client.name}.json"


def write_result(path, version, cells, not_asked):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"version": version, "cells": cells, "not_asked": not_asked}),
                    encoding="utf-8")


def family(case):
    """`F` of F12-empty-object, `FR` of FR3-no-finish."""
    return re.match(r"[A-Z]+", case).group()


def _row(cells):
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


def _families(clients, results):
    return sorted({family(case) for client in clients
                   for cells in results[client.name]["cells"].values() for case in cells})


def _matrix(clients, results):
    families = _families(clients, results)
    yield _row(["client", "version", "mode", *families, "all"])
    yield _row(["---", "---", "---", *["--:"] * (len(families) + 1)])
    for client in clients:
        for mode, cells in results[client.name]["cells"].items():
            alike, ran = collections.Counter(), collections.Counter()
            for case in cells:
                for column in (family(case), "all"):
                    ran[column] += 1
                    alike[column] += case not in client.refuses
            numbers = [ran[f] if alike[f] == ran[f] else f"{alike[f]}/{ran[f]}"
                       for f in (*families, "all")]
            name = f"{client.name} (`{client.package}`)"
            yield _row([name, results[client.name]["version"], mode, *numbers])


def _section(title, lines):
    return [f"\n## {title}\n", *lines] if lines else []


def _refusals(clients):
    return [f"- {client.name}, {case}: {why}."
            for client in clients for case, why in client.refuses.items()]


def _not_asked(clients, results):
    same = collections.defaultdict(list)
    for client in clients:
        for item in collections.Counter(results[client.name]["not_asked"].values()).items():
            same[item].append(client.name)
    return [f"- {count} cases: {', '.join(names)} {why}."
            for (why, count), names in sorted(same.items())]


def _own_ways(clients):
    same = collections.defaultdict(list)
    for client in clients:
        for (mode, trait), why in client.cannot_show.items():
            same[client.name, trait, why].append(mode)
    return [f"- {name}, {' and '.join(modes)}: {why} ({judge.TRAITS[trait].__doc__})."
            for (name, trait, why), modes in same.items()]


def text(page, results, date):
    clients = page.clients.values()
    families = ", ".join(f"{f} {FAMILIES[f]}" for f in _families(clients, results))
    return "\n".join([
        page.head.format(date=date),
        "The columns are the families of the catalogue, the numbers are cases: `12` are 12 of 12 as with",
        f"the clean answer.\n\n{families}.\n",
        *_matrix(clients, results),
        *_section("Where it cannot be", _refusals(clients)),
        *_section("Not run, since the client cannot ask for it", _not_asked(clients, results)),
        *_section("What a client does by itself, with the clean answer too", _own_ways(clients)),
    ]) + "\n"


def write(build, page):
    """Exit code of the test. The page says what was seen: where a client was not run or something
    was wrong it stays as it is, and so it does where only the date is another."""
    results = {}
    for client in page.clients.values():
        file = result_file(build, client)
        if not file.exists():
            print(f"{page.path.name} stays as it is: {client.name} was not run")
            return SKIPPED
        results[client.name] = json.loads(file.read_text(encoding="utf-8"))
        if any(why for cells in results[client.name]["cells"].values() for why in cells.values()):
            print(f"{page.path.name} stays as it is: {client.name} saw something else behind weir")
            return 1
    made = text(page, results, datetime.date.today().isoformat())
    old = page.path.read_text(encoding="utf-8") if page.path.exists() else ""
    if DATE.sub("", old, count=1) == DATE.sub("", made, count=1):
        print(f"{page.path.name} says so already")
    else:
        page.path.write_text(made, encoding="utf-8")
        print(f"{page.path.name} is written anew")
    return 0
