# SPDX-License-Identifier: GPL-3.0-or-later
"""Goal: a real full node. The monitor syncs from bcoin, shows its new blocks
within a second, follows a reorganisation three deep, keeps the losing branch over
a restart, and finds bcoin again after bcoin was killed."""

import csv
import os
import statistics
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import hashtide_test
from hashtide_test import TestCase, deadline_scale
from hashtide_test.bcoin import BcoinNode, require_bcoin

PROMPT = 1.0  # seconds from bcoin's block to the monitor's status: the median of five
LATE = 10.0  # and each of them, on a machine that has other things to do


class Bcoin(TestCase):
    def setUp(self):
        require_bcoin()

    def wait_prompt(self, node, tip):
        """The block that bcoin has just found is the monitor's tip without being asked for; the
        seconds that it took."""
        began = time.monotonic()
        node.wait_tip(tip[0], tip_hash=tip[1])
        took = time.monotonic() - began
        self.assertLess(took, LATE * deadline_scale())
        return took

    def test_sync(self):
        with BcoinNode() as bcoin:
            height, tip = bcoin.mine(150)
            node = self.node("regtest")
            done = node.json("sync", "--json", bcoin.connect)
            self.assertEqual(done["tip"], {"height": height, "hash": tip})
            self.assertEqual((done["accepted"], done["rejected"]), (150, []))
            bcoin.mine(5)
            again = node.json("sync", "--json", bcoin.connect)
            self.assertEqual((again["accepted"], again["tip"]["height"]), (5, 155))

    def test_blocks_reorg_restart(self):
        with BcoinNode() as bcoin:
            bcoin.mine(30)
            node = self.node("regtest").start(bcoin.connect)
            node.wait_tip(30)
            node.wait_synced()
            took = [self.wait_prompt(node, bcoin.mine(1)) for _ in range(5)]
            self.assertLess(statistics.median(took), PROMPT * deadline_scale())
            self.wait_prompt(node, bcoin.mine(12))  # more than eight at once: bcoin's own way

            height, lost = bcoin.tip()
            won = bcoin.mine(4, fork_from=height - 3)
            self.wait_prompt(node, won)
            self.assertEqual(won[0], height + 1)
            self.assertEqual(node.status()["store"]["branches"], 2)
            self.check_fork(node, lost, height)

            self.assertEqual(node.stop(), 0)
            node.start(bcoin.connect)
            node.wait_tip(*won[:1], tip_hash=won[1])
            self.assertEqual(node.status()["store"]["branches"], 2)
            self.check_fork(node, lost, height)
            self.wait_prompt_when_synced(node, bcoin)

    def wait_prompt_when_synced(self, node, bcoin):
        node.wait_synced()
        self.wait_prompt(node, bcoin.mine(1))

    def check_fork(self, node, lost, height):
        """The losing branch of three is in `export forks`."""
        forks = node.ok("export", "forks")
        (row,) = csv.DictReader(forks.splitlines())
        self.assertIn(lost, row.values())
        self.assertIn(str(height - 3), row.values())  # fork point
        self.assertIn("3", row.values())  # its length

    def test_bcoin_is_killed_and_restarted(self):
        with BcoinNode() as bcoin:
            bcoin.mine(20)
            node = self.node("regtest").start(bcoin.connect)
            node.wait_tip(20)
            node.wait_synced()
            blocks, port = bcoin.dump(), bcoin.port
            bcoin.kill()
            hashtide_test.wait_until(lambda: not node.status()["peers"], 30, "the peer is gone")
            self.assertTrue(node.status()["synced"])
            with BcoinNode(port, blocks) as again:
                tip = again.mine(2)
                node.wait_tip(tip[0], 60, tip[1])
                self.wait_prompt_when_synced(node, again)


if __name__ == "__main__":
    hashtide_test.main()
