# SPDX-License-Identifier: GPL-3.0-or-later
"""Goal: a header from the future is kept out, its peer unpunished, and it is asked
for again, so that it comes in when its time has come.

A script of its own, because it takes the minute that the monitor waits before it
asks again."""

import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import hashtide_test
from hashtide_test import TestCase, chain, peer, wait_until
from hashtide_test.protocol import sha256d

LENGTH = 60


class Future(TestCase):
    AHEAD = 8  # seconds until the header is no longer too new

    def test_kept_out_unpunished_and_asked_for_again(self):
        made = chain.Chain("tidenet").extend(LENGTH)
        good = made.fork(LENGTH)
        future = made.build(time=int(time.time()) + 7200 + self.AHEAD)
        made.append(future)
        with peer.ScriptedPeer(made) as early, peer.ScriptedPeer(good) as late:
            node = self.node().start(early.connect, late.connect, "--loglevel=debug")
            node.wait_tip(LENGTH)
            self.assertEqual(node.headers_size(), 80 + 80 * (LENGTH + 1))
            asked = early.count("getheaders")
            wait_until(lambda: node.tip()[0] == LENGTH + 1, 90, "the header is in at last", 0.2)
            self.assertGreater(early.count("getheaders"), asked)
            self.assertEqual(early.accepted, 1)
            self.assertEqual(node.tip()[1], chain.display(sha256d(future)))
            self.assertGreaterEqual(time.time() + 7200, chain.header_time(future))


if __name__ == "__main__":
    hashtide_test.main()
