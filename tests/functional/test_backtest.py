# SPDX-License-Identifier: GPL-3.0-or-later
"""Goal: `backtest` says of a stored chain what the rules would have said: a fall that was
put into a chain is raised soon after, silences at the minute at which they are long
enough, by a second reading of the stamps; text, documents and datasets agree; events
get their alert and their delay; the same bytes each time."""

import csv
import datetime
import gzip
import hashlib
import io
import json
import os
import signal
import sqlite3
import struct
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import hashtide_test
from hashtide_test import TestCase, chain, deadline_scale, shared_data
from hashtide_test.protocol import sha256d

try:
    from jsonschema import Draft202012Validator
except ImportError:
    Draft202012Validator = None

TOP = os.environ.get("HASHTIDE_SRCDIR", ".")
BLOCKS = 5000
STEP = 3000
SCRIPT = """
blocks %d
seed 11
start 8x
noise early 15%% mean 300s
at %d step -40%%
""" % (BLOCKS, STEP)
# A silence that lasts ten minutes beyond forty.
SILENCE = """
[alert gap]
metric=interval.since_last_s
raise=above 40min
clear=below 1min
for=10min
repeat=5min
repeatfactor=1
update=0
severity=info
[alert lonely]
metric=sync.peers
raise=below 5
clear=above 8
"""
GAP_S = 3000
REPEAT_S = 300
DAY = 86400


def seconds(text):
    """Seconds since 1970 of an ISO 8601 time, with milliseconds or without."""
    form = "%Y-%m-%dT%H:%M:%S.%fZ" if "." in text else "%Y-%m-%dT%H:%M:%SZ"
    return datetime.datetime.strptime(text, form).replace(tzinfo=datetime.timezone.utc).timestamp()


def iso(stamp):
    return datetime.datetime.fromtimestamp(stamp, datetime.timezone.utc).strftime(
        "%Y-%m-%dT%H:%M:%SZ"
    )


def rows_of(text):
    return list(csv.DictReader(io.StringIO(text, newline="")))


class Simulated(TestCase):
    def setUp(self):
        self.store = self.node()
        path = os.path.join(self.root, "made")
        script = self.write("script", SCRIPT)
        self.store.ok("simulate", "--script", script, "-o", path, "--truth", path + ".csv")
        self.store.ok("import", path)
        with open(path, "rb") as f:
            data = f.read()
        self.raws = [data[i : i + 80] for i in range(0, len(data), 80)]
        self.stamps = [chain.header_time(raw) for raw in self.raws]

    def write(self, name, text):
        path = os.path.join(self.root, name)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        return path

    def backtest(self, *args):
        # Bytes: CSV's line ends count.
        return self.store.ok("backtest", *args, text=False).decode()

    def documents(self, *args):
        return [json.loads(line) for line in self.backtest("--json", *args).splitlines()]

    def clock(self):
        """Where the clock stands at each block: stamps, never going back."""
        highest, times = 0, []
        for stamp in self.stamps:
            highest = max(highest, stamp)
            times.append(highest)
        return times


class Fall(Simulated):
    def events(self, *more):
        rows = ["start,end,name,depth_percent,source"]
        rows += ['%s,,"a step, of 40",40,nobody' % iso(self.stamps[STEP])]
        return self.write("events.csv", "\n".join(rows + list(more)) + "\n")

    def fall(self, *args):
        return [row for row in rows_of(self.backtest("alerts", *args))
                if row["rule"] == "hashrate-fall" and int(row["raised_height"]) > STEP]

    def test_raised_soon(self):
        row = self.fall("--events", self.events())[0]
        delay = seconds(row["raised"]) - self.stamps[STEP]
        self.assertTrue(0 < delay < 4 * DAY, delay)
        self.assertEqual(row["number"], "1")
        self.assertEqual(row["event"], "a step, of 40")
        self.assertAlmostEqual(float(row["after_event_s"]), delay, delta=1)
        found = rows_of(self.backtest("events", "--events", self.events()))[0]
        self.assertEqual(found["outcome"], "found")
        self.assertEqual(found["depth"], "0.4")
        self.assertLessEqual(int(found["delay_s"]), delay)
        text = self.backtest("--events", self.events())
        self.assertRegex(text, r"(?m)^\S+ \S+  hashrate-fall #1 raised \(warning\), block 3,")
        self.assertRegex(text, r"(?m)^hashrate-fall +warning +1 ")
        self.assertIn("Found: 1, with a median delay of", text)
        self.assertLessEqual(max(len(line) for line in text.splitlines()), 80)

    def test_events_that_are_not_found(self):
        more = [
            "%s,,before,-20," % iso(self.stamps[2200]),
            "%s,,with nothing,20," % iso(self.stamps[0]),
            "%s,,standing,," % iso(self.stamps[STEP] + 8 * DAY),
            "%s,,late,20," % iso(self.stamps[-1]),
            "2010-01-01,2010-02-01,long after,20,",
        ]
        args = ("--window=4d", "--events", self.events(*more))
        found = {row["name"]: row for row in rows_of(self.backtest("events", *args))}
        outcomes = {name: row["outcome"] for name, row in found.items()}
        self.assertEqual(outcomes["a step, of 40"], "found")
        self.assertEqual(outcomes["before"], "missed")
        self.assertEqual(outcomes["with nothing"], "missed")
        self.assertIn(outcomes["standing"], ("stood", "found"))
        self.assertEqual(outcomes["long after"], "outside")
        self.assertEqual(found["before"]["raised"], "")
        text = self.backtest(*args)
        self.assertRegex(text, r"Missed: \d+\.")

    def test_an_alert_without_an_event(self):
        events = self.write("other", "start,name\n2010-01-01,far\n")
        row = self.fall("--events", events)[0]
        self.assertEqual(row["event"], "")
        text = self.backtest("--events", events)
        self.assertIn("no event of the list explains", text)

    def test_documents_and_datasets_agree(self):
        documents = self.documents()
        ids = [document["message_id"] for document in documents]
        self.assertEqual(len(ids), len(set(ids)))
        rows = {row["alert_id"]: row for row in rows_of(self.backtest("alerts"))}
        of_alert = {}
        for document in documents:
            of_alert.setdefault(document["alert_id"], []).append(document)
        self.assertEqual(set(rows), set(of_alert))
        for alert, messages in of_alert.items():
            row = rows[alert]
            self.assertEqual(messages[0]["state"], "raised")
            self.assertEqual([m["sequence"] for m in messages], list(range(1, len(messages) + 1)))
            self.assertEqual(int(row["messages"]), len(messages))
            self.assertEqual(row["raised"], messages[0]["timestamp"])
            for message in messages:
                block = message["block"]
                wanted = chain.display(sha256d(self.raws[block["height"]]))
                self.assertEqual(block["hash"], wanted)
            self.assertEqual(row["raised_hash"], messages[0]["block"]["hash"])
            self.assertEqual(row["summary"], messages[0]["summary"])
            last = messages[-1]
            self.assertEqual(row["cleared"],
                             last["timestamp"] if last["state"] == "cleared" else "")
            if row["cleared"]:
                lasted = seconds(row["cleared"]) - seconds(row["raised"])
                self.assertAlmostEqual(int(row["duration_s"]), lasted, delta=1)
        lines = self.backtest("alerts", "--format=jsonl").splitlines()
        self.assertEqual([json.loads(line)["alert_id"] for line in lines], list(rows))

    def test_documents_are_valid(self):
        if Draft202012Validator is None:
            self.skipTest("there is no python3-jsonschema here")
        with open(os.path.join(TOP, "alerts", "alert.schema.json"), encoding="utf-8") as f:
            validator = Draft202012Validator(json.load(f))
        for document in self.documents():
            validator.validate(document)

    def test_key(self):
        bare = self.documents()
        self.store.ok("keygen")
        keyed = self.documents()
        self.assertEqual(keyed, self.documents())
        self.assertEqual(len(bare), len(keyed))
        self.assertIsNone(bare[0]["monitor"]["public_key"])
        self.assertNotEqual(bare[0]["message_id"], keyed[0]["message_id"])

    def test_ids_are_not_the_monitors(self):
        """Made by the definition in alerts/identity.h, of the kind that is a backtest's alone."""
        def tagged(tag, data):
            tag = hashlib.sha256(tag).digest()
            return hashlib.sha256(tag + tag + data).hexdigest()[:32]

        numbers = {}
        for document in self.documents():
            rule = document["rule"]
            if document["state"] == "raised":
                numbers[rule] = numbers.get(rule, 0) + 1
            data = (bytes(32) + bytes((4, len(rule))) + rule.encode() +
                    struct.pack("<Q", numbers[rule]))
            self.assertEqual(document["alert_id"], tagged(b"hashtide/alert-id", data))
            data += struct.pack("<I", document["sequence"])
            self.assertEqual(document["message_id"], tagged(b"hashtide/message-id", data))

    def test_range(self):
        raised = int(self.fall()[0]["raised_height"])
        before = self.backtest("--to", str(STEP), "--from=0")
        self.assertNotIn("hashrate-fall #", before.replace("hashrate-fall-", ""))
        later = self.fall("--from", str(raised + 20))[0]
        self.assertEqual(later["raised_height"], str(raised + 20))
        self.assertEqual(seconds(later["raised"]), self.clock()[raised + 20])
        self.assertIn("Blocks 4,000 to 4,100,", self.backtest("--from=4000", "--to=4100"))

    def test_same_bytes(self):
        for args in ([], ["--json"], ["alerts"], ["--events", self.events()]):
            self.assertEqual(self.backtest(*args), self.backtest(*args))
        path = os.path.join(self.root, "out.csv.gz")
        self.backtest("alerts", "-o", path)
        with gzip.open(path, "rt", encoding="utf-8", newline="") as f:
            self.assertEqual(f.read(), self.backtest("alerts"))


class Ticks(Simulated):
    def setUp(self):
        super().setUp()
        self.store.options.append("--conf=" + self.write("conf", SILENCE))

    def test_silences(self):
        times = self.clock()
        gaps = [(a, b) for a, b in zip(times, times[1:]) if b - a > GAP_S]
        rows = [row for row in rows_of(self.backtest("alerts")) if row["rule"] == "gap"]
        self.assertGreater(len(gaps), 5)
        self.assertEqual([seconds(row["raised"]) for row in rows], [a + GAP_S for a, _ in gaps])
        self.assertEqual([seconds(row["cleared"]) for row in rows], [b for _, b in gaps])
        self.assertEqual([seconds(row["since"]) for row in rows], [a + 2400 for a, _ in gaps])
        repeated = [(b - a - GAP_S - 1) // REPEAT_S for a, b in gaps]
        self.assertEqual([int(row["messages"]) - 2 for row in rows], repeated)

    def test_arrivals(self):
        """Where arrivals were observed, the clock goes by them, to the millisecond."""
        self.store.start("--connect=0", "--dnsseed=0")
        self.store.stop()
        first, last = 4000, 4600
        clock = self.clock()
        times = {h: clock[h] * 1000 + 7201000 + h % 3 * 1001 for h in range(first, last + 1)}
        rows = [(sha256d(self.raws[height]), ms) for height, ms in times.items()]
        with sqlite3.connect(self.store.path("observations.sqlite")) as database:
            database.execute("INSERT INTO peers VALUES (1, '127.0.0.1:1', '127.0')")
            database.executemany("INSERT INTO arrivals VALUES (?, 1, 1, ?, 1, 0)", rows)
        database.close()
        times = list(times.values())
        gaps = [a for a, b in zip(times, times[1:]) if b - a > GAP_S * 1000]
        text = self.backtest("alerts", "--from=%d" % first, "--to=%d" % last)
        raised = [row["raised"] for row in rows_of(text) if row["rule"] == "gap"]
        self.assertGreater(len(gaps), 0)
        self.assertEqual([round(seconds(at) * 1000) for at in raised],
                         [a + GAP_S * 1000 for a in gaps])
        self.assertIn("Arrivals of 100 %", self.backtest("--from=4000", "--to=4600"))
        self.assertIn("Arrivals of 12 %", self.backtest())

    def test_what_is_not_known(self):
        text = " ".join(self.backtest().split())
        _, quiet = text.split("Not to be judged by a stored chain: ")
        for rule in ("lonely", "reorg-2", "few-peers", "delivery-dead", "ai-departure"):
            self.assertRegex(quiet, r"\b%s[,.]" % rule)

    def test_interrupted(self):
        process = subprocess.Popen(
            self.store.arguments("backtest", "--json"),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )
        self.assertTrue(process.stdout.readline())
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=30 * deadline_scale())
        self.assertIn(process.returncode, (0, 1))  # it may have been through
        if process.returncode == 1:
            self.assertRegex(said.decode(), r"^hashtide: stopped at block \d+\n$")

    def test_reader_gone(self):
        process = subprocess.Popen(
            self.store.arguments("backtest", "--json"),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )
        process.stdout.close()
        self.assertEqual(process.stderr.read(), b"")
        process.stderr.close()
        self.assertEqual(process.wait(30 * deadline_scale()), 1)


class Nonsense(Simulated):
    def test_words(self):
        bad = self.write("bad", "start,name\n2024-01-11,a\nyesterday,b\n")
        short = self.write("short", "start\n")
        events = self.write("events", "start,name\n2024-01-11,a\n")
        missing = os.path.join(self.root, "missing")
        for code, words, args in (
            (2, "there are alerts and events", ["nothing"]),
            (2, "one dataset", ["alerts", "events"]),
            (2, "--events=FILE", ["events"]),
            (2, "leave one of them out", ["alerts", "--json"]),
            (2, "for a dataset", ["--format=csv"]),
            (2, "for a dataset", ["--gzip"]),
            (2, "expected csv or jsonl", ["alerts", "--format=raw"]),
            (2, "--window is for", ["--window=1d"]),
            (2, "expected a time such as", ["--events", events, "--window=6"]),
            (2, "expected a time such as", ["--events", events, "--window=0d"]),
            (2, "expected a time such as", ["--events", events, "--window=-1d"]),
            (2, "messages alone", ["--events", events, "--json"]),
            (2, "lies behind", ["--from=10", "--to=9"]),
            (2, "expected a height", ["--from=tomorrow"]),
            (1, bad + ":3: start: yesterday: expected a date", ["--events", bad]),
            (1, short + ":1: there is no column name", ["--events", short]),
            (1, "cannot read " + missing, ["--events", missing]),
            (1, "cannot read " + self.root, ["--events", self.root]),
            (1, "the store has no blocks from 6000 to its last", ["--from=6000"]),
            (1, "the store has no blocks", ["--to=1984-01-01"]),
        ):
            with self.subTest(args=args):
                done = self.store.command("backtest", *args)
                self.assertEqual(done.returncode, code, done.stderr)
                self.assertEqual(done.stdout, "")
                self.assertIn(words, done.stderr)
                self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)

    def test_nothing_is_left_behind(self):
        place = os.path.join(self.root, "out")
        os.mkdir(place)
        done = self.store.command("backtest", "--from=6000", "-o", os.path.join(place, "x"))
        self.assertEqual(done.returncode, 1)
        self.assertEqual(os.listdir(place), [])

    def test_events_from_standard_input(self):
        text = self.store.ok("backtest", "--events=-", input="start,name\n2010-01-01,far\n")
        self.assertIn("not long enough within: 1.", " ".join(text.split()))

    def test_no_store(self):
        empty = self.node(network="regtest")
        done = empty.command("backtest")
        self.assertEqual(done.returncode, 1)
        self.assertIn("hashtide import", done.stderr)

    def test_one_block(self):
        self.assertIn("No alerts.", self.backtest("--from=7", "--to=7"))

    def test_describe(self):
        for dataset in ("alerts", "events"):
            schema = json.loads(self.backtest(dataset, "--describe"))
            self.assertEqual(schema["name"], dataset)
        events = self.write("events", "start,name\n2024-01-11,a\n")
        header = self.backtest("events", "--events", events).split("\r\n")[0]
        self.assertEqual(header.split(","), [field["name"] for field in schema["fields"]])


class Mainnet(TestCase):
    def test_january_2024(self):
        """The cold snap in Texas."""
        headers = shared_data("headers/mainnet-822528-830592.bin")
        events = shared_data("ai/events.csv")
        store = self.node(network="main")
        store.ok("import", "--anchor=822528", headers)
        rows = rows_of(store.ok("backtest", "events", "--events", events, text=False).decode())
        known = [row for row in rows if row["outcome"] != "outside"]
        self.assertEqual([row["name"] for row in known], ["Texas cold snap January 2024"])
        self.assertEqual(known[0]["outcome"], "found")
        self.assertLess(int(known[0]["delay_s"]), 10 * DAY)
        text = store.ok("backtest", "--events", events)
        self.assertEqual(text, store.ok("backtest", "--events", events))
        self.assertLessEqual(max(len(line) for line in text.splitlines()), 80)


if __name__ == "__main__":
    hashtide_test.main()
