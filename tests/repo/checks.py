"""Checks of the repository itself: layering, format, size, marks, links, scripts, clang-tidy.

usage: checks.py NAME [--root DIR] [--build DIR]

Each check is a function from the root of a tree to a list of findings; checks_test.py shows each of
them finding something in a small bad tree. Headers that do not compile alone are found by the
build: cmake/weir_header_check.cmake.
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import re
import subprocess
import sys

CODE_FOLDERS = ("include", "src", "examples", "tests", "fuzz", "bench")
CODE_SUFFIXES = (".h", ".cpp")
TEXT_SUFFIXES = CODE_SUFFIXES + (".py", ".sh", ".cmake", ".txt", ".md", ".yml", ".yaml", ".json")
SKIPPED_FOLDERS = {".git", "build", ".cache", "__pycache__", "data", "corpus", "results"}
MAX_LINES = 600
TOOL_VERSION = "-14"


def files(root, suffixes, folders=None):
    """Every file below `root` with one of `suffixes`, in a stable order; data is left out."""
    tops = [root / f for f in folders] if folders else [root]
    found = []
    for top in tops:
        for where, inner, names in os.walk(top):
            inner[:] = sorted(d for d in inner if d not in SKIPPED_FOLDERS)
            found += [pathlib.Path(where) / n for n in sorted(names) if n.endswith(suffixes)]
    return found


def code(root):
    return files(root, CODE_SUFFIXES, CODE_FOLDERS)


def relative(root, path):
    return path.relative_to(root).as_posix()


# --- layers ---------------------------------------------------------------------------------------

POSIX_HEADER = re.compile(
    r"(sys|netinet|arpa|net|linux)/|"
    r"(unistd|fcntl|poll|netdb|signal|pthread|pwd|termios|getopt|sysexits|errno|time|dirent|spawn)\.h$")
IMPURE_HEADER = re.compile(
    r"(thread|mutex|shared_mutex|condition_variable|future|random|fstream|iostream|filesystem|"
    r"ctime|csignal|semaphore|latch|barrier|stop_token)$")
IMPURE_WORD = re.compile(
    r"\b(system_clock|steady_clock|high_resolution_clock|utc_clock|random_device|mt19937\w*|"
    r"thread_local|getenv|this_thread)\b|\bnow\s*\(\s*\)|\bstd::(time|clock|rand|srand)\b")
INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)')


class Layer:
    def __init__(self, level, name, uses, third_party):
        self.level, self.name, self.uses, self.third_party = level, name, uses, third_party
        self.pure = level <= 2


def read_layers(root):
    layers = {}
    for line in (root / "tests/repo/layers.txt").read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            level, name, uses, third_party = (column.strip() for column in line.split("|"))
            layers[name] = Layer(int(level[1:]), name, set(uses.split()), third_party.split())
    return layers


def without_comments_and_strings(text):
    pattern = r'//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\''
    return re.sub(pattern, lambda m: "\n" * m.group().count("\n") or " ", text, flags=re.S)


def check_table(layers):
    for layer in layers.values():
        for used in sorted(layer.uses):
            if used not in layers:
                yield f"layers.txt: {layer.name} names the unknown layer {used}"
            elif layers[used].level >= layer.level:
                yield f"layers.txt: {layer.name} (L{layer.level}) may not use {used} (L{layers[used].level})"


def check_targets(root, layers):
    """The link graph says what the table says."""
    for folder in sorted(p for p in (root / "src").iterdir() if p.is_dir()):
        where = f"src/{folder.name}/CMakeLists.txt"
        if folder.name not in layers:
            yield f"src/{folder.name}: not a layer of layers.txt"
            continue
        listing = folder / "CMakeLists.txt"
        text = re.sub(r"#[^\n]*", "", listing.read_text()) if listing.exists() else ""
        call = re.search(r"weir_layer\(\s*(\w+)([^)]*)\)", text)
        if not call or call.group(1) != folder.name:
            yield f"{where}: no weir_layer({folder.name} ...)"
            continue
        uses = re.search(r"\bUSES\b(.*?)(\bLINKS\b|$)", call.group(2), flags=re.S)
        uses = set(uses.group(1).split()) if uses else set()
        for name in sorted(uses ^ layers[folder.name].uses):
            side = "the target uses" if name in uses else "layers.txt allows"
            yield f"{where}: only {side} {name}"


def check_file(root, path, layers):
    parts = path.relative_to(root).parts
    public = parts[0] == "include"
    name = parts[2] if public else parts[1]
    where = relative(root, path)
    if name not in layers:
        yield f"{where}: {name} is not a layer of layers.txt"
        return
    layer = layers[name]
    header = path.suffix == ".h"
    text = path.read_text(encoding="utf-8")

    for number, line in enumerate(text.splitlines(), 1):
        match = INCLUDE.match(line)
        if not match:
            continue
        at = f"{where}:{number}"
        own, system = match.groups()
        if own:
            folders = own.split("/")
            if folders[0] == "weir":
                folders = folders[1:]
            elif public:
                yield f"{at}: a public header includes the private {own}"
            if len(folders) < 2 or folders[0] not in layers:
                yield f'{at}: "{own}" does not name a layer (write "weir/LAYER/..." or "LAYER/...")'
            elif folders[0] != name and folders[0] not in layer.uses:
                yield f"{at}: {name} may not include {folders[0]}"
            continue
        posix = POSIX_HEADER.match(system) is not None
        standard = re.fullmatch(r"[a-z_0-9]+|\w+intrin\.h|arm_neon\.h", system) is not None
        if layer.pure and (posix or IMPURE_HEADER.match(system)):
            yield f"{at}: {name} is pure, <{system}> is not"
        elif not posix and not standard:
            if not any(system.startswith(prefix) for prefix in layer.third_party):
                yield f"{at}: {name} may not include <{system}>"
            elif header and layer.pure:
                yield f"{at}: <{system}> in a header of a pure layer"

    if layer.pure:
        for number, line in enumerate(without_comments_and_strings(text).splitlines(), 1):
            for match in IMPURE_WORD.finditer(line):
                yield f"{where}:{number}: {name} is pure, {match.group()} is not"


def layers(root):
    table = read_layers(root)
    found = list(check_table(table)) + list(check_targets(root, table))
    for path in files(root, CODE_SUFFIXES, ("include/weir", "src")):
        found += check_file(root, path, table)
    return found


# --- text -----------------------------------------------------------------------------------------

def size(root):
    found = []
    for path in code(root):
        lines = path.read_bytes().count(b"\n")
        if lines > MAX_LINES:
            found.append(f"{relative(root, path)}: {lines} lines, at most {MAX_LINES}")
    return found


def marks(root):
    """A note to oneself names the condition under which it falls due, or it does not stand here."""
    always = re.compile(r"\b(%s)\b" % "|".join(("FIX" + "ME", "XX" + "X", "HA" + "CK")))
    bare = re.compile(r"\bTO" + r"DO\b(?!\(when [^)]+\))")
    found = []
    for path in files(root, TEXT_SUFFIXES) + scripts(root):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            match = always.search(line) or bare.search(line)
            if match:
                found.append(f"{relative(root, path)}:{number}: {match.group()}")
    return found


def headers(root):
    found = []
    for path in code(root):
        if path.suffix == ".h" and not path.read_text(encoding="utf-8").startswith("#pragma once\n"):
            found.append(f"{relative(root, path)}: does not begin with #pragma once")
    return found


def links(root):
    found = []
    for path in files(root, (".md",)):
        text = re.sub(r"^```.*?^```", "", path.read_text(encoding="utf-8"), flags=re.S | re.M)
        text = re.sub(r"`[^`\n]*`", "", text)
        targets = re.findall(r"\]\(<?([^)\s>]+)[^)]*\)", text)
        targets += re.findall(r"^\[[^\]]+\]:\s*(\S+)", text, flags=re.M)
        for target in targets:
            file = target.partition("#")[0]
            if file and not re.match(r"[a-z][a-z0-9+.-]*:", file):
                base = root / file.lstrip("/") if file.startswith("/") else path.parent / file
                if not base.exists():
                    found.append(f"{relative(root, path)}: {target} does not exist")
    return found


# --- tools ----------------------------------------------------------------------------------------

def run(command):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def scripts(root):
    """Files that bash is to run: *.sh, and whatever begins with a bash line."""
    found = []
    for where, inner, names in os.walk(root):
        inner[:] = sorted(d for d in inner if d not in SKIPPED_FOLDERS)
        for name in sorted(names):
            path = pathlib.Path(where) / name
            if name.endswith(".sh"):
                found.append(path)
            elif "." not in name and path.is_file():
                with path.open("rb") as file:
                    if re.match(rb"#!.*\bbash\b", file.readline(80)):
                        found.append(path)
    return found


def shell(root):
    found = []
    for path in scripts(root):
        result = run(["bash", "-n", str(path)])
        if result.returncode:
            found.append(result.stdout.strip() or f"{relative(root, path)}: bash -n fails")
        if not path.name.endswith(".sh") and not os.access(path, os.X_OK):
            found.append(f"{relative(root, path)}: not executable")
    return found


def format(root):
    paths = [str(p) for p in code(root)]
    result = run(["clang-format" + TOOL_VERSION, "--dry-run", "-Werror", "-style=file"] + paths)
    found = sorted({li.split(":")[0] + ": not formatted"
                    for li in result.stdout.splitlines() if "error:" in li})
    if result.returncode and not found:
        found = [result.stdout.strip() or "clang-format fails"]
    return found


def tidy(root, build):
    units = [u["file"] for u in json.loads((build / "compile_commands.json").read_text())]
    units = sorted({u for u in units if pathlib.Path(u).is_relative_to(root / "src")})
    if not units:
        return ["no translation unit of src/ in compile_commands.json"]

    def one(unit):
        return run(["clang-tidy" + TOOL_VERSION, "--quiet", "-p", str(build), unit])

    found = []
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for unit, result in zip(units, pool.map(one, units)):
            lines = [li for li in result.stdout.splitlines() if re.search(r"(warning|error): ", li)]
            if result.returncode and not lines:
                lines = [f"{unit}: {result.stdout.strip()}"]
            found += lines
    return sorted(set(found))


CHECKS = {f.__name__: f for f in (layers, format, size, marks, headers, links, shell, tidy)}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("check", choices=sorted(CHECKS))
    parser.add_argument("--root", type=pathlib.Path, default=pathlib.Path(__file__).parents[2])
    parser.add_argument("--build", type=pathlib.Path, help="with compile_commands.json (tidy)")
    options = parser.parse_args()
    root = options.root.resolve()
    if options.check == "tidy":
        found = tidy(root, (options.build or root / "build/clang").resolve())
    else:
        found = CHECKS[options.check](root)
    for finding in found:
        print(finding)
    print(f"{options.check}: {len(found)} findings")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
