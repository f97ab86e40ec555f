# SPDX-License-Identifier: GPL-3.0-or-later
"""A peer that speaks the protocol, serves a chain, and misbehaves on demand.

ScriptedPeer is an honest node: it completes the handshake, answers pings and
getheaders and can announce blocks. Each vice is a subclass that overrides one
step. A connection is served by a thread of its own; what a test wants to know is
counted under the peer's lock and read through the methods below.
"""

import os
import socket
import threading
import time

from hashtide_test import protocol
from hashtide_test.node import wait_until
from hashtide_test.protocol import Closed, Connection, DecodeError

IDLE = 120  # seconds a connection may be silent before the peer gives it up


class ScriptedPeer:
    """Listens on an ephemeral loopback port from its creation to close()."""

    def __init__(self, chain, network=None, host="127.0.0.1"):
        self.chain = chain
        self.network = network or chain.network
        self.host = host
        self.services = protocol.NODE_NETWORK | protocol.NODE_WITNESS
        self.user_agent = "/scripted:1.0/"
        self.lock = threading.Condition()
        self.connections = []  # those open now
        self.accepted = 0
        self.handshakes = 0
        self.counts = {}  # command -> messages received
        self.received = []  # (command, payload), all of them
        self.versions = []  # the clients' version messages, decoded
        self.errors = []  # what the client sent and no codec reads
        self.closing = False
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.listener = socket.socket(family, socket.SOCK_STREAM)
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind((host, 0))
        self.listener.listen(64)
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self._accept, daemon=True)
        self.thread.start()

    # For tests

    @property
    def address(self):
        return ("[%s]:%d" if ":" in self.host else "%s:%d") % (self.host, self.port)

    @property
    def connect(self):
        return "--connect=" + self.address

    def count(self, command):
        with self.lock:
            return self.counts.get(command, 0)

    def wait_count(self, command, at_least=1, timeout=30):
        wait_until(
            lambda: self.count(command) >= at_least,
            timeout,
            "%d x %s from the client" % (at_least, command),
        )

    def wait_accepted(self, at_least=1, timeout=30):
        wait_until(
            lambda: self.accepted >= at_least, timeout, "%d connections" % at_least
        )

    def wait_handshakes(self, at_least=1, timeout=30):
        wait_until(lambda: self.handshakes >= at_least, timeout, "%d handshakes" % at_least)

    def wait_no_connection(self, timeout=30):
        wait_until(lambda: not self.connections, timeout, "the client hangs up")

    def open_connections(self):
        with self.lock:
            return list(self.connections)

    def payloads(self, command):
        with self.lock:
            return [p for c, p in self.received if c == command]

    def broadcast(self, command, payload=b""):
        """Sends a message to every connected client."""
        for conn in self.open_connections():
            try:
                conn.send(command, payload)
            except Closed:
                pass

    def announce(self, count=1):
        """Announces the chain's last COUNT headers, as after `sendheaders`."""
        self.broadcast("headers", protocol.headers(self.chain.raw[-count:]))

    def announce_inv(self, count=1):
        self.broadcast(
            "inv", protocol.inv([(protocol.MSG_BLOCK, h) for h in self.chain.hashes[-count:]])
        )

    def drop(self):
        """Hangs up on every client; the peer goes on listening."""
        for conn in self.open_connections():
            conn.close()

    def close(self):
        self.closing = True
        try:
            self.listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.listener.close()
        self.drop()
        self.thread.join(10)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    # Steps, for subclasses to override

    def on_connect(self, conn):
        """A client has connected. Returns False to say nothing at all."""
        return True

    def our_nonce(self, their_version):
        return int.from_bytes(os.urandom(8), "little")

    def on_version(self, conn, payload):
        theirs = protocol.unpack_version(payload)
        with self.lock:
            self.versions.append(theirs)
        conn.send(
            "version",
            protocol.version(
                height=self.start_height(),
                nonce=self.our_nonce(theirs),
                services=self.services,
                user_agent=self.user_agent,
            ),
        )
        self.before_verack(conn)
        conn.send("verack")

    def start_height(self):
        return self.chain.height

    def before_verack(self, conn):
        """The place of wtxidrelay and sendaddrv2."""

    def on_verack(self, conn):
        """The handshake is complete."""

    def on_getheaders(self, conn, request):
        found = self.chain.after(request["locator"], request["stop"])
        conn.send("headers", protocol.headers(found))

    def on_ping(self, conn, payload):
        conn.send("pong", payload)

    def on_getaddr(self, conn):
        pass

    def on_other(self, conn, command, payload):
        pass

    # The machinery

    def _accept(self):
        while not self.closing:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock):
        sock.settimeout(IDLE)
        conn = Connection(sock, self.network)
        with self.lock:
            self.accepted += 1
            self.connections.append(conn)
        try:
            if not self.on_connect(conn):
                while sock.recv(1 << 16):
                    pass
                return
            while True:
                self._dispatch(conn, *conn.receive())
        except (Closed, TimeoutError, OSError):
            pass
        except DecodeError as e:
            with self.lock:
                self.errors.append(str(e))
        finally:
            with self.lock:
                self.connections.remove(conn)
            conn.close()

    def _dispatch(self, conn, command, payload):
        with self.lock:
            self.counts[command] = self.counts.get(command, 0) + 1
            self.received.append((command, payload))
        if command == "version":
            self.on_version(conn, payload)
        elif command == "verack":
            with self.lock:
                self.handshakes += 1
            self.on_verack(conn)
        elif command == "getheaders":
            self.on_getheaders(conn, protocol.unpack_getheaders(payload))
        elif command == "ping":
            self.on_ping(conn, payload)
        elif command == "getaddr":
            self.on_getaddr(conn)
        else:
            self.on_other(conn, command, payload)


class SilentPeer(ScriptedPeer):
    """Accepts and never says a word."""

    def on_connect(self, conn):
        return False


class MutePeer(ScriptedPeer):
    """Completes the handshake and answers nothing after it, pings included."""

    def on_getheaders(self, conn, request):
        pass

    def on_ping(self, conn, payload):
        pass


class DrippingPeer(ScriptedPeer):
    """Sends each message one byte at a time."""

    PAUSE = 0.0005

    def _serve(self, sock):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        super()._serve(sock)

    def on_connect(self, conn):
        whole = conn.send_raw

        def drip(data):
            for i in range(len(data)):
                whole(data[i : i + 1])
                time.sleep(self.PAUSE)

        conn.send_raw = drip
        return True


class StuckPeer(ScriptedPeer):
    """Answers getheaders with a message that stops in the middle and lives on."""

    def on_getheaders(self, conn, request):
        found = self.chain.after(request["locator"], request["stop"])
        message = protocol.frame(conn.magic, "headers", protocol.headers(found))
        conn.send_raw(message[: len(message) // 2])


class RawPeer(ScriptedPeer):
    """Completes the handshake, then sends given bytes."""

    def __init__(self, chain, raw, **kwargs):
        self.raw = raw
        super().__init__(chain, **kwargs)

    def on_verack(self, conn):
        conn.send_raw(self.raw)


class GreetingPeer(ScriptedPeer):
    """Sends given bytes to whoever connects, in place of the handshake."""

    def __init__(self, chain, raw, **kwargs):
        self.raw = raw
        super().__init__(chain, **kwargs)

    def on_connect(self, conn):
        conn.send_raw(self.raw)
        return False


class HeadersPeer(ScriptedPeer):
    """Answers every getheaders with the same headers, whatever was asked."""

    def __init__(self, chain, answer, **kwargs):
        self.answer = answer
        super().__init__(chain, **kwargs)

    def on_getheaders(self, conn, request):
        conn.send("headers", protocol.headers(self.answer))


class EchoPeer(ScriptedPeer):
    """Gives the client's own nonce back: the client talks to itself."""

    def our_nonce(self, their_version):
        return their_version["nonce"]


class InvPeer(ScriptedPeer):
    """Never announces by headers, as a node that has seen no `sendheaders`, or
    more than eight blocks at once."""

    def announce(self, count=1):
        self.announce_inv(count)


class BulkPeer(ScriptedPeer):
    """Serves a BulkChain."""

    def __init__(self, bulk, **kwargs):
        self.bulk = bulk
        self.sent = 0
        super().__init__(None, **{"network": "tidenet", **kwargs})

    def start_height(self):
        return self.bulk.count

    def on_getheaders(self, conn, request):
        payload = self.bulk.payload_after(request["locator"])
        conn.send("headers", payload)
        with self.lock:
            self.sent += len(payload) // self.bulk.RECORD


class SwitchingPeer(ScriptedPeer):
    """Serves one chain at presync and another at redownload: on each connection,
    once it has told the first to its end, it starts again with the second."""

    def __init__(self, first, second, **kwargs):
        self.second = second
        self.switched = 0
        super().__init__(first, **kwargs)

    def on_getheaders(self, conn, request):
        chain = getattr(conn, "chain", self.chain)
        again = request["locator"] and request["locator"][0] == self.chain.hashes[0]
        if again and getattr(conn, "told_all", False) and chain is self.chain:
            chain = conn.chain = self.second
            with self.lock:
                self.switched += 1
        found = chain.after(request["locator"], request["stop"])
        if found and found[-1] == chain.raw[-1]:
            conn.told_all = True
        conn.send("headers", protocol.headers(found))
