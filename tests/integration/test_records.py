"""Every answer whose end reached a client is on record exactly once, whatever dies meanwhile."""

import csv
import io
import json
import os
import random
import shutil
import signal
import sqlite3
import tempfile
import threading
import time

from support import PATIENCE, case, client, gateway
from support.wire import (DONE, answer_events, chunk, completion, events, finish, h1, head,
                          response, role, streamed, text)

KILLS = int(os.environ.get("WEIR_KILLS", "6"))
SYNC_POINTS = ["before_sync", "after_sync"]
KILL_POINTS = ["before_append", "mid_append", "after_append", "before_commit", "after_commit"]


class Records(case.IntegrationTest):
    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix="weir-records-")
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)
        self.ledger = os.path.join(self.directory, "weir.db")
        self.up = self.upstream()

    def store(self, **more):
        return {"ledger": "sqlite:" + self.ledger, **more}

    def on_a_disk(self):
        """The environment of a weir of whose journals only what was synced outlives lose_power."""
        self.disk = os.path.join(self.directory, "disk")
        os.makedirs(self.disk, exist_ok=True)
        options = os.environ.get("ASAN_OPTIONS", "")
        return {"LD_PRELOAD": os.environ["WEIR_POWER_LOSS"], "WEIR_DISK": self.disk,
                "WEIR_DISK_DELAY": "2000",
                "ASAN_OPTIONS": options + ":verify_asan_link_order=0"}

    def lose_power(self):
        """What had not reached the disk is gone; how many bytes that were."""
        journals, lost = self.ledger + ".journals", 0
        for name in os.listdir(journals):
            path, note = os.path.join(journals, name), os.path.join(self.disk, name)
            size, kept = os.path.getsize(path), 0
            if os.path.exists(note + ".named"):
                if os.path.exists(note + ".size"):
                    with open(note + ".size", encoding="ascii") as noted:
                        kept = int(noted.read() or 0)
                os.truncate(path, min(size, kept))
            else:
                os.remove(path)
            lost += size - min(size, kept)
        return lost

    def keeping(self, workers=1, env=(), **more):
        return self.gateway({**self.before(self.up, store=self.store(**more)), "workers": workers},
                            env=env)

    def usage(self, *arguments):
        path = os.path.join(self.directory, "usage.yaml")
        with open(path, "w", encoding="utf-8") as out:
            out.write(json.dumps({"store": self.store()}))
        code, out, err = gateway.run("usage", "-c", path, *arguments)
        self.assertEqual((0, ""), (code, err))
        return out

    def rows(self, *arguments):
        return json.loads(self.usage("--json", *arguments))["usage"]

    def recorded(self):
        """The records of the ledger by the ids of their requests, once all is brought there."""
        self.usage()
        found = {}
        with sqlite3.connect(self.ledger) as db:
            db.row_factory = sqlite3.Row
            for row in db.execute("SELECT * FROM weir_records"):
                found.setdefault(row["request_id"], []).append(dict(row))
        return found

    def test_an_answer_is_on_record_with_its_tokens_and_how_it_ended(self):
        weir = self.keeping()
        told = {"prompt_tokens": 34, "completion_tokens": 100, "total_tokens": 134,
                "prompt_tokens_details": {"cached_tokens": 11},
                "completion_tokens_details": {"reasoning_tokens": 10}}
        self.up.script(streamed(events(role(), text("Hello"), finish(),
                                       chunk(choices=[], usage=told)) + DONE))
        got = self.chat(weir, headers=["x-weir-tags: team=red, app=chat"])
        self.stream_of(got)
        self.up.script(response({"error": {"message": "no", "type": "x"}}, 400))
        refused = self.chat(weir, case.ask(stream=False))
        refused.read()
        weir.stop()
        kept = self.recorded()
        (one,) = kept.pop(got.get("x-request-id"))
        expected = {"requested_model": "m-1", "served_model": "m-1", "upstream": "up",
                    "status": 200, "stream": 1, "error_class": "", "finish_reason": "stop",
                    "native_finish": "stop",
                    "input_tokens": 34, "cache_read_tokens": 11, "output_tokens": 100,
                    "reasoning_tokens": 10, "estimated": 0, "attempts": 1, "dialect": "chat",
                    "tags": '{"app":"chat","team":"red"}', "cost_nano_usd": None}
        self.assertEqual(expected, {key: one[key] for key in expected})
        self.assertLess(0, one["first_token"])
        self.assertLessEqual(one["first_token"], one["duration"])
        (other,) = kept.pop(refused.get("x-request-id"))
        self.assertEqual((400, "invalid_request", None),
                         (other["status"], other["error_class"], other["output_tokens"]))
        self.assertEqual({}, kept)  # nothing of weir's own endpoints

    def test_who_leaves_early_is_on_record_with_a_guess(self):
        weir = self.keeping()
        self.up.script(head(), h1(events(role(), text("x" * 400))), threading.Event())
        got = self.chat(weir)
        while b"xxx" not in got.body and got.more():
            pass
        got.client.close()
        line = weir.access_line(got.get("x-request-id"))
        self.assertEqual((499, True), (line["status"], line["tokens_estimated"]))
        weir.stop()
        ((one,),) = self.recorded().values()
        self.assertEqual((499, 1, "cancelled"),
                         (one["status"], one["estimated"], one["error_class"]))
        self.assertAlmostEqual(100, one["output_tokens"], delta=3)  # four bytes each

    def test_usage_is_a_table_json_and_csv_of_the_same(self):
        weir = self.keeping()
        for n, model in enumerate(["a", "b", "b"]):
            self.up.script(response(completion("Hello", model=model)))
            self.chat(weir, case.ask(stream=False, model=model),
                      headers=[f"x-weir-tags: team=t{n}"]).read()
        # Without waiting for its end: some 250 ms later at most.
        end = time.monotonic() + PATIENCE
        while sum(row["requests"] for row in self.rows()) < 3:
            self.assertLess(time.monotonic(), end)
        rows = self.rows("--by", "model")
        self.assertEqual([("a", 1), ("b", 2)], [(r["model"], r["requests"]) for r in rows])
        table = self.usage("--by", "model").splitlines()
        self.assertEqual(["model", "requests"], table[0].split()[:2])
        self.assertEqual([["a", "1"], ["b", "2"]], [line.split()[:2] for line in table[1:]])
        read = list(csv.DictReader(io.StringIO(self.usage("--by", "model", "--csv"))))
        self.assertEqual([{k: str(v) for k, v in r.items()} for r in rows], read)
        today = time.strftime("%Y-%m-%d", time.gmtime())
        self.assertEqual([(today, "t0"), (today, "t1"), (today, "t2")],
                         [(r["day"], r["tag:team"]) for r in self.rows("--by", "day,tag:team")])
        self.assertEqual([], self.rows("--until", "1h"))
        self.assertEqual(3, self.rows("--since", "1h", "--by", "upstream")[0]["requests"])
        for wrong in (["--by", "colour"], ["--by", "model,model"], ["--since", "yesterday"], ["--json", "--csv"]):
            self.assertEqual(2, gateway.run("usage", *wrong)[0], wrong)

    def test_wherever_it_dies_what_a_client_saw_whole_is_there_once(self):
        for point in KILL_POINTS:
            with self.subTest(point):
                self.ledger = os.path.join(self.directory, point + ".db")
                weir = self.keeping(env={"WEIR_KILL_AT": point}.items())
                self.assert_all_on_record(self.ask_until_it_dies(weir))

    def test_who_brings_what_another_left_may_die_of_it_too(self):
        weir, seen = self.keeping(), []
        for _ in range(5):
            self.up.script(streamed(answer_events("Hello")))
            got = self.chat(weir)
            self.stream_of(got)
            seen.append(got.get("x-request-id"))
        weir.kill()
        path = os.path.join(self.directory, "usage.yaml")
        with open(path, "w", encoding="utf-8") as out:
            out.write(json.dumps({"store": self.store()}))
        for point in ("before_commit", "after_commit", "before_remove"):
            code, _, _ = gateway.run("usage", "-c", path, env={"WEIR_KILL_AT": point}.items())
            self.assertIn(code, (-signal.SIGKILL, 0), point)  # 0: nothing was left to do
        self.assert_all_on_record(seen)

    def test_killed_at_any_moment_under_load_loses_nothing(self):
        """WEIR_KILLS times, 100 of them in the long run."""
        self.up.always(streamed(answer_events("Hello")))
        seen, _ = self.killed_under_load(lambda: self.keeping(workers=2), lambda: None)
        self.assert_all_on_record(seen)
        print(f"{KILLS} kills: {len(seen)} answers seen whole, each on record once")

    def killed_under_load(self, start, after):
        """The answers that clients saw whole, and what `after` made of each kill."""
        seen, pauses, made = [], random.Random(7), []
        for _ in range(KILLS):
            weir = start()
            over = threading.Event()
            clients = [threading.Thread(target=self.ask_on_and_on, args=(weir, seen, over))
                       for _ in range(4)]
            for one in clients:
                one.start()
            time.sleep(pauses.uniform(0.05, 0.5))  # the moment
            weir.kill()
            over.set()
            for one in clients:
                one.join(PATIENCE)
            made.append(after())
        self.assertLess(KILLS * 5, len(seen))
        return seen, made

    def test_what_a_client_saw_whole_survives_a_loss_of_power(self):
        """At each named point, behind some answers; at the ones before the disk has the record,
        bytes have to be lost, or the test would show nothing."""
        for point in KILL_POINTS + SYNC_POINTS:
            with self.subTest(point):
                self.ledger = os.path.join(self.directory, point + ".db")
                passes = 1 if "commit" in point else 20
                weir = self.keeping(durable="disk", env={**self.on_a_disk(),
                                                         "WEIR_KILL_AT": f"{point}:{passes}"}.items())
                seen = self.ask_until_it_dies(weir)
                self.assertLess(0, len(seen))
                lost = self.lose_power()
                if point in ("mid_append", "after_append", "before_sync"):
                    self.assertLess(0, lost)
                self.keeping(durable="disk").stop()
                self.assert_all_on_record(seen)

    def test_a_loss_of_power_at_any_moment_under_load_takes_nothing_that_was_seen(self):
        """WEIR_KILLS times, 100 of them in the long run."""
        self.up.always(streamed(answer_events("Hello")))
        seen, lost = self.killed_under_load(
            lambda: self.keeping(workers=2, durable="disk", env=self.on_a_disk().items()),
            self.lose_power)
        self.assertLess(0, sum(lost), "nothing was ever lost: the power was not")
        self.assert_all_on_record(seen)
        print(f"{KILLS} losses of power took {sum(lost)} bytes: "
              f"{len(seen)} answers seen whole, each on record once")

    def test_the_end_of_weir_waits_for_the_disk(self):
        slow = {**self.on_a_disk(), "WEIR_DISK_DELAY": "400000"}
        weir, seen = self.keeping(durable="disk", env=slow.items()), []
        self.up.script(streamed(answer_events("Hello")))
        asking = threading.Thread(target=self.ask_once, args=(weir, seen))
        asking.start()
        # It is told just before its record is kept.
        weir.wait_for_output(lambda lines: any("/v1/chat/completions" in one for one in lines),
                             "access line")
        self.assertEqual([], seen)
        weir.signal(signal.SIGTERM)
        weir.wait()
        asking.join(PATIENCE)
        self.assertEqual(1, len(seen))
        self.assert_all_on_record(seen)

    def test_only_a_disk_that_is_waited_for_keeps_what_the_ledger_has_not(self):
        for durable in ("process", "disk"):
            with self.subTest(durable):
                self.ledger = os.path.join(self.directory, durable + ".db")
                weir, seen = self.keeping(durable=durable, env=self.on_a_disk().items()), []
                self.recorded()
                holder = sqlite3.connect(self.ledger, isolation_level=None)
                holder.execute("BEGIN IMMEDIATE")  # nothing gets into the ledger
                for _ in range(3):
                    self.up.script(streamed(answer_events("Hello")))
                    self.ask_once(weir, seen)
                self.assertEqual(3, len(seen))
                weir.kill()
                holder.execute("ROLLBACK")
                holder.close()
                lost = self.lose_power()
                if durable == "disk":
                    self.assertEqual(0, lost)
                    self.assert_all_on_record(seen)
                else:
                    self.assertLess(0, lost)
                    self.assertEqual({}, self.recorded())

    @staticmethod
    def ask_once(weir, seen):
        """Remembers the answer if it was seen whole."""
        try:
            with weir.connect() as c:
                got = c.chat(case.ask())
                if DONE in got.read():
                    seen.append(got.get("x-request-id"))
        except (OSError, client.Truncated):
            pass

    def ask_on_and_on(self, weir, seen, over):
        while not over.is_set():
            self.ask_once(weir, seen)

    def ask_until_it_dies(self, weir):
        seen, end = [], time.monotonic() + PATIENCE
        while weir.process.poll() is None and time.monotonic() < end:
            self.up.script(streamed(answer_events("Hello")))
            self.ask_once(weir, seen)
        self.assertIsNotNone(weir.process.poll(), "it lives")
        weir.killed = True
        return seen

    def assert_all_on_record(self, seen):
        kept = self.recorded()
        missing = [one for one in seen if len(kept.get(one, [])) != 1]
        self.assertEqual([], missing)
        twice = [one for one, rows in kept.items() if len(rows) != 1]
        self.assertEqual([], twice)

    def test_while_the_ledger_is_locked_requests_go_on_and_records_wait(self):
        weir = self.keeping()
        self.up.script(streamed(answer_events("Hello")))
        self.stream_of(self.chat(weir))
        self.recorded()
        holder = sqlite3.connect(self.ledger, isolation_level=None)
        holder.execute("BEGIN IMMEDIATE")
        for _ in range(3):
            self.up.script(streamed(answer_events("Hello")))
            self.stream_of(self.chat(weir))
        weir.wait_for_complaint("the ledger takes no records, they wait on disk")
        holder.execute("ROLLBACK")
        holder.close()
        weir.wait_for_complaint("the ledger takes records again")
        self.assertEqual(4, self.rows()[0]["requests"])

    def test_without_a_ledger_nothing_is_kept_and_a_wrong_one_is_said(self):
        weir = self.gateway(self.before(self.up, store={"ledger": "none"}))
        self.up.script(streamed(answer_events("Hello")))
        self.stream_of(self.chat(weir))
        weir.stop()
        self.assertEqual([], os.listdir(self.directory))
        path = os.path.join(self.directory, "weir.yaml")
        with open(path, "w", encoding="utf-8") as out:
            out.write("store: {ledger: \"sqlite:/proc/none/weir.db\"}\n")
        code, _, said = gateway.run("serve", "-c", path, "--listen", "127.0.0.1:0")
        self.assertEqual(1, code)
        self.assertIn("store.ledger: ", said)
        self.assertIn("/proc/none/weir.db", said)


if __name__ == "__main__":
    case.main()
