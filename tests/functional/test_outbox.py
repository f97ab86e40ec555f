# SPDX-License-Identifier: GPL-3.0-or-later
"""Goal: `hashtide alerts outbox` shows what was not delivered and why, `alerts retry`
brings back and `alerts drop` takes out what a person names and nothing else; before
there is an outbox, all say so; what strangers have answered cannot steer a terminal."""

import os
import sqlite3
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import hashtide_test
from hashtide_test import TestCase

WAITING, DELIVERED, REFUSED, LATE = range(4)
MADE = 1767225600_000  # 2026-01-01 00:00:00 UTC


def message_id(number):
    return "%032x" % number


class Outbox(TestCase):
    def setUp(self):
        self.store = self.node()
        self.file = self.store.path("alerts.sqlite")

    def fill(self):
        """An outbox as the monitor leaves it: made by the program, filled by hand."""
        os.makedirs(os.path.dirname(self.file), exist_ok=True)
        with open(self.file, "wb"):
            pass
        self.store.ok("alerts", "retry", "all")
        with sqlite3.connect(self.file) as database:
            database.executemany(
                "INSERT INTO sinks (id, name, failures, failing_since_ms, next_try_ms, disabled,"
                " why) VALUES (?, ?, ?, ?, ?, ?, ?)",
                [
                    (1, "ops", 3, MADE + 1000, MADE + 60_000, 0, None),
                    (2, "lab", 1, MADE + 1000, 0, 1, "no \x1b[31mmore"),
                ],
            )
            for number in range(1, 5):
                database.execute(
                    "INSERT INTO messages (number, id, alert_id, rule, state, created_ms, body)"
                    " VALUES (?, ?, ?, 'few-peers', 0, ?, x'7b7d')",
                    (number, message_id(number), message_id(99), MADE + number),
                )
            for sink, message, fate in [
                (1, 1, DELIVERED),
                (1, 2, REFUSED),
                (1, 3, WAITING),
                (1, 4, WAITING),
                (2, 1, DELIVERED),
                (2, 2, LATE),
                (2, 3, WAITING),
            ]:
                tried = (10, 400, "bad\nidea") if fate == REFUSED else (0, 0, None)
                database.execute(
                    "INSERT INTO deliveries (sink, message, heartbeat, fate, attempts, status,"
                    " answer) VALUES (?, ?, 0, ?, ?, ?, ?)",
                    (sink, message, fate, *tried),
                )
        database.close()

    def listed(self, *options):
        return [
            (entry["sink"], int(entry["id"], 16), entry["delivery"])
            for entry in self.store.json("alerts", "outbox", "--json", *options)["messages"]
        ]

    def test_before_there_is_one(self):
        self.assertIn("nothing has been sent", self.store.ok("alerts", "outbox"))
        self.assertEqual(
            self.store.json("alerts", "outbox", "--json"), {"sinks": [], "messages": []}
        )
        done = self.store.command("alerts", "retry", "all")
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("nothing has been sent", done.stderr)
        self.assertFalse(os.path.exists(self.file))

    def test_list(self):
        self.fill()
        self.assertEqual(
            self.listed(),
            [
                ("lab", 2, "too-late"),
                ("lab", 3, "waiting"),
                ("ops", 2, "refused"),
                ("ops", 3, "waiting"),
                ("ops", 4, "waiting"),
            ],
        )
        self.assertEqual(self.listed("--dead"), [("lab", 2, "too-late"), ("ops", 2, "refused")])
        report = self.store.json("alerts", "outbox", "--json")
        lab, ops = report["sinks"]
        self.assertEqual((lab["sink"], lab["disabled"], lab["waiting"], lab["dead"]),
                         ("lab", True, 1, 1))
        self.assertEqual((ops["failures"], ops["waiting"], ops["dead"]), (3, 2, 1))
        by_id = {(m["sink"], m["id"]): m for m in report["messages"]}
        refused = by_id["ops", message_id(2)]
        self.assertEqual((refused["tries"], refused["status"], refused["answer"]),
                         (10, 400, "bad\nidea"))
        self.assertEqual((refused["state"], refused["rule"], refused["created_ms"]),
                         ("raised", "few-peers", MADE + 2))
        # Only the first that waits has a time: the others follow it.
        self.assertEqual(by_id["ops", message_id(3)]["next_try_ms"], MADE + 60_000)
        self.assertIsNone(by_id["ops", message_id(4)]["next_try_ms"])

    def test_for_people(self):
        self.fill()
        text = self.store.ok("alerts", "outbox")
        self.assertIn("sink ops: 2 waiting, 1 dead; fails since 2026-01-01 00:00:01 UTC", text)
        self.assertIn("sink lab: 1 waiting, 1 dead; disabled: no \\x1b[31mmore", text)
        self.assertIn("answer: 400 bad\\x0aidea", text)
        self.assertNotIn("\x1b", text)
        self.assertIn(message_id(2) + " to ops: few-peers raised\n    dead: refused", text)

    def test_retry(self):
        self.fill()
        done = self.store.json("alerts", "retry", message_id(2), "ops", "--json")
        self.assertEqual(done, {"revived": 1, "waiting": 0})
        self.assertEqual(self.listed("--dead"), [("lab", 2, "too-late")])
        sinks = self.store.json("alerts", "outbox", "--json")["sinks"]
        self.assertEqual([sink["disabled"] for sink in sinks], [True, False])
        done = self.store.json("alerts", "retry", "all", "--json")
        self.assertEqual(done, {"revived": 1, "waiting": 4})
        self.assertEqual(self.listed("--dead"), [])
        self.assertEqual([entry[:2] for entry in self.listed()],
                         [("lab", 2), ("lab", 3), ("ops", 2), ("ops", 3), ("ops", 4)])
        sinks = self.store.json("alerts", "outbox", "--json")["sinks"]
        self.assertEqual([sink["disabled"] for sink in sinks], [False, False])

    def test_what_cannot_be_retried(self):
        self.fill()
        for arguments, code, words in [
            (["all", "nobody"], 1, "there is no sink nobody"),
            ([message_id(77)], 1, "there is no message " + message_id(77)),
            ([message_id(1)], 1, "has been delivered"),
            (["12"], 2, "not the id of a message"),
            ([], 2, "alerts retry ID"),
            (["all", "ops", "more"], 2, "alerts retry ID"),
        ]:
            with self.subTest(arguments):
                done = self.store.command("alerts", "retry", *arguments)
                self.assertEqual((done.returncode, done.stdout), (code, ""))
                self.assertIn(words, done.stderr)
                self.assertEqual(done.stderr.count("\n"), 1)
        self.assertEqual(len(self.listed("--dead")), 2)

    def test_drop(self):
        self.fill()
        done = self.store.json("alerts", "drop", message_id(3), "ops", "--json")
        self.assertEqual(done, {"dropped": message_id(3), "sink": "ops"})
        self.assertEqual(self.listed("--dead"),
                         [("lab", 2, "too-late"), ("ops", 2, "refused"), ("ops", 3, "dropped")])
        self.assertIn(("lab", 3, "waiting"), self.listed())
        report = self.store.json("alerts", "outbox", "--json")
        lab, ops = report["sinks"]
        self.assertEqual((ops["waiting"], ops["dead"], ops["next_try_ms"]), (1, 2, None))
        self.assertTrue(lab["disabled"])
        self.assertIn(message_id(3) + " to ops: few-peers raised\n    dead: dropped by hand",
                      self.store.ok("alerts", "outbox"))
        # Now it waits for one sink alone, which needs no name.
        self.assertIn("alerts retry %s lab" % message_id(3),
                      self.store.ok("alerts", "drop", message_id(3)))
        self.store.ok("alerts", "retry", message_id(3), "ops")
        self.assertIn(("ops", 3, "waiting"), self.listed())

    def test_what_cannot_be_dropped(self):
        self.fill()
        for arguments, code, words in [
            ([message_id(3)], 1, "waits for several sinks, lab, ops: name one"),
            ([message_id(3), "nobody"], 1, "is not for a sink nobody"),
            ([message_id(4), "lab"], 1, "is not for a sink lab"),
            ([message_id(77)], 1, "there is no message " + message_id(77)),
            ([message_id(1), "ops"], 1, "has been delivered"),
            ([message_id(2), "ops"], 1, "is a dead letter already"),
            (["all"], 2, "not the id of a message"),
            ([], 2, "alerts drop ID"),
            ([message_id(3), "ops", "more"], 2, "alerts drop ID"),
        ]:
            with self.subTest(arguments):
                before = self.listed()
                done = self.store.command("alerts", "drop", *arguments)
                self.assertEqual((done.returncode, done.stdout), (code, ""))
                self.assertIn(words, done.stderr)
                self.assertEqual(done.stderr.count("\n"), 1)
                self.assertEqual(self.listed(), before)
        other = self.node().command("alerts", "drop", message_id(3))
        self.assertEqual(other.returncode, 1)
        self.assertIn("nothing has been sent", other.stderr)

    def test_newer_schema(self):
        self.fill()
        with sqlite3.connect(self.file) as database:
            database.execute("PRAGMA user_version = 99")
        database.close()
        for command in (["outbox"], ["retry", "all"], ["drop", message_id(1)]):
            done = self.store.command("alerts", *command)
            self.assertEqual(done.returncode, 1)
            self.assertIn("newer hashtide", done.stderr)


if __name__ == "__main__":
    hashtide_test.main()
