# SPDX-License-Identifier: GPL-3.0-or-later
"""Goal: peers found by gossip. From one known peer the monitor learns the
addresses of others, keeps connections to distinct network groups only, is synced
when two groups agree, and finds them again after a restart without the peer that
told it.

The others are onion addresses behind a proxy of ours: no address outside this
machine can be tried by mistake."""

import base64
import hashlib
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import hashtide_test
from hashtide_test import TestCase, chain, peer, protocol, wait_until
from hashtide_test.socks import NAME, SocksProxy

LENGTH = 40
PORT = 18999
OUTBOUND = 8
GROUPS = 16  # an onion address's group is its first four bits


def onion(group, number):
    """(32-byte key, host name) of a v3 onion address in one of 16 groups."""
    key = bytes([group << 4]) + hashlib.sha256(b"%d" % number).digest()[1:]
    checksum = hashlib.sha3_256(b".onion checksum" + key + b"\x03").digest()[:2]
    return key, base64.b32encode(key + checksum + b"\x03").decode("ascii").lower() + ".onion"


class TellingPeer(peer.ScriptedPeer):
    """Answers getaddr with addresses, in addrv2 where the client asked for it."""

    def __init__(self, made, entries, **kwargs):
        self.entries = entries
        super().__init__(made, **kwargs)

    def before_verack(self, conn):
        conn.send("sendaddrv2")

    def on_getaddr(self, conn):
        conn.send("addrv2", protocol.addrv2(self.entries))


class Discovery(TestCase):
    def setUp(self):
        self.chain = chain.Chain("tidenet").extend(LENGTH)
        self.servers = []
        self.proxy = SocksProxy({})

    def tearDown(self):
        for server in self.servers:
            server.close()
        self.proxy.close()

    def serve(self, groups):
        """A peer behind an onion address in each of GROUPS; the addrv2 entries."""
        entries = []
        for number, group in enumerate(groups):
            server = peer.ScriptedPeer(self.chain)
            self.servers.append(server)
            key, name = onion(group, number)
            self.proxy.routes[(name, PORT)] = ("127.0.0.1", server.port)
            services = protocol.NODE_NETWORK | protocol.NODE_WITNESS
            entries.append(
                (int(time.time()) - 3600, services, protocol.ADDRV2_TORV3, key, PORT)
            )
        return entries

    def teller(self, entries):
        server = TellingPeer(self.chain, entries)
        self.servers.append(server)
        self.proxy.routes[("127.0.0.1", server.port)] = ("127.0.0.1", server.port)
        return server

    def onions(self, node):
        return [p for p in node.status()["peers"] if ".onion" in p["address"]]

    def test_gossip_groups_synced_restart(self):
        entries = self.serve(list(range(GROUPS)) + [3] * 10)
        teller = self.teller(entries)
        node = self.node("tidenet", "--dnsseed=0", "--proxy=" + self.proxy.address)
        node.start("--addnode=" + teller.address)
        wait_until(lambda: len(self.onions(node)) >= OUTBOUND, 90, "eight peers by gossip", 0.1)
        teller.wait_count("sendaddrv2")
        groups = [p["group"] for p in self.onions(node)]
        self.assertEqual(len(groups), len(set(groups)), groups)
        node.wait_synced()
        self.assertEqual(node.tip()[0], LENGTH)
        self.assertEqual(node.stop(), 0)
        for kind, host, _ in self.proxy.requests:
            self.assertTrue(host.endswith(".onion") and kind == NAME or host == "127.0.0.1", host)

        teller.close()
        node.start()
        wait_until(lambda: len(self.onions(node)) >= 2, 60, "peers from the address book", 0.1)
        node.wait_synced()
        self.chain.extend(1)
        for server in self.servers:
            server.announce()
        node.wait_tip(LENGTH + 1)

    def test_one_peer_per_group(self):
        teller = self.teller(self.serve([5] * 6))
        node = self.node("tidenet", "--dnsseed=0", "--proxy=" + self.proxy.address)
        node.start("--addnode=" + teller.address, "--onlynet=onion")
        wait_until(lambda: self.onions(node), 60, "a peer by gossip", 0.1)
        time.sleep(2)
        self.assertEqual(len(self.onions(node)), 1)

    def test_a_lying_peer_is_not_asked_again(self):
        entries = self.serve(range(4))
        self.servers[0].chain = self.chain.fork(LENGTH)
        self.servers[0].chain.append(self.chain.build(version=1))
        node = self.node("tidenet", "--dnsseed=0", "--proxy=" + self.proxy.address)
        node.start("--addnode=" + self.teller(entries).address)
        wait_until(
            lambda: len(self.onions(node)) >= 3 and self.servers[0].accepted and
            not self.servers[0].connections,
            90,
            "the liar is found out",
            0.1,
        )
        accepted = self.servers[0].accepted
        time.sleep(3)
        self.assertEqual(self.servers[0].accepted, accepted)
        self.assertEqual(node.tip()[0], LENGTH)


if __name__ == "__main__":
    hashtide_test.main()
