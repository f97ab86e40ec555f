# SPDX-License-Identifier: GPL-3.0-or-later
"""Goal: what `export` writes is what the headers say, worked out here a second time;
CSV as RFC 4180 has it, ranges, formats, the data dictionary, and the same bytes each
time."""

import csv
import datetime
import gzip
import io
import json
import os
import random
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import hashtide_test
from hashtide_test import TestCase, chain, peer, shared_data
from hashtide_test.protocol import sha256d

DATASETS = [
    "headers",
    "blocks",
    "intervals",
    "hashrate",
    "epochs",
    "volatility",
    "changes",
    "forecasts",
    "fingerprint",
    "forks",
    "reorgs",
    "alarms",
]
TIP = 4500
FORK = 3000


def iso(seconds):
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).strftime(
        "%Y-%m-%dT%H:%M:%SZ"
    )


def rows_of(text):
    return list(csv.DictReader(io.StringIO(text, newline="")))


class Simulated(TestCase):
    """A chain of TIP blocks, and a branch of two that forks off at FORK."""

    def setUp(self):
        self.store = self.node()
        made = os.path.join(self.root, "made")
        self.store.ok("simulate", "--blocks", str(TIP), "--seed", "5", "--output", made)
        with open(made, "rb") as f:
            data = f.read()
        self.raw = [data[i : i + 80] for i in range(0, len(data), 80)]
        parent = self.raw[FORK]
        self.branch = []
        for _ in range(2):
            parent, _ = chain.mine(
                chain.VERSION,
                sha256d(parent),
                b"stale".ljust(32),
                chain.header_time(parent) + 600,
                chain.header_bits(parent),
            )
            self.branch.append(parent)
        self.store.ok("import", made)
        self.store.ok("import", self.write("branch", b"".join(self.branch)))

    def export(self, *args):
        return self.store.ok("export", *args, text=False).decode()

    def times(self):
        return [chain.header_time(raw) for raw in self.raw]

    def test_headers(self):
        rows = rows_of(self.export("headers"))
        self.assertEqual(len(rows), TIP + 1)
        for height, (row, raw) in enumerate(zip(rows, self.raw)):
            self.assertEqual(int(row["height"]), height)
            self.assertEqual(row["hash"], chain.display(sha256d(raw)))
            rebuilt = (
                int(row["version"]).to_bytes(4, "little", signed=True)
                + bytes.fromhex(row["prev_hash"])[::-1]
                + bytes.fromhex(row["merkle_root"])[::-1]
                + chain.header_time(raw).to_bytes(4, "little")
                + bytes.fromhex(row["bits"])[::-1]
                + int(row["nonce"]).to_bytes(4, "little")
            )
            self.assertEqual(rebuilt, raw)
            self.assertEqual(row["time"], iso(chain.header_time(raw)))

    def test_raw(self):
        whole = self.store.command("export", "headers", "--format", "raw", text=False).stdout
        self.assertEqual(whole, b"".join(self.raw))
        part = self.store.command(
            "export", "headers", "--format=raw", "--from=10", "--to=12", text=False
        ).stdout
        self.assertEqual(part, b"".join(self.raw[10:13]))

    def test_blocks(self):
        rows = rows_of(self.export("blocks"))
        times = self.times()
        work = 0
        for height, row in enumerate(rows):
            bits = chain.header_bits(self.raw[height])
            work += chain.work_of(bits)
            last = sorted(times[max(0, height - 10) : height + 1])
            self.assertEqual(row["median_time"], iso(last[len(last) // 2]))
            self.assertEqual(int(row["chainwork"], 16), work)
            self.assertAlmostEqual(float(row["work"]) * (chain.target_of(bits) + 1) / 2**256, 1)
            self.assertEqual(
                row["interval_s"], str(times[height] - times[height - 1]) if height else ""
            )
            self.assertAlmostEqual(
                float(row["difficulty"]) * chain.target_of(bits) / chain.target_of(0x1D00FFFF), 1
            )
            self.assertEqual((row["first_seen"], row["first_peer"]), ("", ""))
            self.assertEqual(row["how"], "fetched")
        self.assertEqual(len(rows), TIP + 1)

    def test_epochs(self):
        rows = rows_of(self.export("epochs"))
        times = self.times()
        self.assertEqual([int(row["first_height"]) for row in rows], [0, 2016, 4032])
        self.assertEqual([int(row["blocks"]) for row in rows], [2016, 2016, TIP - 4031])
        for row in rows:
            first = int(row["first_height"])
            last = first + int(row["blocks"]) - 1
            self.assertEqual(row["first_time"], iso(times[first]))
            self.assertEqual(row["last_time"], iso(times[last]))
            # The sum of the intervals of the running maximum is its span.
            span = max(times[first : last + 1]) - times[first]
            work = 2**256 / (chain.target_of(chain.header_bits(self.raw[first])) + 1)
            ehs = (last - first - 1) * work / span / 1e18
            self.assertAlmostEqual(float(row["hashrate_ehs"]) / ehs, 1, places=9)
            self.assertLess(float(row["hashrate_lo95_ehs"]), ehs)
            self.assertGreater(float(row["hashrate_hi95_ehs"]), ehs)
            self.assertEqual(row["source"], "store")
        self.assertEqual(rows[2]["duration_s"], "")
        self.assertEqual(int(rows[1]["duration_s"]), times[4031] - times[2016])

    def test_forks(self):
        (row,) = rows_of(self.export("forks"))
        self.assertEqual(int(row["fork_height"]), FORK)
        self.assertEqual(row["fork_hash"], chain.display(sha256d(self.raw[FORK])))
        self.assertEqual(int(row["tip_height"]), FORK + 2)
        self.assertEqual(row["tip_hash"], chain.display(sha256d(self.branch[1])))
        self.assertEqual(int(row["length"]), 2)
        self.assertEqual([bytes.fromhex(h) for h in row["headers"].split()], self.branch)
        behind = sum(chain.work_of(chain.header_bits(raw)) for raw in self.raw[FORK + 3 :])
        self.assertEqual(float(row["work_behind"]), behind)
        self.assertEqual(rows_of(self.export("forks", "--to", str(FORK - 1))), [])
        self.assertEqual(self.export("reorgs").count("\n"), 1)

    def test_ranges(self):
        times = self.times()

        def heights(*args):
            return [int(row["height"]) for row in rows_of(self.export("blocks", *args))]

        self.assertEqual(heights("--from=5", "--to=7"), [5, 6, 7])
        self.assertEqual(heights("--from", str(TIP)), [TIP])
        self.assertEqual(heights("--from", str(TIP + 1)), [])
        self.assertEqual(heights("--to=1", "--from=0"), [0, 1])
        start = next(h for h in range(TIP) if times[h] >= times[1000])
        self.assertEqual(heights("--from", iso(times[1000]))[0], start)
        day = iso(times[2000])[:10]
        chosen = heights("--from", day, "--to", day)
        self.assertIn(2000, chosen)
        self.assertTrue(all(iso(times[h])[:10] == day for h in (chosen[0], chosen[-1])))
        self.assertEqual(heights("--from=2024-01-01"), [])

    def test_same_bytes_and_formats(self):
        for dataset in DATASETS:
            text = self.store.command("export", dataset, text=False).stdout
            self.assertEqual(text, self.store.command("export", dataset, text=False).stdout)
            lines = text.split(b"\r\n")
            self.assertEqual(lines[-1], b"")
            self.assertNotIn(b"\n", b"".join(lines))
            packed = os.path.join(self.root, dataset + ".csv.gz")
            self.store.ok("export", dataset, "--output", packed)
            with open(packed, "rb") as f:
                once = f.read()
            self.assertEqual(gzip.decompress(once), text)
            self.store.ok("export", dataset, "-o", packed)
            with open(packed, "rb") as f:
                self.assertEqual(f.read(), once)
            rows = rows_of(text.decode())
            objects = [json.loads(x) for x in self.export(dataset, "--format=jsonl").splitlines()]
            self.assertEqual(len(rows), len(objects))
            for row, item in zip(rows, objects):
                self.assertEqual(list(row), list(item))
                for key, value in item.items():
                    self.assertEqual(row[key], self.as_csv(value), key)

    @staticmethod
    def as_csv(value):
        if value is None:
            return ""
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, float):
            return ExactFloat(value)
        return str(value)

    def test_describe(self):
        for dataset in DATASETS:
            schema = json.loads(self.export(dataset, "--describe"))
            header = self.export(dataset).split("\r\n")[0]
            self.assertEqual([f["name"] for f in schema["fields"]], header.split(","))
            for field in schema["fields"]:
                self.assertIn(
                    field["type"], ("integer", "number", "string", "boolean", "datetime")
                )
                self.assertTrue(field["description"].endswith("."))

    def test_output_is_whole_or_absent(self):
        path = os.path.join(self.root, "out.csv")
        done = subprocess.run(
            ["sh", "-c", 'ulimit -f 10; exec "$@"', "sh"]
            + self.store.arguments("export", "blocks", "-o", path),
            capture_output=True,
            text=True,
            check=False,
        )
        self.assertEqual(done.returncode, 1)
        self.assertIn("cannot write", done.stderr)
        self.assertEqual([n for n in os.listdir(self.root) if n.startswith("out")], [])

    def export_to(self, stdout):
        return subprocess.run(
            self.store.arguments("export", "blocks"),
            stdout=stdout,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )

    def test_full_and_closed_outputs(self):
        if os.path.exists("/dev/full"):
            with open("/dev/full", "w") as full:
                done = self.export_to(full)
            self.assertEqual(done.returncode, 1)
            self.assertEqual(done.stderr, "hashtide: standard output: No space left on device\n")
        reader, writer = os.pipe()
        os.close(reader)
        done = self.export_to(writer)
        os.close(writer)
        self.assertEqual((done.returncode, done.stderr), (1, ""))

    def test_wrong_calls(self):
        for args in (
            [],
            ["block"],
            ["blocks", "forks"],
            ["blocks", "--from=yesterday"],
            ["blocks", "--to=2024-02-30"],
            ["blocks", "--from=7", "--to=5"],
            ["blocks", "--format=xml"],
            ["blocks", "--format=raw"],
        ):
            done = self.store.command("export", *args)
            self.assertEqual(done.returncode, 2, args)
            self.assertEqual(done.stderr.count("\n"), 1)
        done = self.node().command("export", "blocks")
        self.assertEqual(done.returncode, 1)
        self.assertIn("import", done.stderr)


class Fingerprint(TestCase):
    """A simulated chain of 29 epochs and a bit, mined again from random nonces and versions."""

    BLOCKS = 29 * 2016 + 500

    def setUp(self):
        self.store = self.node()
        made = os.path.join(self.root, "made")
        self.store.ok("simulate", "--blocks", str(self.BLOCKS - 1), "--seed", "7", "-o", made)
        with open(made, "rb") as f:
            data = f.read()
        self.raw = [data[:80]]
        numbers = random.Random(5)
        parent = sha256d(self.raw[0])
        for i in range(80, len(data), 80):
            target = chain.target_of(chain.header_bits(data[i : i + 80]))
            version = 0x20000000 | numbers.choice((0, numbers.getrandbits(16) << 13, 4))
            start = version.to_bytes(4, "little") + parent + data[i + 36 : i + 76]
            while True:
                # Half of the nonces keep to low values of the digits.
                nonce = numbers.getrandbits(32) & numbers.choice((0xFFFFFFFF, 0x7FFFF33F))
                raw = start + nonce.to_bytes(4, "little")
                parent = sha256d(raw)
                if int.from_bytes(parent, "little") <= target:
                    break
            self.raw.append(raw)
        self.store.ok("import", self.write("mined", b"".join(self.raw)))

    def rows(self, *args):
        return rows_of(self.store.ok("export", "fingerprint", *args, text=False).decode())

    def words(self, row):
        first = int(row["first_height"])
        raws = self.raw[first : first + int(row["blocks"])]
        return (
            [int.from_bytes(raw[76:80], "little") for raw in raws],
            [int.from_bytes(raw[:4], "little") for raw in raws],
        )

    def check_shares(self, row):
        nonces, versions = self.words(row)
        blocks = len(nonces)
        for name, shift in (("low", 4), ("mid", 8), ("top", 28)):
            for digit in range(16):
                share = sum(n >> shift & 15 == digit for n in nonces) / blocks
                self.assertAlmostEqual(float(row["nonce_%s_%d" % (name, digit)]), share, 5)
        for bit in range(13, 29):
            share = sum(v >> bit & 1 for v in versions) / blocks
            self.assertAlmostEqual(float(row["version_bit_%d" % bit]), share, 5)
        rolled = sum(v & 0x1FFFE000 != 0 for v in versions) / blocks
        self.assertAlmostEqual(float(row["version_rolled"]), rolled, 5)
        signalled = versions.count(0x20000004) / blocks
        self.assertAlmostEqual(float(row["version_signalled"]), signalled, 5)

    def check_change(self, name, row, before, after):
        """Pearson's chi-square; both epochs are of one size, so that cells which expect fewer than
        5 in each are those of fewer than 10 in both."""
        pairs = list(zip(before, after))
        cells = [pair for pair in pairs if sum(pair) >= 10]
        rest = [pair for pair in pairs if 0 < sum(pair) < 10]
        if rest:
            merged = [sum(pair) for pair in zip(*rest)]
            if sum(merged) < 10:
                rarest = min(cells, key=sum)
                cells.remove(rarest)
                merged = [a + b for a, b in zip(merged, rarest)]
            cells.append(merged)
        chi2 = sum((a - b) ** 2 / (a + b) for a, b in cells)
        self.assertAlmostEqual(float(row[name + "_chi2"]) / chi2, 1, 5)
        self.assertEqual(int(row[name + "_df"]), len(cells) - 1)

    def test_counts(self):
        rows = self.rows()
        self.assertEqual([int(row["blocks"]) for row in rows], [2016] * 29 + [500])
        for row in (rows[0], rows[17], rows[29]):
            self.check_shares(row)
        counts = []
        for row in rows[3:5]:
            nonces, versions = self.words(row)
            low = [sum(n >> 4 & 15 == digit for n in nonces) for digit in range(16)]
            roll = [0] * 16
            for version in versions:
                roll[sum((version >> 13 + 4 * i & 15 != 0) << i for i in range(4))] += 1
            counts.append((low, roll))
        self.check_change("nonce_low", rows[4], counts[0][0], counts[1][0])
        self.check_change("version_roll", rows[4], counts[0][1], counts[1][1])

    def test_what_is_known(self):
        """A row does not depend on the range, and what is usual is known in time."""
        rows = self.rows()
        for epoch, row in enumerate(rows):
            self.assertEqual(row["nonce_low_p"] == "", epoch < 1)
            self.assertEqual(row["nonce_low_usual_p"] == "", epoch < 7)
            self.assertEqual(row["nonce_low_year_shift"] == "", epoch < 26)
        for first in (0, 8, 26, 27, 28, 29):
            self.assertEqual(self.rows("--from=%d" % (2016 * first)), rows[first:])
        self.assertEqual(self.rows("--to=2016"), rows[:2])
        self.assertEqual(self.rows("--from=2015", "--to=2015"), rows[:1])


class ExactFloat(str):
    """Equal to any text that reads as the same number."""

    def __new__(cls, value):
        made = super().__new__(cls, repr(value))
        made.value = value
        return made

    def __eq__(self, other):
        return float(other) == self.value

    __hash__ = str.__hash__


class Branches(TestCase):
    def branch(self, node):
        """The one losing branch, once the monitor has written down when it came."""
        rows = rows_of(node.ok("export", "forks"))
        return rows[0] if rows and rows[0]["first_seen"] else None

    def test_branch_that_wins_and_loses_again_was_seen_before(self):
        first = chain.Chain("tidenet").extend(20)
        second = first.fork(17).extend(3, salt=1)
        with peer.ScriptedPeer(first) as server:
            node = self.node().start(server.connect)
            node.wait_tip(20)
            node.wait_synced()
            server.chain = second
            server.drop()  # it is asked again, so the branch is fetched and not announced
            seen = hashtide_test.wait_until(lambda: self.branch(node), 30, "the branch")
            second.extend(1, salt=1)
            server.announce()
            node.wait_tip(21, tip_hash=chain.display(second.tip))
            server.chain = first.extend(2)
            server.announce(2)
            node.wait_tip(22, tip_hash=chain.display(first.tip))
            self.assertEqual(node.stop(), 0)
            lost = self.branch(node)
        self.assertEqual((lost["tip_height"], lost["length"]), ("21", "4"))
        for key in ("first_seen", "first_peer"):
            self.assertEqual(lost[key], seen[key])

    def test_branch_that_was_first_is_not_dated_by_its_tip(self):
        first = chain.Chain("tidenet").extend(20)
        second = first.fork(17).extend(5, salt=1)
        with peer.ScriptedPeer(first) as server:
            node = self.node().start(server.connect)
            node.wait_tip(20)
            node.wait_synced()
            first.extend(1)
            server.announce()
            node.wait_tip(21)
            server.chain = second
            server.announce(5)
            node.wait_tip(22)
            self.assertEqual(node.stop(), 0)
        (lost,) = rows_of(node.ok("export", "forks"))
        self.assertEqual((lost["tip_height"], lost["length"]), ("21", "4"))
        self.assertEqual((lost["first_seen"], lost["first_peer"]), ("", ""))
        self.assertNotEqual(lost["reorg_time"], "")


class Anchored(TestCase):
    """A store of real headers that begins in 2023."""

    BASE = 822528

    def test_epochs_before_the_store_come_from_the_table(self):
        path = shared_data("headers", "mainnet-822528-830592.bin")
        node = self.node("main")
        node.ok("import", "--anchor", str(self.BASE), path)
        rows = rows_of(node.ok("export", "epochs"))
        self.assertEqual([int(row["epoch"]) for row in rows], list(range(413)))
        self.assertEqual({row["source"] for row in rows[:408]}, {"table"})
        self.assertEqual({row["source"] for row in rows[408:]}, {"store"})
        with open(shared_data("mainnet-epochs.csv"), newline="") as f:
            real = {int(row["first_height"]): row for row in csv.DictReader(f)}
        for row in rows:
            known = real[int(row["first_height"])]
            self.assertEqual(row["first_hash"], known["first_hash"])
            self.assertEqual(row["first_time"], iso(int(known["first_time"])))
            self.assertEqual(row["bits"], known["bits"])
            self.assertEqual(int(row["chainwork"], 16), int(known["chainwork_through_first"], 16))
        part = rows_of(node.ok("export", "epochs", "--from=2016", "--to=6000"))
        self.assertEqual([int(row["epoch"]) for row in part], [1, 2])
        early = rows_of(node.ok("export", "epochs", "--from=2009-01-10", "--to=2009-02-28"))
        self.assertEqual([int(row["epoch"]) for row in early], [0, 1, 2])
        self.assertEqual(rows_of(node.ok("export", "epochs", "--to=2008-12-31")), [])
        late = rows_of(node.ok("export", "epochs", "--from=2023-12-24"))
        self.assertEqual([int(row["epoch"]) for row in late], [408, 409, 410, 411, 412])
        blocks = rows_of(node.ok("export", "blocks", "--to", str(self.BASE + 20)))
        self.assertEqual([row["median_time"] == "" for row in blocks], [True] * 10 + [False] * 11)
        self.assertEqual(blocks[0]["interval_s"], "")

    def test_what_is_built_in_goes_on_behind_the_store(self):
        node = self.node("main")
        node.ok("import", "--anchor=822528", shared_data("headers", "mainnet-822528-830592.bin"))

        def heights(*args):
            return [int(row["first_height"]) for row in rows_of(node.ok("export", *args))]

        self.assertEqual(heights("hashprice", "--from=2023-12-25", "--to=2024-01-01"), [822528])
        early = heights("hashprice", "--from=2022-01-10", "--to=2022-01-10")
        late = heights("hashprice", "--from=2025-01-10", "--to=2025-01-10")
        self.assertEqual((len(early), len(late)), (1, 1))
        self.assertLess(early[0], 822528)
        self.assertGreater(late[0], 830592)
        self.assertEqual(heights("epochs", "--from=2025-01-10"), [])


class NoStore(TestCase):
    """A machine on which nothing was ever fetched."""

    FREE = ["epochs", "hashprice", "incentive", "market", "departure", "ai_sites"]

    def setUp(self):
        self.tide = self.node("main")

    def test_what_needs_no_store(self):
        for dataset in self.FREE:
            done = self.tide.command("export", dataset)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual("built-in table" in done.stderr, dataset != "market", dataset)
            self.assertEqual(len(rows_of(done.stdout)) > 0, dataset != "market", dataset)
        self.assertFalse(os.path.exists(self.tide.datadir))

    def test_what_needs_one_says_so(self):
        for dataset in DATASETS:
            done = self.tide.command("export", dataset)
            self.assertEqual(done.returncode, 0 if dataset in self.FREE else 1, dataset)
            if dataset not in self.FREE:
                self.assertIn("hashtide sync", done.stderr)
        other = self.node("testnet4").command("export", "epochs")
        self.assertEqual((other.returncode, other.stdout), (1, ""))
        self.assertIn("testnet4", other.stderr)

    def test_range(self):
        rows = rows_of(self.tide.ok("export", "epochs"))
        self.assertEqual({row["source"] for row in rows}, {"table"})
        self.assertEqual((rows[-1]["blocks"], rows[-1]["hashrate_ehs"]), ("1", ""))
        for dataset in ("epochs", "hashprice", "departure"):
            height = "height" if dataset == "departure" else "first_height"
            for begin, end in (("830000", "833000"), ("2024-02-10", "2024-03-01")):
                part = rows_of(self.tide.ok("export", dataset, "--from", begin, "--to", end))
                self.assertEqual([row[height] for row in part], ["828576", "830592", "832608"])
        self.assertEqual(rows_of(self.tide.ok("export", "epochs", "--to=2008-12-31")), [])
        self.assertEqual(rows_of(self.tide.ok("export", "epochs", "--from=4294967294")), [])

    def test_broken_store_is_said(self):
        os.mkdir(self.tide.datadir)
        with open(os.path.join(self.tide.datadir, "headers.dat"), "wb") as f:
            f.write(b"nothing of the kind")
        for args in (("export", "hashprice"), ("departure",), ("incentive",), ("claims",)):
            done = self.tide.command(*args)
            self.assertEqual((done.returncode, done.stdout), (1, ""), args)
            self.assertIn("headers.dat", done.stderr)


if __name__ == "__main__":
    hashtide_test.main()
