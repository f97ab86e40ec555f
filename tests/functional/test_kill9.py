# SPDX-License-Identifier: GPL-3.0-or-later
"""Goal: kill -9 at random moments of `import` and `run`. Each time the store
reopens by itself, has at least what was reported as stored, and ends with the same
tip.

  test_kill9.py [--rounds N]      N rounds, half of import and half of run

The seed of the moments is printed; HASHTIDE_SEED repeats it."""

import argparse
import os
import re
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import hashtide_test
from hashtide_test import SANITIZED, TestCase, chain, peer, seeded, wait_until

ROUNDS = 8 if SANITIZED else 20


class Kill9(TestCase):
    LENGTH = 30_000

    @classmethod
    def setUpClass(cls):
        cls.random = seeded()
        cls.chain = chain.Chain("tidenet").extend(cls.LENGTH, spacing=601)
        # A branch that loses, in the middle of the file.
        cls.stale = cls.chain.fork(20_000).extend(3, salt=1)
        cls.tip = (cls.LENGTH, chain.display(cls.chain.tip))

    def assertReopens(self, node, reported):
        """The store opens by itself and has at least the height REPORTED."""
        status = node.json("status", "--json")
        height = status["tip"]["height"]
        self.assertGreaterEqual(height, reported)
        self.assertEqual(status["tip"]["hash"], chain.display(self.chain.hashes[height]))
        return height

    def test_import(self):
        path = self.write(
            "chain",
            self.chain.records(0, 25_000) + self.stale.records(20_001) + self.chain.records(25_001),
        )
        timer = self.node()
        began = time.monotonic()
        timer.ok("import", path)
        whole = time.monotonic() - began
        cut_short = 0
        node = self.node()
        for _ in range(ROUNDS // 2):
            process = node.popen("import", path)
            time.sleep(self.random.random() * whole * 1.1)
            cut_short += process.poll() is None
            process.kill()
            process.wait()
            if os.path.exists(node.headers_file):
                # What a progress line has reported as stored is there.
                said = re.findall(r"stored \D*(\d+)", node.log())
                self.assertReopens(node, int(said[-1]) if said else 0)
            if self.random.random() < 0.5:
                self.forget(node)
        print("%d of %d imports were cut short" % (cut_short, ROUNDS // 2), flush=True)
        done = node.json("import", "--json", path)
        self.assertEqual((done["tip"]["height"], done["tip"]["hash"]), self.tip)
        status = node.json("status", "--json")
        self.assertEqual(status["store"]["headers"], self.LENGTH + 1 + 3)
        self.assertEqual(status["store"]["branches"], 2)

    def forget(self, node):
        """Begins with an empty store again."""
        for name in os.listdir(node.network_dir):
            os.unlink(node.path(name))

    def test_run(self):
        served = self.chain.fork(0)
        with peer.ScriptedPeer(served) as server:
            node = self.node("tidenet", "--dnsseed=0", server.connect)
            for round_number in range(ROUNDS - ROUNDS // 2):
                # The peer's chain grows while the monitor runs.
                goal = min(self.LENGTH, served.height + self.random.randrange(1, 6000))
                grower = threading.Thread(
                    target=self.grow, args=(served, server, goal, self.random.randrange(1, 400))
                )
                node.start(wait=False)
                grower.start()
                reported = 0
                end = time.monotonic() + self.random.random() * 0.6
                while time.monotonic() < end:
                    status = node.control("status") if node.process.poll() is None else None
                    if status:
                        reported = status["tip"]["height"]
                    time.sleep(0.005)
                self.assertIsNone(node.process.poll(), node.log_tail())
                node.kill()
                grower.join()
                if os.path.exists(node.headers_file):
                    self.assertReopens(node, reported)
            self.grow(served, server, self.LENGTH, 2000)
            node.start()
            wait_until(lambda: node.tip() == self.tip, 60, "the same tip")
            self.assertEqual(node.stop(), 0)

    def grow(self, served, server, goal, step):
        while served.height < goal:
            step = min(step, goal - served.height)
            for h in range(served.height + 1, served.height + 1 + step):
                served._append(self.chain.raw[h], self.chain.hashes[h])
            server.announce(1)
            time.sleep(0.01)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    arguments, rest = parser.parse_known_args()
    ROUNDS = arguments.rounds
    sys.argv[1:] = rest
    hashtide_test.main()
