#!/usr/bin/env python3
"""Compares chat_lint with validate_chat.py, which was written from the same clauses by other hands.

Mutates the example streams of the contract. Where the oracle finds a fault, the lint must find one;
where only the lint finds any, each of its faults must be of a rule that the oracle is known not to
check (OWN_RULES), and each of those rules must have been met. Hints are none of its business.

usage: lint_agreement.py LINT_TOOL FIXTURES [MUTATIONS_PER_FIXTURE]
"""
import copy
import json
import os
import random
import re
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from validate_chat import validate

# What the lint checks and the oracle does not. Of each line at least one rule must be met.
OWN_RULES = [line.split() for line in """
    carriage-return
    event-line id-line
    data-space
    blank-line
    terminator-spelling
    heartbeat-inside-event
    comment
    line-separator-raw
    surrogate-alone
    after-terminator
    id-type created-type model-type
    id-empty
    created-zero
    model-empty
    tier-varies fingerprint-varies
    member-doubled
    error-member-type
    error-beside
    after-error
    role-with-payload
    payload-empty
    payload-type
    role-with-logprobs
    finish-with-logprobs
    finish-stop-after-calls function-finish
    finish-calls-without-call
    message-in-chunk
    call-type-wrong call-id-missing call-name-missing
    call-opens-with-arguments
    call-fragment-empty
    call-id-shared
    call-name-repeated
    call-arguments-type
    call-arguments-empty
    calls-empty
    function-opening
    function-name-repeated
    function-arguments
    content-parts
    reasoning-type
    logprobs-type logprobs-in-delta
    usage-type
    usage-member-type
    usage-in-chunk
    usage-in-choice
    usage-not-asked-for
""".strip().splitlines()]

VALUES = [None, "", "x", 7, True, 1.5, [], {}, ["x"], {"x": 1}]
EXTRAS = [("role", "assistant"), ("content", "x"), ("tool_calls", []), ("tool_calls", None),
          ("usage", None), ("usage", {"total_tokens": 1}), ("error", None),
          ("error", {"message": "m", "type": "t", "param": None, "code": None}),
          ("vendor", {"x": 1}), ("message", {"content": "x"}), ("name", "f"), ("name", ""),
          ("id", "call_a"),
          ("logprobs", {"content": [], "refusal": None}), ("finish_reason", "stop"),
          ("service_tier", "flex"), ("refusal", "")]
STRINGS = ["\u2028", "\u0085", "\ud83d", "call_a", "stop", "tool_calls", "length", "custom"]

TOKEN = {"token": "x", "logprob": -1.0, "bytes": None, "top_logprobs": []}
# What servers really get wrong in a member.
USUAL = {
    "finish_reason": ["stop", "tool_calls", "length", "", "eos"],
    "index": [-1, 1, 2, "0"],
    "created": [0, -1, "0", 1.5],
    "id": ["", "call_a", "call_a", "toolu_a", None],
    "arguments": ["", {}, None, "x"],
    "name": ["", None],
    "type": ["", None, "custom", "tool"],
    "logprobs": [{"content": [TOKEN], "refusal": None}, {"content": None}, []],
    "content": ["", None, [], [{"type": "text", "text": "x"}]],
    "role": ["", None, "model"],
    "delta": [None, {"content": "x"}],
    "choices": [None, []],
}


def places(node, found):
    """Every (container, key) inside a document."""
    items = node.items() if isinstance(node, dict) else enumerate(node)
    for key, item in items:
        found.append((node, key))
        if isinstance(item, (dict, list)):
            places(item, found)
    return found


def objects(node, found):
    if isinstance(node, dict):
        found.append(node)
    for item in node.values() if isinstance(node, dict) else node:
        if isinstance(item, (dict, list)):
            objects(item, found)
    return found


def dumped(document):
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    # A lone surrogate has no UTF-8: it can only be written as an escape.
    return re.sub("[\ud800-\udfff]", lambda m: "\\u%04x" % ord(m[0]), text)


def mutate_document(rng, document):
    kind = rng.randrange(5)
    if kind == 0:
        container, key = rng.choice(places(document, []))
        del container[key]
    elif kind == 1:
        container, key = rng.choice(places(document, []))
        item = rng.choice(VALUES)
        if key == "index" and item is True:  # which is 1 to Python
            item = 1
        container[key] = copy.deepcopy(item)
    elif kind == 2:
        container, key = rng.choice(places(document, []))
        container[key] = rng.choice(STRINGS)
    elif kind == 3:
        usual = [(c, k) for c, k in places(document, []) if isinstance(k, str) and k in USUAL]
        if usual:
            container, key = rng.choice(usual)
            container[key] = copy.deepcopy(rng.choice(USUAL[key]))
    else:
        key, item = rng.choice(EXTRAS)
        rng.choice(objects(document, []))[key] = copy.deepcopy(item)


def mutate_calls(rng, payloads):
    """Mixes up the tool calls of a stream, if it has any."""
    deltas = [c["delta"] for p in payloads if isinstance(p, dict)
              for c in p.get("choices", []) if "tool_calls" in c["delta"]]
    if not deltas:
        return False
    delta = rng.choice(deltas)
    entries = [e for d in deltas for e in d["tool_calls"]]
    entry = rng.choice(entries)
    kind = rng.randrange(5)
    if kind == 0:
        entry["id"] = rng.choice([e["id"] for e in entries if "id" in e])
    elif kind == 1:
        entry["index"] = rng.choice(entries)["index"]
    elif kind == 2:
        delta["tool_calls"] = entry
    elif kind == 3:
        delta["tool_calls"].append(copy.deepcopy(entry))
    else:
        entry["function"]["name"] = rng.choice(["", "f"])
    return True


def mutate_text(rng, event):
    """Changes of one event as bytes."""
    kind = rng.randrange(8)
    if kind == 0:
        return event.replace("\n\n", "\r\n\r\n")
    if kind == 1:
        return rng.choice(["event: message\n", "id: 1\n"]) + event
    if kind == 2:
        return event.replace("data: ", "data:")
    if kind == 3:
        return event + "\n"
    if kind == 4:
        return rng.choice([": ping\n\n", ":x\n"]) + event
    if kind == 5:
        return ": keepalive\n" + rng.choice(["", "\n"]) + event
    if kind == 6:
        return event[:-1]
    # A member doubled: the first of some object, once more.
    starts = [m for m in re.finditer(r'\{("\w+":(?:"[^"\\]*"|\d+|null),)', event)]
    if not starts:
        return event
    m = rng.choice(starts)
    return event[:m.end(1)] + m[1] + event[m.end(1):]


def mutated(rng, payloads):
    """One or two changes of a stream, as bytes."""
    payloads = [copy.deepcopy(p) for p in payloads]
    edits = {}
    if rng.randrange(4) == 0 and mutate_calls(rng, payloads):
        return serialised(rng, payloads, edits)
    for _ in range(rng.choice([1, 1, 1, 2])):
        kind = rng.randrange(10)
        i = rng.randrange(len(payloads))
        if kind == 0 and len(payloads) > 1:
            del payloads[i]
        elif kind == 1:
            payloads.insert(rng.randrange(len(payloads) + 1), copy.deepcopy(payloads[i]))
        elif kind == 2:
            j = rng.randrange(len(payloads))
            payloads[i], payloads[j] = payloads[j], payloads[i]
        elif kind == 3:
            edits[i] = True
        elif kind == 4:  # the same on every chunk
            key, item = rng.choice([("id", ""), ("created", 0), ("model", ""), ("id", 7),
                                    ("service_tier", 7), ("obfuscation", "x")])
            for payload in payloads:
                if isinstance(payload, dict) and "choices" in payload:
                    payload[key] = item
        elif isinstance(payloads[i], dict) and payloads[i]:
            mutate_document(rng, payloads[i])
    return serialised(rng, payloads, edits)


def serialised(rng, payloads, edits):
    out = []
    for i, payload in enumerate(payloads):
        text = payload if isinstance(payload, str) else dumped(payload)
        event = "data: " + text + "\n\n"
        out.append(mutate_text(rng, event) if i in edits else event)
    return "".join(out).encode()


def payloads_of(body):
    events = [e[len("data: "):] for e in body.decode().split("\n\n") if e]
    return [e if e == "[DONE]" else json.loads(e) for e in events]


def oracle(body, include_usage, n):
    try:
        return validate(body, include_usage, n)
    except Exception as fault:  # what the oracle cannot read it calls faulty
        return ["%s: %s" % (type(fault).__name__, fault)]


def lint(tool, jobs):
    text = b"".join(b"%d %d %d\n" % (n, usage, len(body)) + body for body, usage, n in jobs)
    run = subprocess.run([tool, "--batch"], input=text, stdout=subprocess.PIPE, check=True)
    answers = [json.loads(line) for line in run.stdout.splitlines()]
    assert len(answers) == len(jobs), (len(answers), len(jobs))
    return answers


def main():
    tool, fixtures = sys.argv[1:3]
    count = int(sys.argv[3]) if len(sys.argv) > 3 else 600
    names = sorted(f for f in os.listdir(fixtures) if f.endswith(".sse") and "chat" in f)
    assert len(names) >= 12, names
    jobs = []
    for number, name in enumerate(names):
        with open(os.path.join(fixtures, name), "rb") as f:
            body = f.read()
        include_usage, n = b'"usage":' in body, 2 if "n2" in name else 1
        jobs.append((body, include_usage, n))
        rng = random.Random(number)
        for _ in range(count):
            jobs.append((mutated(rng, payloads_of(body)), include_usage, n))

    known = {rule for line in OWN_RULES for rule in line}
    failures, both, neither, met = [], 0, 0, set()
    for job, findings in zip(jobs, lint(tool, jobs)):
        faults = oracle(*job)
        findings = [f for f in findings if f["severity"] == "fault"]
        told = [f["rule"] + ": " + f["detail"] for f in findings]
        if faults and told:
            both += 1
        elif faults:
            failures.append(("only the oracle", faults, job[0]))
        elif not told:
            neither += 1
        else:
            met.update(f["rule"] for f in findings)
            if not known.issuperset(f["rule"] for f in findings):
                failures.append(("only the lint", told, job[0]))
    for kind, words, body in failures[:20]:
        print(kind, words, body.decode(errors="backslashreplace"), sep="\n", end="\n\n")
    unmet = [" ".join(line) for line in OWN_RULES if not met.intersection(line)]
    print("%d streams: %d faulty for both, %d legal for both, %d failures; %d of %d own rules met"
          % (len(jobs), both, neither, len(failures), len(OWN_RULES) - len(unmet), len(OWN_RULES)))
    for rule in unmet:
        print("never met:", rule)
    assert both > len(jobs) // 4 and neither >= len(names)
    return 1 if failures or unmet else 0


if __name__ == "__main__":
    sys.exit(main())
