"""What each client saw, in a file below the build directory, and docs/compatibility.md made of all."""

import collections
import datetime
import json
import re

from . import HERE, judge, table

PAGE = HERE.parents[1] / "docs/compatibility.md"
SKIPPED = 77  # of ctest
DATE = re.compile(r"\b\d{4}-\d\d-\d\d\b")

HEAD = """# Compatibility

Written by the tests of [tests/clients](../tests/clients/README.md), last changed on {date}.

Each client runs behind weir against an upstream that strays as the entries of the
[catalogue](../tests/catalogue/README.md) say, and shows the same text, reasoning, tool calls, usage and finish as with
a clean answer straight from its server; where the answer is an error, it shows that error. The numbers are cases:
`12` are 12 of 12 as with the clean answer. The columns are the families of the catalogue: {families}.
"""

FAMILIES = {
    "A": "annotations", "C": "content", "E": "envelopes", "F": "framing", "FR": "finishes",
    "G": "reasoning", "K": "tool calls", "M": "other payloads", "N": "several choices", "Q": "oddities of vendors",
    "R": "roles", "T": "ends", "U": "usage", "X": "errors",
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


def _reasons(clients, results):
    yield "\n## Where it cannot be\n"
    for client in clients:
        for case, why in client.refuses.items():
            yield f"- {client.name}, {case}: {why}."
    yield "\n## What a client cannot ask for\n\nThese cases are not run.\n"
    same = collections.defaultdict(list)
    for client in clients:
        for item in collections.Counter(results[client.name]["not_asked"].values()).items():
            same[item].append(client.name)
    for (why, count), names in sorted(same.items()):
        yield f"- {count} cases: {', '.join(names)} {why}."
    yield "\n## What a client does by itself\n\nAs much with the clean answer.\n"
    for client in clients:
        whys = collections.defaultdict(list)
        for (mode, trait), why in client.cannot_show.items():
            whys[trait, why].append(mode)
        for (trait, why), modes in sorted(whys.items()):
            yield f"- {client.name}, {' and '.join(modes)}: {why} ({judge.TRAITS[trait].__doc__})."


def page(clients, results, date):
    families = ", ".join(f"{f} {FAMILIES[f]}" for f in _families(clients, results))
    parts = [HEAD.format(date=date, families=families), *_matrix(clients, results), *_reasons(clients, results)]
    return "\n".join(parts) + "\n"


def write(build, path=PAGE, clients=tuple(table.CLIENTS.values())):
    """Exit code of the test. The page says what was seen: where a client was not run or something was
    wrong it stays as it is, and so it does where only the date is another."""
    results = {}
    for client in clients:
        file = result_file(build, client)
        if not file.exists():
            print(f"{path.name} stays as it is: {client.name} was not run")
            return SKIPPED
        results[client.name] = json.loads(file.read_text(encoding="utf-8"))
        if any(why for cells in results[client.name]["cells"].values() for why in cells.values()):
            print(f"{path.name} stays as it is: {client.name} saw something else behind weir")
            return 1
    made = page(clients, results, datetime.date.today().isoformat())
    old = path.read_text(encoding="utf-8") if path.exists() else ""
    if DATE.sub("", old, count=1) == DATE.sub("", made, count=1):
        print(f"{path.name} says so already")
    else:
        path.write_text(made, encoding="utf-8")
        print(f"{path.name} is written anew")
    return 0
