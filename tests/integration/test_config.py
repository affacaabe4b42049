"""`weir config`, and what `serve` makes of a file."""

import json
import os
import shutil
import subprocess

from support import case
from support.gateway import run


class Config(case.CommandLineTest):
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

    def test_serve_refuses_a_file_with_a_mistake(self):
        path = self.file("bad.yaml", "timeout: {}\n")
        code, out, err = run("serve", "-c", path)
        self.assertEqual((1, ""), (code, out))
        self.assertIn(f"{path}:1:1: ", err)

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


if __name__ == "__main__":
    case.main()
