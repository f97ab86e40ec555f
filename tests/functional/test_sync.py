# SPDX-License-Identifier: GPL-3.0-or-later
"""Goal: `sync` fetches headers up to the peers' tip and stops; real chains come
over the wire as they came from a file; a store may begin at an anchor."""

import json
import os
import signal
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import hashtide_test
from hashtide_test import TestCase, chain, peer, shared_data
from hashtide_test.bcoin import BcoinNode, require_bcoin
from hashtide_test.protocol import sha256d


class Sync(TestCase):
    def test_fetches_and_stops(self):
        made = chain.Chain("tidenet").extend(4500)
        with peer.ScriptedPeer(made) as server:
            node = self.node()
            done = node.json("sync", "--json", server.connect)
            self.assertEqual(done["tip"], {"height": 4500, "hash": chain.display(made.tip)})
            self.assertEqual((done["accepted"], done["rejected_count"]), (4500, 0))
            made.extend(10)
            again = node.json("sync", "--json", server.connect)
            self.assertEqual((again["accepted"], again["tip"]["height"]), (10, 4510))

    def test_interrupted(self):
        with peer.MutePeer(chain.Chain("tidenet").extend(5)) as server:
            node = self.node()
            process = node.popen("sync", server.connect)
            server.wait_count("getheaders")
            process.send_signal(signal.SIGINT)
            self.assertIn(process.wait(30), (0, 1))

    def test_rejected(self):
        made = chain.Chain("tidenet").extend(20)
        made.append(made.build(version=1))
        with peer.ScriptedPeer(made) as server:
            node = self.node()
            done = node.command("sync", "--json", server.connect)
            self.assertEqual(done.returncode, 1, done.stderr)
            out = json.loads(done.stdout)
            self.assertEqual(out["rejected"][0]["reason"], "bad-version(0x00000001)")
            self.assertEqual(out["tip"]["height"], 20)


class RealChains(TestCase):
    """Headers of other networks, from a peer."""

    def read(self, name):
        with open(shared_data("headers", name), "rb") as f:
            return f.read()

    def over_the_wire(self, name, network):
        data = self.read(name)
        bulk = chain.BulkChain.of_file(data)
        with peer.BulkPeer(bulk, network=network) as server:
            node = self.node(network, "--minimumchainwork=0")
            done = node.json("sync", "--json", server.connect)
        height = len(data) // 80 - 1
        self.assertEqual(
            done["tip"], {"height": height, "hash": chain.display(sha256d(data[-80:]))}
        )
        self.assertEqual((done["accepted"], done["rejected"]), (height, []))
        status = node.json("status", "--json")
        self.assertEqual(int(status["tip"]["chainwork"], 16), bulk.work)
        self.assertEqual(server.errors, [])

    def test_mainnet(self):
        self.over_the_wire("mainnet-0-10236.bin", "main")

    def test_testnet3(self):
        self.over_the_wire("testnet3-0-20160.bin", "testnet3")

    def test_signet(self):
        self.over_the_wire("signet-0-2015.bin", "signet")

    def test_mainnet_by_its_first_blocks_is_too_little_work(self):
        bulk = chain.BulkChain.of_file(self.read("mainnet-0-10236.bin"))
        with peer.BulkPeer(bulk, network="main") as server:
            node = self.node("main").start("--dnsseed=0", server.connect, "--loglevel=debug")
            hashtide_test.wait_until(
                lambda: server.sent >= bulk.count, 30, "the peer has told its chain"
            )
            node.wait_log("little work")
            self.assertEqual(node.tip()[0], 0)
            self.assertFalse(node.status()["synced"])
            self.assertEqual(node.headers_size(), 160)


class Anchored(TestCase):
    BASE = 4032

    @classmethod
    def setUpClass(cls):
        cls.chain = chain.Chain("tidenet").extend(4200, spacing=500)

    def anchor(self, *parts):
        return "--anchor=" + ":".join([str(self.BASE), chain.display(self.chain.hashes[self.BASE])]
                                      + list(parts))

    def work_through(self, height):
        return sum(chain.work_of(chain.header_bits(raw)) for raw in self.chain.raw[: height + 1])

    def test_with_work(self):
        work = "%064x" % self.work_through(self.BASE)
        with peer.ScriptedPeer(self.chain) as server:
            node = self.node()
            done = node.json("sync", "--json", server.connect, self.anchor(work))
            self.assertEqual(done["tip"], {"height": 4200, "hash": chain.display(self.chain.tip)})
            status = node.json("status", "--json")
            self.assertEqual(status["store"]["base_height"], self.BASE)
            self.assertEqual(status["store"]["headers"], 4200 - self.BASE + 1)
            self.assertEqual(int(status["tip"]["chainwork"], 16), self.chain.work)
            raw = os.path.join(self.root, "raw")
            node.ok("export", "headers", "--format", "raw", "--output", raw)
            with open(raw, "rb") as f:
                self.assertTrue(f.read() == self.chain.records(self.BASE))
            # Once founded, the store knows its base by itself.
            self.chain.extend(1)
            again = node.json("sync", "--json", server.connect)
            self.assertEqual((again["accepted"], again["tip"]["height"]), (1, 4201))
            node.start(server.connect)
            node.wait_synced()
            self.assertEqual(node.tip()[0], 4201)

    def test_retarget_after_the_anchor(self):
        made = self.chain.fork(4200).extend(2100, spacing=500)
        with peer.ScriptedPeer(made) as server:
            node = self.node()
            done = node.json("sync", "--json", server.connect, self.anchor())
            self.assertEqual(done["tip"]["height"], 6300)
        bad = made.fork(6047)
        bad.append(bad.build(bits=chain.LIMIT_BITS))
        self.assertNotEqual(chain.header_bits(made.raw[6048]), chain.LIMIT_BITS)
        with peer.ScriptedPeer(bad) as server:
            node = self.node()
            done = node.command("sync", "--json", server.connect, self.anchor())
            self.assertEqual(done.returncode, 1)
            self.assertEqual(json.loads(done.stdout)["rejected"][0]["reason"], "bad-diffbits")

    def test_without_work(self):
        with peer.ScriptedPeer(self.chain) as server:
            node = self.node()
            done = node.json("sync", "--json", server.connect, self.anchor())
            self.assertEqual(done["tip"]["hash"], chain.display(self.chain.tip))
            screen = node.ok("status")
            self.assertLessEqual(max(map(len, screen.splitlines())), 80, screen)
            self.assertFalse(node.json("status", "--json")["tip"]["work_known"])

    def test_peer_without_the_anchor(self):
        other = chain.Chain("tidenet").extend(20, salt=7)
        with peer.ScriptedPeer(other) as server, peer.ScriptedPeer(self.chain) as good:
            node = self.node()
            node.start("--dnsseed=0", server.connect, good.connect, self.anchor())
            node.wait_tip(self.chain.height, 60)
            self.assertEqual(node.status()["store"]["base_height"], self.BASE)

    def test_real_node(self):
        require_bcoin()
        with BcoinNode() as bcoin:
            height, tip = bcoin.mine(2020)
            (base,) = bcoin.hashes(2016)[:1]
            node = self.node("regtest")
            done = node.json("sync", "--json", bcoin.connect, "--anchor=2016:" + base)
            self.assertEqual(done["tip"], {"height": height, "hash": tip})
            self.assertEqual(node.json("status", "--json")["store"]["base_height"], 2016)


if __name__ == "__main__":
    hashtide_test.main()
