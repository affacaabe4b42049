"""The command line: help, exit codes, `config`, `repair` and `chat`."""

import json
import os
import pathlib
import shutil
import subprocess
import tempfile

from support import case, lint
from support.gateway import run
from support.wire import (DONE, answer_events, chunk, completion, compact, error_body, event, events,
                          finish, role, text, usage)

FIXTURES = pathlib.Path(__file__).parents[1] / "data" / "fixtures"
COMMANDS = (["serve"], ["repair"], ["chat"], ["config"], ["config", "check"], ["config", "show"],
            ["config", "schema"])


class CommandLine(case.IntegrationTest):
    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix="weir-cli-")
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)

    def file(self, name, content):
        path = os.path.join(self.directory, name)
        with open(path, "w", encoding="utf-8") as out:
            out.write(content if isinstance(content, str) else compact(content))
        return path


class Help(CommandLine):
    def test_help_names_every_command(self):
        code, out, err = run("--help")
        self.assertEqual((0, ""), (code, err))
        for command in ("serve", "repair", "chat", "config"):
            self.assertIn(command, out)
        for planned in ("explain", "upstreams", "keys", "prices", "top", "bench"):
            self.assertNotRegex(out, rf"(?m)^\s+{planned}\b")  # listed once it works

    def test_every_command_has_help(self):
        for command in COMMANDS:
            code, out, err = run(*command, "--help")
            self.assertEqual((0, ""), (code, err), command)
            self.assertIn("--help", out)
            self.assertGreater(len(out), 80)

    def test_the_version(self):
        code, out, _ = run("--version")
        self.assertEqual(0, code)
        self.assertRegex(out, r"^weir \d+\.\d+\.\d+")

    def test_a_wrong_call_is_2_and_says_why(self):
        for arguments in ([], ["nonsense"], ["serve", "--nonsense"], ["serve", "stray"],
                          ["repair", "stray"], ["config"], ["config", "nonsense"], ["chat"],
                          ["serve", "-c"], ["--nonsense"],
                          ["serve", "-c", "x.yaml", "--upstream", "http://127.0.0.1:1"]):
            with self.subTest(arguments):
                code, out, err = run(*arguments)
                self.assertEqual(2, code)
                self.assertTrue(err)
                self.assertEqual("", out)


class Config(CommandLine):
    GOOD = ("listen: 127.0.0.1:0\n"
            "upstreams:\n"
            "  a: {url: \"http://127.0.0.1:1\", key: sk-verysecretkey}\n"
            "models:\n"
            "  fast: [{upstream: a, model: m}]\n")

    def test_a_good_file(self):
        path = self.file("weir.yaml", self.GOOD)
        code, out, err = run("config", "check", "-c", path)
        self.assertEqual((0, ""), (code, err))
        self.assertIn(path, out)
        code, out, _ = run("config", "check", "-c", path, "--json")
        self.assertEqual((0, True), (code, json.loads(out)["valid"]))

    def test_the_usual_places(self):
        path = self.file("weir.yaml", self.GOOD)
        code, out, _ = run("config", "check", cwd=self.directory)
        self.assertEqual(0, code)
        self.assertIn("weir.yaml", out)
        os.mkdir(os.path.join(self.directory, "weir"))
        shutil.move(path, os.path.join(self.directory, "weir", "weir.yaml"))
        code, out, _ = run("config", "check", env={"XDG_CONFIG_HOME": self.directory})
        self.assertEqual(0, code)
        self.assertIn(os.path.join(self.directory, "weir", "weir.yaml"), out)

    def test_mistakes_are_named_with_place_and_near_name(self):
        table = [
            ("upstreams:\n  a: {url: \"http://127.0.0.1:1\"}\ntimeout:\n  idle: 5s\n", 3, 1,
             "timeouts"),
            ("upstreams:\n  a:\n    url: http://127.0.0.1:1\n    ca_fille: x.pem\n", 4, 5,
             "ca_file"),
            ("upstreams:\n  a: {url: \"http://127.0.0.1:1\"}\nstream: {hartbeat: 5s}\n", 3, 10,
             "heartbeat"),
            ("upstreams:\n  a: {url: \"http://127.0.0.1:1\"}\nmodels:\n  m: [aa]\n", 4, 7, "a"),
            ("upstreams:\n  a: {url: \"http://127.0.0.1:1\"}\n  a: {url: \"http://127.0.0.1:2\"}\n",
             3, 3, ""),
            ("upstreams:\n  a: {url: \"http://127.0.0.1:1\"}\ntimeouts: {idle: soon}\n", 3, 18, ""),
            ("upstreams:\n  a: {url: 5}\n", 2, 12, ""),
            ("upstreams: [a]\n", 1, 12, ""),
            ("upstreams:\n  a: {}\n", 2, 6, "url"),
            ("upstreams:\n  a: {url: \"http://127.0.0.1:1\", key: \"${NO_SUCH_VARIABLE}\"}\n", 2,
             39, "NO_SUCH_VARIABLE"),
            ("upstreams: {\n", 2, 1, ""),
            ("stream: {eof_as_stop: maybe}\n", 1, 23, ""),
        ]
        for content, line, column, near in table:
            with self.subTest(content):
                path = self.file("bad.yaml", content)
                code, out, err = run("config", "check", "-c", path)
                self.assertEqual((1, ""), (code, out))
                self.assertIn(f"{path}:{line}:{column}: ", err)
                self.assertIn(near, err)
                code, out, _ = run("config", "check", "-c", path, "--json")
                self.assertEqual(1, code)
                found = json.loads(out)
                self.assertEqual((False, line, column),
                                 (found["valid"], found["problems"][0]["line"],
                                  found["problems"][0]["column"]))
                code, _, err = run("serve", "-c", path)
                self.assertEqual(1, code)
                self.assertIn(f"{path}:{line}:{column}: ", err)

    def test_every_mistake_is_told_at_once(self):
        path = self.file("bad.yaml", "upstreams:\n  a: {ulr: x}\ntimeouts: {idel: 1s}\n")
        _, _, err = run("config", "check", "-c", path)
        self.assertIn(":2:", err)
        self.assertIn(":3:", err)

    def test_a_file_that_is_not_there(self):
        for command in (["config", "check"], ["config", "show"], ["serve"]):
            code, _, err = run(*command, "-c", os.path.join(self.directory, "none.yaml"))
            self.assertEqual(1, code)
            self.assertIn("none.yaml", err)

    def test_show_is_complete_and_can_be_read_again(self):
        path = self.file("weir.yaml", self.GOOD)
        code, out, _ = run("config", "show", "-c", path)
        self.assertEqual(0, code)
        self.assertNotIn("verysecret", out)
        for default in ("heartbeat", "first_token", "commit_after", "workers"):
            self.assertIn(default, out)
        code, _, err = run("config", "check", "-c", self.file("again.yaml", out))
        self.assertEqual((0, ""), (code, err))
        code, out, _ = run("config", "show", "-c", path, "--json")
        self.assertEqual((0, "127.0.0.1:0"), (code, json.loads(out)["listen"]))

    def test_the_schema_is_json_and_knows_the_keys(self):
        code, out, err = run("config", "schema")
        self.assertEqual((0, ""), (code, err))
        schema = json.loads(out)
        for key in ("listen", "upstreams", "models", "timeouts", "stream", "workers"):
            self.assertIn(key, schema["properties"])
        self.assertIs(False, schema["additionalProperties"])

    def test_a_taken_port_is_1_and_says_so(self):
        weir = self.gateway(arguments=["--no-discover"])
        # Workers of one process share the port; another process must not.
        process = subprocess.Popen(
            [case.gateway.BINARY, "serve", "--no-discover", "--listen", f"127.0.0.1:{weir.port}"],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd=self.directory,
            env=case.gateway.environment(self.directory))
        self.addCleanup(process.stderr.close)
        said = process.stderr.readline().decode()
        if "listening" in said:
            process.terminate()
        self.assertEqual(1, process.wait(case.client.PATIENCE), said)
        self.assertIn(str(weir.port), said)

    def test_a_listener_for_everybody_is_warned_of(self):
        path = self.file("weir.yaml", self.GOOD.replace("127.0.0.1:0", "0.0.0.0:0"))
        code, out, err = run("config", "check", "-c", path)
        self.assertEqual(0, code)
        self.assertIn("warning", out + err)


class Repair(CommandLine):
    def repair(self, body, *arguments):
        code, out, err = run("repair", *arguments, stdin=body)
        return code, out.encode(), err

    def request(self, **more):
        return ["--request", self.file("request.json", case.ask(**more))]

    def test_a_legal_stream_is_left_alone(self):
        for path in sorted(FIXTURES.glob("chat_*.sse")):
            body = path.read_bytes()
            request = self.request(include_usage=b'"usage":' in body, n=2 if "n2" in path.name else 1,
                                   tools=[{"type": "function", "function": {"name": "f"}}]
                                   if "tools" in path.name else None)
            code, out, err = self.repair(body, *request)
            self.assertEqual(body, out, path.name)
            self.assertEqual(1 if "error" in path.name else 0, code, path.name)
            self.assertNotIn("repaired", err)

    def test_what_is_whole_is_repaired(self):
        body = events(*[chunk({"role": "assistant", "content": t}, "") for t in ("a", "b")],
                      finish()).replace(b"\n", b"\r\n")
        code, out, err = self.repair(body)
        self.assertEqual(0, code)
        view = lint.stream(out)
        self.assertEqual(("ab", "stop"), (view.text, view.finish))
        for clause in ("CHAT-8", "CHAT-13"):
            self.assertIn(clause, err)

    def test_a_truncated_stream_is_1_with_the_legal_ending(self):
        for body in (events(role(), text("Hel")), events(role(), text("Hel")) + b"data: {\"id",
                     events(role(), text("Hel"), error_body("it broke"))):
            code, out, err = self.repair(body)
            self.assertEqual(1, code)
            view = lint.stream(out)
            self.assertEqual(("Hel", None), (view.text, view.finish))
            self.assertIn(view.error["message"], err)

    def test_nothing_at_all_is_1(self):
        for body in (b"", b"<html>", b": hello\n\n"):
            code, out, _ = self.repair(body)
            self.assertEqual(1, code)
            self.assertIsNotNone(lint.stream(out).error)

    def test_json_and_streams_become_what_the_request_asked_for(self):
        document = completion("Hello", usage=usage())
        code, out, _ = self.repair(compact(document).encode())
        self.assertEqual((0, "Hello"), (code, lint.stream(out).text))
        code, out, _ = self.repair(compact(document).encode(), *self.request(include_usage=True))
        self.assertEqual((0, usage()), (code, lint.stream(out, include_usage=True).usage))
        code, out, _ = self.repair(answer_events("Hel", "lo"), *self.request(stream=False))
        self.assertEqual((0, "Hello"), (code, lint.completion(json.loads(out))["choices"][0]
                                        ["message"]["content"]))

    def test_a_failed_json_answer_is_one_json_error(self):
        code, out, _ = self.repair(events(role(), text("Hel")), *self.request(stream=False))
        self.assertEqual(1, code)
        self.assertEqual({"error"}, set(json.loads(out)))

    def test_the_list_of_repairs_as_json(self):
        code, _, err = self.repair(events(role(), text("a")) + DONE, "--json")
        self.assertEqual(0, code)
        listed = json.loads(err)
        self.assertEqual((True, None), (listed["whole"], listed["error"]))
        self.assertIn("CHAT-29", [r["clause"] for r in listed["repairs"]])
        code, _, err = self.repair(events(role(), text("a")), "--json")
        self.assertEqual((1, False), (code, json.loads(err)["whole"]))
        self.assertTrue(json.loads(err)["error"])

    def test_a_bad_request_file_is_1(self):
        for content in ("nonsense", "{}"):
            code, out, err = self.repair(answer_events("x"), "--request",
                                         self.file("request.json", content))
            self.assertEqual((1, b""), (code, out))
            self.assertIn("request.json", err)
        code, _, err = self.repair(b"", "--request", "/nonexistent.json")
        self.assertEqual(1, code)
        self.assertIn("/nonexistent.json", err)

    def test_it_is_a_filter(self):
        """Output comes while input still comes, and ends with the answer, not with the pipe."""
        process = subprocess.Popen([case.gateway.BINARY, "repair"], stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   env=case.gateway.environment(self.directory))
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.stdin.close)
        for one in (role(), text("a"), text("b")):
            process.stdin.write(event(one))
            process.stdin.flush()
            line = process.stdout.readline()
            self.assertTrue(line.startswith(b"data: "), line)
            self.assertEqual(b"\n", process.stdout.readline())
        process.stdin.write(event(finish()) + DONE)
        process.stdin.flush()
        self.assertIn(b"[DONE]", process.stdout.read())
        self.assertEqual(0, process.wait(case.client.PATIENCE))


class Chat(CommandLine):
    def test_it_prints_the_answer(self):
        for model in ("demo/clean", "demo/json-only", "demo/no-done"):
            code, out, err = run("chat", "--no-discover", "-m", model, "hello")
            self.assertEqual((0, ""), (code, err))
            self.assertIn("canned", out)
            self.assertTrue(out.endswith("\n"))

    def test_without_a_model_it_finds_one(self):
        code, out, _ = run("chat", "--no-discover", "hello")
        self.assertEqual(0, code)
        self.assertIn("canned", out)

    def test_a_failure_is_1_and_told_on_stderr(self):
        for model in ("demo/error-500", "demo/error-midway", "demo/truncated", "demo/nonsense"):
            code, _, err = run("chat", "--no-discover", "-m", model, "hello")
            self.assertEqual(1, code, model)
            self.assertTrue(err.strip(), model)

    def test_it_asks_the_upstream_of_the_command_line(self):
        up = self.upstream(models=["m-7"])
        up.script(case.wire.streamed(answer_events("from ", "there")))
        code, out, _ = run("chat", "--upstream", up.url, "what is up")
        self.assertEqual((0, "from there\n"), (code, out))
        body = up.chats[0].json()
        self.assertEqual(("m-7", "what is up"), (body["model"], body["messages"][0]["content"]))


if __name__ == "__main__":
    case.main()
