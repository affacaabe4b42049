"""The command line: help, exit codes, and `chat`."""

from support import case
from support.gateway import run
from support.wire import answer_events, streamed

COMMANDS = (["serve"], ["check"], ["repair"], ["chat"], ["config"], ["config", "check"],
            ["config", "show"], ["config", "schema"], ["explain"], ["upstreams"], ["usage"],
            ["prices"], ["prices", "import"], ["prices", "list"], ["keys"], ["keys", "create"],
            ["keys", "list"], ["keys", "revoke"], ["bench"], ["top"])


class Help(case.CommandLineTest):
    def test_help_names_every_command(self):
        code, out, err = run("--help")
        self.assertEqual((0, ""), (code, err))
        for command in ("serve", "check", "repair", "chat", "config", "explain", "upstreams",
                        "usage", "prices", "keys", "bench", "top"):
            self.assertIn(command, out)

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
                          ["repair", "stray"], ["check"], ["config"], ["config", "nonsense"], ["chat"],
                          ["serve", "-c"], ["--nonsense"],
                          ["serve", "-c", "x.yaml", "--upstream", "http://127.0.0.1:1"]):
            with self.subTest(arguments):
                code, out, err = run(*arguments)
                self.assertEqual(2, code)
                self.assertTrue(err)
                self.assertEqual("", out)


class Chat(case.CommandLineTest):
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
        up.script(streamed(answer_events("from ", "there")))
        code, out, _ = run("chat", "--upstream", up.url, "what is up")
        self.assertEqual((0, "from there\n"), (code, out))
        body = up.chats[0].json()
        self.assertEqual(("m-7", "what is up"), (body["model"], body["messages"][0]["content"]))


if __name__ == "__main__":
    case.main()
