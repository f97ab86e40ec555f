# SPDX-License-Identifier: GPL-3.0-or-later
"""Goal: whatever happens to the monitor and to the receivers, each message reaches
each sink, in order, under one id, and none is lost. The monitor is killed (-9) at
random moments, many of them just after a block was announced, so that the kill
falls between the header's write and the outbox's; five receivers fail at random.

What has to arrive is computed here from the chain alone, by the rules' definition:
the share of blocks stamped before their parent goes to and fro around some levels,
and reorganisations come in between.

  test_alerts_chaos.py            some hundred messages
  HASHTIDE_CHAOS=full ...         10,000 messages, 100 kills; takes minutes

The seed of the moments is printed; HASHTIDE_SEED repeats it."""

import asyncio
import collections
import email
import email.policy
import json
import os
import sqlite3
import struct
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import hashtide_test
from hashtide_test import SANITIZED, TestCase, chain, free_port, peer, seeded, wait_until
from hashtide_test.receiver import Receiver

try:
    from aiosmtpd.controller import Controller
except ImportError:
    Controller = None

FULL = os.environ.get("HASHTIDE_CHAOS", "") == "full"
MESSAGES, KILLS, RULES = (10_000, 100, 40) if FULL else (300 if SANITIZED else 600, 12, 20)
DRAIN = 3600 if FULL else 300  # seconds for what is left when the killing ends

BUILTIN = (
    "hashrate-fall", "hashrate-fall-large", "hashrate-decline", "hashrate-rise", "chain-silence",
    "reorg-6", "retarget-down", "retarget-up", "not-synced", "few-peers", "stale-tip",
    "peers-disagree", "clock-off", "clock-suspect", "store-trouble", "delivery-late",
    "delivery-dead",
)
RULE = ("[alert %s]\nmetric=interval.negative_share\nraise=above %.12f\nclear=below %.12f\n"
        "repeat=0\nupdate=0\nseverity=info\ntext=%s at {height} {hash}\n")
# Built in, so that it stands before ours; an alert of it is over by the next block, or the next
# look at the time, whichever comes first.
REORG = "[alert reorg-2]\nclearfor=0\ntext={value} at {height} {hash}\n"
SINK = "[sink %s]\ntype=%s\ntimeout=%s\n%s\n"


# ---- What is to be said ------------------------------------------------------


class Rule:
    """A rule on the share of blocks stamped before their parent, and its state."""

    def __init__(self, name, raise_level, clear_level):
        self.name, self.raise_level, self.clear_level = name, raise_level, clear_level
        self.stands = False
        self.raised_height = 0

    def look(self, share, height, fork):
        """The state that is said, or None. FORK: the last block that stayed, in a reorg."""
        if not self.stands:
            self.stands = share >= self.raise_level
            self.raised_height = height
            return "raised" if self.stands else None
        if fork is not None and self.raised_height > fork:  # taken back, unless it holds again
            self.raised_height = height
            self.stands = share >= self.raise_level
        else:
            self.stands = share > self.clear_level
        return None if self.stands else "cleared"


class Expected:
    """The story as it must be told: (rule, state, height, hash), in order. An end of reorg-2
    has no height: time may bring it, or the next block."""

    WINDOW = 2016

    def __init__(self, rules):
        self.rules = rules
        self.story = []
        self.reorg_stands = False

    def look(self, made, height, fork=None, depth=0):
        first = max(0, height - self.WINDOW)
        times = [chain.header_time(raw) for raw in made.raw[first:height + 1]]
        share = sum(b < a for a, b in zip(times, times[1:])) / (len(times) - 1)
        block = (height, chain.display(made.hashes[height]))
        if self.reorg_stands:
            self.story.append(("reorg-2", "cleared", None, None))
            self.reorg_stands = False
        if depth >= 2:
            self.story.append(("reorg-2", "raised", *block))
            self.reorg_stands = True
        for rule in self.rules:
            state = rule.look(share, height, fork)
            if state:
                self.story.append((rule.name, state, *block))

    def end(self):
        """After the last block time passes."""
        if self.reorg_stands:
            self.story.append(("reorg-2", "cleared", None, None))
            self.reorg_stands = False


def negative_count(made):
    times = [chain.header_time(raw) for raw in made.raw]
    return sum(b < a for a, b in zip(times, times[1:]))


def grow(made, count, random, salt):
    """Blocks that keep the share of those stamped before their parent near a half."""
    negative = negative_count(made)
    merkle = struct.pack("<Q", salt) + bytes(24)
    for _ in range(count):
        below = 2 * negative < len(made.raw) - 1
        back = below if random.random() < 0.8 else not below
        when = made.tip_time - 1 if back else made.tip_time + 1201
        if when <= made.median_time_past():
            when, back = made.tip_time + 1201, False
        made.append(*chain.mine(chain.VERSION, made.tip, merkle, when, made.next_bits()))
        negative += back


# ---- Receivers ---------------------------------------------------------------


class Ledger:
    """What one sink has heard, in the order of hearing."""

    def __init__(self, name):
        self.name = name
        self.heard = []  # (key, bytes)
        self.failures = collections.Counter()

    def again(self):
        """How often a message came again, which is just after the one before."""
        return sum(a == b for (a, _), (b, _) in zip(self.heard, self.heard[1:]))


class Moody(Receiver):
    """Takes most of what comes, and fails else in one of the ways of Receiver; and may have heard
    it even so."""

    FAILURES = ("500", "503", "429", "408", "hang", "close", "drip", "301")

    def __init__(self, random, key_of):
        self.ledger = Ledger(self.__class__.__name__)
        self.random, self.key_of = random, key_of
        self.share = 0.05
        super().__init__()

    def _answer(self, sock, word):
        request = self.requests.pop()
        if self.random.random() >= self.share:
            self.ledger.heard.append((self.key_of(request), request.body))
            return super()._answer(sock, "200")
        word = self.random.choice(self.FAILURES)
        self.ledger.failures[word] += 1
        if self.random.random() < 0.5:
            self.ledger.heard.append((self.key_of(request), request.body))
        if word == "hang":
            self.closed.wait(2)
            return False
        return super()._answer(sock, word)


class Mailbox:
    """aiosmtpd's handler, with moods."""

    def __init__(self, random):
        self.ledger = Ledger("mail")
        self.random = random
        self.share = 0.05

    def hear(self, envelope):
        mail = email.message_from_bytes(envelope.original_content, policy=email.policy.default)
        self.ledger.heard.append((mail["Message-ID"][1:33], envelope.original_content))

    async def handle_DATA(self, _server, _session, envelope):  # pylint: disable=invalid-name
        if self.random.random() >= self.share:
            self.hear(envelope)
            return "250 taken"
        word = self.random.choice(("451 later", "452 full", "hang"))
        self.ledger.failures[word] += 1
        if self.random.random() < 0.5:
            self.hear(envelope)
        if word == "hang":
            await asyncio.sleep(1.5)
            return "250 too late"
        return word


# Of each hundred processes some fail, having heard it or not, and some hang until they are killed.
PROGRAM = """#!/bin/sh
cd %s
line=$(cat)
case $$ in
*03|*47) exit 75 ;;
esac
printf '%%s\\t%%s\\n' "$HASHTIDE_MESSAGE_ID" "$line" >>heard
case $$ in
*11|*63) echo >>failed; exit 1 ;;
*29) echo >>failed; sleep 60 ;;
esac
"""


class Program:
    """A sink that is run."""

    def __init__(self, folder):
        self.folder = folder
        os.mkdir(folder)
        self.path = os.path.join(folder, "program")
        with open(self.path, "w", encoding="ascii") as file:
            file.write(PROGRAM % folder)
        os.chmod(self.path, 0o700)

    @property
    def ledger(self):
        ledger = Ledger("program")
        heard = os.path.join(self.folder, "heard")
        if os.path.exists(heard):
            with open(heard, "rb") as file:
                for line in file.read().split(b"\n")[:-1]:
                    key, body = line.split(b"\t", 1)
                    ledger.heard.append((key.decode(), body))
        failed = os.path.join(self.folder, "failed")
        if os.path.exists(failed):
            ledger.failures["heard, and failed"] = os.path.getsize(failed)
        return ledger


def webhook_key(request):
    return request.headers["webhook-id"]


def ntfy_key(request):
    """ntfy gets no id: its title and text tell a message from the one before it."""
    body = json.loads(request.body)
    return body["title"].split(":")[0] == "Cleared", body["title"].split(": ")[1], body["message"]


# ---- The test ----------------------------------------------------------------


@unittest.skipIf(Controller is None, "no aiosmtpd: install python3-aiosmtpd")
class Chaos(TestCase):
    def setUp(self):
        super().setUp()
        self.random = seeded()
        self.chain = chain.Chain("tidenet")
        grow(self.chain, 100, self.random, 0)
        self.rules = []
        for i in range(RULES):
            level = 0.5 + self.random.uniform(-0.002, 0.002)
            self.rules.append(Rule("tide-%02d" % i, level, level - self.random.uniform(1e-6, 1e-3)))
        self.expected = Expected(self.rules)
        self.hooks = [Moody(self.random, webhook_key), Moody(self.random, webhook_key)]
        self.ntfy = Moody(self.random, ntfy_key)
        for receiver in (*self.hooks, self.ntfy):
            self.addCleanup(receiver.close)
        self.mailbox = Mailbox(self.random)
        self.mailer = Controller(self.mailbox, hostname="127.0.0.1", port=free_port())
        self.mailer.start()
        self.addCleanup(self.mailer.stop)
        self.program = Program(os.path.join(self.root, "program"))
        self.peer = self.enterContext(peer.ScriptedPeer(self.chain))
        self.tide = self.node()
        self.key = self.tide.json("keygen", "--json")["public_key"]
        self.started = time.monotonic()
        self.salt = 1
        self.cut = 0  # kills between a header's write and the outbox's

    def configure(self):
        texts = ["delivery.retry_min=10ms\ndelivery.retry_max=100ms\ndnsseed=0\nconnect=%s\n"
                 % self.peer.address]
        texts += ["[alert %s]\nenabled=0\n" % name for name in BUILTIN]
        texts.append(REORG)
        texts += [RULE % (r.name, r.raise_level, r.clear_level, r.name) for r in self.rules]
        for i, hook in enumerate(self.hooks):
            texts.append(SINK % ("hook%d" % i, "webhook", "400ms", "url=" + hook.url("/")))
        texts.append(SINK % ("phone", "ntfy", "400ms", "url=" + self.ntfy.url("/topic")))
        texts.append(SINK % ("mail", "smtp", "700ms", "url=smtp://127.0.0.1:%d\n"
                             "from=tide@example.org\nto=you@example.org" % self.mailer.port))
        texts.append(SINK % ("program", "exec", "700ms", "command=" + self.program.path))
        self.tide.options.append("--conf=" + self.write("tide.conf", "".join(texts)))

    # What the store says

    def ask(self, sql):
        """The first row of an answer; None: not now."""
        database = sqlite3.connect("file:%s?mode=ro" % self.tide.path("alerts.sqlite"), uri=True)
        try:
            return database.execute(sql).fetchone()
        except sqlite3.OperationalError:
            return None
        finally:
            database.close()

    def cursor(self):
        row = self.ask("SELECT hash FROM monitor")
        return row and row[0]

    def looked_at_tip(self):
        return self.cursor() == self.chain.tip

    # What happens

    def blocks(self, count):
        for _ in range(count):
            grow(self.chain, 1, self.random, self.salt)
            self.salt += 1
            self.expected.look(self.chain, self.chain.height)
        self.peer.announce(count)

    def reorg(self, depth):
        """The rules look at the block that makes the branch the best."""
        fork = self.chain.height - depth
        branch = self.chain.fork(fork)
        grow(branch, depth + 1, self.random, self.salt)
        self.salt += 1
        self.chain = branch
        self.peer.chain = branch
        self.expected.look(branch, branch.height, fork, depth)
        self.peer.announce(depth + 1)

    def enough(self):
        return len(self.expected.story) >= MESSAGES

    def something(self):
        # Between two reorgs time may end the first one's alert, or not: there is a block between.
        if self.random.random() < 0.3 and not self.expected.reorg_stands:
            self.tide.wait_synced()
            wait_until(self.looked_at_tip, what="the rules have looked at the tip")
            self.reorg(self.random.choice((1, 2, 2, 3)))
        else:
            self.blocks(self.random.choice((1, 1, 2, 3)))

    def life(self, steps):
        """From a start to a kill."""
        self.tide.start(wait=False)
        kind = self.random.choice(("short", "busy", "cut", "cut", "cut"))
        if kind == "short":
            time.sleep(self.random.uniform(0, 0.2))
        else:
            self.tide.wait_running()
            if kind == "cut":
                self.tide.wait_synced()
            for _ in range(steps):
                time.sleep(self.random.uniform(0, 0.05))
                self.something()
            time.sleep(self.random.uniform(0, 0.3 if kind == "busy" else 0.006))
        self.assertIsNone(self.tide.process.poll(), self.tide.log_tail())
        self.tide.kill()
        tip = self.tide.json("status", "--json")["tip"]["hash"]
        cursor = self.cursor()
        self.cut += cursor is not None and tip != chain.display(cursor)

    def ledgers(self):
        return {"hook0": self.hooks[0].ledger, "hook1": self.hooks[1].ledger,
                "phone": self.ntfy.ledger, "mail": self.mailbox.ledger,
                "program": self.program.ledger}

    def all_delivered(self):
        """By the monitor's own account; what has come is then held against the story."""
        return self.ask("SELECT count(*) FROM deliveries WHERE fate = 0") == (0,)

    def test_nothing_is_lost(self):
        self.configure()
        self.tide.start()
        self.tide.wait_synced()
        wait_until(self.looked_at_tip, what="history ends at the first tip")
        self.expected.look(self.chain, self.chain.height)
        self.tide.kill()
        for kills in range(KILLS):
            # What is left, spread over the lives that are left.
            left = MESSAGES - len(self.expected.story)
            self.life(max(0, round(left / RULES / (KILLS - kills))))
        killed = time.monotonic()
        self.tide.start()
        while not self.enough():
            self.something()
        self.tide.wait_synced()
        wait_until(self.looked_at_tip, 60, "the rules have looked at the tip")
        self.expected.end()
        wait_until(self.all_delivered, DRAIN, "all is delivered", 0.5)
        over = time.monotonic()
        time.sleep(1)
        self.assertEqual(self.tide.stop(), 0)
        self.check()
        self.report(killed - self.started, over - killed)

    # What has come

    def check(self):
        ledgers = self.ledgers()
        ids = self.check_story(ledgers["hook0"])
        for name in ("hook0", "hook1", "mail", "program"):
            self.check_order(name, ledgers[name], ids)
        documents = [json.loads(body) for body in self.first(ledgers["hook0"]).values()]
        texts = {d["message_id"]: (d["state"] == "cleared", d["rule"], d["summary"])
                 for d in documents}
        self.check_order("phone", ledgers["phone"], [texts[i] for i in ids])
        self.assertEqual(self.first(ledgers["hook0"]), self.first(ledgers["hook1"]))
        self.assertEqual(self.first(ledgers["hook0"]), self.first(ledgers["program"]))
        rows = self.tide.json("alerts", "outbox", "--json")
        self.assertEqual(rows["messages"], [])
        self.assertEqual({(s["waiting"], s["dead"]) for s in rows["sinks"]}, {(0, 0)})

    @staticmethod
    def first(ledger):
        return dict(reversed(ledger.heard))

    def check_story(self, ledger):
        """The messages of a sink, without those that came again, are the story. Their ids, in
        order."""
        documents = {key: json.loads(body) for key, body in ledger.heard}
        told = []
        alerts = {}
        for key, document in documents.items():  # in the order of their first hearing
            self.assertEqual(key, document["message_id"])
            end = (document["rule"], document["state"]) == ("reorg-2", "cleared")
            block = document["block"]
            told.append((document["rule"], document["state"], None if end else block["height"],
                         None if end else block["hash"]))
            alerts.setdefault(document["alert_id"], []).append(
                (document["rule"], document["state"], document["sequence"]))
        for i, (is_, must) in enumerate(zip(told, self.expected.story)):
            self.assertEqual(is_, must, "message %d" % i)
        self.assertEqual(len(told), len(self.expected.story))
        for steps in alerts.values():
            rule = steps[0][0]
            self.assertIn(steps, ([(rule, "raised", 1)],
                                  [(rule, "raised", 1), (rule, "cleared", 2)]))
        self.late = sum(d["late"] for d in documents.values())
        return list(documents)

    def check_order(self, name, ledger, keys):
        """In order; what comes again comes before the next, with the same bytes."""
        bodies = {}
        latest = -1
        for key, body in ledger.heard:
            if latest < 0 or key != keys[latest]:
                latest += 1
                self.assertLess(latest, len(keys), name)
                self.assertEqual(key, keys[latest], "%s: message %d" % (name, latest))
            self.assertEqual(bodies.setdefault(latest, body), body)
        self.assertEqual(latest, len(keys) - 1, name)

    def report(self, killing, draining):
        print("%d messages to 5 sinks, %d kills, %d of them between a header's write and the "
              "outbox's, %d messages late; %.0f s, then %.0f s for the rest"
              % (len(self.expected.story), KILLS, self.cut, self.late, killing, draining))
        for name, ledger in self.ledgers().items():
            print("  %-8s %d heard, %d of them again; failures: %s"
                  % (name, len(ledger.heard), ledger.again(),
                     ", ".join("%s %d" % item for item in sorted(ledger.failures.items()))))
        sys.stdout.flush()


if __name__ == "__main__":
    hashtide_test.main()
