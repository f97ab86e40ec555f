# SPDX-License-Identifier: GPL-3.0-or-later
"""Goal: `calibrate` finds thresholds near those that are built in, the same for the
same seed, keeps them in the data directory, and leaves an old file alone when it is
interrupted."""

import json
import os
import signal
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import hashtide_test
from hashtide_test import TestCase, chain

# One false alarm a month and few runs: a second's work.
QUICK = ("--change.false_alarms_per_year=12", "--runs=40")
ONE = ("--change.daily_sd=1.5%",)


class Calibrate(TestCase):
    def setUp(self):
        self.store = self.node()

    def kept(self):
        with open(self.store.path("calibration.json"), encoding="utf-8") as file:
            return json.load(file)

    def test_one_volatility(self):
        found = self.store.json("calibrate", *QUICK, *ONE, "--json")
        self.assertEqual(found["daily_sd"], 0.015)
        self.assertEqual([row["direction"] for row in found["thresholds"]], ["fall", "rise"])
        for row in found["thresholds"]:
            self.assertTrue(row["reached"])
            self.assertGreater(row["run_length_sd_blocks"], 0)
            self.assertAlmostEqual(row["run_length_blocks"], 52560 / 12, delta=0.01)
            # Six standard errors, and what the table lacks so far out.
            apart = abs(row["offset"] - row["built_in_offset"])
            self.assertLess(apart, 6 * row["offset_sd"] + 0.3, row)
            del row["built_in_offset"]
        self.assertEqual(self.kept(), found)

    def test_auto(self):
        text = self.store.ok("calibrate", *QUICK, "--runs=20")
        self.assertIn("12 false alarms a year", text)
        rows = self.kept()["thresholds"]
        self.assertEqual(self.kept()["daily_sd"], "auto")
        self.assertEqual([row["daily_sd"] for row in rows], [0.005, 0.0075, 0.01, 0.015, 0.02] * 2)
        for row in rows:
            self.assertIn("%.2f %% a day" % (100 * row["daily_sd"]), text)

    def test_repeats(self):
        first = self.store.ok("calibrate", *QUICK, *ONE, "--seed=7")
        self.assertEqual(self.store.ok("calibrate", *QUICK, *ONE, "--seed=7"), first)
        self.assertNotEqual(self.store.ok("calibrate", *QUICK, *ONE, "--seed=8"), first)

    def test_interrupted(self):
        self.store.ok("calibrate", *QUICK, *ONE)
        before = self.kept()
        process = self.store.popen("calibrate", "--runs=1000000")
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        self.assertNotEqual(process.wait(20), 0)
        self.assertEqual(self.kept(), before)
        self.assertEqual(os.listdir(self.store.network_dir), ["calibration.json"])

    def test_used(self):
        """Thresholds that are kept decide what is found, and only where they suit."""
        made = os.path.join(self.root, "made")
        self.store.ok("simulate", "--blocks=16000", "--seed=11", "-o", made)
        self.store.ok("import", made)
        built_in = self.store.ok("export", "changes")
        self.store.ok("calibrate", "--change.false_alarms_per_year=12", *ONE, "--runs=20")
        kept = self.kept()
        kept["false_alarms_per_year"] = 1
        for row in kept["thresholds"]:
            row["offset"] = -5.5
        self.keep(json.dumps(kept))
        low = self.store.ok("export", "changes", *ONE)
        self.assertGreater(len(low.splitlines()), len(built_in.splitlines()) + 3)
        for text, word in ((json.dumps(kept), "other settings"), ("{", "damaged")):
            self.keep(text)
            done = self.store.command("export", "changes")
            self.assertEqual(done.returncode, 0)
            self.assertEqual(done.stdout, built_in)
            self.assertIn(word, done.stderr)
            self.assertIn("calibrate", done.stderr)
            self.assertEqual(len(done.stderr.splitlines()), 1)
            self.assertIn(word, self.store.command("status").stderr)

    def test_beyond_what_is_built_in(self):
        """Thresholds that do not suit a volatility are said; those of one's own end that."""
        self.store.ok("import", self.write("made", chain.Chain("tidenet").extend(20).records()))
        for sd, said in (("0.4%", True), ("0.5%", False), ("2%", False), ("2.1%", True)):
            done = self.store.command("status", "--change.daily_sd=" + sd)
            self.assertEqual("not within" in done.stderr, said, sd)
            self.assertEqual(len(done.stderr.splitlines()), said)
        args = ("--change.daily_sd=2.1%", "--change.false_alarms_per_year=12")
        self.store.ok("calibrate", "--runs=20", *args)
        self.assertEqual(self.store.command("status", *args).stderr, "")

    def keep(self, text):
        with open(self.store.path("calibration.json"), "w", encoding="utf-8") as file:
            file.write(text)

    def test_usage(self):
        for args in (["--runs=3"], ["--runs=many"], ["--seed=-1"], ["more"]):
            done = self.store.command("calibrate", *args)
            self.assertEqual(done.returncode, 2, args)
            self.assertEqual(len(done.stderr.splitlines()), 1)

    def test_no_place(self):
        with open(self.store.datadir, "w"):
            pass
        done = self.store.command("calibrate", *QUICK)
        self.assertEqual(done.returncode, 1)
        self.assertEqual(len(done.stderr.splitlines()), 1)

    def test_place_that_cannot_be_written(self):
        """That is said at once, and not after a minute of simulation."""
        if os.geteuid() == 0:
            self.skipTest("root may write everywhere")
        os.makedirs(self.store.network_dir, mode=0o500)
        done = self.store.command("calibrate", "--runs=1000000", timeout=20)
        self.assertEqual(done.returncode, 1)
        self.assertIn("cannot write to " + self.store.network_dir, done.stderr)


if __name__ == "__main__":
    hashtide_test.main()
