# SPDX-License-Identifier: GPL-3.0-or-later
"""Goal: what makes it hard to alert loses no alert: a disk that is full for the
outbox, with and without a crash, neither peers nor receivers, and Ctrl-C while
messages are on their way, which ends the monitor at once all the same."""

import json
import os
import resource
import signal
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import hashtide_test
from hashtide_test import TestCase, chain, peer, wait_until
from hashtide_test.receiver import Receiver

# What chance or this test's short chain may raise is not asked for here.
QUIET = "".join("[alert %s]\nenabled=0\n" % name for name in (
    "hashrate-fall", "hashrate-fall-large", "hashrate-decline", "hashrate-rise", "chain-silence",
    "retarget-down", "retarget-up"))
CONF = """delivery.retry_min=50ms
delivery.retry_max=200ms
dnsseed=0
connect=%s
[alert even]
metric=interval.negative_share
raise=above 0.5001
clear=below 0.5
repeat=0
update=0
"""
PROMPT = 8  # seconds to stop in, far less than a sink's timeout


class Trouble(TestCase):
    """A monitor; half of its chain's blocks are stamped before their parent, and each block from
    then on has something to say."""

    def setUp(self):
        super().setUp()
        self.chain = chain.Chain("tidenet").extend(11, spacing=1201)
        for _ in range(11):
            self.chain.extend(2, spacing=-1).extend(1, spacing=1201)
        self.first = self.chain.height + 1
        self.peer = self.enterContext(peer.ScriptedPeer(self.chain))
        self.receiver = self.enterContext(Receiver())
        self.tide = self.node("tidenet", "--conf=" + os.path.join(self.root, "tide.conf"))

    def configure(self, *sinks):
        self.write("tide.conf", CONF % self.peer.address + QUIET + "".join(sinks))

    def webhook(self, name, path):
        return "[sink %s]\ntype=webhook\nurl=%s\n" % (name, self.receiver.url(path))

    def start(self):
        self.tide.start()
        self.tide.wait_synced()

    def block(self):
        self.chain.extend(1, spacing=1201 if (self.chain.height - self.first) % 2 == 0 else -1)
        self.peer.announce()

    def heights(self, path="/200"):
        """Of the messages that came, but for what came again."""
        found = []
        ids = set()
        for request in self.receiver.requests:
            document = json.loads(request.body)
            if request.path == path and document["message_id"] not in ids:
                ids.add(document["message_id"])
                found.append(document["block"]["height"])
        return found

    def wait_heights(self, path="/200"):
        expected = list(range(self.first, self.chain.height + 1))
        wait_until(lambda: len(self.heights(path)) >= len(expected), 30, "all messages")
        self.assertEqual(self.heights(path), expected)


class FullDisk(Trouble):
    """The outbox's log may not grow: RLIMIT_FSIZE, which stands for a full disk. The header file
    is smaller and not hit, and so each alert falls between the two."""

    def limit(self, size=None):
        _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.prlimit(self.tide.process.pid, resource.RLIMIT_FSIZE, (size or hard, hard))

    def is_told(self):
        (sink,) = self.tide.json("alerts", "outbox", "--json")["sinks"]
        return sink["waiting"] == 0

    def fill(self):
        self.configure(self.webhook("one", "/200"))
        self.start()
        self.block()
        self.wait_heights()
        wait_until(self.is_told, 30, "what came of the try is written")
        size = os.path.getsize(self.tide.path("alerts.sqlite-wal"))
        self.assertGreater(size, 2 * self.tide.headers_size())
        self.limit(size)
        for _ in range(4):
            self.block()
            self.tide.wait_tip(self.chain.height)
        self.tide.wait_log("alerts cannot be written down")
        self.assertIn("they wait in memory", self.tide.log())
        self.assertEqual(len(self.heights()), 1)

    def test_room_again(self):
        self.fill()
        self.limit()
        self.wait_heights()
        self.tide.wait_log("alerts are written down again")
        self.assertEqual(self.tide.stop(), 0)

    def test_killed(self):
        self.fill()
        self.tide.kill()
        self.start()
        self.wait_heights()
        late = [json.loads(r.body)["late"] for r in self.receiver.requests]
        self.assertEqual(late, [False] + 4 * [True])

    def test_stopped(self):
        """It says that it could not write, and the next start makes up for it."""
        self.fill()
        self.assertEqual(self.tide.stop(), 1)
        self.assertIn("the next start makes those of blocks again", self.tide.log())
        self.start()
        self.wait_heights()
        self.assertEqual(self.tide.stop(), 0)


class NoNetwork(Trouble):
    def test_neither_peers_nor_receivers(self):
        """What was said waits; the monitor lives and stops, and starts without anybody."""
        gone = Receiver()
        url = gone.url("/200")
        gone.close()
        self.configure("[sink one]\ntype=webhook\nurl=%s\n" % url)
        self.start()
        self.block()
        self.tide.wait_log("sink one does not take messages")
        self.peer.close()
        for _ in range(2):
            self.assertEqual(self.tide.stop(signal.SIGINT, PROMPT), 0)
            self.tide.start()
            time.sleep(0.5)
            self.assertFalse(self.tide.status()["synced"])
        self.assertEqual(self.tide.stop(signal.SIGINT, PROMPT), 0)
        self.configure(self.webhook("one", "/200"))
        self.tide.start()
        self.wait_heights()  # though nobody tells of blocks
        self.assertEqual(self.tide.stop(), 0)


class Interrupted(Trouble):
    def test_while_sinks_hang(self):
        script = self.write("program", "#!/bin/sh\necho $$ >%s/pid\nsleep 61\n" % self.root)
        os.chmod(script, 0o700)
        self.configure(self.webhook("hangs", "/hang"), self.webhook("drips", "/drip"),
                       "[sink program]\ntype=exec\ncommand=%s\n" % script)
        pid = os.path.join(self.root, "pid")
        self.start()
        self.block()
        wait_until(lambda: len(self.receiver.requests) == 2 and os.path.exists(pid)
                   and os.path.getsize(pid) > 0, 20, "all are on their way")
        self.assertEqual(self.tide.stop(signal.SIGINT, PROMPT), 0)
        with open(pid, encoding="ascii") as file:
            number = int(file.read())
        wait_until(lambda: not os.path.exists("/proc/%d" % number), 5, "the program is gone")
        first = {r.headers["webhook-id"]: r.body for r in self.receiver.requests}
        self.assertEqual(len(first), 1)
        self.configure(self.webhook("hangs", "/200"), self.webhook("drips", "/204"))
        self.start()
        for path in ("/200", "/204"):
            self.wait_heights(path)
        for request in self.receiver.requests:
            self.assertEqual(first[request.headers["webhook-id"]], request.body)
        self.assertEqual(self.tide.stop(), 0)


if __name__ == "__main__":
    hashtide_test.main()
