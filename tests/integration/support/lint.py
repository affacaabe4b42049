"""The judge of what the gateway sends: tests/oracle/validate_chat.py for streams, contract 3.1 for
completions; and a small client's view of a stream."""

import json
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "oracle"))
import validate_chat  # noqa: E402  pylint: disable=wrong-import-position

#: Between two events, or before the first.
HEARTBEAT = re.compile(rb"(?:(?<=\n\n)|\A): keepalive\n\n")
EVENT = re.compile(rb"data: [^\r\n]+\n\n")
FINISH_REASONS = ("stop", "length", "tool_calls", "content_filter", "function_call")


class View:
    """What a client makes of a stream."""

    def __init__(self, body):
        self.payloads = []   # JSON of every frame
        self.done = False
        self.error = None    # the error frame's members
        self.usage = None
        self.texts, self.finishes, self.roles = {}, {}, {}
        for found in EVENT.findall(body):
            if found == b"data: [DONE]\n\n":
                self.done = True
                continue
            frame = json.loads(found[6:])
            self.payloads.append(frame)
            if "error" in frame:
                self.error = frame["error"]
                continue
            self.usage = frame.get("usage") or self.usage
            for choice in frame["choices"]:
                index, delta = choice["index"], choice["delta"]
                self.texts[index] = self.texts.get(index, "") + (delta.get("content") or "")
                self.roles[index] = self.roles.get(index, 0) + ("role" in delta)
                if choice["finish_reason"] is not None:
                    self.finishes[index] = choice["finish_reason"]

    @property
    def text(self):
        return self.texts.get(0, "")

    @property
    def finish(self):
        return self.finishes.get(0)


def stream(body, include_usage=False, n=1):
    """The view of a stream that must be legal for the request; heartbeats are left out."""
    while (shorter := HEARTBEAT.sub(b"", body)) != body:
        body = shorter
    assert EVENT.sub(b"", body) == b"", f"not made of events: {EVENT.sub(b'', body)!r}"  # SSE-15
    findings = validate_chat.validate(body, include_usage, n)
    assert not findings, f"{findings} in {body.decode()}"
    return View(body)


def completion(document, n=1):
    """A non-stream answer must have the form of contract 3.1."""
    assert document["object"] == "chat.completion", document
    assert isinstance(document["id"], str) and document["id"], document
    assert type(document["created"]) is int and document["created"] > 0, document
    assert isinstance(document["model"], str) and document["model"], document
    assert [c["index"] for c in document["choices"]] == list(range(n)), document
    for choice in document["choices"]:
        assert choice["finish_reason"] in FINISH_REASONS, document
        message = choice["message"]
        assert message["role"] == "assistant", document
        assert "content" in message and "refusal" in message, document
        assert message.get("tool_calls", [0]) != [], document
    assert "error" not in document, document
    return document
