"""The clean answer: what a server without a fault would have sent to say what a case expects."""

import json

from support import upstream, wire

NAMES = ("reasoning_content", "reasoning", "thinking")
PIECES = 4  # of a text, each in a delta of its own
HEAD = {"id": "chatcmpl-clean", "created": 1760000000}


def expected(case, request):
    """What a client must see that sends `request` for the case. A client may ask for usage where
    the case does not; then it sees what the document says."""
    if not request.get("stream"):
        return case.document
    view = {k: v for k, v in case.expect.items() if k != "usage"}
    usage = case.expect.get("usage") or case.document.get("usage")
    if usage and (request.get("stream_options") or {}).get("include_usage"):
        view["usage"] = usage
    return view


def reasoning_names(case):
    """Under which names the reasoning goes out: as set, or as it came, the first of two."""
    setting = case.settings.get("reasoning_field", "as_is")
    if setting == "both":
        return NAMES[:2]
    if setting != "as_is":
        return (setting,)
    in_parts = b'"type":"thinking"' in case.body  # of `content`
    came = [n for n in NAMES if f'"{n}"'.encode() in case.body and not in_parts]
    return (came or NAMES)[:1]


def _calls(choice):
    """The calls with an id each; one that the case does not name is made up."""
    return [{"id": call.get("id") or f"call_clean_{at}", "type": "function",
             "function": {"name": call["name"], "arguments": call["arguments"]}}
            for at, call in enumerate(choice.get("calls", ()))]


def _pieces(text):
    size = -(-len(text) // PIECES) or 1
    return [text[at:at + size] for at in range(0, len(text), size)]


def _deltas(choice, names):
    yield {"role": "assistant", "content": ""}
    for piece in _pieces(choice.get("reasoning", "")):
        yield dict.fromkeys(names, piece)
    for member in ("content", "refusal"):
        for piece in _pieces(choice.get(member, "")):
            yield {member: piece}
    for at, call in enumerate(_calls(choice)):
        opened = {**call["function"], "arguments": ""}
        yield {"tool_calls": [{"index": at, **call, "function": opened}]}
        for piece in _pieces(call["function"]["arguments"]):
            yield {"tool_calls": [{"index": at, "function": {"arguments": piece}}]}
    if called := choice.get("function_call"):
        yield {"function_call": {"name": called["name"], "arguments": ""}}
        for piece in _pieces(called["arguments"]):
            yield {"function_call": {"arguments": piece}}


def _error(view):
    return wire.error_body(view["error"].get("message", "It broke."),
                           code=view["error"].get("code"))


def stream(view, names, model):
    """The body of the clean stream."""
    head = {**HEAD, "model": model}
    frames = []
    for index, choice in enumerate(view.get("choices", ())):
        frames += [wire.chunk(delta, index=index, **head) for delta in _deltas(choice, names)]
        if "finish" in choice:
            frames.append(wire.chunk({}, choice["finish"], index=index, **head))
    if "usage" in view:
        frames.append(wire.chunk(**head, choices=[], usage=view["usage"]))
    if "error" in view:
        frames.append(_error(view))
    return wire.events(*frames) + wire.DONE


def document(view, names, model):
    """The clean document."""
    choices = []
    for index, choice in enumerate(view["choices"]):
        message = {"role": "assistant", "content": choice.get("content")}
        if "reasoning" in choice:
            message.update(dict.fromkeys(names, choice["reasoning"]))
        for member in ("refusal", "function_call"):
            if member in choice:
                message[member] = choice[member]
        if "calls" in choice:
            message["tool_calls"] = _calls(choice)
        choices.append({"index": index, "message": message, "finish_reason": choice["finish"]})
    usage = {"usage": view["usage"]} if "usage" in view else {}
    return {**HEAD, "object": "chat.completion", "model": model, "choices": choices, **usage}


class Server(upstream.Upstream):
    """Answers for the case that the model of the request names."""

    def __init__(self, cases):
        super().__init__()
        self._cases, self._asked = {case.name: case for case in cases}, {}
        self.always(self.answer)

    def wanted(self, name, streamed):
        """What the client must see that asked for this case, as it asked."""
        return expected(self._cases[name], self._asked[name, streamed])

    @staticmethod
    def key(case):
        """Cases with the same key have the same clean answer, but for the name of the model."""
        return json.dumps([case.request(model="m"), case.expect, case.document,
                           reasoning_names(case)], sort_keys=True)

    def answer(self, exchange):
        """A script of `upstream.Upstream`."""
        request = exchange.request.json()
        case, streamed = self._cases[request["model"]], bool(request.get("stream"))
        self._asked[case.name, streamed] = request
        view, names = expected(case, request), reasoning_names(case)
        if "error" in view and not view.get("choices"):
            return exchange.send(wire.response(_error(view), view["status"]))
        if streamed:
            return exchange.send(wire.response(stream(view, names, case.name), 200, wire.SSE))
        return exchange.send(wire.response(document(view, names, case.name)))
