"""Every model of the built-in upstream, asked both ways: a legal stream, one legal JSON, or one
truthful error."""

import pathlib
import re
import threading

from support import case, lint

ask = case.ask

#: What cannot be whole, whoever repairs it: the status of the JSON answer, and whether the stream
#: begins before it fails.
FAILING = {
    "demo/truncated": (502, True),
    "demo/cut": (502, True),
    "demo/error-midway": (None, True),
    "demo/error-first": (None, False),
    "demo/error-429": (429, False),
    "demo/error-500": (500, False),
    "demo/html": (502, False),
    "demo/empty": (502, False),
    "demo/comments-only": (502, False),
}
WITHOUT_USAGE = ("demo/empty-finish", "demo/no-end")
CANNED = "canned"


class Demo(case.IntegrationTest):
    @classmethod
    def setUpClass(cls):
        cls.weir = cls.class_gateway(arguments=["--no-discover"])
        cls.models = [m["id"] for m in cls.weir.get("/v1/models").json()["data"]]

    def at_once(self, work, jobs):
        """Some of the models take their time: all are asked at once."""
        problems = []

        def one(job):
            try:
                work(*job)
            except Exception as problem:  # pylint: disable=broad-except
                problems.append((job, repr(problem)))
        threads = [threading.Thread(target=one, args=(job,)) for job in jobs]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual([], problems)

    def failed(self, model, stream, include_usage, got):
        status, begins = FAILING[model]
        if stream and begins:
            view = self.stream_of(got, include_usage)
            assert view.error and view.error["message"], (model, got.body)
            assert not view.finishes, (model, got.body)
            return
        assert got.status >= 400 and status in (None, got.status), (model, got.status)
        assert got.error()["message"], model
        if model == "demo/error-429":
            assert int(got.get("Retry-After")) >= 1

    def answered(self, model, stream, include_usage, n):
        got = self.chat(self.weir, ask(stream, stream and include_usage, model=model, n=n))
        if model in FAILING:
            return self.failed(model, stream, include_usage, got)
        if not stream:
            document = self.completion_of(got, n)
            texts = [c["message"]["content"] or "" for c in document["choices"]]
            calls = [c["message"].get("tool_calls") for c in document["choices"]]
        else:
            body = got.read()
            assert got.status == 200, (model, got.status, body)
            view = lint.stream(body, include_usage, n, model not in WITHOUT_USAGE)
            assert view.error is None, (model, view.error)
            assert view.done and len(view.finishes) == n, (model, body)
            texts = [view.texts[i] for i in range(n)]
            calls = [b'"tool_calls"' in body] * n
        for text, call in zip(texts, calls):
            assert CANNED in text or call, (model, text)
        return None

    def test_every_model_both_ways(self):
        self.assertLess(20, len(self.models))
        self.assertLessEqual(set(FAILING), set(self.models))
        self.at_once(self.answered, [(model, stream, usage, 1) for model in self.models
                                     for stream in (True, False) for usage in (True, False)])

    def test_the_models_with_two_choices(self):
        self.at_once(self.answered, [(model, stream, False, 2)
                                     for model in ("demo/clean", "demo/no-done", "demo/json-only",
                                                   "demo/sse-only")
                                     for stream in (True, False)])

    def test_the_documentation_lists_the_models(self):
        page = pathlib.Path(__file__).parents[2] / "docs" / "demo.md"
        listed = set(re.findall(r"`(demo/[a-z0-9-]+)`", page.read_text("utf-8")))
        self.assertEqual(set(self.models), listed)

    def test_those_of_the_product_page_are_there(self):
        for name in ("clean", "no-role", "no-done", "json-only", "sse-only", "crlf", "truncated",
                     "error-midway", "tools"):
            self.assertIn("demo/" + name, self.models)

    def test_an_unknown_one_is_404(self):
        got = self.chat(self.weir, ask(model="demo/no-don"))
        self.assert_error(got, 404, "model_not_found", says="demo/no-done")


if __name__ == "__main__":
    case.main()
