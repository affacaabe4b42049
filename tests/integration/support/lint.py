"""The judge of what the gateway sends: tests/oracle/validate_chat.py for streams, contract 3.1 for
completions; and a small client's view of a stream."""

import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "oracle"))
import validate_chat  # noqa: E402  pylint: disable=wrong-import-position

FINISH_REASONS = ("stop", "length", "tool_calls", "content_filter", "function_call")


def without_heartbeats(body):
    """The body without the comments of SSE-18, which may stand between two events."""
    if b": keepalive" not in body:
        return body
    return b"\n\n".join(e for e in body.split(b"\n\n") if e != b": keepalive")


def payloads(body):
    """What comes after `data: ` in each event; nothing else may be there (SSE-15)."""
    found = body.split(b"\n\n")
    assert found.pop() == b"", f"the last event is not ended: {body[-80:]!r}"
    for one in found:
        assert one.startswith(b"data: ") and b"\n" not in one and b"\r" not in one, one
    return [one[6:] for one in found]


class View:
    """What a client makes of a stream."""

    def __init__(self, body):
        self.payloads = []   # JSON of every frame
        self.done = False
        self.error = None    # the error frame's members
        self.usage = None
        self.finishes, self.roles = {}, {}
        texts = {}
        for payload in payloads(body):
            if payload == b"[DONE]":
                self.done = True
                continue
            frame = json.loads(payload)
            self.payloads.append(frame)
            if "error" in frame:
                self.error = frame["error"]
                continue
            self.usage = frame.get("usage") or self.usage
            for choice in frame["choices"]:
                index, delta = choice["index"], choice["delta"]
                texts.setdefault(index, []).append(delta.get("content") or "")
                self.roles[index] = self.roles.get(index, 0) + ("role" in delta)
                if choice["finish_reason"] is not None:
                    self.finishes[index] = choice["finish_reason"]
        self.texts = {index: "".join(parts) for index, parts in texts.items()}

    @property
    def text(self):
        return self.texts.get(0, "")

    @property
    def finish(self):
        return self.finishes.get(0)


def stream(body, include_usage=False, n=1, usage_known=True):
    """The view of a stream that must be legal for the request; heartbeats are left out. An upstream
    that never told the usage cannot be made to (CHAT-26): then `usage_known` is false."""
    body = without_heartbeats(body)
    view = View(body)
    findings = validate_chat.validate(body, include_usage, n)
    if not usage_known:
        findings = [f for f in findings if f != "CHAT-24 no usage chunk"]
    assert not findings, f"{findings} in {body.decode()}"
    return view


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
        assert "content" in message, document  # readers accept absent refusal and logprobs
        assert message.get("tool_calls", [0]) != [], document
    assert "error" not in document, document
    return document
