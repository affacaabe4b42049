#!/usr/bin/env python3
"""Breaks one line of weir after the other and shows that a test notices.

usage: run.py [--check] [--list] [--only CLAUSE|FILE]... [--work DIR] [--jobs N]

Beside this file lie the mutants, *.mutants in the form that README.md describes, and clauses.txt, the
clauses that must have one. `--check` compares both with the sources and builds nothing. Otherwise a
copy of the tree is built without sanitizers in DIR, its tests are seen to pass, and then each mutant
is put in its place, built and tested. A mutant that no test notices has survived; one that does not
compile is an error. Both make the exit code 1.
"""

import argparse
import dataclasses
import os
import pathlib
import re
import resource
import shutil
import signal
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
COPIED = ("CMakeLists.txt", "cmake", "docs", "include", "src", "examples", "tests", "fuzz")

# The programs that test a layer, the most likely to notice first.
PROGRAMS = {"sse": ["sse_test", "openai_test"], "json": ["json_test", "openai_test"],
            "openai": ["openai_test"], "proxy": ["proxy_test"]}
# Slow, and about how the input is split; the judge's own tests read none of the code that is broken.
# A mutant that needs one of them names it.
QUICK = "-*EverySplit*:*EveryPair*:*EveryCut*:*EveryPrefix*:*NoSplit*:ChatLint*:CompletionLint*"
# A mutant may never come to an end. What a busy machine does not let finish is no mutant killed.
CPU_SECONDS = 300
WALL_SECONDS = 1800


class Problem(Exception):
    """The mutants, or the tree they are to be tried on, are not as they should be."""


@dataclasses.dataclass(frozen=True)
class Mutant:
    clause: str
    file: str
    old: str
    new: str
    tests: tuple  # of (program, filter)
    place: str

    def apply_to(self, text):
        """`text` with the one line changed; its indentation stays."""
        lines = text.split("\n")
        at = [i for i, line in enumerate(lines) if line.strip() == self.old]
        if len(at) != 1:
            raise Problem(f"{self.place}: {self.file} has its old line {len(at)} times, not once")
        line = lines[at[0]]
        lines[at[0]] = line[:len(line) - len(line.lstrip())] + self.new
        return "\n".join(lines)


# --- Reading --------------------------------------------------------------------------------------


def read_mutants(path):
    """Blocks with blank lines between them: `CLAUSE FILE`, `- old`, `+ new`, any `> PROGRAM FILTER`."""
    block, start = [], 0
    for number, line in enumerate(path.read_text(encoding="utf-8").split("\n") + [""], 1):
        line = line.strip()
        if line.startswith("#"):
            continue
        if line:
            start = start if block else number
            block.append(line)
        elif block:
            yield read_block(block, f"{path.name}:{start}")
            block = []


def read_block(block, place):
    head = re.fullmatch(r"([A-Z]+-\d+) (\S+)", block[0])
    marks = [line[:2] for line in block[1:]]
    if not head or marks[:2] != ["- ", "+ "] or set(marks[2:]) - {"> "}:
        raise Problem(f"{place}: not `CLAUSE FILE`, `- old`, `+ new` and perhaps `> PROGRAM FILTER`")
    clause, file = head.groups()
    layer = pathlib.PurePath(file).parts[1]
    named = [line[2:].split() for line in block[3:]]
    if any(len(words) != 2 for words in named) or not (named or layer in PROGRAMS):
        raise Problem(f"{place}: which program is to notice, with which filter?")
    tests = tuple(map(tuple, named)) or tuple((program, QUICK) for program in PROGRAMS[layer])
    return Mutant(clause, file, block[1][2:].strip(), block[2][2:].strip(), tests, place)


def read_clauses(path):
    """The clauses that bind, and those of them that have no mutant, with the reason."""
    bound, without = [], {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        match = re.fullmatch(r"([A-Z]+)-(\d+)(?:\.\.(\d+)|: (.+))?", line)
        if not match:
            raise Problem(f"{path.name}:{number}: neither clauses nor a clause with its reason")
        name, first, last, reason = match.groups()
        if reason:
            without[f"{name}-{first}"] = reason
        else:
            bound += [f"{name}-{n}" for n in range(int(first), int(last or first) + 1)]
    return bound, without


def check(mutants, root, bound, without):
    """What is wrong with the mutants as they stand; empty when they can be tried."""
    found = []
    for mutant in mutants:
        path = root / mutant.file
        if mutant.old == mutant.new:
            found.append(f"{mutant.place}: changes nothing")
        elif not path.is_file():
            found.append(f"{mutant.place}: {mutant.file} does not exist")
        else:
            try:
                mutant.apply_to(path.read_text(encoding="utf-8"))
            except Problem as problem:
                found.append(str(problem))
        if mutant.clause not in bound:
            found.append(f"{mutant.place}: {mutant.clause} is not in clauses.txt")
    broken = {mutant.clause for mutant in mutants}
    for clause in bound:
        if (clause in broken) == (clause in without):
            found.append(f"{clause}: needs a mutant, or a reason why it has none, and not both")
    found += [f"{clause}: has a reason, but does not bind" for clause in without if clause not in bound]
    return found


# --- Trying ---------------------------------------------------------------------------------------


class Tree:
    """A copy of the sources with its own build."""

    def __init__(self, work, jobs):
        self.root, self.jobs = work / "tree", jobs
        self.build_folder = self.root / "build"
        self.sources = {}  # of the files that mutants change, as they were copied
        self.changed = None  # the file that holds a mutant

    def copy(self, files):
        """Brings the copy up to date and leaves what is the same alone, for the sake of the build.
        Whoever goes on working in the tree does not disturb the run."""
        wanted = set()
        for name in COPIED:
            top = ROOT / name
            for source in [top] if top.is_file() else sorted(top.rglob("*")):
                if source.is_dir() or "__pycache__" in source.parts:
                    continue
                target = self.root / source.relative_to(ROOT)
                wanted.add(target)
                if target.is_file() and target.read_bytes() == source.read_bytes():
                    continue
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, target)
        for name in COPIED:
            for target in sorted((self.root / name).rglob("*")):
                if target.is_file() and target not in wanted:
                    target.unlink()
        self.sources = {file: (self.root / file).read_text(encoding="utf-8") for file in files}

    def configure(self):
        made = run(["cmake", "-S", self.root, "-B", self.build_folder, "-G", "Ninja",
                    "-DCMAKE_BUILD_TYPE=Debug", "-DCMAKE_CXX_FLAGS_DEBUG=-O0",
                    "-DCMAKE_GTEST_DISCOVER_TESTS_DISCOVERY_MODE=PRE_TEST"])
        if made.returncode:
            raise Problem(f"the copy cannot be configured:\n{made.stdout}")

    def build(self, programs):
        made = run(["cmake", "--build", self.build_folder, "-j", str(self.jobs), "--target", *programs])
        if made.returncode:
            errors = [line for line in made.stdout.splitlines() if "error:" in line]
            raise Problem("\n".join(errors) or made.stdout)

    def put(self, mutant):
        """Puts the mutant in its place; None puts everything right again."""
        if self.changed and (mutant is None or mutant.file != self.changed):
            (self.root / self.changed).write_text(self.sources[self.changed], encoding="utf-8")
            self.changed = None
        if mutant:
            text = mutant.apply_to(self.sources[mutant.file])
            (self.root / mutant.file).write_text(text, encoding="utf-8")
            self.changed = mutant.file

    def first_failure(self, program, tests):
        """The test that fails first, or None when all pass."""
        try:
            result = run([self.build_folder / "tests" / program, f"--gtest_filter={tests}"],
                         timeout=WALL_SECONDS, env={**os.environ, "GTEST_FAIL_FAST": "1"},
                         preexec_fn=limit_cpu)
        except subprocess.TimeoutExpired:
            raise Problem(f"{program} was not over after {WALL_SECONDS} s") from None
        if result.returncode == -signal.SIGXCPU:
            return f"no end within {CPU_SECONDS} s of computing"
        ran = re.findall(r"^\[ RUN      \] (\S+)", result.stdout, flags=re.M)
        if not ran:
            raise Problem(f"{program} has no test {tests}")
        failed = re.search(r"^\[  FAILED  \] ([\w./]+)", result.stdout, flags=re.M)
        if result.returncode == 0:
            return None
        return failed.group(1) if failed else f"{ran[-1]} ends with {result.returncode}"


def limit_cpu():
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS + 1))


def run(command, **options):
    return subprocess.run([str(word) for word in command], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, errors="replace", **options)


def say(text):
    print(text, file=sys.stderr, flush=True)


def programs_of(mutants):
    return sorted({program for mutant in mutants for program, _ in mutant.tests})


def see_the_tests_pass(tree, mutants):
    say(f"building {', '.join(programs_of(mutants))}")
    tree.build(programs_of(mutants))
    for program, tests in sorted({test for mutant in mutants for test in mutant.tests}):
        failed = tree.first_failure(program, tests)
        if failed:
            raise Problem(f"{program}: {failed} fails without any mutant")


def try_mutant(tree, mutant):
    """What came of it (killed, survived, error), and the test or the error."""
    tree.put(mutant)
    try:
        for program, tests in mutant.tests:
            tree.build([program])
            failed = tree.first_failure(program, tests)
            if failed:
                return "killed", failed
        return "survived", ""
    except Problem as problem:
        return "error", str(problem)


def try_all(tree, mutants):
    tree.copy({mutant.file for mutant in mutants})
    tree.configure()
    see_the_tests_pass(tree, mutants)
    counts = {"killed": 0, "survived": 0, "error": 0}
    # Those of a file one after the other: it is compiled once for each, and once more at the end.
    for number, mutant in enumerate(sorted(mutants, key=lambda m: m.file), 1):
        begin = time.monotonic()
        what, why = try_mutant(tree, mutant)
        counts[what] += 1
        say(f"{number} of {len(mutants)}, {time.monotonic() - begin:.0f} s")
        print(f"{what:8}  {mutant.clause:8}  {mutant.place:16}  {mutant.file}  {why}", flush=True)
    tree.put(None)
    print(", ".join(f"{count} {what}" for what, count in counts.items()))
    return counts["survived"] + counts["error"]


def wanted_by(options, mutants):
    if not options.only:
        return mutants
    chosen = [m for m in mutants if m.clause in options.only or m.file in options.only]
    if not chosen:
        raise Problem(f"no mutant of {', '.join(options.only)}")
    return chosen


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--check", action="store_true", help="compare with the sources, build nothing")
    parser.add_argument("--list", action="store_true", help="print the mutants, build nothing")
    parser.add_argument("--only", action="append", help="a clause, or a file of src/")
    parser.add_argument("--work", type=pathlib.Path, default=ROOT / "build/mutants")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    options = parser.parse_args()
    try:
        files = sorted(HERE.glob("*.mutants"))
        mutants = [mutant for path in files for mutant in read_mutants(path)]
        bound, without = read_clauses(HERE / "clauses.txt")
        found = check(mutants, ROOT, bound, without)
        for finding in found:
            print(finding)
        if found:
            return 1
        mutants = wanted_by(options, mutants)
        if options.list or options.check:
            for mutant in mutants if options.list else []:
                print(f"{mutant.clause:8}  {mutant.file}\n    - {mutant.old}\n    + {mutant.new}")
            print(f"{len(mutants)} mutants of {len({m.clause for m in mutants})} clauses; "
                  f"{len(without)} clauses have none")
            return 0
        return 1 if try_all(Tree(options.work.resolve(), options.jobs), mutants) else 0
    except Problem as problem:
        print(problem)
        return 1


if __name__ == "__main__":
    sys.exit(main())
