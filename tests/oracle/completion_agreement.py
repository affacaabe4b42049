"""The fold and the synthesis of Completions against a plain reading of contract 5.1 (CMPL-1..CMPL-4).

  round trip   a random document, streamed by weir and folded here, is the document; and again (P5)
  CMPL-4       a stream, folded by weir, is what is folded here
  AGG-4        however the texts of a stream are cut into chunks, the document is the same

usage: completion_agreement.py ANSWER_TOOL FIXTURES [ROUNDS]
"""

import json
import os
import random
import subprocess
import sys
import unittest

TOOL = FIXTURES = None
ROUNDS = 1500
LISTS = ("tokens", "token_logprobs", "top_logprobs", "text_offset")


def weir(jobs):
    """[(n, include_usage, stream, body)] -> [output], all in one process; every answer is whole."""
    batch = b"".join(
        f"{n} {int(usage)} {int(stream)} {len(body)}\n".encode() + body
        for n, usage, stream, body in jobs
    )
    out = subprocess.run([TOOL, "--completions"], input=batch, capture_output=True, check=True).stdout
    answers = []
    while out:
        line, out = out.split(b"\n", 1)
        state, size = line.split()
        assert state == b"complete", (state, jobs[len(answers)])
        answers.append(out[: int(size)])
        out = out[int(size) :]
    assert len(answers) == len(jobs)
    return answers


def chunks(stream):
    events = [e[6:] for e in stream.decode().split("\n\n") if e]
    assert events.pop() == "[DONE]", stream
    return [json.loads(e) for e in events]


def stream_of(chunk_list, ascii_only=False):
    events = [json.dumps(c, ensure_ascii=ascii_only) for c in chunk_list] + ["[DONE]"]
    return "".join(f"data: {e}\n\n" for e in events).encode()


def fold(chunk_list):
    """CMPL-4: texts joined, each list of logprobs appended, the first finish, the last of the rest."""
    document, choices = {}, {}
    for chunk in chunk_list:
        for key, value in chunk.items():
            if key == "choices" or (key in ("id", "created", "model") and key in document):
                continue
            if value is not None:
                document[key] = value
        for part in chunk["choices"]:
            into = choices.setdefault(part["index"], {"text": "", "logprobs": None, "finish_reason": None})
            for key, value in part.items():
                if key == "text":
                    into["text"] += value
                elif key == "logprobs":
                    if value is not None:
                        into["logprobs"] = into["logprobs"] or {name: [] for name in LISTS}
                        for name in LISTS:
                            into["logprobs"][name] += value[name]
                elif key == "finish_reason":
                    into[key] = into[key] or value
                else:
                    into[key] = value
    document["choices"] = [choices[index] for index in sorted(choices)]
    return document


def random_text(rnd, most=12):
    return "".join(rnd.choice('abé\n"\\😀 {}\u2028') for _ in range(rnd.randint(0, most)))


def random_tokens(rnd, at):
    """Logprobs of a few tokens, the first of which begins at `at`."""
    lists = {name: [] for name in LISTS}
    for _ in range(rnd.randint(1, 3)):
        token = rnd.choice(["index", "a", "😀", "name"])
        lists["tokens"].append(token)
        lists["token_logprobs"].append(rnd.choice([-1.5, 0, None]))
        lists["top_logprobs"].append(rnd.choice([None, {"index": 0, token: -2}]))
        lists["text_offset"].append(at)
        at += len(token)
    return lists, at


def random_stream(rnd):
    """(n, chunks) of a legal stream, in one of the two forms of CMPL-1."""
    n = rnd.randint(1, 4)
    made, offsets = [], [0] * n

    def say(index, finish, **more):
        choice = {"text": random_text(rnd), "index": index, "logprobs": None, "finish_reason": finish}
        if logged and rnd.random() < 0.7:
            choice["logprobs"], offsets[index] = random_tokens(rnd, offsets[index])
        choice.update(more)
        made.append({"id": "cmpl-1", "object": "text_completion", "created": 5, "model": "m",
                     "choices": [choice]})

    logged = rnd.random() < 0.4
    for _ in range(rnd.randint(0, 8)):
        say(rnd.randrange(n), None)
    order = list(range(n))
    rnd.shuffle(order)
    for index in order:
        more = {"stop_reason": rnd.choice([7, "</s>"])} if rnd.random() < 0.3 else {}
        say(index, rnd.choice(["stop", "length", "content_filter"]), **more)
        if rnd.random() < 0.5 and made[-1]["choices"][0]["logprobs"] is None:
            made[-1]["choices"][0]["text"] = ""
    if rnd.random() < 0.7:
        made.append({"id": "cmpl-1", "object": "text_completion", "created": 5, "model": "m",
                     "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3},
                     "choices": []})
    if rnd.random() < 0.3:
        made[-1]["timings"] = {"n": 1.5, "big": 12345678901234567890}
    return n, made


def recut(rnd, chunk_list):
    """The same with the texts cut elsewhere; those with logprobs stay, for they belong together."""
    made = []
    for chunk in chunk_list:
        choice = chunk["choices"][0] if chunk["choices"] else {"logprobs": {}}
        if choice["logprobs"] is not None or "stop_reason" in choice or "timings" in chunk:
            made.append(chunk)
            continue
        text = choice["text"]
        while len(text) > 1 and rnd.random() < 0.8:
            at = rnd.randint(1, len(text) - 1)
            part = dict(choice, text=text[:at], finish_reason=None)
            made.append(dict(chunk, choices=[part]))
            text = text[at:]
        made.append(dict(chunk, choices=[dict(choice, text=text)]))
    return made


class Agreement(unittest.TestCase):
    def setUp(self):
        self.rnd = random.Random(int(os.environ.get("WEIR_SEED", "7")))
        self.streams = [random_stream(self.rnd) for _ in range(ROUNDS)]

    def test_a_legal_stream_leaves_as_it_came(self):  # P3
        jobs = [(n, any("usage" in c for c in s), True, stream_of(s, True)) for n, s in self.streams]
        for job, out in zip(jobs, weir(jobs)):
            self.assertEqual(job[3], out)

    def test_a_stream_folds_as_it_folds_here(self):  # CMPL-4
        outs = weir([(n, True, False, stream_of(s)) for n, s in self.streams])
        for (_, stream), out in zip(self.streams, outs):
            self.assertEqual(fold(stream), json.loads(out))

    def test_no_cut_of_the_texts_changes_the_document(self):  # AGG-4
        whole = weir([(n, True, False, stream_of(s)) for n, s in self.streams])
        cut = weir([(n, True, False, stream_of(recut(self.rnd, s))) for n, s in self.streams])
        for one, other in zip(whole, cut):
            self.assertEqual(json.loads(one), json.loads(other))

    def test_a_streamed_document_folds_back_to_itself(self):  # P5
        sizes = [n for n, _ in self.streams]
        documents = [fold(s) for _, s in self.streams]
        for ascii_only in (False, True):
            bodies = [json.dumps(d, ensure_ascii=ascii_only).encode() for d in documents]
            streams = weir([(n, True, True, b) for n, b in zip(sizes, bodies)])
            again = weir([(n, True, False, s) for n, s in zip(sizes, streams)])
            for document, stream, second in zip(documents, streams, again):
                self.assertEqual(document, fold(chunks(stream)))
                self.assertEqual(document, json.loads(second))

    def test_a_document_that_is_right_leaves_as_it_came(self):  # P3
        jobs = [(n, False, False, json.dumps(fold(s)).encode()) for n, s in self.streams]
        for job, out in zip(jobs, weir(jobs)):
            self.assertEqual(job[3], out)

    def test_the_example_of_the_contract(self):
        with open(os.path.join(FIXTURES, "completions.sse"), "rb") as file:
            body = file.read()
        [document] = weir([(1, True, False, body)])
        self.assertEqual(fold(chunks(body)), json.loads(document))


if __name__ == "__main__":
    TOOL, FIXTURES = sys.argv[1:3]
    ROUNDS = int(sys.argv[3]) if len(sys.argv) > 3 else ROUNDS
    unittest.main(argv=sys.argv[:1])
