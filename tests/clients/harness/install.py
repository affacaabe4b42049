"""Installs a pinned manifest into the build directory, once: a second run finds it there.

What a manifest asks for comes from the registry that npm or pip is configured for. Where that does
not answer or does not have it, or the program itself is missing, the client is not run: `NotHere`.
Any other failure is one of the manifest, and an error.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys

from . import HERE

PATIENCE = 160  # seconds for one manifest; a registry that answers needs a few
NO_ANSWER = re.compile(
    r"ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|"
    r"ERR_SOCKET_TIMEOUT|ENOTCACHED|code E5\d\d|connection broken by|NewConnectionError|"
    r"Read timed out|Temporary failure in name resolution|Network is unreachable")
NOT_THERE = re.compile(r"code E40[134]|ETARGET|No matching distribution found for \S+")
NPM = ["--no-audit", "--no-fund", "--no-update-notifier", "--prefer-offline",
       "--ignore-scripts", "--fetch-retries=1", "--fetch-retry-mintimeout=1000",
       "--fetch-timeout=20000"]


class NotHere(Exception):
    """The machine or its registry does not have what the client needs."""


def _run(command, folder):
    who = "pip" if "pip" in command else command[0]
    try:
        done = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=PATIENCE, check=False)
    except FileNotFoundError:
        raise NotHere(f"{who} is not installed") from None
    except subprocess.TimeoutExpired:
        raise NotHere(f"{who} was not through in {PATIENCE} seconds") from None
    if done.returncode == 0:
        return
    if found := NO_ANSWER.search(done.stdout):
        raise NotHere(f"the registry of {who} does not answer ({found.group()})")
    if found := NOT_THERE.search(done.stdout):
        raise NotHere(f"the registry of {who} does not have all of it ({found.group()})")
    raise AssertionError(f"{' '.join(command)} failed:\n{done.stdout}")


@contextlib.contextmanager
def _alone(path):
    """Several tests may want the same manifest."""
    with open(path, "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _files(manifest):
    """Of a manifest; whatever else npm left beside it is none of them."""
    names = ("package.json", "package-lock.json", "requirements.txt")
    return [path for path in (HERE / manifest / name for name in names) if path.exists()]


def install(manifest, build):
    """The folder below `build` in which what `tests/clients/MANIFEST` pins is installed."""
    digest = hashlib.sha256(platform.python_version().encode())
    for path in _files(manifest):
        digest.update(path.read_bytes())
    build.mkdir(parents=True, exist_ok=True)
    folder = build / f"{manifest.replace('/', '-')}-{digest.hexdigest()[:12]}"
    complete = folder / ".complete"
    with _alone(build / f"{folder.name}.lock"):
        if complete.exists():
            return folder
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        for path in _files(manifest):
            shutil.copy(path, folder)
        if (folder / "requirements.txt").exists():
            try:
                _run([sys.executable, "-m", "venv", "venv"], folder)
            except AssertionError:
                raise NotHere("this Python has no venv (Debian: python3-venv)") from None
            _run(["venv/bin/python", "-m", "pip", "install", "--quiet", "--no-deps", "--retries=1",
                  "--timeout=20", "--disable-pip-version-check", "-r", "requirements.txt"], folder)
        else:
            locked = (folder / "package-lock.json").exists()
            _run(["npm", *(["ci"] if locked else ["install", "--no-package-lock"]), *NPM], folder)
        complete.touch()
    return folder


def version(folder, package):
    """The version at which `package` is pinned in `folder`."""
    described = folder / "package.json"
    if described.exists():
        pins = json.loads(described.read_text(encoding="utf-8"))
        return {**pins.get("dependencies", {}), **pins.get("optionalDependencies", {})}[package]
    pins = (folder / "requirements.txt").read_text(encoding="utf-8")
    return re.search(rf"^{package}==(\S+)", pins, re.M).group(1)


def machine():
    """This machine's kind, as npm's packages with programs for it are named."""
    return {"x86_64": "x64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())


def interpreter(client, folder, build):
    """The program that runs the client's driver."""
    if client.driver.endswith(".py"):
        return str(folder / "venv/bin/python")
    found = shutil.which("node")
    if found:
        said = subprocess.run([found, "--version"], stdout=subprocess.PIPE, text=True, check=True)
        if int(re.match(r"v(\d+)", said.stdout).group(1)) >= client.node:
            return found
    node = install("current-node", build) / f"node_modules/node-linux-{machine()}/bin/node"
    if not os.path.exists(node):
        raise NotHere(f"no Node {client.node} for {platform.machine()}")
    return str(node)
