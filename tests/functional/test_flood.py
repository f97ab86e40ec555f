# SPDX-License-Identifier: GPL-3.0-or-later
"""Goal: hostile peers cost bounded memory and no disk. Eight at once offer
(a) two million headers each with too little work, (b) one chain at presync and
another at redownload, (c) forks a thousand deep below the tip. In all that the
monitor grows by at most 16 MB of resident memory and the header file by 0 bytes.

HASHTIDE_FLOOD_HEADERS: length of the chain in (a)."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import hashtide_test
from hashtide_test import SANITIZED, TestCase, chain, deadline_scale, peer, wait_until

PEERS = 8
MEMORY = 16 << 20
FLOOD = int(os.environ.get("HASHTIDE_FLOOD_HEADERS") or (100_000 if SANITIZED else 2_000_000))


class Flood(TestCase):
    def start(self, node, *args):
        """Starts a monitor; how much of it is resident when it has no peers is
        found out before."""
        node.start("--dnsseed=0", "--connect=0")
        self.resident = node.memory()[0]
        self.assertEqual(node.stop(), 0)
        return node.start("--dnsseed=0", *args)

    def assertBounded(self, node, size):
        grown = node.memory()[1] - self.resident
        print("resident memory grew by %.1f MB at most" % (grown / (1 << 20)), flush=True)
        if not SANITIZED:
            self.assertLessEqual(grown, MEMORY)
        self.assertEqual(node.headers_size(), size)

    def test_too_little_work(self):
        bulk = chain.BulkChain(FLOOD)
        servers = [peer.BulkPeer(bulk) for _ in range(PEERS)]
        try:
            node = self.start(
                self.node(),
                "--minimumchainwork=%x" % (bulk.work + 1),
                *[s.connect for s in servers],
            )
            wait_until(
                lambda: all(s.sent >= FLOOD for s in servers),
                240,
                "every peer has told its whole chain: %s" % [s.sent for s in servers],
                0.2,
            )
            self.assertEqual(node.tip()[0], 0)
            self.assertFalse(node.status()["synced"])
            self.assertBounded(node, 160)
            self.assertEqual(node.stop(), 0)
        finally:
            for s in servers:
                s.close()

    def test_enough_work(self):
        """What presync is for: a chain with the work that is wanted comes through."""
        honest = chain.Chain("tidenet").extend(20_000, spacing=601)
        with peer.ScriptedPeer(honest) as good:
            node = self.start(
                self.node(), "--minimumchainwork=%x" % honest.work, good.connect
            )
            node.wait_tip(20_000, 60, chain.display(honest.tip))
            self.assertEqual(node.headers_size(), 80 + 80 * 20_001)
            self.assertEqual(good.accepted, 1)

    def test_another_chain_at_redownload(self):
        first = chain.Chain("tidenet").extend(20_000, spacing=601)
        second = chain.Chain("tidenet").extend(20_000, spacing=601, salt=1)
        servers = [peer.SwitchingPeer(first, second) for _ in range(PEERS)]
        try:
            node = self.start(
                self.node(),
                "--minimumchainwork=%x" % (first.work - 10),
                *[s.connect for s in servers],
            )
            wait_until(
                lambda: all(s.switched for s in servers), 120, "every peer has switched chains", 0.1
            )
            for s in servers:
                s.wait_accepted(2, 60)  # found out, hung up on, and retried
            self.assertEqual(node.tip()[0], 0)
            self.assertBounded(node, 160)
            self.assertEqual(node.stop(), 0)
        finally:
            for s in servers:
                s.close()

    def test_forks_below_the_tip(self):
        honest = chain.Chain("tidenet").extend(3000, spacing=601)
        branches = [honest.fork(2000).extend(800, spacing=601, salt=i + 1) for i in range(PEERS)]

        class ForkingPeer(peer.ScriptedPeer):
            """Whatever it is asked, it answers with a branch from far below."""

            def on_getheaders(self, conn, request):
                conn.send("headers", peer.protocol.headers(self.chain.raw[2001:]))

        with peer.ScriptedPeer(honest) as good:
            servers = [ForkingPeer(b) for b in branches]
            try:
                node = self.node("tidenet", "--minimumchainwork=%x" % (honest.work - 20))
                node.start("--dnsseed=0", good.connect)
                node.wait_tip(3000, 60)
                self.assertEqual(node.stop(), 0)
                self.start(node, good.connect, *[s.connect for s in servers])
                size = node.headers_size()
                for s in servers:
                    s.wait_count("getheaders", 1, 60)
                for salt in range(20):  # and unasked, other branches each time
                    fork = honest.fork(2000).extend(50, spacing=601, salt=100 + salt)
                    for s in servers:
                        s.broadcast("headers", peer.protocol.headers(fork.raw[2001:]))
                wait_until(lambda: node.tip()[0] == 3000, 20 * deadline_scale(), "the tip stays")
                good.chain.extend(1, spacing=601)
                good.announce()
                node.wait_tip(3001)
                self.assertEqual(node.status()["store"]["branches"], 1)
                self.assertBounded(node, size + 80)
                self.assertEqual(node.stop(), 0)
            finally:
                for s in servers:
                    s.close()


if __name__ == "__main__":
    hashtide_test.main()
