"""The deviation catalogue (tests/catalogue/README.md): its files, an upstream that replays them, and
what a strict client makes of an answer, in the form in which the files say what they expect."""

import json
import pathlib

from . import lint, upstream, wire
from .case import MESSAGES

FOLDER = pathlib.Path(__file__).parents[2] / "catalogue"
TEXTS = ("content", "reasoning", "refusal")
LONGEST_ID = 40  # longer ids of calls are refused when they come back


class Case:
    def __init__(self, path):
        head, self.body = path.read_bytes().split(b"\n---\n", 1)
        self.name = path.stem
        self.headers, fields = [], {}
        for line in head.decode().split("\n"):
            name, value = line.split(": ", 1)
            if name == "header":
                field, _, text = value.partition(":")
                self.headers.append((field, text.strip()))
            else:
                fields[name] = value
        self.title = fields["title"]
        self.status = int(fields.get("status", 200))
        self.end = fields.get("end", "close")
        self._request = json.loads(fields.get("request", "{}"))
        self.settings = json.loads(fields.get("settings", "{}"))
        self.expect = json.loads(fields["expect"])
        self.document = json.loads(fields.get("document", "null")) or self.expect

    def request(self, **more):
        """The client's request; `more` are members of it."""
        made = {"model": "m", "messages": MESSAGES, "stream": True, **self._request, **more}
        if not made["stream"]:
            made.pop("stream_options", None)
        return made

    @property
    def stalls(self):
        """Nothing but the gateway's own timers ends the answer."""
        return self.expect.get("error", {}).get("code") == "upstream_timeout"


def cases():
    return [Case(path) for path in sorted(FOLDER.glob("*.case"))]


def word(setting):
    """As the command line and the names of upstreams write it."""
    return str(setting).lower() if isinstance(setting, bool) else setting


def configuration(all_cases, url):
    """Of one gateway before the upstream at `url` that replays the cases: each set of settings is an
    upstream of its own, and the model's name is that of the case."""
    upstreams, models = {"plain": {"url": url}}, {"*": ["plain"]}
    for one in all_cases:
        if one.settings:
            name = "-".join(f"{k}.{word(v)}" for k, v in sorted(one.settings.items()))
            upstreams[name] = {"url": url, "stream": one.settings}
            models[one.name] = [name]
    return {"workers": 2, "upstreams": upstreams, "models": models}


class Replay:
    """Answers with the case that the model of the request names; a script of `upstream.Upstream`."""

    PIECE = 61  # bytes of the body in one h1 chunk: events are cut all over

    def __init__(self, all_cases):
        self._cases = {c.name: c for c in all_cases}

    def __call__(self, exchange):
        case = self._cases[exchange.request.json()["model"]]
        fields = {"Content-Type": wire.SSE, **dict(case.headers)}
        chunked = "Content-Length" not in fields
        exchange.send(wire.head(case.status, None, *[f"{n}: {v}" for n, v in fields.items() if v],
                                chunked=chunked))
        if not chunked:
            exchange.send(case.body)
            return upstream.Close()(exchange)
        exchange.send(b"".join(wire.h1(case.body[at:at + self.PIECE])
                               for at in range(0, len(case.body), self.PIECE)))
        if case.end == "close":
            return exchange.send(wire.LAST_CHUNK)
        if case.end == "reset":
            return upstream.Reset()(exchange)
        return None  # open: the connection waits for the gateway to close it


class Choice:
    """Deltas are joined as openai-python does it: what comes twice is there twice."""

    def __init__(self):
        self.texts = dict.fromkeys((*TEXTS, "role", "finish"), "")
        self.calls, self.function_call = {}, None

    def add(self, piece, calls):
        for key in ("role", "content", "refusal"):
            self.texts[key] += piece.get(key) or ""
        # The same text under two names in one piece is one text.
        names = ("reasoning_content", "reasoning", "thinking")
        self.texts["reasoning"] += "".join(dict.fromkeys(piece.get(n) or "" for n in names))
        for index, call in calls:
            known = self.calls.setdefault(index, {"id": "", "name": "", "arguments": ""})
            known["id"] += call.get("id") or ""
            self._add_function(known, call["function"])
        if piece.get("function_call"):
            self.function_call = self.function_call or {"name": "", "arguments": ""}
            self._add_function(self.function_call, piece["function_call"])

    @staticmethod
    def _add_function(known, function):
        known["name"] += function.get("name") or ""
        known["arguments"] += function.get("arguments") or ""

    def seen(self):
        assert self.texts.pop("role") == "assistant"
        assert sorted(self.calls) == list(range(len(self.calls))), self.calls
        found = {key: text for key, text in self.texts.items() if text}
        if self.calls:
            found["calls"] = [self.calls[i] for i in sorted(self.calls)]
        if self.function_call:
            found["function_call"] = self.function_call
        return found


def without_nulls(value):
    if isinstance(value, dict):
        return {k: without_nulls(v) for k, v in value.items() if v is not None}
    return value


def _view(choices, usage, error):
    found = {}
    if choices:
        assert sorted(choices) == list(range(len(choices))), sorted(choices)
        found["choices"] = [choices[i].seen() for i in sorted(choices)]
    if usage:
        found["usage"] = without_nulls(usage)
    if error:
        found["error"] = {"code": error["code"], "message": error["message"]}
    return found


def view_of_stream(body):
    choices, usage, error, done = {}, None, None, False
    for payload in lint.payloads(lint.without_heartbeats(body)):
        assert not done, payload
        done = payload == b"[DONE]"
        if done:
            continue
        frame = json.loads(payload)
        error = frame.get("error")
        assert not (usage and frame.get("usage")), "usage comes twice"
        usage = usage or frame.get("usage")
        for choice in frame.get("choices", ()):
            into = choices.setdefault(choice["index"], Choice())
            delta = choice["delta"]
            into.add(delta, [(call["index"], call) for call in delta.get("tool_calls", ())])
            into.texts["finish"] += choice["finish_reason"] or ""
    assert done, body[-100:]
    return _view(choices, usage, error)


def view_of_document(document):
    choices = {}
    for choice in document.get("choices", ()):
        into = choices.setdefault(choice["index"], Choice())
        into.add(choice["message"], list(enumerate(choice["message"].get("tool_calls", ()))))
        into.texts["finish"] = choice["finish_reason"]
    return _view(choices, document.get("usage"), document.get("error"))


def difference(expected, seen):
    """None, or what a client sees that the case does not say (and the other way round)."""
    expected = {k: without_nulls(v) if k == "usage" else v for k, v in expected.items()}
    expected.pop("keeps", None)
    if "error" in expected and "error" in seen:
        seen.setdefault("status", expected["status"])  # a stream's is not seen any more
        wanted = expected["error"] = {"message": "", **expected["error"]}
        if wanted["message"] in seen["error"]["message"]:
            seen["error"]["message"] = wanted["message"]
    for wanted, found in zip(expected.get("choices", ()), seen.get("choices", ())):
        ids = [call["id"] for call in found.get("calls", ())]
        for described, call in zip(wanted.get("calls", ()), found.get("calls", ())):
            usable = 0 < len(call["id"]) <= LONGEST_ID and ids.count(call["id"]) == 1
            if "id" not in described and usable:
                del call["id"]
    return None if expected == seen else f"expected {expected}\nseen     {seen}"
