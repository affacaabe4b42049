"""Agents, run headless: each request is a process that gets a prompt, calls its tools and ends.

The cases' calls are renamed to the agent's own tool for commands, so that a call has an effect: the
command `Paris` leaves a mark. What follows a tool's result is answered with `Done.`
"""

import copy
import glob
import json
import os
import pathlib
import signal
import subprocess
import tempfile

from support import wire

from . import install, reference

PATIENCE = 120  # seconds for one run, of which an agent needs a few to start
TOGETHER = 2    # at a time: each is a program of some hundred megabytes
PROMPT = "Please answer me"
PARIS = '#!/bin/sh\necho ran >>"$MARKS"\n'
#: Nothing leaves this machine: what an agent asks the world goes to a port where nobody listens.
ALONE = {"HTTP_PROXY": "http://127.0.0.1:9", "HTTPS_PROXY": "http://127.0.0.1:9",
         "NO_PROXY": "127.0.0.1,localhost", "NODE_USE_ENV_PROXY": "1", "DO_NOT_TRACK": "1"}
DONE = {"choices": [{"content": "Done.", "finish": "stop"}]}


def renamed(case, tool, argument):
    """The case with calls of `tool` in place of its own. `ran` is how often `Paris` has to run."""
    made = copy.copy(case)
    for old, new in (("get_weather", tool), ("get_time", tool), ("city", argument)):
        made.body = made.body.replace(old.encode(), new.encode())
        made.expect = json.loads(json.dumps(made.expect).replace(old, new))
    made.expect["ran"] = sum("Paris" in call["arguments"] for choice in made.expect["choices"]
                             for call in choice.get("calls", ()))
    return made


def first_turn(script):
    """`script` for what comes before a tool's result, and the end of the conversation behind it."""
    def answer(exchange):
        request = exchange.request.json()
        if not any(message["role"] == "tool" for message in request["messages"]):
            return script(exchange)
        body = reference.stream(DONE, (), request["model"])
        return exchange.send(wire.response(body, 200, wire.SSE))
    return answer


def _opencode(folder, url, model, _):
    provider = {"npm": "@ai-sdk/openai-compatible", "name": "weir",
                "models": {model: {"name": model}},
                "options": {"baseURL": url, "apiKey": "sk-test"}}
    config = {"provider": {"weir": provider}, "autoupdate": False, "share": "disabled"}
    program = folder / f"node_modules/opencode-linux-{install.machine()}/bin/opencode"
    return ([program, "run", "--format", "json", "--pure", "--title", "t", "-m", f"weir/{model}"],
            {"OPENCODE_CONFIG_CONTENT": json.dumps(config), "OPENCODE_DISABLE_MODELS_FETCH": "1",
             "OPENCODE_DISABLE_AUTOUPDATE": "1", "OPENCODE_DISABLE_LSP_DOWNLOAD": "1"})


def _opencode_steps(events):
    step, calls = {}, {}
    for event in events:
        part = event.get("part", {})
        if event["type"] == "text":
            step["content"] = step.get("content", "") + part["text"]
        elif event["type"] == "tool_use":
            calls[part["id"]] = {
                "id": part["callID"], "name": part["tool"],
                "arguments": json.dumps(part["state"]["input"]), "status": part["state"]["status"]}
        elif event["type"] == "step_finish":
            # They are told as they end; their parts are numbered as they came.
            yield {**step, "calls": [calls[key] for key in sorted(calls)], "finish": part["reason"],
                   "usage": part["tokens"]}
            step, calls = {}, {}
        elif event["type"] == "error":
            yield {**step, "error": event["error"]["data"]}
            step = {}


def _cline(folder, url, model, home):
    settings = {"provider": "openai-compatible", "apiKey": "sk-test", "model": model,
                "baseUrl": url}
    entry = {"settings": settings, "updatedAt": "2026-01-01T00:00:00.000Z", "tokenSource": "manual"}
    file = home / ".cline/data/settings/providers.json"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps({"version": 1, "lastUsedProvider": "openai-compatible", "modes": {},
                                "providers": {"openai-compatible": entry}}), encoding="utf-8")
    program = folder / f"node_modules/@cline/cli-linux-{install.machine()}/bin/cline"
    return ([program, "--json", "-P", "openai-compatible", "-m", model],
            {"CLINE_NO_AUTO_UPDATE": "1", "CLINE_SESSION_BACKEND_MODE": "local"})


def _cline_steps(events):
    step = {}
    for event in (e.get("event", e) for e in events):
        kind, what = event["type"], event.get("contentType")
        if kind == "content_end" and what == "text":
            step["content"] = event["text"]
        elif kind == "content_start" and what == "tool":
            step.setdefault("calls", []).append({
                "id": event["toolCallId"], "name": event["toolName"],
                "arguments": json.dumps(event["input"])})
        elif kind == "usage":
            step["usage"] = {k: v for k, v in event.items() if k.endswith("Tokens")}
        elif kind == "iteration_end":
            yield step
            step = {}
        elif kind == "run_result" and event["finishReason"] == "error":
            yield {**step, "error": {"message": event["text"]}}


def _qwen_code(folder, url, model, home):
    file = home / ".qwen/settings.json"
    file.parent.mkdir()
    file.write_text(json.dumps({"privacy": {"usageStatisticsEnabled": False},
                                "general": {"enableAutoUpdate": False}}), encoding="utf-8")
    return ([folder / "node_modules/.bin/qwen", "--bare", "--auth-type", "openai",
             "--openai-api-key", "sk-test", "--openai-base-url", url, "-m", model,
             "--approval-mode", "yolo", "--max-session-turns", "3", "-o", "stream-json"], {})


def _qwen_code_steps(events):
    for event in events:
        if event["type"] == "assistant":
            message = event["message"]
            yield {
                "content": "".join(c["text"] for c in message["content"] if c["type"] == "text"),
                "reasoning": "".join(c["thinking"] for c in message["content"]
                                     if c["type"] == "thinking"),
                "calls": [{"id": c["id"], "name": c["name"], "arguments": json.dumps(c["input"])}
                          for c in message["content"] if c["type"] == "tool_use"],
                "finish": message["stop_reason"], "usage": message["usage"]}
        elif event["type"] == "result" and event["is_error"]:
            yield {"error": {"message": event["error"]["message"]}}


#: How each is started, and what it did in each step, by what it prints.
KINDS = {"opencode": (_opencode, _opencode_steps), "cline": (_cline, _cline_steps),
         "qwen-code": (_qwen_code, _qwen_code_steps)}


def _end_what_is_left(home):
    """An agent may leave a daemon behind; it has the home of the run, which nobody else has."""
    mark = f"HOME={home}".encode()
    for entry in glob.glob("/proc/[0-9]*/environ"):
        try:
            if mark in pathlib.Path(entry).read_bytes().split(b"\0"):
                os.kill(int(entry.split("/")[2]), signal.SIGKILL)
        except OSError:  # of someone else, or gone
            pass


class Agent:
    """With the interface of `driver.Driver`. `node` is the program that runs JavaScript."""

    def __init__(self, client, folder, node):
        self._start, self._steps = KINDS[client.name]
        self._folder, self._node = folder, node

    def ask(self, base_url, body, _):
        with tempfile.TemporaryDirectory(prefix="weir-agent-", ignore_cleanup_errors=True) as home:
            home = pathlib.Path(home)
            for name in ("bin", "work"):
                (home / name).mkdir()
            (home / "bin/Paris").write_text(PARIS, encoding="utf-8")
            (home / "bin/Paris").chmod(0o755)
            command, more = self._start(self._folder, base_url, body["model"], home)
            path = f"{home}/bin:{os.path.dirname(self._node)}:{os.environ['PATH']}"
            ran = home / "ran"
            env = {"PATH": path, "HOME": str(home), "MARKS": str(ran), "NO_COLOR": "1",
                   **ALONE, **more}
            try:
                done = subprocess.run([*command, PROMPT], cwd=home / "work", env=env, check=False,
                                      stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                      stderr=subprocess.PIPE, timeout=PATIENCE)
            finally:
                _end_what_is_left(home)
            lines = [line for line in done.stdout.splitlines() if line.startswith(b"{")]
            events = [json.loads(line) for line in lines]
            view = self._view(list(self._steps(events)))
            if view is None:
                raise AssertionError(f"the agent said nothing: {done.stderr[-2000:].decode()}")
            return {**view, "ran": len(ran.read_text().splitlines()) if ran.exists() else 0}

    @staticmethod
    def _view(steps):
        """The first step is the answer to the case; then come those behind a tool's result."""
        if not steps:
            return None
        answer, *then = steps
        view = {"choices": [{k: v for k, v in answer.items() if k not in ("usage", "error")}],
                "then": [step.get("content") or step for step in then]}
        return {**view, **{k: answer[k] for k in ("usage", "error") if k in answer}}

    def close(self):
        pass
