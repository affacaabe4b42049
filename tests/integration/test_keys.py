"""Keys of clients: on the command line, over HTTP, in the configuration; what they may, and how much."""

import json
import os
import pathlib
import re
import sqlite3
import threading
import time

from support import PATIENCE, case, gateway
from support.wire import DONE, chunk, completion, events, finish, role, streamed, text, response

ADMIN = "admin-0123456789-secret"
SECRET = re.compile(r"^sk-weir-[A-Za-z0-9_-]{43}$")


def bearer(secret):
    return [f"Authorization: Bearer {secret}"]


class Keys(case.CommandLineTest):
    def setUp(self):
        super().setUp()
        self.ledger = os.path.join(self.directory, "weir.db")

    def settings(self, **sections):
        return {"store": {"ledger": "sqlite:" + self.ledger}, "admin": {"key": ADMIN}, **sections}

    def serve(self, up, keys, **sections):
        return self.gateway(self.before(up, **self.settings(keys=keys, **sections)))

    def weir(self, *arguments, code=0, **sections):
        path = self.file("keys.yaml", self.settings(**sections))
        got, out, err = gateway.run("keys", arguments[0], "-c", path, *arguments[1:])
        self.assertEqual(code, got, (out, err))
        return out, err

    def made(self, name, *arguments, **sections):
        out, _ = self.weir("create", name, *arguments, **sections)
        self.assertRegex(out.strip(), SECRET)
        return out.strip()

    def admin(self, weir, method, path, body=None):
        got = self.connect(weir).request(method, "/admin/v1/" + path, body, bearer(ADMIN)).response()
        got.read()
        return got.status, got.json()

    def until(self, holds):
        end = time.monotonic() + PATIENCE
        while not holds():
            self.assertLess(time.monotonic(), end)

    # --- The command line -------------------------------------------------------------------------

    def test_a_secret_is_shown_once_and_kept_nowhere(self):
        secret = self.made("alice", "--group", "red", "--label", "team=red", "--models", "gpt-*",
                           "--expires", "30d", "--requests-per-minute", "60", "--usd-per-day", "0.5",
                           keys={"groups": {"red": {}}})
        out, _ = self.weir("list", "--json")
        (one,) = json.loads(out)["keys"]
        self.assertEqual(("alice", "database", "active", "red", {"team": "red"}, ["gpt-*"], 60, 0.5),
                         tuple(one[k] for k in ("name", "origin", "state", "group", "labels",
                                                "models", "requests_per_minute", "usd_per_day")))
        self.assertEqual(secret[:10] + "..." + secret[-4:], one["hint"])
        table, _ = self.weir("list")
        self.assertIn("60 requests/min, 0.5 USD/day", table)
        kept = b"".join(pathlib.Path(self.directory, f).read_bytes()
                        for f in os.listdir(self.directory))
        for shown in (out.encode(), table.encode(), kept):
            self.assertNotIn(secret.encode(), shown)
            self.assertNotIn(secret[12:30].encode(), shown)
        self.assertEqual(0o600, os.stat(self.ledger + ".hash-key").st_mode & 0o777)

    def test_a_name_is_given_once_for_ever(self):
        self.made("alice")
        self.assertIn("already", self.weir("create", "alice", code=1)[1])
        self.assertIn("did you mean 'alice'?", self.weir("revoke", "alise", code=1)[1])
        self.assertIn("revoked alice", self.weir("revoke", "alice")[0])
        self.assertIn("before", self.weir("revoke", "alice", code=1)[1])
        self.assertIn("already", self.weir("create", "alice", code=1)[1])

    def test_what_cannot_be_is_told_before_anything_is_made(self):
        rows = [(["--group", "rad"], 1, "there is no group 'rad' (did you mean 'red'?)"),
                (["--apis", "chat,embb"], 1, "'embb' is none of chat"),
                (["--upstreams", "demi"], 1, "there is no upstream 'demi' (did you mean 'demo'?)"),
                (["--models", "/(/"], 1, "no regular expression"),
                (["--label", "a b=c"], 1, "a label is"),
                (["--label", "team"], 2, "NAME=VALUE"),
                (["--expires", "2001-01-01"], 1, "over already"),
                (["--expires", "soon"], 2, "a while ahead"),
                (["--usd-per-day", "-1"], 2, "an amount of USD"),
                (["--requests-per-minute", "0"], 2, "requests-per-minute")]
        for arguments, code, says in rows:
            with self.subTest(arguments):
                _, err = self.weir("create", "x", *arguments, code=code,
                                   keys={"groups": {"red": {}}})
                self.assertIn(says, err)
        self.assertEqual([], json.loads(self.weir("list", "--json")[0])["keys"])
        self.assertIn("there is no database", self.weir("create", "x", code=1,
                                                        store={"ledger": "none"})[1])

    # --- A gateway that runs ----------------------------------------------------------------------

    def test_a_running_gateway_takes_new_keys_and_turns_revoked_ones_away(self):
        up = self.upstream()
        weir = self.serve(up, {"required": True})
        self.assert_error(self.chat(weir), 401, None)
        secret = self.made("alice", "--label", "team=red")

        def status():
            up.script(response(completion("Hello")))
            got = self.chat(weir, case.ask(stream=False), headers=bearer(secret))
            got.read()
            return got.status
        self.until(lambda: status() == 200)
        self.weir("revoke", "alice")
        self.until(lambda: status() == 401)

    def test_a_key_of_the_configuration_works_as_a_hash_elsewhere(self):
        out, _ = self.weir("create", "alice", "--json")
        made = json.loads(out)
        up = self.upstream()
        hash_key = pathlib.Path(self.ledger + ".hash-key").read_text("ascii").strip()
        weir = self.gateway(self.before(up, keys={
            "required": True, "hash_key": hash_key,
            "clients": {"alice": {"hash": made["hash"], "stream": {"cost": True}},
                        "bob": {"key": "bobs-own-secret"}}}, store={"ledger": "none"}))
        for secret in (made["secret"], "bobs-own-secret"):
            up.script(response(completion("Hello")))
            self.completion_of(self.chat(weir, case.ask(stream=False), headers=bearer(secret)))
        got = self.connect(weir).request("GET", "/v1/usage", None,
                                         bearer(made["secret"])).response()
        self.assert_error(got, 404, None, says="Nothing is kept here")

    def test_keys_groups_and_usage_over_http(self):
        up = self.upstream()
        weir = self.serve(up, {"required": True, "clients": {"root": {"key": "roots-own-secret"}}},
                          prices={"m-1": {"input": 1, "output": 2}})
        self.assertEqual((200, {"name": "red", "requests_per_minute": 2}),
                         self.admin(weir, "PUT", "groups/red", {"requests_per_minute": 2}))
        status, made = self.admin(weir, "POST", "keys", {"name": "alice", "group": "red",
                                                         "labels": {"team": "a"}})
        self.assertEqual(201, status)
        self.assertRegex(made["secret"], SECRET)
        for body, status, says in [({"name": "alice"}, 409, "already"),
                                   ({"name": "root"}, 400, "The configuration has a key 'root'"),
                                   ({"name": "b", "group": "rde"}, 400, "did you mean 'red'?"),
                                   ({"name": "b", "colour": 1}, 400, "no setting 'colour'"),
                                   ({"name": "b", "expires": "2001-01-01"}, 400, "'expires'"),
                                   ({"name": "b c"}, 400, "A key's name is"),
                                   ({}, 400, "'name' must be text"), ([], 400, "a JSON object")]:
            got = self.admin(weir, "POST", "keys", body)
            self.assertEqual(status, got[0], got)
            self.assertIn(says, got[1]["error"]["message"])
        listed = self.admin(weir, "GET", "keys")[1]["keys"]
        self.assertEqual([("root", "config"), ("alice", "database")],
                         [(k["name"], k["origin"]) for k in listed])
        self.assertNotIn(made["secret"], json.dumps(listed))

        statuses = []
        for _ in range(3):
            up.script(response(completion("Hello", usage={"prompt_tokens": 10,
                                                          "completion_tokens": 5,
                                                          "total_tokens": 15})))
            got = self.chat(weir, case.ask(stream=False), headers=bearer(made["secret"]))
            got.read()
            statuses.append(got.status)
        self.assertEqual([200, 200, 429], statuses)
        self.assertEqual((200, {"name": "red", "max_concurrent": 9}),
                         self.admin(weir, "PUT", "groups/red", {"max_concurrent": 9}))
        self.assertEqual(200, self.chat(weir, case.ask(stream=False),
                                        headers=bearer(made["secret"])).status)

        def own(query=""):
            return self.connect(weir).request("GET", "/v1/usage" + query, None,
                                              bearer(made["secret"])).response().json()
        self.until(lambda: sum(r["requests"] for r in own()["usage"]) == 4)
        mine = own("?by=day,tag:team&since=1h")
        self.assertEqual(("alice", "a"), (mine["key"], mine["usage"][0]["tag:team"]))
        self.assertEqual([{"of": "group", "name": "red", "max_concurrent": {"limit": 9, "used": 0}}],
                         mine["limits"])
        everybody = self.admin(weir, "GET", "usage?by=key&since=1h")[1]["usage"]
        self.assertEqual(["alice"], [r["key"] for r in everybody])
        for query, says in [("by=colour", "none of model"), ("since=soon", "'since' must be"),
                            ("key=bob", "means nothing here"), ("by=%07", "cannot be read"),
                            ("by=day&by=day", "twice")]:
            got = self.connect(weir).request("GET", "/v1/usage?" + query, None,
                                             bearer(made["secret"])).response()
            self.assert_error(got, 400, None, says=says)
        self.assertEqual(409, self.admin(weir, "DELETE", "keys/root")[0])
        self.assertEqual(404, self.admin(weir, "DELETE", "keys/bob")[0])
        self.assertEqual(200, self.admin(weir, "DELETE", "keys/alice")[0])
        self.assert_error(self.chat(weir, headers=bearer(made["secret"])), 401, "invalid_api_key",
                          says="It was revoked.")
        self.assertEqual(200, self.admin(weir, "DELETE", "groups/red")[0])
        self.assertEqual({"groups": []}, self.admin(weir, "GET", "groups")[1])
        for path in ("keys", "groups", "usage"):
            got = self.connect(weir).request("GET", "/admin/v1/" + path).response()
            self.assert_error(got, 401, None)

    def test_csv_is_what_the_command_prints(self):
        up = self.upstream()
        weir = self.serve(up, {"clients": {"a": {"key": "as-own-secret-0123"}}})
        up.script(response(completion("Hello")))
        self.chat(weir, case.ask(stream=False), headers=bearer("as-own-secret-0123")).read()
        path = self.file("usage.yaml", self.settings())
        printed = gateway.run("usage", "-c", path, "--by", "key,day", "--csv")[1]
        got = self.connect(weir).request("GET", "/admin/v1/usage?by=key,day&format=csv", None,
                                         bearer(ADMIN)).response()
        self.assertEqual(printed, got.read().decode())
        self.assertEqual("text/csv; charset=utf-8", got.get("Content-Type"))

    def test_what_was_spent_before_counts_after_a_restart(self):
        up = self.upstream()
        how = {"clients": {"a": {"key": "as-own-secret-0123", "usd_per_day": 0.001}}}
        prices = {"m-1": {"input": 0, "output": 100}}
        told = {"prompt_tokens": 1, "completion_tokens": 9, "total_tokens": 10}
        for spent in (0, 9e-4):
            weir = self.serve(up, how, prices=prices)
            mine = self.connect(weir).request("GET", "/v1/usage", None,
                                              bearer("as-own-secret-0123")).response().json()
            self.assertEqual(spent, mine["limits"][0]["usd_per_day"]["used"])
            up.script(response(completion("Hello", usage=told)))
            got = self.chat(weir, case.ask(stream=False, max_tokens=9),
                            headers=bearer("as-own-secret-0123"))
            got.read()
            self.assertEqual(200 if spent == 0 else 429, got.status, got.body)
            weir.stop()

    def test_64_clients_never_pass_one_small_budget(self):
        up = self.upstream()
        # 1e-4 USD a token: 100 tokens of output are the whole budget, and 8 a request at most.
        told = {"prompt_tokens": 0, "completion_tokens": 7, "total_tokens": 7}
        up.always(streamed(events(role(), text("Hello"), finish(), chunk(choices=[], usage=told))
                           + DONE))
        weir = self.gateway({**self.before(up, **self.settings(
            keys={"clients": {"a": {"key": "as-own-secret-0123", "usd_per_day": 0.01}}},
            prices={"m-1": {"input": 0, "output": 100}})), "workers": 2})
        counted, guard = {200: 0, 429: 0}, threading.Lock()

        def ask_until_refused():
            refusals = 0
            while refusals < 3:
                with weir.connect() as c:
                    got = c.chat(case.ask(max_tokens=8), bearer("as-own-secret-0123"))
                    got.read()
                with guard:
                    counted[got.status] += 1
                refusals += got.status == 429
        clients = [threading.Thread(target=ask_until_refused) for _ in range(64)]
        for one in clients:
            one.start()
        for one in clients:
            one.join()
        weir.stop()
        with sqlite3.connect(self.ledger) as db:
            spent, = db.execute("SELECT sum(cost_nano_usd) FROM weir_records").fetchone()
        self.assertEqual(counted[200] * 700_000, spent)
        self.assertLessEqual(spent, 10_000_000)
        self.assertLessEqual(10_000_000 - 800_000 - 700_000, spent)  # and nothing is left lying


if __name__ == "__main__":
    case.main()
