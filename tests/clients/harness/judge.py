"""Judges a cell: what a client shows of weir's answer must be what it shows of the clean one."""

import json

LONGEST_ID = 40  # longer ids of calls are refused when they come back


def without_nothing(value):
    """Without what is null or empty: a client fills in what is not there as it likes."""
    if isinstance(value, dict):
        cleaned = {k: without_nothing(v) for k, v in value.items()}
        return {k: v for k, v in cleaned.items() if v not in (None, "", [], {})}
    if isinstance(value, list):
        return [without_nothing(v) for v in value]
    return value


def _as_json(text):
    """Arguments may be written anew by a client that reads them; their value stays."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _calls(choice):
    return [(call.get("name"), _as_json(call.get("arguments", "")))
            for call in choice.get("calls", ())]


def _half_a_call(wanted):
    """cases whose arguments end in the middle"""
    return any(not isinstance(_as_json(call["arguments"]), dict)
               for choice in wanted.get("choices", ()) for call in choice.get("calls", ()))


def _refusal(wanted):
    """cases with a refusal"""
    return any("refusal" in choice for choice in wanted.get("choices", ()))


def _cut_short(wanted):
    """cases that finish with `length` or `content_filter`"""
    return any(choice.get("finish") in ("length", "content_filter")
               for choice in wanted.get("choices", ()))


#: What a client may be unable to show of an answer; `table` says which client, and why.
TRAITS = {"half a call": _half_a_call, "refusal": _refusal, "cut short": _cut_short}


def unshown(wanted, view):
    """None, or what the client itself does not show of the clean answer. Without this a client that
    shows nothing at all would pass."""
    if ("error" in wanted) != ("error" in view):
        return f"the client says {view.get('error', 'nothing of the error')}"
    if "error" in wanted and wanted["error"].get("message", "") not in view["error"]["message"]:
        return f"the error says {view['error']}"
    seen = view.get("choices", [])
    for at, choice in enumerate(wanted.get("choices", ())):
        shown = seen[at] if at < len(seen) else {}
        if shown.get("content", "") != choice.get("content", ""):
            return f"the text is {shown.get('content')!r}, not {choice.get('content')!r}"
        if _calls(shown) != _calls(choice):
            return f"the calls are {_calls(shown)}, not {_calls(choice)}"
    if view.get("ran", 0) != wanted.get("ran", 0):
        return f"the command ran {view['ran']} times, not {wanted['ran']}"
    return None


def _settle_ids(wanted, view):
    """Ids of calls that the case does not name are anyone's, but there, alone and not too long."""
    for choice, shown in zip(wanted.get("choices", ()), view.get("choices", ())):
        calls = shown.get("calls", [])
        ids = [call.get("id", "") for call in calls]
        for described, call in zip(choice.get("calls", ()), calls):
            usable = 0 < len(call.get("id", "")) <= LONGEST_ID and ids.count(call["id"]) == 1
            if "id" not in described and usable:
                call["id"] = "any"


def difference(wanted, clean, weir, traits=()):
    """None, or in what `weir` differs from `clean`: two views of the same client, for a case of
    which it must see `wanted`. An answer with `traits` that the client cannot show it may show as
    it likes, as long as that is the same."""
    clean, weir = without_nothing(clean), without_nothing(weir)
    if not traits and (why := unshown(wanted, clean)):
        return f"already of the clean answer: {why}"
    for view in (clean, weir):
        _settle_ids(wanted, view)
        if "error" in wanted and "error" in view:
            message = wanted["error"].get("message", "")
            if message in view["error"]["message"]:
                view["error"]["message"] = message  # weir may say more, and so may the client
    return None if clean == weir else f"clean {json.dumps(clean)}\nweir  {json.dumps(weir)}"
