"""The fold and the synthesis of the chat path against the reference of the contract (agg.py).

  SYN-4  a random completion, streamed by weir and folded by the reference, is the completion
  AGG    a stream, folded by weir, is what the reference folds it to
  SYN-6  stream -> document -> stream -> document gives the first document again (P5)

usage: agg_agreement.py ANSWER_TOOL FIXTURES [ROUNDS]
"""

import glob
import json
import os
import random
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from agg import StreamError, aggregate, canon, sse_events, synthesize  # noqa: E402

TOOL = FIXTURES = None
ROUNDS = 2000


def weir(jobs):
    """[(n, include_usage, stream, body)] -> [(state, output)], all in one process."""
    batch = b"".join(
        f"{n} {int(usage)} {int(stream)} {len(body)}\n".encode() + body
        for n, usage, stream, body in jobs
    )
    out = subprocess.run([TOOL], input=batch, capture_output=True, check=True).stdout
    answers, at = [], 0
    while at < len(out):
        end = out.index(b"\n", at)
        state, size = out[at:end].split()
        at = end + 1 + int(size)
        answers.append((state.decode(), out[end + 1 : at]))
    assert len(answers) == len(jobs)
    return answers


def chunks(stream):
    return [json.loads(e) for e in sse_events(stream) if e != "[DONE]"]


def stream_of(chunk_list):
    events = [json.dumps(c, ensure_ascii=False) for c in chunk_list] + ["[DONE]"]
    return "".join(f"data: {e}\n\n" for e in events).encode()


def random_text(rnd):
    return "".join(rnd.choice('abé\n"\\😀 {}\u2028') for _ in range(rnd.randint(0, 12)))


def random_calls(rnd):
    """Tool calls, custom ones too, with members of our own beside (the reference keeps none inside)."""
    calls = []
    for k in range(rnd.randint(1, 3)):
        kind = rnd.choice(["function", "function", "custom"])
        body = {"name": rnd.choice("fgh")}
        if kind == "function":
            body["arguments"] = json.dumps({"x": random_text(rnd), "n": [1, {"y": None}]})
        else:
            body["input"] = random_text(rnd) or "text"
        call = {"id": f"call_{k}", "type": kind, kind: body}
        if rnd.random() < 0.3:
            call["extra_content"] = {"google": {"thought_signature": random_text(rnd)}}
        calls.append(call)
    return calls


def random_completion(rnd):
    """A completion with members of our own at every level, and payload of every kind."""
    choices = []
    for i in range(rnd.randint(1, 3)):
        message = {"role": "assistant", "content": random_text(rnd)}
        if rnd.random() < 0.3:
            message["content"], message["refusal"] = None, random_text(rnd) or "no"
        if rnd.random() < 0.3:
            message["reasoning_content"] = random_text(rnd) or "hm"
        if rnd.random() < 0.3:
            message["tool_calls"] = random_calls(rnd)
        elif rnd.random() < 0.2:
            message["function_call"] = {"name": "g", "arguments": '{"a":1}'}
        if rnd.random() < 0.2:
            message["annotations"] = [
                {"type": "url_citation", "url_citation": {"start_index": 0, "end_index": 1, "url": "u", "title": "t"}}
            ]
        if rnd.random() < 0.1:
            message["audio"] = {"id": "a", "transcript": random_text(rnd) or "t", "data": "AAAA", "expires_at": 9}
        if rnd.random() < 0.3:
            message["x_vendor"] = {"k": [1, 2], "s": random_text(rnd), "deep": {"n": 1.50}}
        logprobs = None
        if rnd.random() < 0.3:
            kind = "refusal" if message.get("refusal") else "content"
            logprobs = {"content": None, "refusal": None}
            logprobs[kind] = [{"token": "a", "logprob": -1.0, "bytes": [97], "top_logprobs": []}]
        choice = {
            "index": i,
            "message": message,
            "logprobs": logprobs,
            "finish_reason": rnd.choice(["stop", "length", "content_filter"]),
        }
        if message.get("function_call"):
            choice["finish_reason"] = "function_call"
        if message.get("tool_calls"):
            choice["finish_reason"] = rnd.choice(["tool_calls", "length"])
        if rnd.random() < 0.3:
            choice["stop_reason"] = rnd.choice([7, "</s>"])
        choices.append(choice)
    completion = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 5,
        "model": "m",
        "choices": choices,
        "service_tier": "default",
    }
    if rnd.random() < 0.4:
        completion["citations"] = ["u"]
        completion["timings"] = {"n": 1.5, "big": 12345678901234567890}
    if rnd.random() < 0.8:
        completion["usage"] = {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}
    return completion


class Agreement(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.rnd = random.Random(int(os.environ.get("WEIR_SEED", "7")))

    def test_a_streamed_completion_folds_back_to_itself(self):
        completions = [random_completion(self.rnd) for _ in range(ROUNDS)]
        jobs = [
            (len(c["choices"]), True, True, json.dumps(c, ensure_ascii=self.rnd.random() < 0.5).encode())
            for c in completions
        ]
        for completion, (state, stream) in zip(completions, weir(jobs)):
            self.assertEqual(state, "complete", completion)
            self.assertEqual(canon(aggregate(chunks(stream))), canon(completion))

    def test_a_stream_folds_as_the_reference_folds_it(self):
        completions = [random_completion(self.rnd) for _ in range(ROUNDS)]
        streams = [synthesize(c, True) for c in completions]
        jobs = [(len(c["choices"]), True, False, stream_of(s)) for c, s in zip(completions, streams)]
        for chunk_list, (state, document) in zip(streams, weir(jobs)):
            self.assertEqual(state, "complete")
            self.assertEqual(canon(json.loads(document)), canon(aggregate(chunk_list)))

    def test_stream_document_stream_document_gives_the_first_document(self):
        completions = [random_completion(self.rnd) for _ in range(ROUNDS // 4)]
        sizes = [len(c["choices"]) for c in completions]
        streams = [stream_of(synthesize(c, True)) for c in completions]
        first = [out for _, out in weir([(n, True, False, s) for n, s in zip(sizes, streams)])]
        again = [out for _, out in weir([(n, True, True, d) for n, d in zip(sizes, first)])]
        second = [out for _, out in weir([(n, True, False, s) for n, s in zip(sizes, again)])]
        for a, b in zip(first, second):
            self.assertEqual(canon(json.loads(a)), canon(json.loads(b)))

    def test_the_fixtures_fold_as_the_reference_folds_them(self):
        for path in sorted(glob.glob(os.path.join(FIXTURES, "chat_*.sse"))):
            with open(path, "rb") as file:
                body = file.read()
            n = 2 if "n2" in path else 1
            [(state, document)] = weir([(n, True, False, body)])
            try:
                want = canon(aggregate(chunks(body)))
            except StreamError:
                self.assertEqual((state, document), ("failed", b""), path)
                continue
            self.assertEqual(state, "complete", path)
            self.assertEqual(canon(json.loads(document)), want, path)


if __name__ == "__main__":
    TOOL, FIXTURES = sys.argv[1:3]
    ROUNDS = int(sys.argv[3]) if len(sys.argv) > 3 else ROUNDS
    unittest.main(argv=sys.argv[:1])
