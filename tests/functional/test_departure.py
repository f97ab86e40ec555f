# SPDX-License-Identifier: GPL-3.0-or-later
"""Goal: `hashtide departure` reproduces the published estimate from what is built in,
its parts add up, its intervals nest, wrong input is named, and it says that the
chain adds nothing where that is so."""

import json
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import hashtide_test
from hashtide_test import TestCase

FEW = "--draws=1000"
PARTS = ["luck", "price", "season", "dated events", "transient", "AI", "trend", "unexplained"]
HEADER = ("id,recorded,company,site,region,kind,status,mw,mw_basis,gross_mw,it_mw,mined_before,"
          "announced,unplugged,energised,full,probability,parent,tenant,source,confidence,note\n")


class Departure(TestCase):
    def setUp(self):
        super().setUp()
        self.tide = self.node("main")

    def ask(self, *args):
        return json.loads(self.tide.ok("departure", "--json", *args))

    def check_figures(self, answer):
        """What must hold of every answer."""
        total = 0
        for name in PARTS:
            part = answer["change"]["parts"][name]
            self.assertLessEqual(part["lo90"], part["lo50"])
            self.assertLessEqual(part["lo50"], part["hi50"])
            self.assertLessEqual(part["hi50"], part["hi90"])
            total += part["mean"]
        self.assertAlmostEqual(total, answer["change"]["total"], delta=1e-9)
        for level in ("lo90", "median", "hi90", "mean"):
            self.assertLessEqual(answer["net_prior_ehs"][level], answer["gross_ehs"][level])
        self.assertLessEqual(answer["network_effect_ehs"]["mean"], answer["net_ehs"]["mean"])

    def test_published(self):
        """The result of doc/METHODS.md, as of 25 July 2026."""
        answer = self.ask("--from=2025-10-22", "--to=957600")
        self.check_figures(answer)
        self.assertEqual(answer["to_height"], 959615)
        for key, median, low, high in (("net_prior_ehs", 29.0, 11.4, 51.7),
                                       ("net_ehs", 29.9, 11.8, 53.1),
                                       ("gross_ehs", 52.6, 36.8, 76.1),
                                       ("counterfactual_ehs", 933, 915, 956)):
            self.assertAlmostEqual(answer[key]["median"], median, delta=1.5, msg=key)
            self.assertAlmostEqual(answer[key]["lo90"], low, delta=1.5, msg=key)
            self.assertAlmostEqual(answer[key]["hi90"], high, delta=2.5, msg=key)
        self.assertTrue(answer["identifiability"]["chain_adds_nothing"])
        self.assertIn("adds no information", answer["identifiability"]["statement"])
        self.assertAlmostEqual(answer["model"]["level"], .0155, delta=.003)
        self.assertAlmostEqual(answer["model"]["transient"], .0124, delta=.003)

    def test_any_dates(self):
        for args in (("--from=2024-01-01", "--to=2024-02-01"), ("--from=peak",),
                     ("--from=2022-01-05", "--to=2026-01-05"),
                     ("--from=2026-01-01", "--to=2023-01-01"), ("--since=2016-01-01",),
                     ("--events=none",), ("--events=exogenous", "--seed=7")):
            with self.subTest(args=args):
                self.check_figures(self.ask(FEW, *args))

    def test_parts_as_printed_add_up(self):
        part = re.compile(r"(%s) +([+-][0-9.]+) " % "|".join(PARTS))
        for args in ((), ("--from=2022-01-05", "--to=2026-01-05"), ("--from=peak",),
                     ("--from=2023-03-01", "--to=2024-09-01"),
                     ("--from=2026-01-01", "--to=2023-01-01")):
            text = self.tide.ok("departure", FEW, *args)
            found = part.findall(text)
            self.assertEqual(sorted(name for name, _ in found), sorted(PARTS))
            total = float(re.search(r"\n  all +([+-][0-9.]+)\n", text).group(1))
            self.assertEqual(sum(round(10 * float(mean)) for _, mean in found), round(10 * total))

    def test_before_there_was_ai_it_is_exactly_zero(self):
        answer = self.ask(FEW, "--to=2023-06-01")
        for key in ("gross_ehs", "net_ehs", "network_effect_ehs"):
            self.assertEqual(set(answer[key].values()), {0})
        self.assertEqual(set(answer["change"]["parts"]["AI"].values()), {0})
        self.assertIn("None that the ledger", self.tide.ok("departure", FEW, "--to=2023-06-01"))

    def test_a_ledger_of_ones_own(self):
        row = ("mine,2026-01-01,Me,Mine,US-TX,conversion,live,%d,mined,,,yes,2024-01-01,2024-06-01,"
               "2025-01-01,2025-06-01,1,,,https://example.org,seen,\n")
        answers = []
        for mw in (100, 200):
            path = self.write("ledger%d.csv" % mw, HEADER + row % mw)
            answers.append(self.ask(FEW, "--ledger.file=" + path))
        self.assertEqual(answers[0]["inputs"]["sites"], 1)
        self.assertAlmostEqual(answers[1]["gross_ehs"]["mean"],
                               2 * answers[0]["gross_ehs"]["mean"], places=5)
        empty = self.write("empty.csv", HEADER)
        answer = self.ask(FEW, "--ledger.file=" + empty)
        self.assertEqual(set(answer["net_ehs"].values()), {0})
        broken = self.write("broken.csv",
                            HEADER + row % 100 + (row % 1).replace(",1,mined", ",-5,mined"))
        done = self.tide.command("departure", FEW, "--ledger.file=" + broken)
        self.assertEqual(done.returncode, 1)
        self.assertIn("broken.csv:3", done.stderr)

    def test_assumptions(self):
        before = self.ask(FEW)
        after = self.ask(FEW, "--set=relocated.mean=0.15", "--tornado", "--placebo")
        self.assertGreater(after["net_prior_ehs"]["mean"], before["net_prior_ehs"]["mean"])
        swings = [abs(s["net_high_ehs"]["median"] - s["net_low_ehs"]["median"])
                  for s in after["tornado"]]
        self.assertEqual(swings, sorted(swings, reverse=True))
        self.assertTrue(0 < after["placebo"]["shifted"]["p"] <= 1)
        events = {r["event"]: r for r in after["placebo"]["replays"]}
        fern = events["Fern"]["fall"]
        self.assertLess(abs(fern["parts"]["AI"]["mean"]), .002)
        self.assertGreater(fern["parts"]["dated events"]["mean"] / fern["total"], .8)
        self.assertIn("Changed by you: relocated.mean=0.15",
                      self.tide.ok("departure", FEW, "--set=relocated.mean=0.15"))

    def test_same_bytes(self):
        args = ("departure", "--json", FEW, "--placebo")
        self.assertEqual(self.tide.ok(*args), self.tide.ok(*args))

    def test_one_screen(self):
        text = self.tide.ok("departure", FEW, "--placebo", "--tornado")
        self.assertLessEqual(max(map(len, text.splitlines())), 80)
        for word in ("Given the ledger", "given the ledger", "adds no information", "add up",
                     "KNOWN", "ASSUMED", "NOT KNOWN", "ESS/K", "kappa"):
            self.assertIn(word, text)
        self.assertFalse([w for w in ("nan", "inf ") if w in text])

    def test_what_is_refused(self):
        for args, words in (
            (["--set=relocated.mean"], "expected NAME=VALUE"),
            (["--set=relocated.meen=.2"], "did you mean relocated.mean"),
            (["--set=running=3"], "running=3"),
            (["--events=some"], "expected all, exogenous or none"),
            (["--draws=1"], "from 100"),
            (["--to=2009-01-01"], "no complete epoch"),
            (["--since=2026-01-01"], "epochs"),
            (["--as-of=yesterday"], "--as-of"),
            (["x"], "takes no arguments"),
        ):
            with self.subTest(args=args):
                done = self.tide.command("departure", *args)
                self.assertIn(done.returncode, (1, 2))
                self.assertIn(words, done.stderr)
                self.assertEqual(len(done.stderr.splitlines()), 1)
                self.assertEqual(done.stdout, "")


if __name__ == "__main__":
    hashtide_test.main()
