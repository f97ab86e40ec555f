# SPDX-License-Identifier: GPL-3.0-or-later
"""Goal: ways to a peer. A SOCKS5 proxy, an onion address through it with no name
resolved here, onlynet, IPv6, addnode, and a peer that comes back."""

import os
import socket
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import hashtide_test
from hashtide_test import TestCase, chain, peer, wait_until
from hashtide_test.socks import IPV4, NAME, SocksProxy

ONION = "pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd.onion"
LENGTH = 60


class Ways(TestCase):
    @classmethod
    def setUpClass(cls):
        cls.chain = chain.Chain("tidenet").extend(LENGTH)

    def local(self, server):
        return ("127.0.0.1", server.port)

    def test_proxy(self):
        with peer.ScriptedPeer(self.chain) as server:
            with SocksProxy({self.local(server): self.local(server)}) as proxy:
                node = self.node().start("--proxy=" + proxy.address, server.connect)
                node.wait_tip(LENGTH)
                self.assertEqual(proxy.requests[0], (IPV4, "127.0.0.1", server.port))

    def test_onion_through_the_proxy(self):
        with peer.ScriptedPeer(self.chain) as server:
            with SocksProxy({(ONION, 8333): self.local(server)}) as proxy:
                node = self.node().start(
                    "--proxy=" + proxy.address, "--connect=%s:8333" % ONION
                )
                node.wait_tip(LENGTH)
                self.assertEqual(proxy.requests[0], (NAME, ONION, 8333))
                (seen,) = node.status()["peers"]
                self.assertIn(ONION, seen["address"])

    def test_name_is_resolved_by_the_proxy(self):
        name = "node.invalid"  # RFC 2606: no resolver knows it
        with peer.ScriptedPeer(self.chain) as server:
            with SocksProxy({(name, 18999): self.local(server)}) as proxy:
                node = self.node().start(
                    "--proxy=" + proxy.address, "--connect=%s:18999" % name
                )
                node.wait_tip(LENGTH)
                self.assertEqual(proxy.requests[0], (NAME, name, 18999))

    def test_proxy_that_refuses_is_asked_again(self):
        with peer.ScriptedPeer(self.chain) as server, SocksProxy({}) as proxy:
            node = self.node().start("--proxy=" + proxy.address, server.connect)
            wait_until(lambda: len(proxy.requests) >= 2, 60, "a second try")
            self.assertEqual(server.accepted, 0)
            proxy.routes[self.local(server)] = self.local(server)
            node.wait_tip(LENGTH, 60)

    def test_proxy_that_says_nothing_or_nonsense(self):
        for answer in (b"", b"\x04\x00", b"HTTP/1.1 400 Bad Request\r\n\r\n"):
            with socket.create_server(("127.0.0.1", 0)) as listener:
                listener.settimeout(30)
                node = self.node().start(
                    "--proxy=127.0.0.1:%d" % listener.getsockname()[1], "--connect=127.0.0.1:1"
                )
                client, _ = listener.accept()
                with client:
                    client.sendall(answer)
                    self.assertEqual(node.status()["peers"], [])
                    self.assertEqual(node.stop(), 0)

    def test_onlynet(self):
        with peer.ScriptedPeer(self.chain) as four:
            with peer.ScriptedPeer(self.chain, host="::1") as six:
                node = self.node().start(
                    "--onlynet=ipv6",
                    "--dnsseed=0",
                    "--addnode=" + four.address,
                    "--addnode=" + six.address,
                )
                node.wait_tip(LENGTH)
                # As in Bitcoin Core, a manual peer is tried whatever its network.
                six.wait_handshakes()
                (seen,) = [p for p in node.status()["peers"] if p["network"] == "ipv6"]
                self.assertIn(str(six.port), seen["address"])

    def test_ipv6(self):
        with peer.ScriptedPeer(self.chain, host="::1") as server:
            node = self.node().start(server.connect)
            node.wait_tip(LENGTH)
            (seen,) = node.status()["peers"]
            self.assertEqual(seen["network"], "ipv6")

    def test_addnode(self):
        with peer.ScriptedPeer(self.chain) as server:
            node = self.node().start("--dnsseed=0", "--addnode=" + server.address)
            node.wait_tip(LENGTH)

    def test_connect_is_retried(self):
        with peer.ScriptedPeer(self.chain) as server:
            port = server.port
        server.close()
        node = self.node().start("--connect=127.0.0.1:%d" % port)
        made = self.chain
        holder = socket.socket()
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind(("127.0.0.1", port))
        holder.listen()
        holder.settimeout(60)
        client, _ = holder.accept()
        client.close()
        holder.close()
        self.assertEqual(made.height, LENGTH)
        self.assertEqual(node.stop(), 0)

    def test_dropped_connection_is_made_again(self):
        with peer.ScriptedPeer(self.chain) as server:
            node = self.node().start(server.connect)
            node.wait_tip(LENGTH)
            server.drop()
            server.wait_handshakes(2, 60)
            wait_until(lambda: len(node.status()["peers"]) == 1, 30, "the peer is back")


if __name__ == "__main__":
    hashtide_test.main()
