# SPDX-License-Identifier: GPL-3.0-or-later
"""Goal: `import` accepts the real chains with the right tip and work, attaches
stale headers, names the rule that a bad header breaks, and changes nothing for a
file that is not one of headers; `export` gives back the same bytes."""

import csv
import datetime
import gzip
import json
import os
import struct
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import hashtide_test
from hashtide_test import TestCase, chain, shared_data
from hashtide_test.protocol import sha256d

FIRST_2023 = 822528  # a retarget height; the run is two months of mainnet
LAST_2023 = 830592


def read(path):
    with open(path, "rb") as f:
        return f.read()


def split(data):
    return [data[i : i + 80] for i in range(0, len(data), 80)]


def work(raws):
    return sum(chain.work_of(chain.header_bits(raw)) for raw in raws)


class RealChains(TestCase):
    def import_run(self, name, network, first=0, chainwork=None):
        path = shared_data("headers", name)
        raws = split(read(path))
        node = self.node(network)
        anchor = ("--anchor", str(first)) if first else ()
        done = node.json("import", "--json", path, *anchor)
        tip = {"height": first + len(raws) - 1, "hash": chain.display(sha256d(raws[-1]))}
        self.assertEqual(done["tip"], tip)
        self.assertEqual((done["rejected"], done["rejected_count"]), ([], 0))
        # Genesis is there before the import, an anchor comes with it.
        self.assertEqual(done["accepted"] + done["duplicate"], len(raws))
        self.assertLessEqual(done["duplicate"], 1)
        status = node.json("status", "--json")
        self.assertEqual(status["tip"]["height"], tip["height"])
        self.assertEqual(status["tip"]["hash"], tip["hash"])
        self.assertEqual(status["tip"]["bits"], "%08x" % chain.header_bits(raws[-1]))
        self.assertEqual(status["tip"]["time"], chain.header_time(raws[-1]))
        self.assertEqual(int(status["tip"]["chainwork"], 16), chainwork or work(raws))
        self.assertEqual(status["store"]["base_height"], first)
        self.assertEqual(status["store"]["headers"], len(raws))
        self.assertEqual(status["store"]["branches"], 1)
        again = node.json("import", "--json", path, *anchor)
        self.assertEqual((again["accepted"], again["duplicate"]), (0, len(raws)))
        exported = os.path.join(self.root, "exported")
        node.ok("export", "headers", "--format", "raw", "--output", exported)
        self.assertTrue(read(exported) == b"".join(raws), "export headers differs from the input")
        return node, raws

    def rebuild(self, row):
        """The 80 bytes of a row of `export headers`."""
        written = datetime.datetime.strptime(row["time"], "%Y-%m-%dT%H:%M:%SZ")
        return chain.pack_header(
            int(row["version"]),
            bytes.fromhex(row["prev_hash"])[::-1],
            bytes.fromhex(row["merkle_root"])[::-1],
            int(written.replace(tzinfo=datetime.timezone.utc).timestamp()),
            int(row["bits"], 16),
            int(row["nonce"]),
        )

    def test_mainnet_from_genesis(self):
        node, raws = self.import_run("mainnet-0-10236.bin", "main")
        rows = list(csv.DictReader(node.ok("export", "headers").splitlines()))
        self.assertEqual([self.rebuild(row) for row in rows], raws)
        lines = node.ok("export", "headers", "--format", "jsonl", "--from", "10000").splitlines()
        rows = [json.loads(line) for line in lines]
        self.assertEqual([row["height"] for row in rows], list(range(10_000, len(raws))))
        self.assertEqual(rows[-1]["hash"], chain.display(sha256d(raws[-1])))
        for height in (2016, 4032, 6048, 8064):
            total = sum(work([raw]) for raw in raws[: height + 1])
            self.assertEqual(total, self.table_work(height))

    def test_same_bytes_each_time(self):
        node, _ = self.import_run("signet-0-2015.bin", "signet")
        for dataset in ("headers", "blocks", "epochs", "forks", "reorgs"):
            with self.subTest(dataset=dataset):
                whole = node.command("export", dataset, text=False).stdout
                self.assertEqual(node.command("export", dataset, text=False).stdout, whole)
                path = os.path.join(self.root, dataset + ".csv.gz")
                node.ok("export", dataset, "--output", path)
                self.assertEqual(gzip.decompress(read(path)), whole)
                lines = whole.split(b"\r\n")
                self.assertEqual(lines[-1], b"")
                self.assertNotIn(b"\n", b"".join(lines))
                described = json.loads(node.ok("export", "--describe", dataset))
                names = [field["name"] for field in described["fields"]]
                self.assertEqual(",".join(names).encode(), lines[0])

    def test_testnet3(self):
        self.import_run("testnet3-0-20160.bin", "testnet3")

    def test_signet(self):
        self.import_run("signet-0-2015.bin", "signet")

    def table_work(self, height):
        with open(shared_data("mainnet-epochs.csv"), encoding="ascii") as f:
            for row in csv.DictReader(f):
                if int(row["first_height"]) == height:
                    return int(row["chainwork_through_first"], 16)
        raise AssertionError("no epoch at %d" % height)

    def stale_headers(self, raws):
        """Those of stale-headers.csv that attach to the run, parents first."""
        with open(shared_data("stale-headers.csv"), encoding="ascii") as f:
            rows = [bytes.fromhex(r["header"]) for r in csv.DictReader(f) if r["header"]]
        known = {sha256d(raw) for raw in raws}
        attached = []
        while True:
            new = [r for r in rows if r[4:36] in known and sha256d(r) not in known]
            if not new:
                return attached
            attached += new
            known.update(sha256d(r) for r in new)

    def test_mainnet_anchored_and_its_stale_blocks(self):
        node, raws = self.import_run(
            "mainnet-822528-830592.bin", "main", FIRST_2023, self.table_work(LAST_2023)
        )
        stale = self.stale_headers(raws)
        self.assertEqual(len(stale), 6)
        path = self.write("stale.bin", b"".join(stale))
        done = node.json("import", "--json", path)
        self.assertEqual((done["accepted"], done["rejected_count"]), (6, 0))
        self.assertEqual(done["tip"]["height"], LAST_2023)
        status = node.json("status", "--json")
        parents = {r[4:36] for r in stale}
        tips = [sha256d(r) for r in stale if sha256d(r) not in parents]
        self.assertEqual(status["store"]["branches"], 1 + len(tips))
        forks = node.ok("export", "forks")
        rows = list(csv.DictReader(forks.splitlines()))
        self.assertEqual(len(rows), len(tips))
        for tip in tips:
            self.assertIn(chain.display(tip), forks)

    def test_anchor_by_height_must_be_in_the_table(self):
        path = shared_data("headers", "mainnet-822528-830592.bin")
        node = self.node("main")
        done = node.command("import", path, "--anchor", "822529")
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn("822529", done.stderr)
        self.assertFalse(os.path.exists(node.headers_file))

    def test_without_the_anchor_it_does_not_connect(self):
        node = self.node("main")
        done = node.command("import", shared_data("headers", "mainnet-822528-830592.bin"))
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertFalse(os.path.exists(node.headers_file) and node.headers_size() > 160)

    def test_another_anchor_does_not_fit(self):
        node = self.node("main")
        path = shared_data("headers", "mainnet-822528-830592.bin")
        done = node.command("import", path, "--anchor", "820512")
        self.assertEqual(done.returncode, 1, done.stderr)

    def test_wrong_network_is_refused_at_the_first(self):
        node = self.node("testnet3")
        done = node.command("import", shared_data("headers", "mainnet-0-10236.bin"))
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("testnet3", done.stderr)
        self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
        self.assertFalse(os.path.exists(node.headers_file) and node.headers_size() > 160)


class Sources(TestCase):
    """Gzip, standard input, resuming."""

    @classmethod
    def setUpClass(cls):
        cls.chain = chain.Chain("tidenet").extend(300)

    def assertTip(self, done, height):
        self.assertEqual(
            done["tip"], {"height": height, "hash": chain.display(self.chain.hashes[height])}
        )

    def test_gzip(self):
        path = self.write("chain.gz", gzip.compress(self.chain.records()))
        self.assertTip(self.node().json("import", "--json", path), 300)

    def test_gzip_by_content_not_by_name(self):
        path = self.write("chain.bin", gzip.compress(self.chain.records()))
        self.assertTip(self.node().json("import", "--json", path), 300)

    def test_damaged_gzip(self):
        data = gzip.compress(self.chain.records())
        for bad in (data[:-20], data[:100] + b"\xff" * 40 + data[140:]):
            path = self.write("chain.gz", bad)
            node = self.node()
            done = node.command("import", path)
            self.assertEqual(done.returncode, 1, done.stderr)
            self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)

    def test_standard_input(self):
        for data in (self.chain.records(), gzip.compress(self.chain.records())):
            done = self.node().command("import", "--json", "-", input=data, text=False)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertTip(json.loads(done.stdout), 300)

    def test_resumes(self):
        node = self.node()
        first = node.json("import", "--json", self.write("a", self.chain.records(0, 120)))
        self.assertTip(first, 120)
        rest = node.json("import", "--json", self.write("b", self.chain.records(121)))
        self.assertTip(rest, 300)
        self.assertEqual((rest["accepted"], rest["duplicate"]), (180, 0))
        whole = node.json("import", "--json", self.write("c", self.chain.records()))
        self.assertEqual((whole["accepted"], whole["duplicate"]), (0, 301))

    def test_branches(self):
        other = self.chain.fork(295).extend(3, salt=1)
        better = self.chain.fork(290).extend(13, salt=2)
        node = self.node()
        node.ok("import", self.write("a", self.chain.records()))
        lost = node.json("import", "--json", self.write("b", other.records(296)))
        self.assertTip(lost, 300)
        won = node.json("import", "--json", self.write("c", better.records(291)))
        self.assertEqual(won["tip"]["hash"], chain.display(better.tip))
        self.assertEqual(node.json("status", "--json")["store"]["branches"], 3)
        forks = node.ok("export", "forks")
        self.assertIn(chain.display(other.tip), forks)
        self.assertIn(chain.display(self.chain.tip), forks)


class Refused(TestCase):
    """A header that breaks one rule, by that rule's name."""

    @classmethod
    def setUpClass(cls):
        cls.chain = chain.Chain("tidenet").extend(40)

    def refuse(self, bad, reason, network="tidenet", good=None):
        good = good or self.chain
        node = self.node(network)
        done = node.command("import", "--json", self.write("bad", good.records() + bad))
        self.assertEqual(done.returncode, 1, done.stderr)
        out = json.loads(done.stdout)
        self.assertEqual(out["rejected_count"], 1)
        self.assertEqual(
            out["rejected"],
            [
                {
                    "height": good.height + 1,
                    "hash": chain.display(sha256d(bad)),
                    "reason": reason,
                }
            ],
        )
        self.assertEqual(
            out["tip"], {"height": good.height, "hash": chain.display(good.tip)}
        )
        self.assertEqual(
            node.json("status", "--json")["store"]["headers"], good.height + 1
        )

    def test_high_hash(self):
        self.refuse(self.chain.build_without_work(), "high-hash")

    def test_targets_that_are_none(self):
        raw = bytearray(self.chain.build())
        # Negative, zero, overflowing, easier than the limit.
        for bits in (0x04923456, 0x00000000, 0x01003456, 0xFF123456, 0x2100FFFF, 0x21008000):
            with self.subTest(bits="%08x" % bits):
                struct.pack_into("<I", raw, 72, bits)
                self.refuse(bytes(raw), "high-hash")

    def test_bad_diffbits(self):
        for bits in (0x207FFFFE, 0x2007FFFF, 0x1F7FFFFF):
            with self.subTest(bits="%08x" % bits):
                self.refuse(self.chain.build(bits=bits), "bad-diffbits")

    def test_bad_diffbits_at_a_retarget(self):
        good = chain.Chain("tidenet").extend(2015, spacing=300)
        self.assertEqual(good.next_bits(), 0x203FF7DE)
        for bits in (0x207FFFFF, 0x203FF7DF, 0x203FF7DD, 0x203FFFFF):
            with self.subTest(bits="%08x" % bits):
                self.refuse(good.build(bits=bits), "bad-diffbits", good=good)

    def test_time_too_old(self):
        self.refuse(self.chain.build(time=self.chain.median_time_past()), "time-too-old")

    def test_one_second_after_the_median_is_fine(self):
        good = self.chain.fork(40)
        good.append(good.build(time=good.median_time_past() + 1))
        done = self.node().json("import", "--json", self.write("good", good.records()))
        self.assertEqual(done["tip"]["height"], 41)

    def test_time_too_new(self):
        self.refuse(self.chain.build(time=int(time.time()) + 7200 + 300), "time-too-new")

    def test_two_hours_ahead_is_fine(self):
        good = self.chain.fork(40)
        good.append(good.build(time=int(time.time()) + 7200 - 60))
        done = self.node().json("import", "--json", self.write("good", good.records()))
        self.assertEqual(done["tip"]["height"], 41)

    def test_bad_version(self):
        for version in (3, 0, -1, -(1 << 31)):
            with self.subTest(version=version):
                self.refuse(
                    self.chain.build(version=version),
                    "bad-version(0x%08x)" % (version & 0xFFFFFFFF),
                )

    def test_highest_version_is_fine(self):
        good = self.chain.fork(40).extend(1, version=0x7FFFFFFF)
        done = self.node().json("import", "--json", self.write("good", good.records()))
        self.assertEqual(done["tip"]["height"], 41)

    def test_regtest_has_no_retarget(self):
        good = chain.Chain("regtest").extend(2016, spacing=60)
        self.refuse(good.build(bits=0x201FFFFF), "bad-diffbits", "regtest", good)

    def test_orphan(self):
        other = self.chain.fork(30).extend(5, salt=9)
        raw = other.raw[-1]
        node = self.node()
        done = node.command("import", "--json", self.write("bad", self.chain.records() + raw))
        self.assertEqual(done.returncode, 1)
        out = json.loads(done.stdout)
        self.assertEqual(out["rejected"][0]["reason"], "prev-blk-not-found")
        self.assertEqual(out["tip"]["height"], 40)

    def test_what_stands_on_a_bad_header(self):
        bad = self.chain.fork(40)
        bad.append(bad.build(version=2))
        bad.extend(150)
        node = self.node()
        done = node.command("import", "--json", self.write("bad", bad.records()))
        out = json.loads(done.stdout)
        self.assertEqual(done.returncode, 1)
        self.assertEqual(out["tip"]["height"], 40)
        self.assertEqual(out["rejected"][0]["height"], 41)
        self.assertEqual(out["rejected"][0]["reason"], "bad-version(0x00000002)")
        self.assertGreaterEqual(out["rejected_count"], 1)
        self.assertLessEqual(len(out["rejected"]), 100)
        for rejected in out["rejected"][1:]:
            self.assertIn(rejected["reason"], ("bad-prevblk", "prev-blk-not-found"))


class NotHeaders(TestCase):
    """A file that is no header file: a clear error, exit 1, nothing changed."""

    def test_into_nothing_and_into_a_store(self):
        good = chain.Chain("tidenet").extend(10)
        store = self.node()
        store.ok("import", self.write("good", good.records()))
        with open(store.headers_file, "rb") as f:
            before = f.read()
        for name, data in (
            ("text", b"This is not a chain of headers.\n" * 50),
            ("zeros", bytes(8000)),
            ("random", os.urandom(8000)),
            ("short", good.records()[:79]),
            ("gzip of text", gzip.compress(b"no headers here\n" * 40)),
            ("empty", b""),
        ):
            path = self.write("file", data)
            for node in (self.node(), store):
                with self.subTest(name=name, store=node is store):
                    done = node.command("import", path)
                    self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
                    self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
                    self.assertTrue(done.stderr.startswith("hashtide: "), done.stderr)
                    self.assertNotEqual(node.command("status", "--json").returncode, 2)
        with open(store.headers_file, "rb") as f:
            self.assertEqual(f.read(), before)
        self.assertEqual(
            [n for n in os.listdir(store.network_dir) if n.startswith("headers.bad")], []
        )

    def test_missing_file_and_folder(self):
        node = self.node()
        for path in (os.path.join(self.root, "nowhere"), self.root):
            done = node.command("import", path)
            self.assertEqual(done.returncode, 1)
            self.assertIn(path, done.stderr)

    def test_trailing_bytes(self):
        # A file whose size says so is refused as it is; of a stream, what came is kept.
        good = chain.Chain("tidenet").extend(10)
        cut = good.records()[:-30]
        node = self.node()
        done = node.command("import", "--json", self.write("cut", cut))
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
        self.assertFalse(os.path.exists(node.headers_file))
        done = node.command("import", "--json", "-", input=cut, text=False)
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
        self.assertEqual(node.json("status", "--json")["tip"]["height"], 9)


if __name__ == "__main__":
    hashtide_test.main()
