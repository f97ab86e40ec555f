# SPDX-License-Identifier: GPL-3.0-or-later
"""Goal: claims are judged by figures that are measured, which are worked out here a second
time; a claim of one's own is judged beside those built in; what is wrong with it is said."""

import datetime
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import hashtide_test
from hashtide_test import TestCase

HEAD = "id,claim,said_by,said,metric,comparison,threshold,from,deadline,probability\n"


def epochs():
    """Time and difficulty of epochs' first blocks, of the table that is built in."""
    path = os.path.join(os.environ.get("HASHTIDE_SRCDIR", "."), "chain", "epochs_mainnet.inc")
    with open(path, encoding="utf-8") as file:
        for line in file:
            if line.startswith("{"):
                time, bits = line[1:].split(",")[:2]
                bits = int(bits, 16)
                target = (bits & 0x7FFFFF) << (8 * ((bits >> 24) - 3))
                yield int(time), (0xFFFF << 208) / target


def seconds(day):
    return datetime.datetime.fromisoformat(day + "T00:00:00+00:00").timestamp()


class Claims(TestCase):
    def setUp(self):
        self.monitor = self.node(network="main")
        self.path = os.path.join(self.root, "claims.csv")

    def claims(self, text="", *args):
        with open(self.path, "w", encoding="utf-8") as file:
            file.write(HEAD + text)
        found = self.monitor.json("claims", "--json", "--claims.file=" + self.path, *args)
        return {claim["id"]: claim for claim in found["claims"]}, found

    def test_builtin(self):
        claims, found = self.claims()
        verdicts = {claim["verdict"] for claim in claims.values()}
        self.assertLessEqual({"true", "false", "undecidable", "cannot be tested"}, verdicts)
        self.assertEqual(claims["worse-than-regulation"]["verdict"], "false")
        share = claims["worse-than-regulation"]
        self.assertTrue(0.005 < share["low"] < share["figure"] < share["high"] < 0.08)
        self.assertIn("no data", claims["concentration-rises"]["evidence"])
        self.assertEqual(claims["concentration-rises"]["verdict"], "undecidable")
        for source in found["sources"]:
            self.assertEqual(source["brier"] is None, source["decided"] == 0)
        self.assertIn("cannot be tested", self.monitor.ok("claims"))

    def test_id_that_is_taken(self):
        with open(self.path, "w", encoding="utf-8") as file:
            file.write(HEAD + "worse-than-regulation,x,me,2021-05-05,difficulty.change,below,0,,"
                       "2021-07-10,1\n")
        done = self.monitor.command("claims", "--claims.file=" + self.path)
        self.assertEqual(done.returncode, 1)
        self.assertIn("has the id worse-than-regulation; choose another", done.stderr)

    def test_figures(self):
        table = list(epochs())

        def at(day):
            return max(i for i, row in enumerate(table[:-1]) if row[0] <= seconds(day))

        def rate(i):
            return table[i][1] * 2**48 / 0xFFFF * 2016 / (table[i + 1][0] - table[i][0]) / 1e18

        first, last = at("2021-05-05"), at("2021-07-10")
        claims, _ = self.claims(
            "d,x,me,2021-05-05,difficulty.change,below,0,,2021-07-10,1\n"
            "h,x,me,2021-05-05,hashrate.change,below,-0.3,,2021-07-10,1\n"
            "f,x,me,2021-05-05,hashrate.change,above,-0.3,,2021-07-10,1\n"
        )
        self.assertAlmostEqual(claims["d"]["figure"], table[last][1] / table[first][1] - 1,
                               places=6)
        self.assertAlmostEqual(claims["h"]["figure"], rate(last) / rate(first) - 1, places=6)
        self.assertEqual(
            [claims[name]["verdict"] for name in "dhf"], ["true", "true", "false"]
        )
        self.assertTrue(claims["h"]["low"] < claims["h"]["figure"] < claims["h"]["high"])

    def test_no_ledger_no_ai(self):
        ledger = self.write("none.csv", b"id,recorded,company,site,kind,status,mined_before,"
                            b"confidence\n")
        claims, _ = self.claims("", "--ledger.file=" + ledger)
        self.assertEqual(claims["worse-than-regulation"]["figure"], 0)
        self.assertEqual(claims["more-rebrand"]["figure"], 0)

    def test_efficiency(self):
        """Machines that take half the energy were twice the hash rate."""
        with open(os.path.join(os.environ.get("HASHTIDE_SRCDIR", "."), "analysis", "data",
                               "efficiency.csv"), encoding="utf-8") as file:
            rows = [line.split(",") for line in file if line.startswith("removed,")]
        for row in rows:
            row[3] = str(float(row[3]) / 2)
        table = self.write("efficiency.csv", ("kind,subject,date,j_per_th,sd,source,confidence,"
                                              "note\n" + "".join(map(",".join, rows))).encode())
        before = self.claims()[0]["worse-than-regulation"]["figure"]
        after = self.claims("", "--efficiency.file=" + table)[0]["worse-than-regulation"]["figure"]
        self.assertAlmostEqual(after / (1 - after), 2 * before / (1 - before), places=5)
        self.write("bad.csv", b"kind,subject,date,j_per_th\nremoved,x,2025,1e9\n")
        done = self.monitor.command("claims", "--efficiency.file=" +
                                    os.path.join(self.root, "bad.csv"))
        self.assertEqual(done.returncode, 1)
        self.assertIn("bad.csv:2: j_per_th: 1e9: expected", done.stderr)

    def test_own(self):
        claims, found = self.claims(
            "late,x,me,2026-01-01,hashrate.change,above,0,,2099-01-01,0.5\n"
            "early,x,me,2009-01-01,hashprice.change,above,0,,2009-12-31,0.5\n"
            "short,x,me,2026-01-01,volatility.change,above,0,,2026-02-01,0.5\n"
            "calm,x,me,2026-01-01,volatility.change,above,0,,2026-07-24,\n"
            "swing,x,me,2020-05-01,volatility.change,above,-0.99,,2021-08-01,1\n"
        )
        self.assertEqual(claims["late"]["verdict"], "open")
        self.assertIsNotNone(claims["late"]["figure"])
        for name in ("early", "short"):
            self.assertEqual(claims[name]["verdict"], "undecidable")
            self.assertIn("no data", claims[name]["evidence"])
            self.assertIsNone(claims[name]["figure"])
        self.assertEqual(claims["swing"]["verdict"], "true")
        text = self.monitor.ok("claims", "--claims.file=" + self.path)
        self.assertNotRegex(text, r"\b(inf|nan)\b")
        mine = [source for source in found["sources"] if source["said_by"] == "me"]
        self.assertEqual([(s["claims"], s["decided"], s["brier"]) for s in mine], [(5, 1, 0)])

    def test_faults(self):
        with open(self.path, "w", encoding="utf-8") as file:
            file.write(HEAD + "a,x,me,2026,price,above,0,,2027,1\n")
        done = self.monitor.command("claims", "--claims.file=" + self.path)
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("%s:2: metric: price: expected" % self.path, done.stderr)
        self.assertEqual(self.monitor.command("claims", "more").returncode, 2)


if __name__ == "__main__":
    hashtide_test.main()
