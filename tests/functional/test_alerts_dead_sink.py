# SPDX-License-Identifier: GPL-3.0-or-later
"""Goal: a sink that is dead, with 100,000 alerts waiting for it, costs the others
nothing: they hear of a block as soon as before, and the monitor needs no more
memory. And however many wait, the first of them is tried first."""

import json
import os
import sqlite3
import statistics
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import hashtide_test
from hashtide_test import SANITIZED, TestCase, chain, peer, wait_until
from hashtide_test.receiver import Receiver

WAITING = 20_000 if SANITIZED else 100_000
BLOCKS = 40  # measured, with the queue and without
MEMORY = 10 << 20

# What chance or this test's short chain may raise is not asked for here.
QUIET = "".join("[alert %s]\nenabled=0\n" % name for name in (
    "hashrate-fall", "hashrate-fall-large", "hashrate-decline", "hashrate-rise", "chain-silence",
    "retarget-down", "retarget-up"))
CONF = """[sink live]
type=webhook
url=%s
[sink dead]
type=webhook
url=%s
timeout=500ms
[alert even]
metric=interval.negative_share
raise=above 0.5001
clear=below 0.5
repeat=0
update=0
"""


def even_chain():
    """Half of its blocks are stamped before their parent; from then on they take turns."""
    made = chain.Chain("tidenet").extend(11, spacing=1201)
    for _ in range(11):
        made.extend(2, spacing=-1).extend(1, spacing=1201)
    return made


class DeadSink(TestCase):
    def setUp(self):
        super().setUp()
        self.chain = even_chain()
        self.peer = self.enterContext(peer.ScriptedPeer(self.chain))
        self.live, self.dead = self.enterContext(Receiver()), self.enterContext(Receiver())
        conf = self.write("tide.conf", "delivery.retry_min=100ms\ndelivery.retry_max=1s\n"
                          "dnsseed=0\nconnect=%s\n" % self.peer.address
                          + QUIET + CONF % (self.live.url("/200"), self.dead.url("/hang")))
        self.tide = self.node("tidenet", "--conf=" + conf)

    def heard_of_tip(self):
        requests = self.live.requests
        return requests and json.loads(requests[-1].body)["block"]["height"] == self.chain.height

    def measure(self):
        """A monitor's life: seconds from each block's announcement to the live sink's request, and
        the memory that it had at most."""
        self.tide.start()
        self.tide.wait_synced()
        took = []
        for _ in range(BLOCKS // 2):
            for spacing in (-1, 1201):
                self.chain.extend(1, spacing=spacing)
                time.sleep(0.02)
                began = time.monotonic()
                self.peer.announce()
                wait_until(self.heard_of_tip, 10, "an alert", 0.0005)
                took.append(time.monotonic() - began)
        memory = self.tide.memory()[1]
        self.assertEqual(self.tide.stop(), 0)
        return took, memory

    def fill(self):
        """Alerts as they are, for the dead sink alone."""
        body = self.live.requests[0].body
        with sqlite3.connect(self.tide.path("alerts.sqlite")) as database:
            (dead,) = database.execute("SELECT id FROM sinks WHERE name = 'dead'").fetchone()
            (number,) = database.execute("SELECT max(number) FROM messages").fetchone()
            made = int(time.time() * 1000)
            rows = range(number + 1, number + 1 + WAITING)
            database.executemany(
                "INSERT INTO messages (number, id, alert_id, rule, state, created_ms, body)"
                " VALUES (?, ?, ?, 'even', 0, ?, ?)",
                (("%d" % i, "%032x" % i, "%032x" % i, made, body) for i in rows))
            database.executemany(
                "INSERT INTO deliveries (sink, message, heartbeat) VALUES (?, ?, 0)",
                ((dead, i) for i in rows))
        database.close()

    def test_others_do_not_notice(self):
        took_before, memory_before = self.measure()
        first = json.loads(self.dead.requests[0].body)["message_id"]
        self.fill()
        tried = len(self.dead.requests)
        took, memory = self.measure()
        print("%d waiting for a dead sink: the other hears after %.1f ms (median, at most %.1f ms),"
              " without them %.1f ms (%.1f ms); memory %.1f MB, without them %.1f MB"
              % (WAITING, statistics.median(took) * 1e3, max(took) * 1e3,
                 statistics.median(took_before) * 1e3, max(took_before) * 1e3,
                 memory / 1e6, memory_before / 1e6), flush=True)
        # Generous to a busy machine: a queue that is read whole takes seconds.
        self.assertLess(statistics.median(took), 2 * statistics.median(took_before) + 0.2)
        if not SANITIZED:
            self.assertLess(memory, memory_before + MEMORY)
        self.assertGreater(len(self.dead.requests), tried)
        for request in self.dead.requests:
            self.assertEqual(json.loads(request.body)["message_id"], first)
        sinks = {s["sink"]: s for s in self.tide.json("alerts", "outbox", "--json")["sinks"]}
        self.assertEqual(sinks["live"]["waiting"], 0)
        self.assertEqual(sinks["dead"]["waiting"], WAITING + 2 * BLOCKS)


if __name__ == "__main__":
    hashtide_test.main()
