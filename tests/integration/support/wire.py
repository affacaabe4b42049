"""Bytes of HTTP/1.1, event streams and chat completions, for upstreams to send."""

import json
import subprocess

LAST_CHUNK = b"0\r\n\r\n"
DONE = b"data: [DONE]\n\n"
SSE = "text/event-stream"
JSON = "application/json"


def compact(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def chunk(delta=None, finish=None, index=0, **more):
    """A `chat.completion.chunk` with one choice. `more` sets top-level members."""
    made = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1760000000,
            "model": "m-1",
            "choices": [{"index": index, "delta": {} if delta is None else delta,
                         "finish_reason": finish}]}
    made.update(more)
    return made


def role(index=0):
    return chunk({"role": "assistant", "content": ""}, index=index)


def text(content, index=0):
    return chunk({"content": content}, index=index)


def finish(reason="stop", index=0):
    return chunk({}, reason, index=index)


def usage(prompt=11, cached=3, completion=7):
    return {"prompt_tokens": prompt, "completion_tokens": completion,
            "total_tokens": prompt + completion, "prompt_tokens_details": {"cached_tokens": cached}}


def usage_chunk(*arguments, **named):
    return chunk(choices=[], usage=usage(*arguments, **named))


def event(payload):
    """One event of a stream; a dict is written as JSON."""
    if not isinstance(payload, (bytes, str)):
        payload = compact(payload)
    if isinstance(payload, str):
        payload = payload.encode()
    return b"data: " + payload + b"\n\n"


def events(*payloads):
    return b"".join(event(p) for p in payloads)


def answer_events(*texts, **with_usage):
    """A whole legal stream that says `texts`; `with_usage` are members of its usage chunk."""
    body = events(role(), *[text(t) for t in texts], finish())
    return body + (event(usage_chunk(**with_usage)) if with_usage else b"") + DONE


def completion(content="Hello", reason="stop", **more):
    made = {"id": "chatcmpl-1", "object": "chat.completion", "created": 1760000000, "model": "m-1",
            "choices": [{"index": 0,
                         "message": {"role": "assistant", "content": content, "refusal": None},
                         "logprobs": None, "finish_reason": reason}]}
    made.update(more)
    return made


def head(status=200, content_type=SSE, *fields, chunked=True, length=None):
    """A response head. Neither chunked nor a length: the body ends with the connection."""
    lines = [f"HTTP/1.1 {status} Whatever"]
    if content_type:
        lines.append(f"Content-Type: {content_type}")
    if length is not None:
        lines.append(f"Content-Length: {length}")
    elif chunked:
        lines.append("Transfer-Encoding: chunked")
    lines += list(fields)
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def h1(data):
    """One chunk of RFC 9112."""
    return b"%x\r\n" % len(data) + data + b"\r\n"


def response(body, status=200, content_type=JSON, *fields):
    """A whole response with a length."""
    if not isinstance(body, (bytes, str)):
        body = compact(body)
    if isinstance(body, str):
        body = body.encode()
    return head(status, content_type, *fields, length=len(body)) + body


def streamed(body, *fields, content_type=SSE):
    """A whole chunked response."""
    return head(200, content_type, *fields) + h1(body) + LAST_CHUNK


def error_body(message="It broke.", kind="server_error", code=None, param=None):
    return {"error": {"message": message, "type": kind, "param": param, "code": code}}


def zstd(data):
    """`data` compressed; Python 3.11 has no zstd of its own."""
    return subprocess.run(["zstd", "-q", "-c"], input=data, stdout=subprocess.PIPE,
                          check=True).stdout
