# SPDX-License-Identifier: GPL-3.0-or-later
"""Goal: what `simulate --script` writes obeys the rules as a second implementation
has them, is imported without a reject, and the truth beside it agrees with the
headers and with the store; what is wrong with a script or a file is said, and then
nothing is left behind."""

import csv
import datetime
import gzip
import io
import json
import math
import os
import re
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import hashtide_test
from hashtide_test import TestCase, chain, wait_until
from hashtide_test.protocol import sha256d

TOP = os.environ.get("HASHTIDE_SRCDIR", ".")
SCRIPT = """
blocks 24000
start 8x
growth 35%/year
walk 1%/day
noise early 15% mean 300s late mean 15s
stale 2% deeper 10%
delay mean 2s
at 5000 step -20%
at 40d ramp -30% over 14d as slow
at 9000 storm -35% in 12h for 5d out 2d
at 12000 departure -8% over 30d
timewarp from 16000 to 18500 share 60%
at 20000 reorg depth 3
at 22000 reorg depth 7 as deep
"""
EPOCH_START = 500000000  # genesis' time


def read(path):
    with open(path, "rb") as f:
        return f.read()


def split(data):
    return [data[i : i + 80] for i in range(0, len(data), 80)]


def seconds(text):
    """Seconds since 1970 of an ISO 8601 time, with milliseconds or without."""
    form = "%Y-%m-%dT%H:%M:%S.%fZ" if "." in text else "%Y-%m-%dT%H:%M:%SZ"
    return datetime.datetime.strptime(text, form).replace(tzinfo=datetime.timezone.utc).timestamp()


def exact_work(bits):
    return 2**256 / (chain.target_of(bits) + 1)


class Simulated(TestCase):
    def write(self, name, text):
        path = os.path.join(self.root, name)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        return path

    def simulate(self, text, *options, name="sim"):
        """(headers, rows of the truth) of a script."""
        script = self.write(name + ".script", text)
        paths = [os.path.join(self.root, name + end) for end in (".bin", ".csv")]
        output = ("-o", paths[0], "--truth", paths[1])
        self.node().ok("simulate", "--script", script, *output, *options)
        with open(paths[1], encoding="ascii", newline="") as f:
            rows = list(csv.DictReader(f))
        return split(read(paths[0])), rows


class Truth(Simulated):
    def test_headers_and_truth_agree(self):
        seed = hashtide_test.seeded().randrange(1 << 32)
        raws, rows = self.simulate(SCRIPT, "--seed", str(seed))
        self.assertEqual(len(raws), len(rows))
        self.check_headers(raws, rows)
        self.check_rates(rows)
        self.check_branches(rows)
        self.check_store(raws, rows)

    def check_headers(self, raws, rows):
        """Links, work, times and nBits, by the other implementation's rules."""
        best = chain.Chain("tidenet")
        times = {}  # of each block and up to ten of its ancestors, newest first
        arrived = 0.0
        for raw, row in zip(raws, rows):
            digest = sha256d(raw)
            bits = chain.header_bits(raw)
            self.assertEqual(row["hash"], chain.display(digest))
            self.assertEqual(row["prev_hash"], chain.display(raw[4:36]))
            self.assertEqual(row["bits"], "%08x" % bits)
            self.assertEqual(seconds(row["time"]), chain.header_time(raw))
            self.assertAlmostEqual(float(row["work"]) / exact_work(bits), 1.0, places=8)
            parent = times.get(raw[4:36])
            self.assertTrue(parent or row["height"] == "0", "a child before its parent")
            if parent:
                self.assertGreater(chain.header_time(raw), sorted(parent)[len(parent) // 2])
                self.assertLessEqual(int.from_bytes(digest, "little"), chain.target_of(bits))
            times[digest] = [chain.header_time(raw)] + (parent or [])[:10]
            self.assertGreaterEqual(seconds(row["arrived"]), seconds(row["found"]))
            self.assertGreaterEqual(seconds(row["arrived"]), arrived)
            arrived = seconds(row["arrived"])
            if row["best"] == "true" and row["height"] != "0":
                self.assertEqual(raw[4:36], best.tip)
                self.assertEqual(bits, best.next_bits())
                self.assertEqual(int(row["height"]), best.height + 1)
                best.append(raw, digest)
        self.assertEqual(best.height, 24000)

    def check_rates(self, rows):
        luck = 0.0
        best = [row for row in rows if row["best"] == "true"]
        for row in rows:
            parts = ("log_trend", "log_walk", "log_events", "log_departures")
            log = sum(float(row[part]) for part in parts)
            self.assertAlmostEqual(float(row["log_rate"]), log, places=8)
            rate = float(row["hashrate_ehs"]) * 1e18 * 300
            self.assertAlmostEqual(math.log(rate), log, places=7)
            self.assertEqual(row["hashes"] == "", row["best"] == "false")
        for row in best[1:]:
            luck += float(row["hashes"]) / float(row["work"])
        self.assertAlmostEqual(luck / 24000, 1.0, delta=6 / math.sqrt(24000))
        at = {int(row["height"]): row for row in best}
        self.assertEqual(at[4999]["events"], "")
        self.assertEqual(at[5000]["events"], "step@5000")
        self.assertAlmostEqual(float(at[5001]["log_events"]), math.log(0.8), places=8)
        self.assertAlmostEqual(float(at[24000]["log_departures"]), math.log(0.92), places=8)
        self.assertAlmostEqual(float(at[24000]["log_events"]), math.log(0.8 * 0.7), places=8)
        day = (seconds(at[24000]["found"]) - EPOCH_START) // 60 / 1440
        trend = math.log(8) + math.log(1.35) * day / 365.25
        self.assertAlmostEqual(float(at[24000]["log_trend"]), trend, places=7)

    def check_branches(self, rows):
        best = {row["height"]: row["hash"] for row in rows if row["best"] == "true"}
        lost = [row for row in rows if row["best"] == "false"]
        first = [row for row in lost if row["prev_hash"] in best.values()]
        # 24,000 heights of 2 % each, and the two reorganisations.
        self.assertAlmostEqual(len(first) / 24000, 0.02, delta=6 * math.sqrt(0.02 / 24000) + 1e-4)
        self.assertAlmostEqual((len(lost) - 10) / (len(first) - 2), 1 / 0.9, delta=0.12)

    def check_store(self, raws, rows):
        node = self.node()
        done = node.json("import", "--json", os.path.join(self.root, "sim.bin"))
        self.assertEqual((done["accepted"], done["duplicate"]), (len(raws) - 1, 1))
        self.assertEqual((done["rejected"], done["rejected_count"]), ([], 0))
        exported = node.command("export", "headers", "--format", "raw", text=False).stdout
        best = [raw for raw, row in zip(raws, rows) if row["best"] == "true"]
        self.assertTrue(exported == b"".join(best), "the store's best chain is another one")
        forks = list(csv.DictReader(node.ok("export", "forks").splitlines()))
        lost = {row["hash"] for row in rows if row["best"] == "false"}
        self.assertEqual(sum(int(fork["length"]) for fork in forks), len(lost))
        self.assertLessEqual({fork["tip_hash"] for fork in forks}, lost)
        lengths = {int(fork["fork_height"]): int(fork["length"]) for fork in forks}
        self.assertEqual((lengths[19999], lengths[21999]), (3, 7))

    def test_time_warp(self):
        """Difficulty falls although the hash rate does not."""
        raws, rows = self.simulate("blocks 17000\nstart 64x\ntimewarp from 8064 to 16127\n")
        self.assertEqual(len(raws), 17001)
        work = {int(row["height"]): float(row["work"]) for row in rows}
        self.assertLess(work[16128], work[8064] / 8)
        self.assertEqual({row["log_rate"] for row in rows}, {"%.10f" % math.log(64)})
        done = self.node().json("import", "--json", os.path.join(self.root, "sim.bin"))
        self.assertEqual(done["rejected_count"], 0)

    def test_same_bytes(self):
        first = self.simulate(SCRIPT, "--seed", "5", "--blocks", "23000", name="a")
        second = self.simulate("seed 5\n" + SCRIPT.replace("24000", "23000"), name="b")
        self.assertTrue(first == second, "the option and the line differ")
        other = self.simulate(SCRIPT, "--seed", "6", "--blocks", "23000", name="c")
        self.assertFalse(first[0] == other[0])
        packed = os.path.join(self.root, "a.csv.gz")
        options = ("--script", "-", "--seed", "5", "--blocks", "23000", "-o", "/dev/null")
        self.node().ok("simulate", *options, "--truth", packed, input=SCRIPT)
        plain = read(os.path.join(self.root, "a.csv"))
        self.assertTrue(gzip.decompress(read(packed)) == plain, "packed, the truth differs")
        done = self.node().command("simulate", *options, "--truth", "-", input=SCRIPT.encode(),
                                   text=False)
        self.assertTrue(done.stdout == plain, "on standard output the truth differs")

    def test_describe(self):
        described = json.loads(self.node().ok("simulate", "--describe"))
        names = [field["name"] for field in described["fields"]]
        truth = self.node().ok("simulate", "--blocks", "3", "-o", "/dev/null", "--truth", "-")
        self.assertEqual(truth.splitlines()[0], ",".join(names))
        rows = list(csv.DictReader(io.StringIO(truth)))
        self.assertEqual([row["height"] for row in rows], ["0", "1", "2", "3"])
        # Without a script: growth alone, and a fifth more after a year.
        self.assertEqual({row["log_walk"] for row in rows}, {"0"})

    def test_examples(self):
        """The examples beside the manual, and the one in it."""
        folder = os.path.join(TOP, "doc", "examples")
        for name in sorted(os.listdir(folder)):
            with self.subTest(script=name):
                with open(os.path.join(folder, name), encoding="utf-8") as f:
                    raws, rows = self.simulate(f.read(), name=name)
                self.assertEqual(len(raws), len(rows))
                done = self.node().json("import", "--json", os.path.join(self.root, name + ".bin"))
                self.assertEqual(done["rejected_count"], 0)
                self.assertEqual(done["accepted"], len(raws) - 1)
        with open(os.path.join(TOP, "doc", "hashtide-script.5"), encoding="utf-8") as f:
            page = f.read()
        example = re.search(r"^\.Bd -literal[^\n]*\n(.*?)^\.Ed", page, re.M | re.S).group(1)
        raws, _ = self.simulate(example, name="manual")
        self.assertGreater(len(raws), 60000)


class Refused(Simulated):
    def setUp(self):
        super().setUp()
        self.one = self.node()
        self.root = os.path.join(self.root, "files")
        os.mkdir(self.root)

    def fails(self, code, expected, *args, **kwargs):
        done = self.one.command("simulate", *args, **kwargs)
        self.assertEqual(done.returncode, code, done.stderr)
        self.assertEqual(done.stdout, "")
        self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
        self.assertIn(expected, done.stderr)

    def left(self):
        return sorted(os.listdir(self.root))

    def test_scripts(self):
        for text, code, expected in (
            ("blocks 10\n\nat 5 stepp -20%", 2, "my.script:3: 'stepp': did you mean step?"),
            ("at 5 step -20%", 2, "my.script: there is no line 'blocks N'"),
            ("blocks 10\nat 11 step -20%", 2, "my.script:2: block 11 lies behind the last one, 10"),
            ("blocks 10\nat 8 reorg depth 3", 2, "my.script:2: the reorganisation ends with block"),
            ("blocks 9\nstart 4096x\nat 4 step +900%\nat 5 step 900%", 1,
             "my.script:2: at block 5 there is too much hash rate to mine"),
            ("blocks 9\nat 4 step -99%\nat 5 step -99%\nat 6 step -99%", 1,
             "my.script:2: at block 6 there is too little hash rate"),
            ("blocks 6000000\nstart 1x\nat 3 step -98%", 1, "would lie in the future"),
        ):
            with self.subTest(text=text):
                script = self.write("my.script", text)
                before = self.left()
                self.fails(code, expected, "--script", script, "-o", self.root + "/out", "--truth",
                           self.root + "/truth")
                self.assertEqual(self.left(), before)
        self.fails(2, "script:1: 'x'", "--script", "-", "-o", "/dev/null", input="x")
        self.fails(1, "cannot read", "--script", self.root + "/none", "-o", "/dev/null")
        self.fails(1, "cannot read", "--script", self.root, "-o", "/dev/null")
        self.fails(2, "no text", "--script", "-", "-o", "/dev/null", input="blocks 5\0")

    def test_options(self):
        script = self.write("s", "blocks 10")
        self.fails(2, "--growth and --script", "--script", script, "--growth", "5", "-o",
                   "/dev/null")
        self.fails(2, "standard output", "--script", script, "--truth", "-")
        self.fails(2, "the same file", "--script", script, "-o", self.root + "/x", "--truth",
                   self.root + "/./x")
        self.assertEqual(self.left(), ["s"])

    def test_notes(self):
        """What the script's writer may not have meant is said, and hurts nobody."""
        script = self.write("s", "blocks 500\nat 9y step -20%\nat 5 step -50%")
        done = self.one.command("simulate", "--script", script, "-o", self.root + "/x")
        self.assertEqual(done.returncode, 0)
        self.assertIn("s:2: the chain ended before this could happen", done.stderr)
        self.assertIn("496 blocks were found by less hash rate than the easiest", done.stderr)
        self.assertEqual(len(read(self.root + "/x")), 501 * 80)

    def test_full_disk(self):
        """One file that cannot be written leaves none; what was there stays."""
        script = self.write("s", "blocks 20000")
        old = self.write("old", "old")
        self.fails(1, "cannot write /dev/full: No space", "--script", script, "-o", old,
                   "--truth", "/dev/full")
        self.fails(1, "cannot write /dev/full: No space", "--script", script, "-o", "/dev/full",
                   "--truth", old)
        self.fails(1, "cannot write", "--script", script, "-o", old, "--truth",
                   self.root + "/none/truth")
        self.assertEqual(read(old), b"old")
        self.assertEqual(self.left(), ["old", "s"])

    def test_closed_pipe(self):
        """A reader that has seen enough is no error worth a line, and no truth is left."""
        script = self.write("s", "blocks 40000")
        node = self.one
        process = subprocess.Popen(
            node.arguments("simulate", "--script", script, "--truth", self.root + "/truth"),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.assertEqual(len(process.stdout.read(800)), 800)
        process.stdout.close()
        said = process.stderr.read()
        process.stderr.close()
        self.assertNotEqual(process.wait(), 0)
        self.assertEqual(said, b"")
        self.assertEqual(self.left(), ["s"])

    def test_interrupted(self):
        script = self.write("s", "blocks 1000000\nstart 64x\n")
        before = self.left()
        node = self.one
        process = node.popen("simulate", "--script", script, "-o", self.root + "/x", "--truth",
                             self.root + "/y")
        # The files have no name until they are complete: that it mines is seen by its time.
        wait_until(lambda: self.busy(process), what="it mines")
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(30), -signal.SIGINT)
        self.assertEqual(self.left(), before)

    def busy(self, process):
        with open("/proc/%d/stat" % process.pid, encoding="ascii") as f:
            ticks = int(f.read().rsplit(")", 1)[1].split()[11])
        time.sleep(0.01)
        return ticks > 10


if __name__ == "__main__":
    hashtide_test.main()
