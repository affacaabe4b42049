"""`weir prices`: public lists become a section of the configuration, and what is in force is listed."""

import json
import os
import shutil
import tempfile

from support import case, gateway

LISTS = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "data", "prices")


class Prices(case.IntegrationTest):
    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix="weir-prices-")
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)

    def imported(self, name, *arguments):
        code, out, err = gateway.run("prices", "import", os.path.join(LISTS, name), *arguments)
        self.assertEqual(0, code, err)
        return out, err

    def listed(self, *configurations):
        path = os.path.join(self.directory, "weir.yaml")
        with open(path, "w", encoding="utf-8") as out:
            out.write("".join(configurations))
        code, out, err = gateway.run("prices", "list", "-c", path, "--json")
        self.assertEqual(0, code, err)
        return json.loads(out)["prices"]

    def test_what_was_imported_is_in_force_when_it_stands_in_the_configuration(self):
        out, err = self.imported("litellm.json")
        self.assertIn("8 prices", err)
        self.assertIn("2 left out: no price of tokens", err)
        prices = self.listed("listen: 4000\n", out)
        self.assertEqual(8, len(prices))
        self.assertEqual({"unit": "usd", "input": 1.25e-6, "cached": 1.25e-7, "output": 1e-5},
                         {key: prices["gpt-5"][key] for key in ("unit", "input", "cached",
                                                                "output")})

    def test_some_of_a_list_from_a_day_on(self):
        out, err = self.imported("models-dev.json", "--only", "openai/*", "--from", "2026-01-01")
        self.assertIn("2 prices, 3 not asked for", err)
        prices = self.listed(out)
        self.assertEqual({"openai/gpt-5", "openai/gpt-4o-mini"}, set(prices))
        self.assertEqual("2026-01-01", prices["openai/gpt-5"]["from"])
        out, _ = self.imported("models-dev.json", "--only", "openai/*", "--from", "2999-01-01")
        self.assertEqual({}, self.listed(out))

    def test_what_is_no_list_is_said(self):
        path = os.path.join(self.directory, "list.json")
        with open(path, "w", encoding="utf-8") as out:
            out.write("{}")
        for arguments, code, says in (((path,), 1, "neither"), (("/none",), 1, "/none"),
                                      ((), 2, "file"),
                                      ((path, "--from", "soon"), 2, "2026-11-27")):
            with self.subTest(arguments):
                got, _, err = gateway.run("prices", "import", *arguments)
                self.assertEqual(code, got)
                self.assertIn(says, err)


if __name__ == "__main__":
    case.main()
