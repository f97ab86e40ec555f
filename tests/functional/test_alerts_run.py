# SPDX-License-Identifier: GPL-3.0-or-later
"""Goal: the running monitor raises and clears alerts, and what it says reaches the
sinks once, signed, under ids that a crash does not change: a reorganisation live
and one that was missed, heartbeats, other rules by SIGHUP, and a full disk."""

import json
import os
import signal
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import hashtide_test
from hashtide_test import TestCase, chain, peer, wait_until
from hashtide_test.receiver import Receiver

SINK = "[sink %s]\ntype=webhook\nurl=%s\n"
# What chance or this test's short chain may raise is not asked for here.
QUIET = "".join("[alert %s]\nenabled=0\n" % name for name in (
    "hashrate-fall", "hashrate-fall-large", "hashrate-decline", "hashrate-rise", "chain-silence",
    "retarget-down", "retarget-up"))


class Alerts(TestCase):
    """A monitor with a peer and a receiver."""

    def setUp(self):
        super().setUp()
        self.chain = chain.Chain("tidenet").extend(50)
        self.peer = self.enterContext(peer.ScriptedPeer(self.chain))
        self.receiver = self.enterContext(Receiver())
        self.tide = self.node()

    def configure(self, *texts):
        self.conf = self.write("tide.conf", "".join(texts) + QUIET)

    def start(self):
        self.tide.start("--conf=" + self.conf, "--dnsseed=0", self.peer.connect)
        self.tide.wait_synced()

    def go_to(self, made):
        self.peer.chain = made
        self.peer.announce(3)
        self.tide.wait_tip(made.height, tip_hash=chain.display(made.tip))

    def documents(self, receiver=None):
        """Each message once: a kill between its delivery and the note of that sends it again."""
        messages = {}
        for request in (receiver or self.receiver).requests:
            body = messages.setdefault(request.headers["webhook-id"], request.body)
            self.assertEqual(body, request.body)
        return [json.loads(body) for body in messages.values()]

    def story(self):
        return [(d["rule"], d["state"], d["late"]) for d in self.documents()
                if d.get("rule") is not None]

    def wait_story(self, *expected):
        wait_until(lambda: len(self.story()) >= len(expected), 30, "messages")
        self.assertEqual(self.story(), list(expected))

    def reorg(self, depth):
        return self.chain.fork(self.chain.height - depth).extend(depth + 1, salt=7)


class Live(Alerts):
    def test_reorg(self):
        key = self.tide.json("keygen", "--json")["public_key"]
        self.configure(SINK % ("one", self.receiver.url("/200")), "[sink two]\ntype=exec\n"
                       "command=/usr/bin/tee %s\n" % os.path.join(self.root, "two"))
        self.start()
        time.sleep(1)
        self.assertEqual(self.story(), [])
        made = self.reorg(3)
        self.go_to(made)
        self.wait_story(("reorg-2", "raised", False))
        (request,) = self.receiver.requests
        document = json.loads(request.body)
        self.assertEqual(document["monitor"]["public_key"], key)
        self.assertEqual(document["value"]["estimate"], 3)
        self.assertTrue(document["durable"])
        self.assertEqual(document["block"]["height"], made.height)
        self.assertEqual(document["block"]["hash"], chain.display(made.tip))
        done = self.tide.command("verify", "-", "--key=" + key, "--signature=" +
                                 request.headers["hashtide-signature"], input=request.body,
                                 text=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        wait_until(lambda: os.path.exists(os.path.join(self.root, "two")), 10, "the program ran")
        for _ in range(7):  # from the first block without one, six more
            made.extend(1)
            self.go_to(made)
        self.wait_story(("reorg-2", "raised", False), ("reorg-2", "cleared", False))
        ids = {d["alert_id"] for d in self.documents()}
        self.assertEqual(len(ids), 1)
        self.assertEqual(self.tide.stop(), 0)

    def test_reorg_that_is_undone(self):
        """A fall of the depth back and forth makes an alert each time it is at the level."""
        self.configure(SINK % ("one", self.receiver.url("/200")),
                       "[alert reorg-2]\nclearfor=0\n")
        self.start()
        first, second = self.chain.fork(48).extend(4, salt=1), self.chain.fork(48).extend(6, salt=2)
        self.go_to(first)
        self.go_to(first.extend(1))
        self.go_to(second)
        self.wait_story(*[("reorg-2", state, False) for state in ("raised", "cleared", "raised")])
        self.assertEqual(len({d["alert_id"] for d in self.documents()}), 2)


class Restarts(Alerts):
    def test_reorg_while_off(self):
        """What happened while nobody looked is said, and is marked late; and said once."""
        self.configure(SINK % ("one", self.receiver.url("/200")))
        self.start()
        self.go_to(self.chain.extend(1))
        self.tide.kill()
        self.peer.chain = self.reorg(4)
        for _ in range(3):
            self.start()
            self.wait_story(("reorg-2", "raised", True))
            self.tide.kill()
        self.peer.chain.extend(7)
        self.start()
        self.wait_story(("reorg-2", "raised", True), ("reorg-2", "cleared", True))
        self.assertEqual(self.tide.stop(), 0)

    def test_headers_that_a_loss_of_power_took(self):
        """An alert may leave before the header file is synced: the outbox has its headers."""
        self.configure(SINK % ("one", self.receiver.url("/200")))
        self.start()
        before = self.tide.headers_size()
        made = self.reorg(2)
        self.go_to(made)
        self.wait_story(("reorg-2", "raised", False))
        self.tide.kill()
        for size in (before, before + 80 + 17):  # all of them, and the middle of the second
            os.truncate(self.tide.headers_file, size)
            self.tide.start("--conf=" + self.conf, "--dnsseed=0", "--connect=0")
            self.tide.wait_tip(made.height, tip_hash=chain.display(made.tip))
            self.assertIn("are back, from the outbox", self.tide.log())
            self.assertEqual(self.tide.headers_size(), before + 3 * 80)
            self.tide.kill()
        self.peer.chain = made.extend(7, salt=8)
        self.start()
        self.wait_story(("reorg-2", "raised", False), ("reorg-2", "cleared", True))
        self.assertNotIn("from the outbox", self.tide.log())

    def test_everything_before_the_first_start_is_history(self):
        self.configure(SINK % ("one", self.receiver.url("/200")))
        node = self.tide.start("--dnsseed=0", self.peer.connect)
        node.wait_synced()
        self.assertEqual(node.stop(), 0)
        os.remove(node.path("alerts.sqlite"))
        self.peer.chain = self.reorg(5)
        self.start()
        self.go_to(self.peer.chain.extend(1))
        time.sleep(1)
        self.assertEqual(self.story(), [])

    def test_undelivered_waits_for_the_receiver(self):
        self.configure("delivery.retry_min=100ms\ndelivery.retry_max=200ms\n",
                       SINK % ("one", self.receiver.url("/500")))
        self.start()
        self.go_to(self.reorg(2))
        wait_until(lambda: len(self.receiver.requests) >= 3, 20, "tries")
        self.tide.kill()
        tries = len(self.receiver.requests)
        self.configure(SINK % ("one", self.receiver.url("/200")))
        self.start()
        wait_until(lambda: len(self.receiver.requests) > tries, 20, "it is delivered")
        self.assertEqual(len({r.body for r in self.receiver.requests}), 1)
        self.assertEqual(len({r.headers["webhook-id"] for r in self.receiver.requests}), 1)


class Firewall(Receiver):
    """Lets everything through but what says that an alert is raised."""

    def _answer(self, sock, word):
        if json.loads(self.requests[-1].body)["state"] == "raised":
            return False
        return super()._answer(sock, word)


class InTheWay(Alerts):
    def test_dropped_by_hand(self):
        """What waits behind it goes out at once, and not when it would have been tried again."""
        with Firewall() as firewall:
            self.configure("delivery.retry_min=1h\ndelivery.retry_max=1h\n",
                           SINK % ("one", firewall.url("/200")), "[alert reorg-2]\nclearfor=0\n")
            self.start()
            made = self.reorg(2)
            self.go_to(made)
            wait_until(lambda: firewall.requests, 20, "a try")
            for _ in range(7):
                self.go_to(made.extend(1))

            def waiting():
                return [m for m in self.tide.json("alerts", "outbox", "--json")["messages"]
                        if m["delivery"] == "waiting"]

            wait_until(lambda: len(waiting()) == 2, 20, "the next message waits behind it")
            self.assertEqual([m["state"] for m in waiting()], ["raised", "cleared"])
            self.assertEqual(len(firewall.requests), 1)
            self.tide.ok("alerts", "drop", waiting()[0]["id"], "one")
            wait_until(lambda: len(firewall.requests) == 2, 20, "the next message")
            self.assertEqual(json.loads(firewall.requests[1].body)["state"], "cleared")
            wait_until(lambda: not waiting(), 20, "it is delivered")
            story = self.tide.json("alerts", "show", "reorg-2", "--json")
            self.assertEqual([m["deliveries"][0]["delivery"] for m in story["messages"]],
                             ["dropped", "delivered"])
            self.assertEqual(self.tide.stop(), 0)


class Upkeep(Alerts):
    def heartbeats(self):
        return [d for d in self.documents() if d["state"] == "heartbeat"]

    def test_heartbeat(self):
        """One when the monitor has come to its work; a restart sends no other before its time."""
        self.configure(SINK % ("one", self.receiver.url("/200")) + "heartbeat=1h\n")
        for _ in range(2):
            self.start()
            wait_until(self.heartbeats, 20, "a heartbeat")
            time.sleep(0.5)
            self.assertEqual(self.tide.stop(), 0)
        (beat,) = self.heartbeats()
        self.assertEqual((beat["sink"], beat["sequence"]), ("one", 1))

    def test_reload(self):
        """SIGHUP: a rule that goes away has its alert cleared, a new sink is served."""
        self.configure("name=first\n", SINK % ("one", self.receiver.url("/200")))
        self.start()
        self.go_to(self.reorg(2))
        self.wait_story(("reorg-2", "raised", False))
        with Receiver() as other:
            self.configure("name=second\n", SINK % ("two", other.url("/200")),
                           "[alert reorg-2]\nenabled=0\n")
            self.tide.process.send_signal(signal.SIGHUP)
            wait_until(lambda: other.requests, 20, "the new sink hears")
            (document,) = self.documents(other)
        self.assertEqual((document["state"], document["reason"]), ("cleared", "rule-gone"))
        self.assertEqual(document["monitor"]["name"], "second")
        self.assertEqual(self.documents()[0]["monitor"]["name"], "first")
        self.assertEqual(len(self.receiver.requests), 1)
        self.assertEqual(self.tide.stop(), 0)


if __name__ == "__main__":
    hashtide_test.main()
