# SPDX-License-Identifier: GPL-3.0-or-later
"""Goal: the test kit itself. What it claims about the protocol, the chains, the
scripted peers, the proxy and bcoin holds without hashtide, so that a failure in
another script speaks of the product."""

import os
import socket
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import hashtide_test
from hashtide_test import TestCase, chain, peer, protocol, shared_data
from hashtide_test.bcoin import BcoinNode
from hashtide_test.protocol import Connection
from hashtide_test.socks import SocksProxy


class Client:
    """The least a client of the protocol can be."""

    def __init__(self, address, network):
        sock = socket.create_connection(address, 10)
        sock.settimeout(10)
        self.conn = Connection(sock, network)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.conn.close()

    def handshake(self):
        self.conn.send("version", protocol.version(nonce=7))
        _, payload = self.conn.receive_until("version")
        self.conn.send("verack")
        self.conn.receive_until("verack")
        return protocol.unpack_version(payload)

    def headers(self, locator):
        self.conn.send("getheaders", protocol.getheaders(locator))
        return protocol.unpack_headers(self.conn.receive_until("headers")[1])


class Protocol(TestCase):
    def test_frame(self):
        # The verack of the protocol documentation, byte by byte.
        self.assertEqual(
            protocol.frame(protocol.MAGIC["main"], "verack").hex(),
            "f9beb4d976657261636b000000000000000000005df6e0e2",
        )

    def test_varint(self):
        for n, data in (
            (0, "00"),
            (0xFC, "fc"),
            (0xFD, "fdfd00"),
            (0xFFFF, "fdffff"),
            (0x10000, "fe00000100"),
            (1 << 32, "ff0000000001000000"),
        ):
            self.assertEqual(protocol.pack_varint(n).hex(), data)
            self.assertEqual(protocol.Reader(bytes.fromhex(data)).varint(), n)
        with self.assertRaises(protocol.DecodeError):
            protocol.Reader(bytes.fromhex("fdfc00")).varint()

    def test_both_ways(self):
        seen = protocol.unpack_version(
            protocol.version(height=77, nonce=5, user_agent="/a:1/", now=123)
        )
        self.assertEqual((seen["height"], seen["nonce"], seen["time"]), (77, 5, 123))
        self.assertEqual(seen["user_agent"], "/a:1/")
        items = [(2, bytes([i]) * 32) for i in range(3)]
        self.assertEqual(protocol.unpack_inv(protocol.inv(items)), items)
        seen = protocol.unpack_addr(protocol.addr([(9, 1, "1.2.3.4", 8333), (9, 1, "::1", 1)]))
        self.assertEqual([(e["host"], e["port"]) for e in seen], [("1.2.3.4", 8333), ("::1", 1)])
        seen = protocol.unpack_addrv2(
            protocol.addrv2([(9, 1, protocol.ADDRV2_TORV3, bytes(32), 8333)])
        )
        self.assertEqual((seen[0]["net"], len(seen[0]["raw"])), (protocol.ADDRV2_TORV3, 32))


class Chains(TestCase):
    def test_genesis(self):
        for network, want in (
            ("regtest", "0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206"),
            ("tidenet", "1c6b352d0f55c31e33e593477332de3ea12f35401d8ec34d6ac5c452962d1cb7"),
        ):
            self.assertEqual(chain.display(chain.Chain(network).tip), want)

    def test_bits(self):
        for bits in (0x207FFFFF, 0x1D00FFFF, 0x1B0404CB, 0x170331DB, 0x04123456, 0x03123456):
            self.assertEqual(chain.bits_of(chain.target_of(bits)), bits)
        self.assertEqual(chain.work_of(0x1D00FFFF), 0x100010001)

    def test_retarget_on_mainnet(self):
        with open(shared_data("headers", "mainnet-822528-830592.bin"), "rb") as f:
            data = f.read()
        raw = [data[i : i + 80] for i in range(0, len(data), 80)]
        for h in range(2016, len(raw), 2016):
            self.assertEqual(
                chain.retarget(
                    chain.header_bits(raw[h - 1]),
                    chain.header_time(raw[h - 2016]),
                    chain.header_time(raw[h - 1]),
                ),
                chain.header_bits(raw[h]),
            )

    def test_chain_retargets(self):
        made = chain.Chain("tidenet").extend(2100, spacing=300)
        before, after = made.raw[2015], made.raw[2016]
        self.assertEqual(chain.header_bits(before), chain.LIMIT_BITS)
        self.assertEqual(chain.header_bits(after), 0x203FF7DE)
        for raw in made.raw[1:]:
            self.assertLessEqual(
                int.from_bytes(protocol.sha256d(raw), "little"),
                chain.target_of(chain.header_bits(raw)),
            )

    def test_after(self):
        made = chain.Chain("regtest").extend(30)
        self.assertEqual(made.after([made.hashes[10]], limit=5), made.raw[11:16])
        self.assertEqual(made.after([b"x" * 32, made.hashes[28]]), made.raw[29:])
        self.assertEqual(made.after([b"x" * 32], limit=2), made.raw[1:3])
        self.assertEqual(made.after([], stop=made.hashes[4]), [made.raw[4]])

    def test_bulk(self):
        bulk = chain.BulkChain(4100)
        plain = chain.Chain("tidenet").extend(4100, spacing=chain.BulkChain.SPACING)
        self.assertEqual(plain.next_bits(), chain.LIMIT_BITS)
        self.assertEqual(bulk.work, plain.work)
        self.assertEqual(bulk.tip, plain.tip)
        locator = [plain.hashes[0]]
        got = []
        while part := protocol.unpack_headers(bulk.payload_after(locator)):
            got += part
            locator = [protocol.sha256d(part[-1])]
        self.assertEqual(got, plain.raw[1:])
        self.assertEqual(
            protocol.unpack_headers(bulk.payload_after([plain.hashes[4090]])), plain.raw[4091:]
        )


class Peers(TestCase):
    @classmethod
    def setUpClass(cls):
        cls.chain = chain.Chain("regtest").extend(20)

    def client(self, server):
        return Client((server.host, server.port), server.network)

    def test_honest(self):
        with peer.ScriptedPeer(self.chain) as server, self.client(server) as client:
            self.assertEqual(client.handshake()["height"], 20)
            self.assertEqual(client.headers([self.chain.hashes[15]]), self.chain.raw[16:])
            client.conn.send("ping", b"12345678")
            self.assertEqual(client.conn.receive_until("pong")[1], b"12345678")
            server.announce()
            self.assertEqual(
                client.conn.receive_until("headers")[1], protocol.headers(self.chain.raw[-1:])
            )
            server.announce_inv()
            self.assertEqual(
                protocol.unpack_inv(client.conn.receive_until("inv")[1]),
                [(protocol.MSG_BLOCK, self.chain.tip)],
            )
            self.assertEqual(server.count("ping"), 1)

    def test_dripping(self):
        with peer.DrippingPeer(self.chain) as server, self.client(server) as client:
            client.handshake()
            self.assertEqual(client.headers([self.chain.hashes[18]]), self.chain.raw[19:])

    def test_silent(self):
        with peer.SilentPeer(self.chain) as server, self.client(server) as client:
            client.conn.sock.settimeout(0.3)
            client.conn.send("version", protocol.version())
            with self.assertRaises(TimeoutError):
                client.conn.receive()

    def test_mute_echo_stuck(self):
        with peer.EchoPeer(self.chain) as server, self.client(server) as client:
            self.assertEqual(client.handshake()["nonce"], 7)
        for kind in (peer.MutePeer, peer.StuckPeer):
            with kind(self.chain) as server, self.client(server) as client:
                client.handshake()
                client.conn.sock.settimeout(0.3)
                with self.assertRaises(TimeoutError):
                    client.headers([self.chain.hashes[0]])

    def test_switching(self):
        other = self.chain.fork(0).extend(20, salt=1)
        with peer.SwitchingPeer(self.chain, other) as server, self.client(server) as client:
            client.handshake()
            start = [self.chain.hashes[0]]
            self.assertEqual(client.headers(start), self.chain.raw[1:])
            self.assertEqual(client.headers(start), other.raw[1:])
            self.assertEqual(server.switched, 1)

    def test_proxy(self):
        with peer.ScriptedPeer(self.chain) as server:
            with SocksProxy({("name.example", 99): ("127.0.0.1", server.port)}) as proxy:
                sock = socket.create_connection(("127.0.0.1", proxy.port), 10)
                sock.sendall(b"\x05\x01\x00")
                self.assertEqual(sock.recv(2), b"\x05\x00")
                sock.sendall(b"\x05\x01\x00\x03\x0cname.example" + (99).to_bytes(2, "big"))
                self.assertEqual(sock.recv(10)[:2], b"\x05\x00")
                conn = Connection(sock, "regtest")
                conn.send("version", protocol.version())
                self.assertEqual(conn.receive()[0], "version")
                conn.close()
                self.assertEqual(proxy.requests, [(3, "name.example", 99)])


class Bcoin(TestCase):
    def test_node(self):
        with BcoinNode() as node:
            regtest = chain.Chain("regtest")
            self.assertEqual(node.genesis, chain.display(regtest.tip))
            self.assertEqual(node.mine(5)[0], 5)
            lost = node.hashes(0)
            height, tip = node.mine(4, fork_from=2)
            self.assertEqual(height, 6)
            self.assertEqual(node.hashes(0)[:3], lost[:3])
            self.assertEqual(node.hashes(6), [tip])
            with Client(("127.0.0.1", node.port), "regtest") as client:
                client.handshake()
                got = client.headers([regtest.tip])
                self.assertEqual([chain.display(protocol.sha256d(h)) for h in got], node.hashes(1))
                for raw in got:
                    self.assertGreaterEqual(int.from_bytes(raw[:4], "little", signed=True), 4)
                client.conn.send("sendheaders")
                client.conn.send("ping", bytes(8))
                client.conn.receive_until("pong")
                _, tip = node.mine(1)
                _, payload = client.conn.receive_until("headers")
                (raw,) = protocol.unpack_headers(payload)
                self.assertEqual(chain.display(protocol.sha256d(raw)), tip)
            blocks, port = node.dump(), node.port
            node.kill()
            with BcoinNode(port, blocks) as again:
                self.assertEqual(again.tip(), (7, tip))


if __name__ == "__main__":
    hashtide_test.main()
