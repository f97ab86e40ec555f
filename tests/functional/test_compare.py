# SPDX-License-Identifier: GPL-3.0-or-later
"""Goal: `compare` finds a volatility that has risen and none that has not, by batches
of blocks and by epochs; one of its figures is worked out here a second time; what it
cannot answer it refuses with the reason."""

import math
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import hashtide_test
from hashtide_test import TestCase, chain, shared_data

BLOCKS = 60480
HALF = 30240  # both a multiple of 36 and of 2016
SCRIPT = """
start 256x
growth 0%%/year
walk 0.4%%/day
at %d walk 6%%/day
""" % HALF
CALM = "2016..%d" % (HALF - 1)
RESTLESS = "%d..%d" % (HALF, BLOCKS - 1)
QUICK = ("--rounds=39", "--json")


def trigamma(x):
    total = 0.0
    while x < 30:
        total += 1 / (x * x)
        x += 1
    return total + 1 / x + 1 / (2 * x * x) + 1 / (6 * x**3) - 1 / (30 * x**5)


def work(bits):
    target = (bits & 0x7FFFFF) << (8 * ((bits >> 24) - 3))
    return 2**256 / (target + 1)


class Compare(TestCase):
    def setUp(self):
        self.store = self.node()
        script = self.write("script", SCRIPT.encode())
        self.made = os.path.join(self.root, "made")
        self.store.ok(
            "simulate", "--script", script, "--blocks", str(BLOCKS), "--seed=3", "-o", self.made
        )
        self.store.ok("import", self.made)

    def compare(self, before, after, *args):
        return self.store.json(
            "compare", "--before=" + before, "--after=" + after, *QUICK, *args
        )

    def by_name(self, answers):
        return {question["question"]: question for question in answers["questions"]}

    def test_risen(self):
        found = self.compare(CALM, RESTLESS)
        self.assertEqual(found["batch_blocks"], 36)
        self.assertIsNone(found["without_exceptions"])
        walk = self.by_name(found["all"])["walk"]
        self.assertEqual(walk["answer"], "risen")
        self.assertLess(walk["before_sd"], 0.02)
        self.assertGreater(walk["after_sd"], 0.04)
        self.assertLess(walk["after_sd"], 0.09)
        self.assertIn("risen", found["all"]["summary"])

    def test_not_risen(self):
        """Two halves of the restless half: nothing is asked of p, which chance moves."""
        middle = HALF + HALF // 2
        first = "%d..%d" % (HALF, middle)
        second = "%d..%d" % (middle + 1, BLOCKS - 1)
        found = self.compare(first, second, "--rounds=19")
        walk = self.by_name(found["all"])["walk"]
        self.assertGreater(walk["power_2"], 0.5)
        self.assertTrue(0.04 < walk["before_sd"] < 0.09 and 0.04 < walk["after_sd"] < 0.09)
        for question in found["all"]["questions"]:
            self.assertTrue(0 < question["p"] <= 1 and 0 <= question["power_1_5"] <= 1)

    def test_epochs(self):
        """The sd of changes net of luck, anew: mean square change less luck's variance."""
        found = self.compare(CALM, RESTLESS, "--by=epochs")
        self.assertEqual(found["batch_blocks"], 2016)
        with open(self.made, "rb") as file:
            data = file.read()
        raw = [data[i : i + 80] for i in range(0, len(data), 80)]
        stamps = [chain.header_time(header) for header in raw]
        bits = [chain.header_bits(header) for header in raw]
        latest, logs, total = stamps[0], [], 0.0
        for height in range(1, BLOCKS):
            step = max(stamps[height] - latest, 0.0006)
            latest = max(latest, stamps[height])
            total += step / work(bits[height])
            if height % 2016 == 2015:
                logs.append(-math.log(total))
                total = 0.0
        half = HALF // 2016
        luck = 2 * trigamma(2016)
        changes = self.by_name(found["all"])["changes"]
        for name, part in (("before_sd", logs[1:half]), ("after_sd", logs[half:])):
            moves = [b - a for a, b in zip(part, part[1:])]
            variance = sum(move**2 for move in moves) / len(moves) - luck
            wanted = math.sqrt(max(variance, 1e-8))
            self.assertAlmostEqual(changes[name], wanted, delta=1e-4 + 1e-3 * wanted)

    def test_except(self):
        left = "%d..%d" % (HALF + 4000, HALF + 6047)  # ends with an epoch, begins within one
        found = self.compare(CALM, RESTLESS, "--by=epochs", "--except=" + left)
        self.assertEqual(found["all"]["after"]["left_out"], 0)
        without = found["without_exceptions"]
        self.assertEqual(without["after"]["left_out"], 2)
        self.assertEqual(without["after"]["batches"], found["all"]["after"]["batches"] - 2)
        self.assertEqual(without["before"]["left_out"], 0)

    def test_repeats(self):
        args = ("compare", "--before=" + CALM, "--after=" + RESTLESS, "--by=epochs", "--rounds=39")
        first = self.store.ok(*args)
        self.assertIn("random walk", first)
        self.assertEqual(self.store.ok(*args), first)
        self.assertNotEqual(self.store.ok(*args, "--seed=2"), first)

    def test_refused(self):
        for code, args in (
            (2, []),
            (2, ["--before=1..2"]),
            (2, ["--before=x", "--after=1..2"]),
            (2, ["--before=9..2", "--after=10..20"]),
            (2, ["--before=1..2", "--after=3..4", "--by=days"]),
            (2, ["--before=1..2", "--after=3..4", "--rounds=1"]),
            (2, ["--before=1..2", "--after=3..4", "--except=2024-13-01"]),
            (1, ["--before=1..100", "--after=200..4000"]),
            (1, ["--before=1..9000", "--after=9000..20000"]),
            (1, ["--before=1..9000", "--after=2060-01-01"]),
            (1, ["--before=" + CALM, "--after=" + RESTLESS, "--except=0..30000"]),
        ):
            with self.subTest(args=args):
                done = self.store.command("compare", "--rounds=19", *args)
                self.assertEqual(done.returncode, code, done.stderr)
                self.assertEqual(done.stdout, "")
                self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)


class Mainnet(TestCase):
    def test_before_the_store(self):
        """Epochs of the built-in table: 2020 and 2021, with the ban in China."""
        headers = shared_data("headers/mainnet-822528-830592.bin")
        store = self.node(network="main")
        store.ok("import", "--anchor=822528", headers)
        found = store.json(
            "compare", "--before=2018-01-01..2019-12-31", "--after=2020-01-01..2021-12-31", *QUICK
        )
        self.assertEqual(found["batch_blocks"], 2016)
        self.assertEqual(found["all"]["after"]["from_height"], 610848)
        self.assertTrue(50 <= found["all"]["after"]["batches"] <= 53)
        walk = self.by_name(found)["walk"]
        self.assertTrue(0.013 < walk["before_sd"] < 0.021 and 0.021 < walk["after_sd"] < 0.033)
        self.assertLess(walk["p"], 0.3)

    def by_name(self, found):
        return {question["question"]: question for question in found["all"]["questions"]}


if __name__ == "__main__":
    hashtide_test.main()
