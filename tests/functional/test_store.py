# SPDX-License-Identifier: GPL-3.0-or-later
"""Goal: the header file is never trusted. Truncated, bit-flipped, half-written or
foreign, it is reopened up to the last good header, the rest is set aside in
headers.bad-TIME and re-attached where it validates, and one log line says so."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import hashtide_test
from hashtide_test import TestCase, chain, peer

RECORD = 80
LENGTH = 500
BAD = [(5, 0x01), (40, 0x81), (41, 0xFF)]  # more than one bit: beyond repair


class Damage(TestCase):
    @classmethod
    def setUpClass(cls):
        cls.chain = chain.Chain("tidenet").extend(LENGTH)
        # A stale branch, which no peer would send again.
        cls.stale = cls.chain.fork(480).extend(2, salt=5)

    def setUp(self):
        self.hurt = self.node()
        self.hurt.ok("import", self.write("chain", self.chain.records()))
        self.hurt.ok("import", self.write("stale", self.stale.records(481)))
        with open(self.hurt.headers_file, "rb") as f:
            self.image = f.read()

    def write_image(self, data):
        with open(self.hurt.headers_file, "wb") as f:
            f.write(data)

    def record_of(self, raw):
        """Offset of a header in the file."""
        at = self.image.index(raw)
        self.assertEqual(at % RECORD, 0)
        return at

    def set_aside(self):
        return [
            os.path.join(self.hurt.network_dir, n)
            for n in sorted(os.listdir(self.hurt.network_dir))
            if n.startswith("headers.bad")
        ]

    def repair(self):
        """Opens the store for writing, which repairs it; what stderr said."""
        nothing = self.write("genesis", self.chain.records(0, 0))
        done = self.hurt.command("import", "--json", nothing)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stderr

    def assertSaid(self, said):
        """One line tells of the repair."""
        lines = [line for line in said.splitlines() if "headers.bad" in line]
        self.assertEqual(len(lines), 1, said)

    def assertTip(self, height, headers):
        status = self.hurt.json("status", "--json")
        self.assertEqual(status["tip"]["height"], height)
        self.assertEqual(status["tip"]["hash"], chain.display(self.chain.hashes[height]))
        self.assertEqual(status["store"]["headers"], headers)

    def test_untouched(self):
        self.assertNotIn("headers.bad", self.repair())
        self.assertEqual(self.set_aside(), [])
        self.assertTip(LENGTH, LENGTH + 3)

    def test_half_written_record(self):
        for cut in (1, 40, 79):
            with self.subTest(cut=cut):
                self.write_image(self.image + self.chain.raw[3][:cut])
                self.assertSaid(self.repair())
                self.assertTip(LENGTH, LENGTH + 3)
                with open(self.hurt.headers_file, "rb") as f:
                    self.assertEqual(f.read(), self.image)
                for name in self.set_aside():
                    os.unlink(name)

    def test_truncated(self):
        for cut in (1, 79, 80, 80 * 100 + 17):
            with self.subTest(cut=cut):
                self.write_image(self.image[:-cut])
                said = self.repair()
                if cut % RECORD:
                    self.assertSaid(said)
                headers = (len(self.image) - cut) // RECORD - 1
                # The stale branch came last, so it is what goes first.
                self.assertTip(min(LENGTH, headers - 1), headers)
                self.hurt.ok("import", self.write("chain", self.chain.records()))
                self.hurt.ok("import", self.write("stale", self.stale.records(481)))
                self.assertTip(LENGTH, LENGTH + 3)

    def damage(self, height, flips):
        """Flips bits, (byte, mask) each, in the record of a header."""
        image = bytearray(self.image)
        for byte, mask in flips:
            image[self.record_of(self.chain.raw[height]) + byte] ^= mask
        self.write_image(bytes(image))

    def test_one_flipped_bit_costs_nothing(self):
        # The next header names the hash of the right one, so it can be found.
        for height, byte in ((1, 0), (100, 5), (300, 40), (499, 79)):
            with self.subTest(height=height, byte=byte):
                self.damage(height, [(byte, 0x20)])
                self.repair()
                self.assertTip(LENGTH, LENGTH + 3)

    def test_damage_after_the_fork_of_the_stale_branch(self):
        # What hangs on the bad record is lost; the stale branch stands on good
        # ground and comes back.
        self.damage(490, BAD)
        self.assertSaid(self.repair())
        self.assertTip(489, 489 + 1 + 2)
        self.assertEqual(len(self.set_aside()), 1)

    def test_damage_before_everything(self):
        self.damage(100, BAD)
        self.assertSaid(self.repair())
        self.assertTip(99, 100)
        with open(self.set_aside()[0], "rb") as f:
            aside = f.read()
        self.assertIn(self.chain.raw[101], aside)
        self.assertIn(self.stale.raw[482], aside)

    def test_what_was_set_aside_can_be_imported_again(self):
        self.damage(100, BAD)
        self.repair()
        self.hurt.ok("import", self.write("missing", self.chain.raw[100]))
        (aside,) = self.set_aside()
        with open(aside, "rb") as f:
            records = f.read()
        at = records.index(self.chain.raw[101])
        self.hurt.ok("import", self.write("rest", records[at:]))
        self.assertTip(LENGTH, LENGTH + 3)

    def test_missing_headers_are_fetched_again(self):
        self.damage(100, BAD)
        with peer.ScriptedPeer(self.chain) as server:
            done = self.hurt.command("sync", "--json", server.connect)
            self.assertEqual(done.returncode, 0, done.stderr)
        status = self.hurt.json("status", "--json")
        self.assertEqual(status["tip"]["hash"], chain.display(self.chain.tip))
        # The peer has sent the chain, and the stale branch behind the hole connects again.
        self.assertEqual(status["store"]["headers"], LENGTH + 3)
        self.assertEqual(status["store"]["branches"], 2)
        (aside,) = self.set_aside()
        self.assertTrue(aside.endswith(".done"), aside)

    def test_stale_branch_comes_back_after_another_start(self):
        self.damage(100, BAD)
        self.repair()  # and stopped before there was a peer
        self.assertTip(99, 100)
        with peer.ScriptedPeer(self.chain) as server:
            for _ in range(2):
                done = self.hurt.command("sync", "--json", server.connect)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertTip(LENGTH, LENGTH + 3)

    def test_each_damage_has_a_file_of_its_own(self):
        # Twice in one second, and the first was looked through in between.
        with peer.ScriptedPeer(self.chain) as server:
            for rounds in range(1, 4):
                self.damage(100, BAD)
                done = self.hurt.command("sync", "--json", server.connect)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertEqual(len(self.set_aside()), rounds)
                self.assertTip(LENGTH, LENGTH + 3)
                with open(self.hurt.headers_file, "rb") as f:
                    self.image = f.read()

    def test_bit_flip_in_the_files_own_header(self):
        # One flipped bit there must not cost the chain.
        for byte in (0, 7, 8, 12, 16, 20, 24, 56, 72, 79):
            with self.subTest(byte=byte):
                image = bytearray(self.image)
                image[byte] ^= 0x10
                self.write_image(bytes(image))
                self.repair()
                self.assertTip(LENGTH, LENGTH + 3)

    def test_zeros_at_the_end(self):
        # What some filesystems leave after a loss of power.
        self.write_image(self.image + bytes(4096))
        self.assertSaid(self.repair())
        self.assertTip(LENGTH, LENGTH + 3)

    def test_zeros_in_the_middle(self):
        at = self.record_of(self.chain.raw[300])
        self.write_image(self.image[:at] + bytes(800) + self.image[at + 800 :])
        self.assertSaid(self.repair())
        self.assertTip(299, 300)

    def test_status_and_export_never_repair(self):
        self.damage(100, BAD)
        with open(self.hurt.headers_file, "rb") as f:
            before = f.read()
        self.assertTip(99, 100)
        self.hurt.ok("export", "headers", "--output", os.path.join(self.root, "out"))
        with open(self.hurt.headers_file, "rb") as f:
            self.assertEqual(f.read(), before)
        self.assertEqual(self.set_aside(), [])

    def test_foreign_file_is_refused_and_kept(self):
        for data in (b"not ours\n" * 100, b""):
            self.write_image(data)
            done = self.hurt.command("sync", "--connect=127.0.0.1:1")
            if data:
                self.assertEqual(done.returncode, 1, done.stderr)
                with open(self.hurt.headers_file, "rb") as f:
                    self.assertEqual(f.read(), data)

    def test_another_networks_file_is_refused_and_kept(self):
        other = self.node("regtest")
        os.makedirs(other.network_dir)
        with open(other.headers_file, "wb") as f:
            f.write(self.image)
        done = other.command("import", self.write("x", chain.Chain("regtest").records()))
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
        with open(other.headers_file, "rb") as f:
            self.assertEqual(f.read(), self.image)

    def test_unreadable_places(self):
        # A directory where the file should be: a clear error, no crash.
        os.unlink(self.hurt.headers_file)
        os.mkdir(self.hurt.headers_file)
        for args in (("status",), ("import", self.write("c", self.chain.records()))):
            done = self.hurt.command(*args)
            self.assertEqual(done.returncode, 1, done.stderr)
            self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)


if __name__ == "__main__":
    hashtide_test.main()
