# SPDX-License-Identifier: GPL-3.0-or-later
"""Goal: peers of every kind. The monitor follows an honest peer whatever the
others do; a header that breaks a rule costs its peer the connection and leaves
the store untouched."""

import csv
import datetime
import os
import statistics
import struct
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import hashtide_test
from hashtide_test import TestCase, chain, peer, protocol, wait_until
from hashtide_test.protocol import MAGIC, frame

LENGTH = 60
MINE = MAGIC["tidenet"]


def damaged_checksum(command, payload):
    message = bytearray(frame(MINE, command, payload))
    message[20] ^= 1
    return bytes(message)


class Protocol(TestCase):
    """Beside each of these the monitor follows an honest peer."""

    @classmethod
    def setUpClass(cls):
        cls.chain = chain.Chain("tidenet").extend(LENGTH)

    def beside(self, bad, hangs_up):
        with peer.ScriptedPeer(self.chain.fork(LENGTH)) as good, bad:
            node = self.node().start(good.connect, bad.connect)
            node.wait_tip(LENGTH)
            if hangs_up:
                bad.wait_accepted()
                bad.wait_no_connection()
            size = node.headers_size()
            good.chain.extend(1)
            good.announce()
            node.wait_tip(LENGTH + 1, tip_hash=chain.display(good.chain.tip))
            self.assertEqual(node.headers_size(), size + 80)
            self.assertEqual(good.errors, [])
            self.assertEqual(bad.errors, [])
            self.assertEqual(good.accepted, 1)
            self.assertEqual(node.stop(), 0)

    def test_silent_after_connect(self):
        self.beside(peer.SilentPeer(self.chain), False)

    def test_silent_after_handshake(self):
        self.beside(peer.MutePeer(self.chain), False)

    def test_stops_in_the_middle_of_a_message(self):
        self.beside(peer.StuckPeer(self.chain), False)

    def test_garbage_in_place_of_the_handshake(self):
        self.beside(peer.GreetingPeer(self.chain, b"HTTP/1.1 200 OK\r\n\r\n" * 10), True)

    def test_garbage_after_the_handshake(self):
        self.beside(peer.RawPeer(self.chain, bytes(range(256)) * 20), True)

    def test_wrong_magic(self):
        self.beside(
            peer.GreetingPeer(self.chain, frame(MAGIC["main"], "version", protocol.version())), True
        )

    def test_oversized_message(self):
        head = MINE + b"headers".ljust(12, b"\0") + struct.pack("<I", 0xFFFFFFFF) + bytes(4)
        self.beside(peer.RawPeer(self.chain, head + bytes(1000)), True)

    def test_bad_checksum(self):
        better = self.chain.fork(LENGTH).extend(5, salt=3)
        raw = damaged_checksum("headers", protocol.headers(better.raw[LENGTH + 1 :]))
        self.beside(peer.RawPeer(self.chain, raw), False)

    def test_too_many_headers(self):
        long = chain.Chain("tidenet").extend(2001, salt=8)
        raw = frame(MINE, "headers", protocol.headers(long.raw[1:]))
        self.beside(peer.RawPeer(self.chain, raw), True)

    def test_headers_that_do_not_follow_each_other(self):
        other = self.chain.fork(0).extend(3, salt=6)
        raws = [other.raw[1], other.raw[3], other.raw[2]]
        self.beside(peer.RawPeer(self.chain, frame(MINE, "headers", protocol.headers(raws))), True)

    def test_truncated_payloads(self):
        full = protocol.headers(self.chain.raw[1:5])
        for command, payload in (
            ("headers", full[:-1]),
            ("headers", b"\xfd"),
            ("inv", protocol.pack_varint(50000) + bytes(36)),
            ("addr", protocol.pack_varint(1000) + bytes(30)),
            ("addrv2", b"\x01\x00\x00\x00\x00\x00\x04\xff"),
        ):
            with self.subTest(command=command, payload=payload[:8]):
                self.beside(peer.RawPeer(self.chain, frame(MINE, command, payload)), True)

    def test_unknown_messages_are_skipped(self):
        raw = b"".join(
            frame(MINE, c, p)
            for c, p in (
                ("frobnicate", bytes(1000)),
                ("sendcmpct", b"\0" + struct.pack("<Q", 2)),
                ("feefilter", struct.pack("<Q", 1000)),
                ("wtxidrelay", b""),
                ("pong", bytes(8)),
            )
        )
        with peer.RawPeer(self.chain, raw) as odd:
            node = self.node().start(odd.connect)
            node.wait_tip(LENGTH)
            self.assertEqual(odd.accepted, 1)

    def test_slow_drip(self):
        with peer.DrippingPeer(self.chain) as slow:
            node = self.node().start(slow.connect)
            node.wait_tip(LENGTH, 60)

    def test_ping(self):
        with peer.ScriptedPeer(self.chain) as good:
            node = self.node().start(good.connect)
            node.wait_tip(LENGTH)
            good.broadcast("ping", b"\x01\x02\x03\x04\x05\x06\x07\x08")
            good.wait_count("pong")
            self.assertEqual(good.payloads("pong")[-1], b"\x01\x02\x03\x04\x05\x06\x07\x08")

    def test_self_connection(self):
        with peer.EchoPeer(self.chain) as echo:
            node = self.node().start(echo.connect)
            echo.wait_accepted()
            echo.wait_no_connection()
            self.assertEqual(node.tip()[0], 0)

    def test_too_old_a_peer(self):
        class OldPeer(peer.ScriptedPeer):
            def on_version(self, conn, payload):
                conn.send("version", protocol.version(protocol=31402))
                conn.send("verack")

        with OldPeer(self.chain) as old:
            node = self.node().start(old.connect)
            old.wait_accepted()
            old.wait_no_connection()
            self.assertEqual(node.tip()[0], 0)

    def test_what_we_say(self):
        with peer.ScriptedPeer(self.chain) as good:
            node = self.node().start(good.connect)
            node.wait_tip(LENGTH)
            node.wait_synced()
            (version,) = good.versions
            self.assertEqual(version["protocol"], 70016)
            self.assertEqual(version["services"], 0)
            self.assertFalse(version["relay"])
            self.assertRegex(version["user_agent"], r"^/hashtide:\d+\.\d+\.\d+/$")
            self.assertLess(abs(version["time"] - time.time()), 60)
            self.assertEqual(good.count("sendheaders"), 1)
            self.assertEqual(good.errors, [])
            for command in ("getdata", "tx", "mempool", "getblocks"):
                self.assertEqual(good.count(command), 0, command)

    def test_all_of_them_at_once(self):
        vices = [
            peer.SilentPeer(self.chain),
            peer.MutePeer(self.chain),
            peer.StuckPeer(self.chain),
            peer.DrippingPeer(self.chain),
            peer.EchoPeer(self.chain),
            peer.GreetingPeer(self.chain, bytes(5000)),
            peer.RawPeer(self.chain, bytes(range(256))),
            peer.HeadersPeer(self.chain, [self.chain.build_without_work()]),
        ]
        with peer.ScriptedPeer(self.chain.fork(LENGTH)) as good:
            try:
                node = self.node().start(good.connect, *[v.connect for v in vices])
                node.wait_tip(LENGTH)
                for _ in range(5):
                    good.chain.extend(1)
                    good.announce()
                    node.wait_tip(good.chain.height)
                self.assertEqual(good.accepted, 1)
                self.assertEqual(node.stop(), 0)
            finally:
                for vice in vices:
                    vice.close()


class Following(TestCase):
    """Announcements, reorganisations, peers that lag."""

    def setUp(self):
        self.chain = chain.Chain("tidenet").extend(LENGTH)

    def test_new_blocks_by_headers(self):
        with peer.ScriptedPeer(self.chain) as good:
            node = self.node().start(good.connect)
            node.wait_tip(LENGTH)
            node.wait_synced()
            took = []
            for _ in range(5):
                began = time.monotonic()
                self.chain.extend(1)
                good.announce()
                node.wait_tip(self.chain.height)
                took.append(time.monotonic() - began)
            # Within a second; the median, as the machine may have other things to do.
            self.assertLess(statistics.median(took), 1.0 * hashtide_test.deadline_scale())

    def observed(self, node, height):
        """The row of `export blocks` for a block, once its arrival is written."""
        rows = node.ok("export", "blocks", "--from", str(height), "--to", str(height))
        (row,) = csv.DictReader(rows.splitlines())
        return row if row["first_seen"] else None

    def test_who_announced_it_first(self):
        with peer.ScriptedPeer(self.chain) as one, peer.InvPeer(self.chain) as two:
            node = self.node().start(one.connect, two.connect)
            node.wait_tip(LENGTH)
            node.wait_synced()
            for first, second, how in ((one, two, "headers"), (two, one, "inv")):
                before = time.time()
                self.chain.extend(1)
                first.announce()
                node.wait_tip(self.chain.height)
                after = time.time()
                second.announce()
                row = wait_until(
                    lambda: self.observed(node, self.chain.height), 20, "the arrival is written"
                )
                self.assertEqual((row["first_peer"], row["how"]), (first.address, how))
                seen = datetime.datetime.fromisoformat(row["first_seen"]).timestamp()
                self.assertLess(before - 0.01, seen)
                self.assertLess(seen, after + 0.01)

    def test_inv_only_announcer(self):
        with peer.InvPeer(self.chain) as good:
            node = self.node().start(good.connect)
            node.wait_tip(LENGTH)
            for count in (1, 12, 1):
                self.chain.extend(count)
                good.announce(count)
                node.wait_tip(self.chain.height, tip_hash=chain.display(self.chain.tip))
            self.assertEqual(good.count("getdata"), 0)

    def test_announcement_that_does_not_connect(self):
        with peer.ScriptedPeer(self.chain) as good:
            node = self.node().start(good.connect)
            node.wait_tip(LENGTH)
            self.chain.extend(20)
            good.announce()  # the twentieth: its parents are asked for, no penalty
            node.wait_tip(LENGTH + 20)
            self.assertEqual(good.accepted, 1)

    def test_reorganisation_and_branches(self):
        with peer.ScriptedPeer(self.chain) as good:
            node = self.node().start(good.connect)
            node.wait_tip(LENGTH)
            node.wait_synced()
            lost = self.chain.tip
            good.chain = self.chain.fork(LENGTH - 3).extend(4, salt=1)
            good.announce(4)
            node.wait_tip(LENGTH + 1, tip_hash=chain.display(good.chain.tip))
            self.assertEqual(node.status()["store"]["branches"], 2)
            # One block more on the losing side is a tie; two win.
            self.chain.extend(1, salt=2)
            good.chain, other = self.chain, good.chain
            good.announce(1)
            wait_until(
                lambda: node.status()["store"]["headers"] == LENGTH + 1 + 4 + 1,
                20,
                "the header that makes a tie is kept",
            )
            self.assertEqual(node.tip()[1], chain.display(other.tip))
            self.chain.extend(1, salt=2)
            good.announce(1)
            node.wait_tip(LENGTH + 2, tip_hash=chain.display(self.chain.tip))
            self.assertEqual(node.stop(), 0)
            self.assertIn(chain.display(other.tip), node.ok("export", "forks"))
            self.assertNotIn(chain.display(lost), node.ok("export", "forks"))

    def test_peer_that_stays_at_an_old_tip(self):
        # 20, 44, 58: heights that a locator from our tip's parent names or passes.
        olds = [peer.ScriptedPeer(self.chain.fork(h)) for h in (20, 23, 44, 58)]
        node = self.node()
        try:
            with peer.ScriptedPeer(self.chain) as good:
                node.start(good.connect)
                node.wait_tip(LENGTH)
                self.assertEqual(node.stop(), 0)
                node.start(good.connect, *[old.connect for old in olds])

                def tips():
                    return sorted((p["height"] or 0) for p in node.status()["peers"])

                wait_until(
                    lambda: tips() == [20, 23, 44, 58, LENGTH], 20, "the tip of every peer is known"
                )
                node.wait_synced()
                self.assertEqual(node.tip()[0], LENGTH)
                self.assertEqual(node.stop(), 0)
        finally:
            for old in olds:
                old.close()

    def test_two_peers_at_two_tips(self):
        other = self.chain.fork(LENGTH - 1).extend(1, salt=4)
        with peer.ScriptedPeer(self.chain) as one, peer.ScriptedPeer(other) as two:
            node = self.node().start(one.connect, two.connect)
            wait_until(lambda: node.status()["store"]["branches"] == 2, 20, "both branches")
            self.assertEqual(node.tip()[0], LENGTH)

    def test_a_day_of_downtime_leaves_no_arrival_times(self):
        with peer.ScriptedPeer(self.chain) as good:
            node = self.node().start(good.connect)
            node.wait_tip(LENGTH)
            node.wait_synced()
            self.chain.extend(1)
            good.announce()
            node.wait_tip(LENGTH + 1)
            announced = chain.display(self.chain.tip)
            node.stop()
            self.chain.extend(144)
            node.start(good.connect)
            node.wait_tip(LENGTH + 145)
            node.stop()
        rows = {
            int(row["height"]): row
            for row in csv.DictReader(node.ok("export", "blocks").splitlines())
        }
        self.assertEqual(len(rows), LENGTH + 146)
        for height, row in rows.items():
            self.assertEqual(bool(row["first_seen"]), height == LENGTH + 1, row)
            self.assertEqual(row["how"], "headers" if height == LENGTH + 1 else "fetched")
        self.assertEqual(rows[LENGTH + 1]["hash"], announced)


class BadHeaders(TestCase):
    """A header that breaks one rule, announced by a peer once the monitor is
    synced: that rule's name in the log, the peer disconnected, the store as
    before."""

    @classmethod
    def setUpClass(cls):
        cls.chain = chain.Chain("tidenet").extend(LENGTH)

    def refused(self, raw, reason):
        with peer.ScriptedPeer(self.chain) as good, peer.ScriptedPeer(self.chain) as bad:
            node = self.node().start(good.connect, bad.connect, "--loglevel=debug")
            node.wait_tip(LENGTH)
            node.wait_synced()
            before = node.headers_size()
            (conn,) = bad.open_connections()
            conn.send("headers", protocol.headers([raw]))
            wait_until(lambda: conn not in bad.open_connections(), 20, "the peer is disconnected")
            node.wait_log(reason)
            self.assertEqual(node.headers_size(), before)
            self.assertEqual(node.tip(), (LENGTH, chain.display(self.chain.tip)))
            self.assertEqual(good.accepted, 1)
            self.assertEqual(node.stop(), 0)

    def test_high_hash(self):
        self.refused(self.chain.build_without_work(), "high-hash")

    def test_bad_diffbits(self):
        self.refused(self.chain.build(bits=0x2007FFFF), "bad-diffbits")

    def test_time_too_old(self):
        self.refused(self.chain.build(time=self.chain.median_time_past()), "time-too-old")

    def test_bad_version(self):
        self.refused(self.chain.build(version=3), "bad-version(0x00000003)")

    def test_bad_header_in_the_first_answer(self):
        # Before anything is known: what stands before the bad header is good.
        made = self.chain.fork(30)
        made.append(made.build(version=2))
        made.extend(10)
        with peer.ScriptedPeer(made) as bad:
            node = self.node().start(bad.connect, "--loglevel=debug")
            node.wait_log("bad-version(0x00000002)")
            bad.wait_accepted(2, 60)  # a manual peer is retried
            self.assertLessEqual(node.tip()[0], 30)
            self.assertEqual(node.stop(), 0)


if __name__ == "__main__":
    hashtide_test.main()
