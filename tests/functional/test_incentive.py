# SPDX-License-Identifier: GPL-3.0-or-later
"""Goal: `hashtide incentive` fits its screen and says what its figures rest on; an
input that is set moves what depends on it; a table that cannot be is refused with
its line; prices that were imported take the place of reconstructed ones; the
datasets have the same figures."""

import csv
import datetime
import io
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import hashtide_test
from hashtide_test import TestCase, shared_data

DONE, FAILED, USAGE = 0, 1, 2
HEADERS = ("headers", "mainnet-822528-830592.bin")


class Incentive(TestCase):
    def setUp(self):
        super().setUp()
        self.tide = self.node(network="main")

    def run_tide(self, *args, code=DONE):
        done = self.tide.command(*args)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done

    def figures(self, *args):
        return json.loads(self.run_tide("incentive", "--json", *args).stdout)

    def write(self, name, text):
        path = os.path.join(self.root, name)
        with open(path, "w", encoding="utf-8", newline="") as file:
            file.write(text)
        return path

    def test_screen(self):
        for args in ((), ("--region=texas",), ("--history",), ("--set=fleet.j_per_th=15",)):
            screen = self.run_tide("incentive", *args).stdout
            self.assertLessEqual(max(map(len, screen.splitlines())), 80, screen)
        screen = self.run_tide("incentive").stdout
        self.assertIn("reconstructed", screen)
        self.assertIn("fees are not counted", screen)
        self.assertIn("days old", screen)
        history = self.run_tide("incentive", "--history").stdout
        self.assertRegex(history, r"(?m)^2024-04-\d\d\* ")
        self.assertRegex(history, r"(?m)^2020-05-\d\d\* ")

    def test_set(self):
        before, after = self.figures(), self.figures("--set=power.usd_mwh=60")
        self.assertEqual(before["usd_mw_year"]["lease"], after["usd_mw_year"]["lease"])
        self.assertGreater(after["underwater"]["median"], before["underwater"]["median"])
        mining = after["usd_mw_year"]["mining"]
        self.assertGreater(mining["revenue"]["median"], mining["after_power"]["median"])
        self.assertEqual({tuple(entry["range"]) for entry in after["inputs"]
                          if entry["input"] == "power.usd_mwh"}, {(60, 60, 60)})
        self.assertTrue(all(entry["source"] for entry in before["inputs"]))
        self.assertEqual(self.figures("--set=gpu.load=0.7", "--set=gpu.load=0.8")["inputs"],
                         self.figures("--set=gpu.load=0.8")["inputs"])
        texas = self.figures("--region=texas")["usd_mw_year"]["mining"]
        self.assertGreater(texas["after_power"]["median"],
                           before["usd_mw_year"]["mining"]["after_power"]["median"])

    def test_usage(self):
        for args in (("--set=power=5",), ("--set=power.usd_mwh",), ("--set=power.usd_mwh=",),
                     ("--set=power.usd_mwh=0",), ("--set=power.usd_mwh=nan",),
                     ("--set=power.usd_mwh=3:2:1",), ("--region=mars",), ("x",),
                     ("--history", "--json")):
            self.run_tide("incentive", *args, code=USAGE)
        done = self.run_tide("incentive", "--region=mars", code=USAGE)
        self.assertIn("texas", done.stderr)

    def test_tables(self):
        head = "input,region,date,low,central,high,source,confidence\n"
        path = self.write("e.csv", head + "power.usd_mwh,,,40,50,60,mine,seen\n")
        figures = self.figures("--economics.file=" + path)
        self.assertIsNone(figures["ratio"])
        self.assertIsNone(figures["usd_mw_year"]["mining"]["revenue"])
        path = self.write("e.csv", head + "power.usd_mwh,,,60,50,40,mine,seen\n")
        done = self.run_tide("incentive", "--economics.file=" + path, code=FAILED)
        self.assertIn("e.csv:2: ", done.stderr)
        path = self.write("p.csv", "date,price_usd\n2026-01-01,100000\n2026-01-02,x\n")
        done = self.run_tide("incentive", "--price.file=" + path, code=FAILED)
        self.assertIn("p.csv:3: ", done.stderr)
        self.run_tide("incentive", "--price.file=/nonexistent", code=FAILED)
        path = self.write("p.csv", "date,price_usd\n2026-01-01,100000\n")
        self.assertEqual(self.figures("--price.file=" + path)["hashprice"]["price_usd"], 100000)

    def test_fleet(self):
        """The table of efficiency has the fleet; a row left over elsewhere is passed over."""
        before = {entry["input"]: entry for entry in self.figures()["inputs"]}
        self.assertAlmostEqual(before["fleet.j_per_th"]["range"][1], 20, 6)
        with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "analysis",
                               "data", "economics.csv"), encoding="utf-8") as file:
            text = file.read()
        path = self.write("e.csv", text + "fleet.j_per_th,,,5,6,7,mine,seen,\n")
        done = self.run_tide("incentive", "--json", "--economics.file=" + path)
        self.assertRegex(done.stderr, r"e\.csv:\d+: fleet\.j_per_th .*efficiency\.file")
        after = {entry["input"]: entry for entry in json.loads(done.stdout)["inputs"]}
        self.assertEqual(before, after)
        path = self.write("f.csv", "kind,subject,date,j_per_th,sd,source,confidence,note\n"
                                   "removed,x,2025.5,22,0.18,,judgement,\n"
                                   "network,x,2020,10,0,mine,seen,\n")
        fleet = self.figures("--efficiency.file=" + path)
        self.assertEqual([entry["range"] for entry in fleet["inputs"]
                          if entry["input"] == "fleet.j_per_th"], [[10, 10, 10]])
        path = self.write("f.csv", "kind,subject,date,j_per_th\nnetwork,x,2020,0.1\n")
        done = self.run_tide("incentive", "--efficiency.file=" + path, code=FAILED)
        self.assertIn("f.csv:2: j_per_th: 0.1", done.stderr)

    def test_costs(self):
        today = datetime.datetime.now(datetime.timezone.utc).date()
        day = str(today - datetime.timedelta(days=10))
        old = str(today - datetime.timedelta(days=93))
        screen = self.run_tide("incentive").stdout
        self.assertNotIn("Power by region", screen)
        self.assertNotIn("Used machines", screen)
        power = "--power.file=" + self.write(
            "power.csv", "date,region,usd_mwh,basis,source\n%s,texas,50,wholesale,x\n"
            "%s,nordics,20,,x\n%s,gulf,-1,,x\n" % (day, old, day))
        machines = "--machines.file=" + self.write(
            "machines.csv", "date,machine,j_per_th,usd_th,source\n"
            "%s,\"S19, worn\",34.5,2,x\n%s,S21,10,6,x\n" % (day, day))
        fixed = ["--set=power.usd_mwh=40", "--set=mining.overhead=1"]
        screen = self.run_tide("incentive", power, machines, *fixed).stdout
        self.assertLessEqual(max(map(len, screen.splitlines())), 80, screen)
        self.assertRegex(screen, r"(?m)^  nordics +old: the last price is of " + old)
        self.assertRegex(screen, r"(?m)^  gulf +-1\.00 +any ")
        hostile = self.write("m.csv", "date,machine,j_per_th,usd_th,source\n"
                                      "%s,S19 \x1b[7m,34.5,2,x\n" % day)
        done = self.run_tide("incentive", "--machines.file=" + hostile, code=FAILED)
        self.assertIn("m.csv:2: a control character", done.stderr)
        self.assertNotIn("\x1b", done.stdout + done.stderr)
        figures = self.figures(power, machines, *fixed)
        hashprice = figures["hashprice"]["usd_ph_day"]
        texas = {row["region"]: row for row in figures["power_prices"]}
        self.assertAlmostEqual(texas["texas"]["breakeven_j_th"], hashprice / (0.024 * 50), 4)
        self.assertEqual((texas["texas"]["age_days"], texas["texas"]["basis"]), (10, "wholesale"))
        self.assertFalse(texas["nordics"]["fresh"])
        self.assertIsNone(texas["nordics"]["breakeven_j_th"])
        s21 = [row for row in figures["used_machines"] if row["machine"] == "S21"][0]
        self.assertAlmostEqual(s21["payback_days"], 6000 / (hashprice - 0.024 * 10 * 40), 3)
        # They are shown, and change nothing.
        before = self.figures(*fixed)
        self.assertEqual(before["inputs"], figures["inputs"])
        for name in ("ratio", "underwater", "breakeven_j_th"):  # a second later the price is older
            self.assertAlmostEqual(before[name]["median"], figures[name]["median"], 4)
        self.assertEqual((before["power_prices"], before["used_machines"]), ([], []))

    def test_costs_in_hashprice(self):
        power = "--power.file=" + self.write(
            "power.csv", "date,region,usd_mwh,source\n2024-02-01,texas,50,x\n"
            "2024-02-01,nordics,20,x\n2024-03-20,nordics,30,x\n")
        machines = "--machines.file=" + self.write(
            "machines.csv", "date,machine,j_per_th,usd_th,source\n2024-02-01,S19,30,9,x\n"
            "2024-02-01,S9,95,1,x\n")
        rows = {row["first_height"]: row for row in self.export("hashprice", power, machines)}
        plain = {row["first_height"]: row for row in self.export("hashprice")}
        costs = [name for name in plain["830592"] if name.startswith(("power_", "used_"))]
        self.assertEqual(len(costs), 12)
        for height, row in plain.items():
            self.assertEqual({row[name] for name in costs}, {"0", ""})
            self.assertEqual({name: rows[height][name] for name in row if name not in costs},
                             {name: row[name] for name in row if name not in costs})
        self.assertEqual(rows["826560"]["power_regions"], "0")  # 21 January
        row = rows["830592"]  # 15 February
        self.assertEqual([row[name] for name in costs[:9]],
                         ["2", "35", "20", "nordics", "50", "texas", "14", "S19", "30"])
        margin = float(row["hashprice_usd_ph_day"]) - 0.024 * 30 * 1.03 * 45
        self.assertAlmostEqual(float(row["used_machine_payback_days"]), 9000 / margin, 3)
        row = rows["840672"]  # 24 April
        self.assertEqual((row["power_usd_mwh"], row["power_low_region"]), ("40", "nordics"))
        row = rows["842688"]  # 9 May: a price of 1 February is too old
        self.assertEqual((row["power_regions"], row["power_usd_mwh"]), ("1", "30"))
        self.assertEqual(row["used_machine"], "")

    def test_costs_refused(self):
        power = "--power.file=" + self.write(
            "p.csv", "date,region,usd_mwh,source\n2024-02-01,texas,x,x\n2024-02-01,Texas,1,x\n")
        for args in (("incentive",), ("export", "hashprice")):
            done = self.run_tide(*args, power, code=FAILED)
            self.assertEqual(done.stdout, "")
            self.assertIn("p.csv:2: usd_mwh: x: expected a number", done.stderr)
            self.assertIn("p.csv:3: region: Texas", done.stderr)
            self.assertIn("2 faults", done.stderr)
        self.run_tide("incentive", "--machines.file=/nonexistent", code=FAILED)

    def test_import(self):
        before = self.figures()["hashprice"]
        self.assertTrue(before["last_price_reconstructed"])
        path = self.write("h.csv", "date,price_usd\n2026-01-20,90000\n2026-07-30,60000\n")
        self.run_tide("market", "import", path)
        after = self.figures()["hashprice"]
        self.assertEqual(after["price_usd"], 60000)
        self.assertFalse(after["last_price_reconstructed"])
        self.assertAlmostEqual(after["usd_ph_day"] / before["usd_ph_day"],
                               60000 / before["price_usd"], 5)

    def export(self, dataset, *args):
        text = self.run_tide("export", dataset, *args).stdout
        return list(csv.DictReader(io.StringIO(text)))

    def test_datasets(self):
        self.run_tide("import", "--anchor=822528", shared_data(*HEADERS))
        rows = {row["first_height"]: row for row in self.export("hashprice")}
        row = rows["838656"]
        self.assertAlmostEqual(float(row["subsidy_btc"]), 6.25 * 0.5 ** (1 / 3), 5)
        # Price, subsidy and difficulty make the hashprice.
        for row in rows.values():
            made = (float(row["price_usd"]) * float(row["subsidy_btc"]) * 86400e15 /
                    (float(row["difficulty"]) * 2**32))
            self.assertAlmostEqual(made / float(row["hashprice_usd_ph_day"]), 1, 5)
        self.assertEqual(rows["822528"]["price_basis"], "quoted")
        self.assertEqual(rows["945504"]["price_basis"], "reconstructed")
        self.assertEqual(rows["959616"]["price_basis"], "held")
        rows = self.export("incentive")
        self.assertEqual(rows[0]["ratio"], "")
        self.assertGreater(float(rows[-1]["ratio"]), 2)
        self.assertEqual(rows, self.export("incentive"))
        self.assertEqual(self.export("market"), [])


if __name__ == "__main__":
    hashtide_test.main()
