"""The base of the integration tests: starts what a test needs and ends it well."""

import os
import shutil
import sys
import tempfile
import unittest

from . import client, gateway, lint, upstream, wire

MESSAGES = [{"role": "user", "content": "hi"}]


def ask(stream=True, include_usage=False, **more):
    """A chat request."""
    body = {"model": "m-1", "messages": MESSAGES, "stream": stream}
    if include_usage:
        body["stream_options"] = {"include_usage": True}
    body.update(more)
    return body


class IntegrationTest(unittest.TestCase):
    maxDiff = None

    @classmethod
    def _start_upstream(cls, add_cleanup, **how):
        made = upstream.Upstream(**how)

        def finish():
            made.close()
            if made.problems:
                raise AssertionError(f"the upstream had problems: {made.problems}")
        add_cleanup(finish)
        return made

    @classmethod
    def _start_gateway(cls, add_cleanup, config, arguments, env, **how):
        made = gateway.Gateway(config, arguments, env, **how)
        add_cleanup(made.stop)
        return made

    def upstream(self, **how):
        return self._start_upstream(self.addCleanup, **how)

    @classmethod
    def class_upstream(cls, **how):
        return cls._start_upstream(cls.addClassCleanup, **how)

    def gateway(self, config=None, arguments=(), env=(), **how):
        return self._start_gateway(self.addCleanup, config, arguments, env, **how)

    @classmethod
    def class_gateway(cls, config=None, arguments=(), env=()):
        return cls._start_gateway(cls.addClassCleanup, config, arguments, env)

    @staticmethod
    def before(one, **sections):
        """A configuration with one worker and one upstream."""
        return {"workers": 1, "upstreams": {"up": {"url": one.url}}, **sections}

    def connect(self, to, **how):
        made = to.connect(**how)
        self.addCleanup(made.close)
        return made

    def chat(self, to, body=None, headers=()):
        """The response to a chat request on a connection of its own, once its head is there."""
        return self.connect(to).chat(ask() if body is None else body, headers)

    def stream_of(self, response, include_usage=False, n=1):
        """The view of a streamed answer, which must be whole and legal (HTTP-1, CHAT-*)."""
        self.assertEqual(200, response.status, response.body)
        self.assertEqual("text/event-stream; charset=utf-8", response.get("Content-Type"))
        self.assertEqual("no-cache", response.get("Cache-Control"))
        self.assertEqual("no", response.get("X-Accel-Buffering"))
        self.assertIsNone(response.get("Content-Length"))
        self.assertIsNone(response.get("Content-Encoding"))
        self.assertTrue(response.get("x-request-id"))
        view = lint.stream(response.read(), include_usage, n)
        self.assertTrue(view.done)
        return view

    def completion_of(self, response, n=1):
        """The document of a non-stream answer (HTTP-2, contract 3.1)."""
        self.assertEqual(200, response.status, response.body)
        self.assertEqual("application/json", response.get("Content-Type"))
        self.assertIsNotNone(response.get("Content-Length"))
        self.assertTrue(response.get("x-request-id"))
        return lint.completion(response.json(), n)

    def assert_error(self, response, status, code=None, kind=None, param=None, says=""):
        """An error answer of the catalogue (contract 2.3)."""
        self.assertEqual(status, response.status, response.read())
        error = response.error()
        self.assertEqual(code, error["code"], error)
        self.assertEqual(param, error["param"], error)
        if kind:
            self.assertEqual(kind, error["type"], error)
        self.assertIn(says, error["message"])
        return error


class CommandLineTest(IntegrationTest):
    """With a directory of its own."""

    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix="weir-cli-")
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)

    def file(self, name, content):
        path = os.path.join(self.directory, name)
        with open(path, "w", encoding="utf-8") as out:
            out.write(content if isinstance(content, str) else wire.compact(content))
        return path


def main():
    if not os.path.exists(gateway.BINARY):
        sys.exit("WEIR_BINARY must name the program under test")
    unittest.main(verbosity=2)


__all__ = ["CommandLineTest", "IntegrationTest", "MESSAGES", "ask", "client", "gateway", "lint",
           "main", "upstream", "wire"]
