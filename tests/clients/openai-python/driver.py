"""openai-python. usage: driver.py raw|stream|document

raw       create(stream=True), the chunks put together as the documentation shows it
stream    the helper .stream(): its snapshot and its final completion
document  create()
"""

import asyncio
import json
import sys

import openai

REASONING = ("reasoning_content", "reasoning", "thinking")


def reasoning_of(piece):
    """The same text under two names in one piece is one text."""
    return "".join(dict.fromkeys(getattr(piece, name, None) or "" for name in REASONING))


def add_call(call, piece):
    call["name"] += piece.name or ""
    call["arguments"] += piece.arguments or ""


def add(choices, piece):
    """A choice as its deltas make it: what comes twice is there twice."""
    choice = choices.setdefault(piece.index, {
        "content": "", "reasoning": "", "refusal": "", "finish": "", "calls": {}})
    delta = piece.delta
    choice["content"] += delta.content or ""
    choice["refusal"] += delta.refusal or ""
    choice["reasoning"] += reasoning_of(delta)
    choice["finish"] += piece.finish_reason or ""
    for part in delta.tool_calls or ():
        call = choice["calls"].setdefault(part.index, {"id": "", "name": "", "arguments": ""})
        call["id"] += part.id or ""
        add_call(call, part.function)
    if delta.function_call:
        add_call(choice.setdefault("function_call", {"name": "", "arguments": ""}),
                 delta.function_call)


def from_message(choice):
    message = choice.message
    called = message.function_call
    return {
        "content": message.content, "reasoning": reasoning_of(message), "refusal": message.refusal,
        "finish": choice.finish_reason,
        "calls": [{"id": call.id, "name": call.function.name,
                   "arguments": call.function.arguments} for call in message.tool_calls or ()],
        "function_call": called and {"name": called.name, "arguments": called.arguments}}


def look(completion, view):
    view["choices"] = [from_message(choice) for choice in completion.choices]
    view["usage"] = completion.usage and completion.usage.to_dict()


async def raw(completions, request, view):
    choices = {}
    try:
        async for chunk in await completions.create(**request):
            for piece in chunk.choices:
                add(choices, piece)
            if chunk.usage:
                assert "usage" not in view, "usage comes twice"
                view["usage"] = chunk.usage.to_dict()
    finally:
        for choice in choices.values():
            choice["calls"] = [choice["calls"][at] for at in sorted(choice["calls"])]
        view["choices"] = [choices[at] for at in sorted(choices)]


async def stream(completions, request, view):
    del request["stream"]
    async with completions.stream(**request) as events:
        async for event in events:
            if event.type == "chunk":
                look(event.snapshot, view)
        look(await events.get_final_completion(), view)


async def document(completions, request, view):
    look(await completions.create(**request), view)


async def answer(ask, clients, line):
    request = json.loads(line)
    view = {"choices": []}
    arguments = {**request["body"], "extra_headers": request["headers"]}
    url = request["base_url"]
    if url not in clients:
        clients[url] = openai.AsyncOpenAI(base_url=url, api_key="sk-test", max_retries=0)
    try:
        await ask(clients[url].chat.completions, arguments, view)
    except Exception as problem:  # pylint: disable=broad-except
        view["error"] = {"message": str(problem), "code": getattr(problem, "code", None),
                         "status": getattr(problem, "status_code", None)}
    print(json.dumps({"id": request["id"], "view": view}), flush=True)


async def main():
    ask = {"raw": raw, "stream": stream, "document": document}[sys.argv[1]]
    clients, under_way = {}, set()
    while line := await asyncio.to_thread(sys.stdin.readline):
        task = asyncio.create_task(answer(ask, clients, line))
        under_way.add(task)
        task.add_done_callback(under_way.discard)
    await asyncio.gather(*under_way)


asyncio.run(main())
