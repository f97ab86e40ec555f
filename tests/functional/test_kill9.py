# SPDX-License-Identifier: GPL-3.0-or-later
"""Goal: kill -9 at random moments of `import` and `run`. Each time the store
reopens by itself, has at least what was reported as stored, and ends with the same
tip.

  test_kill9.py [--rounds N]      N rounds, half of import and half of run

The seed of the moments is printed; HASHTIDE_SEED repeats it."""

import argparse
import os
import re
import shutil
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import hashtide_test
from hashtide_test import SANITIZED, TestCase, chain, peer, seeded, wait_until
from hashtide_test.protocol import sha256d

ROUNDS = 8 if SANITIZED else 20


class Import(TestCase):
    LENGTH = 300_000  # several times what is made durable at once

    def setUp(self):
        self.random = seeded()
        made = os.path.join(self.root, "made")
        self.node().ok(
            "simulate", "--blocks", str(self.LENGTH), "--seed", "9", "--output", made
        )
        with open(made, "rb") as f:
            self.records = f.read()
        # A branch that loses, in the middle of the file.
        middle = 200_000 * 80
        parent = self.records[middle : middle + 80]
        stale, _ = chain.mine(
            chain.VERSION,
            sha256d(parent),
            b"stale".ljust(32),
            chain.header_time(parent) + 600,
            chain.header_bits(parent),
        )
        middle += 1000 * 80
        self.path = self.write("chain", self.records[:middle] + stale + self.records[middle:])
        self.tip = (self.LENGTH, chain.display(sha256d(self.records[-80:])))

    def test_import(self):
        timer = self.node()
        began = time.monotonic()
        timer.ok("import", self.path)
        whole = time.monotonic() - began
        cut_short = reported_some = 0
        node = self.node()
        for _ in range(ROUNDS // 2):
            process = node.popen("import", "--progress", self.path)
            time.sleep(self.random.random() * whole * 1.1)
            cut_short += process.poll() is None
            process.kill()
            process.wait()
            said = re.findall(r"^stored (\d+)$", node.log(), re.MULTILINE)
            reported_some += bool(said)
            if said or os.path.exists(node.headers_file):
                self.assertReopens(node, int(said[-1]) if said else 1)
            if self.random.random() < 0.7:
                shutil.rmtree(node.network_dir, ignore_errors=True)
        print(
            "%d of %d imports were cut short, %d after something was reported as stored"
            % (cut_short, ROUNDS // 2, reported_some),
            flush=True,
        )
        done = node.json("import", "--json", self.path)
        self.assertEqual((done["tip"]["height"], done["tip"]["hash"]), self.tip)
        self.assertEqual(done["rejected_count"], 0)
        status = node.json("status", "--json")
        self.assertEqual(status["store"]["headers"], self.LENGTH + 1 + 1)
        self.assertEqual(status["store"]["branches"], 2)

    def assertReopens(self, node, reported):
        """The store opens by itself and has at least REPORTED headers."""
        status = node.json("status", "--json")
        self.assertGreaterEqual(status["store"]["headers"], reported)
        at = status["tip"]["height"] * 80
        self.assertEqual(
            status["tip"]["hash"], chain.display(sha256d(self.records[at : at + 80]))
        )


class Run(TestCase):
    LENGTH = 30_000

    def setUp(self):
        self.random = seeded()
        self.chain = chain.Chain("tidenet").extend(self.LENGTH, spacing=601)
        self.tip = (self.LENGTH, chain.display(self.chain.tip))

    def assertReopens(self, node, reported):
        """The store opens by itself and has at least the height REPORTED."""
        status = node.json("status", "--json")
        height = status["tip"]["height"]
        self.assertGreaterEqual(height, reported)
        self.assertEqual(status["tip"]["hash"], chain.display(self.chain.hashes[height]))

    def test_run(self):
        with peer.ScriptedPeer(self.chain.fork(0)) as server:
            node = self.node("tidenet", "--dnsseed=0", server.connect)
            busy = 0
            for _ in range(ROUNDS - ROUNDS // 2):
                if server.chain.height == self.LENGTH:  # all told: from the beginning again
                    server.chain = self.chain.fork(0)
                    shutil.rmtree(node.network_dir)
                busy += self.round(node, server)
            print("%d of %d monitors were killed while they grew" % (busy, ROUNDS - ROUNDS // 2))
            self.grow(server, self.LENGTH, 2000)
            node.start()
            wait_until(lambda: node.tip() == self.tip, 60, "the same tip")
            self.assertEqual(node.stop(), 0)

    def round(self, node, server):
        """The peer's chain grows while the monitor runs, until it is killed; whether
        the monitor had seen growth."""
        goal = min(self.LENGTH, server.chain.height + self.random.randrange(1, 6000))
        step = self.random.randrange(1, 400)
        grower = threading.Thread(target=self.grow, args=(server, goal, step))
        node.start(wait=False)
        grower.start()
        reported = []
        end = time.monotonic() + self.random.random() * 0.6
        while time.monotonic() < end:
            status = node.control("status") if node.process.poll() is None else None
            if status:
                reported.append(status["tip"]["height"])
            time.sleep(0.005)
        self.assertIsNone(node.process.poll(), node.log_tail())
        node.kill()
        grower.join()
        if os.path.exists(node.headers_file):
            self.assertReopens(node, max(reported, default=0))
        return len(set(reported)) > 1

    def grow(self, server, goal, step):
        served = server.chain
        while served.height < goal:
            step = min(step, goal - served.height)
            for h in range(served.height + 1, served.height + 1 + step):
                served.append(self.chain.raw[h], self.chain.hashes[h])
            server.announce(1)
            time.sleep(0.01)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    arguments, rest = parser.parse_known_args()
    ROUNDS = arguments.rounds
    sys.argv[1:] = rest
    hashtide_test.main()
