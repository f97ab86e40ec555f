# SPDX-License-Identifier: GPL-3.0-or-later
"""Goal: `hashtide evidence` says 'not enough data', and why, until a table can carry
a figure; then the figure holds what was put in, narrows the interval of net removal,
and hangs on no order of rows. Pools' blocks give a 'US loss', with Fern as control.
What cannot be is refused by line."""

import json
import math
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import hashtide_test
from hashtide_test import TestCase, seeded

DONE, FAILED, USAGE = 0, 1, 2
HEAD = "company,date,ehs,group,converted_from,measure,source,confidence,note"
CONVERTERS = {"Core Scientific": "2024-11", "IREN": "2025-02", "TeraWulf": "2025-04",
              "Cipher Digital": "2025-01"}
CONTROLS = ("CleanSpark", "HIVE", "Cango", "American Bitcoin")
FIRST_EPOCH, LAST_EPOCH, STORM = 440, 475, 463


def company_rows(rng, share):
    """48 months from January 2022, with this share removed within half a year."""
    rows = []
    common = 0.0
    level = {name: math.log(rng.uniform(10, 40)) for name in (*CONVERTERS, *CONTROLS)}
    for month in range(51):
        common += .02 + rng.gauss(0, .05)
        date = "%d-%02d" % (2022 + month // 12, month % 12 + 1)
        for name in level:
            level[name] += rng.gauss(0, .01)
            value = level[name] + common + rng.gauss(0, .08)
            start = CONVERTERS.get(name, "")
            if start:
                begins = (int(start[:4]) - 2022) * 12 + int(start[5:]) - 1
                value += math.log(1 - share * min(max((month - begins) / 6, 0), 1))
            rows.append("%s,%s,%.3f,%s,%s,operating,made up,judgement," % (
                name, date, math.exp(value), "converter" if start else "control", start))
    return rows


def pool_rows(rng, lost):
    """Epochs of 2016 blocks; the set loses a share in epoch 470, and half for Fern."""
    rows = []
    for epoch in range(FIRST_EPOCH, LAST_EPOCH + 1):
        odds = .35 / .65
        odds *= 1 - lost if epoch >= 470 else 1
        odds *= .4 if epoch == STORM else 1
        chance = odds / (1 + odds)
        found = sum(rng.random() < chance for _ in range(2016))
        rows += ["%d,Foundry USA,%d" % (epoch, found - found // 5),
                 "%d,MARA Pool,%d" % (epoch, found // 5), "%d,AntPool,%d" % (epoch, 2016 - found)]
    return rows


class Evidence(TestCase):
    def setUp(self):
        super().setUp()
        self.tide = self.node("main")
        self.rng = seeded()

    def write(self, name, rows):
        path = os.path.join(self.root, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write("\n".join(rows) + "\n")
        return path

    def ask(self, what, *args):
        return json.loads(self.tide.ok("evidence", what, "--json", *args))

    def test_builtin_is_not_enough(self):
        answer = self.ask("companies")
        self.assertFalse(answer["enough_data"])
        self.assertIsNone(answer["removed_share"])
        self.assertIsNone(answer["net_ehs"])
        self.assertFalse(answer["rules"][0]["met"])
        text = self.tide.ok("evidence", "companies")
        self.assertIn("Not enough data", text)
        self.assertLessEqual(len(text.splitlines()), 40)

    def test_companies(self):
        rows = company_rows(self.rng, .6)
        path = self.write("companies.csv", [HEAD] + rows)
        answer = self.ask("companies", path)
        if not answer["rules"][3]["met"]:  # by chance, once in twenty
            self.skipTest("groups that happened to move apart before 2024")
        self.assertTrue(answer["enough_data"])
        removed = answer["removed_share"]
        self.assertLess(abs(removed["median"] - .6), .15)
        self.assertLess(removed["lo90"], removed["hi90"])
        net = answer["net_ehs"]
        self.assertGreater(net["sites_of_companies"], 4)
        self.assertLess(net["effective_draws"], net["draws"])
        self.assertAlmostEqual(net["width90_with"], net["with"]["hi90"] - net["with"]["lo90"],
                               delta=1e-6)
        self.assertIn("% [", self.tide.ok("evidence", "companies", path))
        self.rng.shuffle(rows)
        again = self.ask("companies", "--companies.file=" +
                         self.write("shuffled.csv", [HEAD] + rows))
        self.assertTrue(again["enough_data"])
        self.assertAlmostEqual(again["removed_ehs"]["median"], answer["removed_ehs"]["median"],
                               delta=.05 * answer["removed_ehs"]["median"])

    def test_pools(self):
        path = self.write("pools.csv", ["epoch,pool,blocks"] + pool_rows(self.rng, .25))
        args = (path, "--from=%d" % (460 * 2016), "--to=%d" % (473 * 2016))
        answer = self.ask("pools", *args)
        self.assertEqual(answer["label"], "US loss")
        self.assertGreater(answer["lost_ehs"]["lo90"], 0)
        self.assertLess(abs(answer["lost_share"]["median"] - .25), .12)
        self.assertEqual(answer["control"]["event"], "Fern")
        self.assertTrue(answer["control"]["seen"])
        text = self.tide.ok("evidence", "pools", *args)
        self.assertIn("US loss", text)
        self.assertIn("no AI loss", text)
        other = self.ask("pools", *args, "--us=AntPool")
        self.assertLess(other["lost_ehs"]["hi90"], 0)
        self.assertIn("Not enough data", self.tide.ok(
            "evidence", "pools", self.write("few.csv", ["epoch,pool,blocks", "470,Foundry,9",
                                                        "471,AntPool,9"])))

    def test_refused(self):
        bad = self.write("bad.csv", [HEAD, "A,2025-01,nan,control,,operating,,,"])
        for args, code, text in (
                (("companies", bad), FAILED, "bad.csv:2: ehs"),
                (("companies", bad, bad), USAGE, "one file"),
                (("companies", os.path.join(self.root, "none.csv")), FAILED, "cannot read"),
                (("pools",), USAGE, "one file"),
                (("pools", bad), FAILED, "no column epoch"),
                (("pools", bad, "--us=,"), USAGE, "--us"),
                (("pools", self.write("p.csv", ["epoch,pool,blocks", "470,A,5000"])), FAILED,
                 "p.csv:2: blocks")):
            with self.subTest(args=args):
                result = self.tide.command("evidence", *args)
                self.assertEqual(result.returncode, code)
                self.assertIn(text, result.stderr)
                self.assertEqual(result.stdout, "")


if __name__ == "__main__":
    hashtide_test.main()
