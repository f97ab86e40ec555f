#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long an alert takes: from the bytes of a `headers` message on the socket to the
first byte of the webhook on a loopback receiver, with a store of 950,000 headers.

The bar, for the median: one durable SQLite commit (WAL, synchronous FULL, one row as
long as a message, in the monitor's directory) plus one bare POST of the same bytes over
a kept loopback connection, from a process of its own, plus 1 ms. Both are measured in
the same run, once in each round, at the same receiver and by the same clock. Nothing is
asked of the monitor: the peer, the receiver and the clock are one thread of this
program, which is asleep in recv() when the webhook comes, as it is when the bare POST
does.

Rounds take turns: three headers that replace two (rule reorg-2 raises), then one header
more (it clears). All rules are in force; messages are signed by BIP340 and by HMAC.

    bench_latency.py [--blocks N] [--rounds N] [--chain FILE]
"""

import argparse
import os
import random
import socket
import sqlite3
import struct
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

from hashtide_test import Hashtide, chain, peer, protocol, receiver

ALLOWANCE = 0.001
WORST = 0.025
WARM_UP = 10  # rounds that do not count
PAUSE = (0.05, 0.1)  # seconds between rounds, at random: the monitor is idle again
TLS_ROUNDS = 40
BODY = 2000  # bytes of the two yardsticks, about as many as an alert has
REPLY = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"

CONF = """
[alert reorg-2]
clearfor=0

[sink bench]
type=webhook
url=%s
secret-file=%s
%s
"""


def now():
    return time.monotonic_ns() * 1e-9


def mine_chain(blocks, path):
    """A chain from genesis to this hour, its intervals exponential and longer than ten
    minutes in the mean: so it stays at the easiest difficulty. Its last headers, raw."""
    draw = random.Random(1)
    ends, total = [], 0.0
    for _ in range(blocks):
        total += draw.expovariate(1)
        ends.append(total)
    begin = chain.GENESIS["tidenet"][0]
    scale = (time.time() - chain.SPACING - begin) / total
    raw = chain.genesis("tidenet")
    digest = protocol.sha256d(raw)
    headers = [raw]
    for end in ends:
        stamp = begin + int(end * scale)
        raw, digest = chain.mine(chain.VERSION, digest, bytes(32), stamp, chain.LIMIT_BITS)
        headers.append(raw)
    with open(path, "wb") as f:
        f.write(b"".join(headers))
    return headers[-chain.EPOCH :]


def read_chain(path):
    with open(path, "rb") as f:
        f.seek(-chain.EPOCH * protocol.HEADER_SIZE, os.SEEK_END)
        return [f.read(protocol.HEADER_SIZE) for _ in range(chain.EPOCH)]


class Tip(chain.Chain):
    """The last headers of a long chain, to be mined on."""

    def __init__(self, height, raw):  # not those of the genesis block
        self.network = "tidenet"
        self.below = height + 1 - len(raw)
        self.raw = list(raw)
        self.hashes = [protocol.sha256d(r) for r in raw]
        self.heights = {}
        self.salt = 0

    @property
    def height(self):
        return self.below + len(self.raw) - 1

    def mine(self, parent, count):
        """(raw, hash) of COUNT headers on top of PARENT, which is one too."""
        out = []
        for _ in range(count):
            times = [chain.header_time(raw) for raw in (self.raw + [r for r, _ in out])[-12:]]
            stamp = max(int(time.time()), sorted(times)[len(times) // 2] + 1)
            self.salt += 1
            merkle = struct.pack("<Q", self.salt) + bytes(24)
            parent = chain.mine(chain.VERSION, parent[1], merkle, stamp, chain.LIMIT_BITS)
            out.append(parent)
        return out

    def put(self, headers, replaced=0):
        del self.raw[len(self.raw) - replaced :], self.hashes[len(self.hashes) - replaced :]
        self.raw += [raw for raw, _ in headers]
        self.hashes += [digest for _, digest in headers]


class TipPeer(peer.ScriptedPeer):
    """Has nothing to add to what the monitor knows, until it says so itself."""

    def on_getheaders(self, conn, request):
        conn.send("headers", protocol.headers([]))


class Hook:
    """The receiver, which runs in the thread that asks it."""

    def __init__(self, context=None):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.context = context
        self.sock = None

    def next(self, keep=True):
        """(when its first byte came, body) of one request, answered. A connection is
        accepted where there is none."""
        if self.sock is None:
            self.sock, _ = self.listener.accept()
            self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.sock.settimeout(30)
            if self.context:
                self.sock = self.context.wrap_socket(self.sock, server_side=True)
        data = self.sock.recv(1 << 16)
        came = now()
        if not data:
            self.drop()
            return self.next(keep)
        while (end := data.find(b"\r\n\r\n")) < 0:
            data += self.sock.recv(1 << 16)
        length = int(data[:end].lower().split(b"content-length:")[1].split(b"\r\n")[0])
        while len(data) < end + 4 + length:
            data += self.sock.recv(1 << 16)
        if keep:
            self.sock.sendall(REPLY)
        else:
            self.sock.sendall(REPLY.replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n"))
            self.drop()
        return came, data[end + 4 :]

    def drop(self):
        self.sock.close()
        self.sock = None


class Yardstick:
    """A durable commit, and a bare POST from another process."""

    def __init__(self, folder):
        self.path = os.path.join(folder, "yardstick.sqlite")
        self.database = sqlite3.connect(self.path, isolation_level=None)
        self.database.execute("PRAGMA journal_mode = WAL")
        self.database.execute("PRAGMA synchronous = FULL")
        self.database.execute("CREATE TABLE messages (number INTEGER PRIMARY KEY, body BLOB)")
        self.hook = Hook()
        self.commands, commands = socket.socketpair()
        if os.fork() == 0:
            self._post(commands)
            os._exit(0)
        commands.close()

    def _post(self, commands):
        self.commands.close()
        sock = socket.create_connection(("127.0.0.1", self.hook.port))
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        request = b"POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: %d\r\n\r\n" % BODY
        request += b"x" * BODY
        while commands.recv(1):
            began = now()
            sock.sendall(request)
            answer = sock.recv(1 << 16)
            if not answer:
                return
            commands.sendall(struct.pack("<dd", began, now()))

    def commit(self):
        body = os.urandom(BODY)
        began = now()
        self.database.execute("BEGIN IMMEDIATE")
        self.database.execute("INSERT INTO messages (body) VALUES (?)", (body,))
        self.database.execute("COMMIT")
        return now() - began

    def post(self):
        self.commands.sendall(b"p")
        came, _ = self.hook.next()
        began, _ = struct.unpack("<dd", self.commands.recv(16))
        return came - began

    def close(self):
        self.commands.close()
        self.hook.drop()
        self.database.close()
        os.wait()


class Bench:
    def __init__(self, node, tip, folder):
        self.node, self.tip, self.folder = node, tip, folder
        self.random = random.Random(1)
        self.stale = []

    def write_conf(self, url, more=""):
        secret = os.path.join(self.folder, "secret")
        with open(secret, "w", encoding="ascii", opener=lambda p, f: os.open(p, f, 0o600)) as f:
            f.write("whsec_" + "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo=\n")
        conf = os.path.join(self.folder, "bench.conf")
        with open(conf, "w", encoding="ascii") as f:
            f.write(CONF % (url, secret, more))
        self.node.options = ["--conf=" + conf]

    def start(self, server):
        self.node.start(server.connect, "--dnsseed=0")
        server.wait_handshakes()
        self.node.wait_synced(120)
        time.sleep(6)  # the rules have looked at the tip, and all is read

    def announce(self, conn, headers):
        """When the message had gone to the kernel, and when it was about to."""
        message = protocol.frame(
            conn.magic, "headers", protocol.headers([raw for raw, _ in headers]))
        began = now()
        conn.sock.sendall(message)
        return began

    def wait(self, hook, state, keep):
        """When the first byte of the message that is meant came; others may come before it."""
        while True:
            came, body = hook.next(keep)
            if b'"rule":"reorg-2"' in body.replace(b" ", b"") and state in body:
                return came

    def pause(self):
        time.sleep(self.random.uniform(*PAUSE))

    def round(self, conn, hook, keep=True):
        """Seconds that an alert took, raised by a reorganisation; and cleared by a block."""
        tip = self.tip
        stale = tip.mine((tip.raw[-1], tip.hashes[-1]), 2)
        better = tip.mine((tip.raw[-1], tip.hashes[-1]), 3)
        self.announce(conn, stale)
        self.pause()
        raised = -self.announce(conn, better) + self.wait(hook, b'"raised"', keep)
        tip.put(better)
        self.pause()
        block = tip.mine((tip.raw[-1], tip.hashes[-1]), 1)
        cleared = -self.announce(conn, block) + self.wait(hook, b'"cleared"', keep)
        tip.put(block)
        self.pause()
        return raised, cleared


def at(values, share):
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def line(what, values):
    print("%-44s median %7.3f ms, 90 of 100 %7.3f, 99 of 100 %7.3f, most %7.3f"
          % (what, at(values, 0.5) * 1e3, at(values, 0.9) * 1e3, at(values, 0.99) * 1e3,
             max(values) * 1e3))


def run_plain(bench, server, rounds):
    took = {"raised": [], "cleared": [], "commit": [], "post": []}
    yardstick = Yardstick(bench.node.network_dir)
    hook = Hook()
    bench.write_conf("http://127.0.0.1:%d/" % hook.port)
    bench.start(server)
    conn = server.open_connections()[0]
    for i in range(WARM_UP + rounds):
        measured = {"commit": yardstick.commit(), "post": yardstick.post()}
        measured["raised"], measured["cleared"] = bench.round(conn, hook)
        for key in measured if i >= WARM_UP else ():
            took[key].append(measured[key])
    yardstick.close()
    bench.node.stop()
    return took


def run_tls(bench, server, rounds):
    authority = receiver.Authority(bench.folder)
    hook = Hook(authority.server_context())
    bench.write_conf("https://localhost:%d/" % hook.port, "ca-file=" + authority.certificate)
    bench.start(server)
    conn = server.open_connections()[0]
    took = []
    for _ in range(rounds):
        took += bench.round(conn, hook, keep=False)
    bench.node.stop()
    return took


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--blocks", type=int, default=950_000)
    parser.add_argument("--chain", metavar="FILE", help="kept between runs; made where it is not")
    parser.add_argument("--rounds", type=int, default=300)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tide-", dir=".") as root:
        root = os.path.abspath(root)
        node = Hashtide(root)
        path = options.chain or os.path.join(root, "chain")
        raw = read_chain(path) if os.path.exists(path) else mine_chain(options.blocks, path)
        node.ok("import", path)
        node.ok("keygen")
        print("%d headers, %d rounds" % (options.blocks, options.rounds))
        bench = Bench(node, Tip(os.path.getsize(path) // protocol.HEADER_SIZE - 1, raw), root)
        try:
            with TipPeer(bench.tip) as server:
                took = run_plain(bench, server, options.rounds)
            with TipPeer(bench.tip) as server:
                tls = run_tls(bench, server, min(options.rounds, TLS_ROUNDS))
        except BaseException:
            print(node.log_tail())
            raise
        finally:
            node.close()
    both = took["raised"] + took["cleared"]
    bar = at(took["commit"], 0.5) + at(took["post"], 0.5) + ALLOWANCE
    line("yardstick: a durable SQLite commit", took["commit"])
    line("yardstick: a bare POST", took["post"])
    line("alert raised, by three headers for two", took["raised"])
    line("alert cleared, by one header", took["cleared"])
    line("both", both)
    line("both, each over a new TLS connection", tls)
    print("bar: median %.3f ms of %.3f: %s; 99 of 100 %.3f ms of %.0f: %s"
          % (at(both, 0.5) * 1e3, bar * 1e3, "held" if at(both, 0.5) <= bar else "MISSED",
             at(both, 0.99) * 1e3, WORST * 1e3, "held" if at(both, 0.99) < WORST else "MISSED"))


if __name__ == "__main__":
    main()
