# SPDX-License-Identifier: GPL-3.0-or-later
"""Goal: what `export` writes of estimates is what the formulas of doc/METHODS.md give,
worked out here a second time from the headers alone; a range chooses rows and changes
no figure; where there is nothing to say, fields are empty."""

import csv
import io
import math
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import hashtide_test
from hashtide_test import TestCase, chain, peer, shared_data

EPOCH = 2016
DATASETS = ["intervals", "hashrate", "volatility", "changes", "forecasts"]
WINDOWS = [144, 504, 1008, 2016]
Z95 = 1.959963984540054
ROUNDED = 1e-6  # seven significant digits


def rows_of(text):
    return list(csv.DictReader(io.StringIO(text, newline="")))


def psi(x):
    value = 0.0
    while x < 20:
        value -= 1 / x
        x += 1
    y = 1 / (x * x)
    return value + math.log(x) - 0.5 / x - y * (1 / 12 - y * (1 / 120 - y / 252))


def psi1(x):
    value = 0.0
    while x < 20:
        value += 1 / (x * x)
        x += 1
    y = 1 / (x * x)
    return value + 1 / x + y / 2 + y / x * (1 / 6 - y * (1 / 30 - y / 42))


def psi1_inverse(y):
    low, high = 1e-9, 1e12
    for _ in range(200):
        middle = math.sqrt(low * high)
        low, high = (middle, high) if psi1(middle) > y else (low, middle)
    return low


def gamma_below(n, x):
    """Probability that the sum of n exponential intervals is below x."""
    return 1 - math.fsum(math.exp(k * math.log(x) - x - math.lgamma(k + 1)) for k in range(n))


def beta_below(x, a, b):
    """The regularised incomplete beta function, by its continued fraction (Lentz)."""
    if x > (a + 1) / (a + b + 2):
        return 1 - beta_below(1 - x, b, a)
    front = math.exp(
        math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    )
    c, d = 1.0, 1 / (1 - (a + b) * x / (a + 1))
    result = d
    for m in range(1, 500):
        for term in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1 / (1 + term * d)
            c = 1 + term / c
            result *= c * d
    return front * result / a


class Bank:
    """The nowcast: fifteen gamma filters, weighted by how well they predicted."""

    MEMORIES = [60 * (8000 / 60) ** (j / 14) for j in range(15)]
    BATCH = 6

    def __init__(self, rate, most=400.0):
        self.keep = [1 - 1 / m for m in self.MEMORIES]
        self.a = [min(most, m) for m in self.MEMORIES]
        self.b = [a / rate for a in self.a]
        self.score = [0.0] * 15
        self.filled = None

    def update(self, height, u, drift):
        if height % self.BATCH == 0:
            self.before = list(zip(self.a, self.b))
            self.sum = 0.0
            self.filled = 0
        shrink = math.exp(-drift)
        for j, g in enumerate(self.keep):
            self.a[j] = g * self.a[j] + 1
            self.b[j] = g * self.b[j] * shrink + u
        if self.filled is None:
            return
        self.sum += u
        self.filled += 1
        if self.filled == self.BATCH:
            self.judge(drift)
            self.filled = None

    def judge(self, drift):
        k = self.BATCH
        for j, g in enumerate(self.keep):
            a = g**k * self.before[j][0]
            b = g**k * math.exp(-drift * k) * self.before[j][1]
            self.score[j] = 0.9998**k * self.score[j] + log_sum(a, b, k, self.sum)

    def estimate(self, back=None):
        """Mean and variance of the log rate, and the walk's variance per block."""
        back = back or [(0.0, 0.0, 0.0)] * 15
        logs = [
            s + extra - (math.log(m) - math.log(1000)) ** 2 / 2
            for s, m, (_, _, extra) in zip(self.score, self.MEMORIES, back)
        ]
        weights = [math.exp(w - max(logs)) for w in logs]
        weights = [w / sum(weights) for w in weights]
        sums = [(a + c, b + d) for a, b, (c, d, _) in zip(self.a, self.b, back)]
        means = [psi(a) - math.log(b) for a, b in sums]
        mean = sum(w * m for w, m in zip(weights, means))
        variance = sum(
            w * (psi1(a) + (m - mean) ** 2) for w, m, (a, _) in zip(weights, means, sums)
        )
        return mean, variance, sum(w * (1 - g) ** 2 for w, g in zip(weights, self.keep))


def log_sum(a, b, k, s):
    return (
        math.lgamma(a + k)
        - math.lgamma(a)
        - math.lgamma(k)
        + a * math.log(b)
        + (k - 1) * math.log(s)
        - (a + k) * math.log(b + s)
    )


class History:
    """A chain as the estimators see it."""

    def __init__(self, raw, first=0, past=None):
        self.first = first
        self.times = [chain.header_time(r) for r in raw]
        works = {}
        for r in raw:
            bits = chain.header_bits(r)
            works[bits] = 2**256 / (chain.target_of(bits) + 1)
        self.whole = [chain.work_of(chain.header_bits(r)) for r in raw]
        self.work = [works[chain.header_bits(r)] / 1e18 for r in raw]
        self.latest = []
        for time in self.times:
            self.latest.append(max([time] + self.latest[-1:]))
        self.dt = [None] + [b - a for a, b in zip(self.latest, self.latest[1:])]
        self.u = [None] + [max(d, 0.0006) / w for d, w in zip(self.dt[1:], self.work[1:])]
        self.rates = list(past or [])  # mean rate of each epoch, oldest first
        self.known = len(self.rates)
        self.drift = self.drifts()

    def drifts(self):
        """By block: what growth was expected when it came."""
        drifts = []
        for i in range(len(self.times)):
            if i > 0 and (self.first + i) % EPOCH == 0:
                u = [x for x in self.u[i - EPOCH : i] if x is not None]
                self.rates.append(len(u) / math.fsum(u))
            if i == 0 or (self.first + i) % EPOCH == 0:
                drift = 0.0
                if len(self.rates) > 26 and self.rates[-1] > 0 and self.rates[-27] > 0:
                    growth = math.log(self.rates[-1] / self.rates[-27])
                    drift = 0.75 * min(max(growth, 0), 1.2) / (26 * EPOCH)
            drifts.append(drift)
        return drifts

    def bank(self):
        if self.known and self.rates[self.known - 1] > 0:
            return Bank(self.rates[self.known - 1])
        return Bank(self.work[0] / 600, 16.0)

    def window(self, i, n):
        """Sum of u over n intervals, of a running maximum that begins with the window."""
        latest, total = self.times[i - n], []
        for k in range(i - n + 1, i + 1):
            total.append(max(self.times[k] - latest, 0) / self.work[k])
            latest = max(latest, self.times[k])
        return math.fsum(total)

    def core(self, i, n):
        span = self.times[i - n : i + 1]
        return sum(self.whole[i - n + 1 : i + 1]) / 1e18 / (max(span) - min(span))

    def backward(self, i):
        """What filters running backwards from the tip make of the blocks after i."""
        a, b, score = [0.0] * 15, [0.0] * 15, [0.0] * 15
        keep = [1 - 1 / m for m in Bank.MEMORIES]
        last = len(self.u) - 1
        for k in range(last, i, -1):
            if (self.first + k) % 6 == 5 and last - k >= 30 and k - 6 >= i:
                s = sum(self.u[k - 5 : k + 1])
                score = [
                    0.9998**6 * old + log_sum(x, y, 6, s) for old, x, y in zip(score, a, b)
                ]
            grow = math.exp(self.drift[k])
            a = [g * (x + 1) for g, x in zip(keep, a)]
            b = [g * (y + self.u[k]) * grow for g, y in zip(keep, b)]
        return list(zip(a, b, score))


class Recomputed:
    """The checks, for a class with self.store and self.history()."""

    def rows(self, dataset, *args):
        return rows_of(self.store.ok("export", dataset, *args, text=False).decode())

    def near(self, text, value, what=""):
        self.assertNotEqual(text, "", what)
        self.assertLessEqual(
            abs(float(text) - value), ROUNDED * abs(value) + 1e-12, "%s: %s" % (what, value)
        )

    def limits(self, row, name, total, n):
        """Half a promille of the tail's probability is all that rounding does."""
        if total <= 0:
            self.assertEqual(row[name + "_ehs"], "")
            return
        self.near(row[name + "_ehs"], (n - 1) / total, name)
        for end, wanted in (("lo95", 0.025), ("hi95", 0.975)):
            below = gamma_below(n, float(row["%s_%s_ehs" % (name, end)]) * total)
            self.assertAlmostEqual(below, wanted, 4)

    def check_windows(self, history, row):
        i = int(row["height"]) - history.first
        for n in WINDOWS:
            name = "window_%d" % n
            if i < n:
                self.assertEqual([v for k, v in row.items() if name in k], [""] * 3)
            else:
                self.limits(row, name, history.window(i, n), n)
        if i >= 120 or (i > 0 and history.first == 0):
            self.near(row["core_120_ehs"], history.core(i, min(i, 120)))
        else:
            self.assertEqual(row["core_120_ehs"], "")

    def check_log_normal(self, row, name, estimate):
        mean, sd = estimate[0], math.sqrt(estimate[1])
        self.near(row[name + "_ehs"], math.exp(mean), name)
        self.near(row[name + "_lo95_ehs"], math.exp(mean - Z95 * sd), name)
        self.near(row[name + "_hi95_ehs"], math.exp(mean + Z95 * sd), name)

    def check_interval(self, history, row, before):
        i = int(row["height"]) - history.first
        self.assertEqual(int(row["stamp_difference_s"]), history.times[i] - history.times[i - 1])
        self.assertEqual(int(row["interval_s"]), history.dt[i])
        self.near(row["work"], history.work[i] * 1e18)
        self.near(row["u_s_per_eh"], history.u[i])
        if before is None:
            self.assertEqual(row["expected_s"], "")
            return
        rate = math.exp(before[0])
        self.near(row["expected_s"], history.work[i] / rate)
        self.near(row["normalised"], history.u[i] * rate)
        a = psi1_inverse(before[1])
        b = math.exp(psi(a) - before[0])
        self.near(row["chance"], (b / (b + history.u[i])) ** a)

    def check_forecast(self, history, row, estimate):
        """The limits' probabilities by the distribution of the time that is still to pass."""
        i = int(row["height"]) - history.first
        done = int(row["done_blocks"])
        n = 2015 - done
        mean, variance, walk = estimate
        a = psi1_inverse(variance + walk * n / 3)
        b = math.exp(psi(a) - mean - history.drift[i] * n / 2)
        elapsed = history.latest[i] - history.times[i - done]
        for name, wanted in (("ratio", 0.5), ("ratio_lo95", 0.975), ("ratio_hi95", 0.025)):
            s = 1209600 / float(row[name]) - elapsed
            x = s / (history.work[i] * b)
            self.assertAlmostEqual(beta_below(x / (1 + x), n, a), wanted, 3)
        if done > 0:
            self.near(row["linear_ratio"], 600 * done / elapsed)
        if row["actual_ratio"]:
            after = i - done + EPOCH
            self.near(row["actual_ratio"], history.work[after] / history.work[after - 1])
            low, came, high = (float(row[k]) for k in ("ratio_lo95", "actual_ratio", "ratio_hi95"))
            self.assertEqual(row["covered"] == "true", low <= came <= high)
            self.assertLess(0, float(row["crps"]))
        else:
            self.assertEqual((row["crps"], row["covered"]), ("", ""))
            self.assertGreaterEqual(i - done + EPOCH, len(history.times))

    def check_all(self, history, every):
        """One walk through the chain beside the rows."""
        rates = {int(r["height"]): r for r in self.rows("hashrate", "--step", "block")}
        intervals = {int(r["height"]): r for r in self.rows("intervals")}
        forecasts = {int(r["height"]): r for r in self.rows("forecasts")}
        self.assertEqual(len(rates), len(history.times))
        self.assertEqual(list(rates), list(intervals))
        bank = history.bank()
        before, seen = None, 0
        last = len(history.times) - 1
        smoothed = {last, last - 1, last - 31, last - 500, last - 5003, last - 8000}
        for i in range(len(history.times)):
            height = history.first + i
            if i > 0:
                bank.update(height, history.u[i], history.drift[i])
            chosen = i % every < 3 or i < 10 or i in smoothed
            estimate = bank.estimate() if i > 0 and (chosen or height in forecasts) else None
            row = rates[height]
            if chosen:
                self.check_windows(history, row)
                if i > 0 and (before is not None or i == 1):
                    self.check_interval(history, intervals[height], before)
            if estimate and row["nowcast_widened"] == "false":
                self.check_log_normal(row, "nowcast", estimate)
                self.near(row["nowcast_memory_blocks"], 1 / math.sqrt(estimate[2]))
                if height in forecasts:
                    self.check_forecast(history, forecasts[height], estimate)
                    seen += 1
            if estimate and i in smoothed:
                self.check_log_normal(row, "smoothed", bank.estimate(history.backward(i)))
            before = estimate if row["nowcast_widened"] == "false" else None
        self.assertGreater(seen, len(forecasts) // 2)
        self.check_days(history, rates)
        self.check_volatility(history)
        self.check_status(rates[history.first + last])

    def check_status(self, row):
        """`status` says the same of the tip."""
        said = self.store.json("status", "--json")["hashrate"]
        for n in WINDOWS:
            self.near(row["window_%d_ehs" % n], said["w%d" % n]["ehs"])
            self.near(row["window_%d_hi95_ehs" % n], said["w%d" % n]["hi95"])
        for ours, theirs in (("ehs", "ehs"), ("lo95_ehs", "lo95"), ("hi95_ehs", "hi95")):
            self.near(row["nowcast_" + ours], said["nowcast"][theirs])

    def check_days(self, history, rates):
        days = [latest // 86400 for latest in history.latest]
        wanted = [
            history.first + i
            for i in range(len(days))
            if i == len(days) - 1 or days[i] != days[i + 1]
        ]
        rows = self.rows("hashrate")
        self.assertEqual([int(r["height"]) for r in rows], wanted)
        self.assertEqual(rows, [rates[h] for h in wanted])
        every = self.rows("hashrate", "--step=100")
        self.assertEqual(every, [r for h, r in rates.items() if h % 100 == 0])

    def check_volatility(self, history):
        """The naive figure, luck's share and what remains, of a year of batches of 36."""
        rows = self.rows("volatility")
        self.assertEqual([int(r["height"]) % EPOCH for r in rows[:-1]], [35] * (len(rows) - 1))
        row = rows[-1]
        last = int(row["height"])
        self.assertEqual(last % 36, 35)
        y = []
        for end in range(last - history.first, 36, -36):
            u = history.u[end - 35 : end + 1]
            if u[0] is not None and len(y) < 1460:
                y.append(psi(36) - math.log(math.fsum(u)))
        self.assertEqual(int(row["blocks"]), 36 * len(y))
        changes = [a - b for a, b in zip(y, y[1:])]
        mean = sum(changes) / len(changes)
        sd = math.sqrt(sum((c - mean) ** 2 for c in changes) / (len(changes) - 1))
        luck = math.sqrt(2 * psi1(36))
        self.near(row["change_sd"], sd)
        self.near(row["luck_sd"], luck)
        self.near(row["net_sd"], math.sqrt(max(sd * sd - luck * luck, 0)))
        self.assertLessEqual(float(row["daily_sd_lo95"]), float(row["daily_sd"]))
        self.assertLessEqual(float(row["daily_sd"]), float(row["daily_sd_hi95"]))

    def check_ranges(self, from_height, to_height):
        """A range chooses rows and changes nothing in them."""
        for dataset in DATASETS:
            chosen = [
                r for r in self.rows(dataset) if from_height <= int(r["height"]) <= to_height
            ]
            args = ("--from=%d" % from_height, "--to=%d" % to_height)
            self.assertEqual(self.rows(dataset, *args), chosen, dataset)
            self.assertEqual(self.rows(dataset, "--from=2100-01-01"), [])


class Simulated(Recomputed, TestCase):
    """Long enough for a drift, which looks back over 26 epochs."""

    BLOCKS = 27 * EPOCH + 700

    def test_figures(self):
        self.store = self.node()
        made = os.path.join(self.root, "made")
        seed = hashtide_test.seeded().randrange(1 << 31)
        self.store.ok("simulate", "--blocks=%d" % self.BLOCKS, "--seed=%d" % seed, "-o", made)
        self.store.ok("import", made)
        with open(made, "rb") as f:
            data = f.read()
        history = History([data[i : i + 80] for i in range(0, len(data), 80)])
        self.check_all(history, 3000)
        self.check_ranges(3 * EPOCH + 5, 26 * EPOCH + 600)


class Anchored(Recomputed, TestCase):
    """Real headers, whose past is in the built-in table."""

    FIRST = 822528

    def past(self):
        with open(shared_data("mainnet-epochs.csv"), encoding="ascii") as f:
            epochs = [r for r in csv.DictReader(f) if int(r["first_height"]) <= self.FIRST]
        work = "chainwork_through_first"
        marks = [(int(r["first_time"]), int(r[work] or "0", 16)) for r in epochs]
        return [
            (w1 - w0) / 1e18 / (t1 - t0) if w0 and w1 else 0.0
            for (t0, w0), (t1, w1) in zip(marks, marks[1:])
        ]

    def test_figures(self):
        path = shared_data("headers", "mainnet-822528-830592.bin")
        self.store = self.node("main")
        self.store.ok("import", "--anchor=%d" % self.FIRST, path)
        with open(path, "rb") as f:
            data = f.read()
        raw = [data[i : i + 80] for i in range(0, len(data), 80)]
        history = History(raw, self.FIRST, self.past())
        self.assertGreater(history.drift[0], 0)
        self.check_all(history, 500)
        self.check_ranges(823000, 828700)
        changes = self.rows("changes")
        self.assertEqual([r["direction"] for r in changes], ["fall"])
        self.assertLessEqual(abs(int(changes[0]["height"]) - 826102), 10)
        self.assertTrue(-1 < float(changes[0]["size_lo90"]) <= float(changes[0]["size"]))


class Scripted(TestCase):
    def rows(self, dataset, *args):
        return rows_of(self.store.ok("export", dataset, *args, text=False).decode())

    def test_fall_and_rise(self):
        """Two hundred slow blocks in a steady chain, then quick ones."""
        steady = chain.Chain("tidenet").extend(1500).extend(200, 3000).extend(300, 150)
        self.store = self.node()
        self.store.ok("import", self.write("made", steady.records()))
        rows = self.rows("changes")
        falls = [r for r in rows if r["direction"] == "fall"]
        rises = [r for r in rows if r["direction"] == "rise"]
        self.assertEqual(rows, falls + rises)
        self.assertTrue(1500 < int(falls[0]["height"]) <= 1520)
        self.assertTrue(1700 < int(rises[0]["height"]) <= 1800)
        self.assertTrue(all(float(row["size"]) < -0.2 for row in falls))
        self.assertTrue(all(float(row["size"]) > 0.2 for row in rises))
        self.assertTrue(any(r["recovered_height"] > "1700" for r in falls))
        for row in rows:
            heights = [int(row["onset%s_height" % x]) for x in ("_lo95", "", "_hi95")]
            self.assertEqual(heights, sorted(heights))
            self.assertLessEqual(int(row["onset_height"]), int(row["height"]))
            sizes = [float(row["size" + x]) for x in ("_lo90", "", "_hi90")]
            self.assertEqual(sizes, sorted(sizes))
            self.assertTrue(0 <= float(row["confidence"]) <= 1)
            self.assertTrue(0 <= float(row["recovered"]) <= 1)
            self.assertTrue(0 < float(row["luck_per_year"]) <= 1)
        widened = [r["nowcast_widened"] for r in self.rows("hashrate", "--step=block")[1:]]
        self.assertEqual(widened.index("true"), int(falls[0]["height"]) - 1)

    def test_alarms(self):
        """What a monitor told of while it fetched is what the store still says."""
        made = chain.Chain("tidenet").extend(1500).extend(200, 3000)
        with peer.ScriptedPeer(made) as server:
            self.store = self.node().start(server.connect)
            self.store.wait_tip(1700)
            self.store.wait_synced()
            hashtide_test.wait_until(lambda: self.rows("alarms"), 30, "an alarm")
            self.assertEqual(self.store.stop(), 0)
        alarms = self.rows("alarms")
        changes = self.rows("changes")
        self.assertEqual({a["event"] for a in alarms}, {"raised"})
        for key in ("height", "direction"):
            self.assertEqual([a[key] for a in alarms], [c[key] for c in changes])
        for alarm in alarms:
            self.assertEqual(alarm["hash"], chain.display(made.hashes[int(alarm["height"])]))
            self.assertEqual((alarm["silent"], alarm["live"]), ("false", "false"))
            self.assertEqual((alarm["false_alarms_per_year"], alarm["daily_sd"]), ("1", ""))
        self.assertEqual(self.rows("alarms", "--to=1500"), [])

    def test_stamp_ahead_of_a_window(self):
        """The running maximum of times begins with a window, for status as for export."""
        made = chain.Chain("tidenet").extend(200)
        time = made.tip_time
        made.append(made.build(time=time + 7000))
        for _ in range(60):
            time += 10
            made.append(made.build(time=time))
        made.extend(130)
        self.store = self.node()
        self.store.ok("import", self.write("made", made.records()))
        row = self.rows("hashrate")[-1]
        window = self.store.json("status", "--json")["hashrate"]["w144"]
        self.assertEqual(window["blocks"], 144)
        self.assertAlmostEqual(float(row["window_144_ehs"]) / window["ehs"], 1, 6)

    def test_short_stores(self):
        """Genesis alone, then a few blocks: what is not known is empty."""
        for blocks in (0, 1, 2, 50):
            self.store = self.node()
            made = chain.Chain("tidenet").extend(blocks)
            self.store.ok("import", self.write("made", made.records()))
            intervals = self.rows("intervals")
            self.assertEqual(len(intervals), blocks + 1)
            self.assertEqual(
                {k for k, v in intervals[0].items() if v}, {"height", "time", "work"}
            )
            rates = self.rows("hashrate", "--step=block")
            self.assertEqual({k for k, v in rates[0].items() if v}, {"height", "time"})
            self.assertTrue(all(r["nowcast_ehs"] and r["smoothed_ehs"] for r in rates[1:]))
            self.assertEqual(rates[-1], self.rows("hashrate")[-1])
            self.assertEqual(self.rows("changes"), [])
            self.assertTrue(all(not r["daily_sd"] for r in self.rows("volatility")))
            self.assertEqual(len(self.rows("forecasts")), 1)

    def test_chain_that_never_retargets(self):
        """And whose clock stands still for a week of blocks."""
        made = chain.Chain("regtest").extend(700).extend(1008, 1).extend(700)
        self.store = self.node("regtest")
        self.store.ok("import", self.write("made", made.records()))
        done = self.store.command("export", "forecasts")
        self.assertEqual(done.returncode, 0)
        self.assertIn("never changes", done.stderr)
        self.assertEqual(rows_of(done.stdout), [])
        for dataset in DATASETS[:-1]:
            for row in self.rows(dataset):
                for text in row.values():
                    self.assertNotRegex(text.lower(), "nan|inf")
        self.assertEqual(len(self.rows("hashrate", "--step=block")), 2409)

    def test_arrivals(self):
        """Intervals by our own clock only between blocks that were announced in a row."""
        made = chain.Chain("tidenet").extend(30)
        with peer.ScriptedPeer(made) as server:
            self.store = self.node().start(server.connect)
            self.store.wait_tip(30)
            self.store.wait_synced()
            for _ in range(3):
                made.extend(1)
                server.announce()
                self.store.wait_tip(made.height)
            self.assertEqual(self.store.stop(), 0)
        blocks = self.rows("blocks")
        rows = self.rows("intervals")
        self.assertEqual([r["arrival"] for r in rows], [b["first_seen"] for b in blocks])
        self.assertEqual([r["height"] for r in rows if r["arrival"]], ["31", "32", "33"])
        self.assertEqual([r["height"] for r in rows if r["arrival_interval_s"]], ["32", "33"])
        for row in rows[32:]:
            seconds = float(row["arrival_interval_s"])
            self.assertTrue(0 <= seconds < 600)
            self.assertAlmostEqual(
                float(row["arrival_normalised"]),
                max(seconds, 0.0006) / float(row["expected_s"]),
                5,
            )
            self.assertEqual(row["interval_s"], "600")

    def test_wrong_steps(self):
        self.store = self.node()
        for args in (
            ["blocks", "--step=day"],
            ["hashrate", "--step=0"],
            ["hashrate", "--step=week"],
            ["hashrate", "--step=-1"],
            ["hashrates"],
            ["hashrate", "--format=raw"],
        ):
            done = self.store.command("export", *args)
            self.assertEqual(done.returncode, 2, args)
            self.assertEqual(done.stderr.count("\n"), 1)


if __name__ == "__main__":
    hashtide_test.main()
