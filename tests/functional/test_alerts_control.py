# SPDX-License-Identifier: GPL-3.0-or-later
"""Goal: people speak with the running monitor about its alerts. The list and the story
of an alert say what stands and who has heard it; an acknowledged alert is not
repeated; a silence holds messages back and says at its end what was raised; both
outlive kill -9; and nothing that is written to the socket does the monitor harm."""

import json
import os
import socket
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
# Of a chain without work the hash rate is always low: raised four blocks after the start, these
# stand as long as a test runs, and are repeated as often as a rule may be.
LOW = ("metric=hashrate.w144_ehs\nraise=below 1000\nclear=above 2000\nfor=4 blocks\nseverity=info\n"
       "repeat=1m\nrepeatfactor=1\nrepeatmax=1m\nupdate=0\n")
REPEAT = 60
TWINS = "[alert low]\n" + LOW + "[alert twin]\n" + LOW


class Alerts(TestCase):
    """A monitor with a peer that can make a reorganisation, and a receiver."""

    def setUp(self):
        super().setUp()
        self.chain = chain.Chain("tidenet").extend(200)
        self.peer = self.enterContext(peer.ScriptedPeer(self.chain))
        self.receiver = self.enterContext(Receiver())
        self.tide = self.node()
        self.tide.options.append("--conf=" + self.configure())

    def configure(self, rules="", sinks=(("ops", "/200"),)):
        return self.write("tide.conf", QUIET + rules + "".join(
            SINK % (name, self.receiver.url(answer)) for name, answer in sinks))

    def start(self):
        self.tide.start("--dnsseed=0", self.peer.connect)
        self.tide.wait_synced()

    def go_to(self, made):
        self.peer.chain = self.chain = made
        self.peer.announce(3)
        self.tide.wait_tip(made.height, tip_hash=chain.display(made.tip))

    def blocks(self, count):
        for _ in range(count):
            self.go_to(self.chain.extend(1))

    def reorg(self):
        self.go_to(self.chain.fork(self.chain.height - 3).extend(4, salt=7))

    def documents(self):
        return [json.loads(r.body) for r in self.receiver.requests]

    def states(self):
        return [d["state"] for d in self.documents()]

    def wait_states(self, *expected):
        wait_until(lambda: len(self.states()) >= len(expected), 30, "messages")
        self.assertEqual(self.states(), list(expected))

    def rule(self, name="reorg-2"):
        (rule,) = [r for r in self.tide.json("alerts", "list", "--all", "--json")["rules"]
                   if r["rule"] == name]
        return rule

    def refused(self, code, *args):
        """The one line that a command says which does not do it."""
        done = self.tide.command(*args)
        self.assertEqual((done.returncode, done.stdout), (code, ""), done.stderr)
        self.assertEqual(done.stderr.count("\n"), 1)
        return done.stderr


class Shown(Alerts):
    def test_nothing_stands(self):
        for running in (False, True):
            if running:
                self.start()
            with self.subTest(running=running):
                listed = self.tide.json("alerts", "list", "--json")
                self.assertEqual((listed["running"], listed["rules"]), (running, []))
                self.assertIn("no alert stands", self.tide.ok("alerts", "list"))
                self.assertIn("did you mean reorg-2?" if running else "nothing has been said",
                              self.refused(1, "alerts", "show", "reorg-22"))
        self.assertEqual(self.rule()["phase"], "idle")
        self.assertFalse(self.rule("chain-silence")["enabled"])
        lines = self.tide.ok("alerts", "list", "--all").splitlines()
        self.assertEqual(len(lines), len(self.tide.json("alerts", "list", "--all",
                                                        "--json")["rules"]))
        self.assertLessEqual(max(map(len, lines)), 80)
        self.assertIn("nothing has been said", self.tide.ok("alerts", "show", "reorg-2"))

    def test_list_and_story(self):
        key = self.tide.json("keygen", "--json")["public_key"]
        self.start()
        self.reorg()
        self.wait_states("raised")
        (document,) = self.documents()
        alert = document["alert_id"]
        wait_until(lambda: self.story("reorg-2")["messages"][0]["deliveries"][0]["delivery"]
                   == "delivered", 10, "what the receiver answered")
        running = {which: self.story(which) for which in ("reorg-2", alert)}
        shown = self.tide.ok("alerts", "show", alert)
        listed = self.tide.ok("alerts", "list")
        self.assertRegex(listed, r"\Areorg-2 +warning +(firing|clearing) \d+ s\n\Z")
        self.assertEqual(self.rule()["alert_id"], alert)
        status = self.tide.json("status", "--json")
        self.assertEqual(status["public_key"], key)
        self.assertEqual(status["alerts"]["standing"],
                         {"critical": [], "warning": ["reorg-2"], "info": []})
        self.assertEqual([sink["sink"] for sink in status["sinks"]], ["ops"])
        screen = self.tide.ok("status")
        self.assertIn("public key  " + key, screen)
        self.assertIn("alerts      1 warning: reorg-2\n", screen)
        self.assertLessEqual(max(map(len, screen.splitlines())), 80)
        self.assertEqual(self.tide.stop(), 0)
        # The same from the outbox alone.
        for which, story in running.items():
            (message,) = story["messages"]
            (delivery,) = message["deliveries"]
            self.assertEqual((message["id"], message["state"], message["summary"]),
                             (document["message_id"], "raised", document["summary"]))
            self.assertEqual((delivery["sink"], delivery["delivery"], delivery["tries"],
                              delivery["status"]), ("ops", "delivered", 1, 200))
            self.assertIn(story["now"]["phase"], ("firing", "clearing"))
            stored = self.story(which)
            for now in story["now"], stored["now"]:  # a reorganisation begins to clear at once
                del now["value"], now["phase"]
            self.assertEqual(stored, story)
        self.assertIn("ops: delivered 20", shown)
        self.assertLessEqual(max(map(len, shown.splitlines())), 80)
        self.assertIn("no monitor runs", self.tide.ok("alerts", "list"))
        self.assertEqual(self.rule()["alert_id"], alert)
        stored = self.tide.json("status", "--json")
        self.assertEqual((stored["public_key"], stored["alerts"]["standing"]["warning"]),
                         (key, ["reorg-2"]))

    def story(self, which):
        return self.tide.json("alerts", "show", which, "--json")

    def test_sinks_that_fail(self):
        self.configure(sinks=(("lab", "/500"), ("old", "/410")))
        self.start()
        self.reorg()
        wait_until(lambda: len([s for s in self.tide.status()["sinks"]
                                if s["disabled"] or s["failing_since_ms"]]) == 2, 20, "failures")
        screen = self.tide.ok("status")
        self.assertIn("sinks       lab fails, 1 waiting; old is disabled\n", screen)
        self.assertLessEqual(len(screen.splitlines()), 24)
        self.assertIn("lab: waiting, last tried", self.tide.ok("alerts", "show", "reorg-2"))

    def test_nobody_runs(self):
        for args in (("alerts", "ack", "reorg-2"), ("alerts", "silence", "reorg-2", "2h")):
            said = self.refused(1, *args)
            self.assertIn("hashtide run", said)
            self.assertIn(self.tide.datadir, said)


class Acknowledged(Alerts):
    def test_it_is_not_repeated(self):
        """While its twin, which nobody has acknowledged, is. A rule may be repeated once a
        minute and no oftener: this test takes as long."""
        self.configure(TWINS)
        self.start()
        self.assertIn("nothing to acknowledge", self.refused(1, "alerts", "ack", "low"))
        self.assertRegex(self.tide.ok("alerts", "list"), "(?m)^low +info +pending ")
        self.blocks(4)
        self.wait_states("raised", "raised")
        raised = time.monotonic()
        alert = self.rule("low")["alert_id"]
        self.assertIn("acknowledged: it is not", self.tide.ok("alerts", "ack", alert))
        self.wait_states("raised", "raised", "updated")
        self.assertEqual(self.documents()[-1]["reason"], "acknowledged")
        self.assertRegex(self.tide.ok("alerts", "list"), "low .*, acknowledged\n")
        self.tide.kill()
        self.start()
        again = self.tide.json("alerts", "ack", "--json", "low")
        self.assertEqual(again, {"rule": "low", "already": True, "written": True})
        self.assertEqual(self.tide.status()["alerts"]["acknowledged"], ["low"])
        time.sleep(max(0, raised + REPEAT + 1 - time.monotonic()))
        self.blocks(1)
        self.wait_states("raised", "raised", "updated", "repeated")
        self.blocks(1)
        self.assertEqual([(d["rule"], d["state"]) for d in self.documents()[2:]],
                         [("low", "updated"), ("twin", "repeated")])

    def test_names(self):
        self.start()
        self.assertIn("did you mean reorg-2?", self.refused(1, "alerts", "ack", "reorg2"))
        self.assertIn("alerts list --all", self.refused(1, "alerts", "ack", "volcano"))
        self.assertIn("nothing is known of an alert " + "0" * 32,
                      self.refused(1, "alerts", "ack", "0" * 32))
        self.assertIn("1 to 47", self.refused(2, "alerts", "ack", "x" * 48))
        self.refused(2, "alerts", "ack")
        self.refused(2, "alerts", "ack", "reorg-2", "reorg-6")
        self.refused(2, "alerts", "show", "../x")
        self.refused(2, "alerts", "list", "x")


class Silenced(Alerts):
    def setUp(self):
        super().setUp()
        self.configure("[alert low]\n" + LOW)

    def test_it_is_told_when_the_silence_ends(self):
        self.start()
        before = time.time()
        said = self.tide.ok("alerts", "silence", "low", "2h")
        self.assertRegex(said, r"^Rule low is silent until \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC\.")
        until = self.rule("low")["silenced_until_ms"] / 1000
        self.assertTrue(before + 7199 <= until <= time.time() + 7201)
        self.assertRegex(self.tide.ok("alerts", "list"), "low .* pending .*, silent for ")
        self.blocks(4)
        for kill in (False, True):
            if kill:
                self.tide.kill()
                self.start()
            self.blocks(1)
            rule = self.rule("low")
            self.assertEqual((rule["phase"], rule["messages"], rule["silenced"]),
                             ("firing", 0, True))
            self.assertEqual(rule["silenced_until_ms"] / 1000, until)
            self.assertIn("nothing has been said", self.tide.ok("alerts", "show", "low"))
        self.assertEqual(self.states(), [])
        self.assertEqual(self.tide.ok("alerts", "silence", "low", "off"),
                         "Rule low is not silent.\n")
        self.blocks(1)
        self.wait_states("raised")

    def test_it_ends_by_itself(self):
        self.start()
        answer = self.tide.json("alerts", "silence", "--json", "low", "3s")
        self.assertTrue(answer["written"])
        self.blocks(4)
        self.wait_states("raised")
        made = self.tide.json("alerts", "show", "low", "--json")["messages"][0]["created_ms"]
        self.assertGreaterEqual(made, answer["until_ms"])

    def test_an_event(self):
        """A reorganisation is over at once: one in the silence is not told later."""
        self.start()
        self.tide.ok("alerts", "silence", "reorg-2", "1h")
        self.reorg()
        self.assertIn(self.rule()["phase"], ("firing", "clearing"))
        self.assertEqual(self.tide.status()["alerts"]["silenced"], ["reorg-2"])
        self.blocks(6)
        self.tide.ok("alerts", "silence", "reorg-2", "off")
        self.blocks(1)
        self.assertEqual((self.rule()["phase"], self.story()), ("idle", ["low"]))

    def story(self):
        """Rules that have spoken."""
        wait_until(self.documents, 30, "the other rule")
        return [d["rule"] for d in self.documents()]

    def test_for_ever(self):
        self.start()
        self.assertIn("is silent until 'hashtide alerts silence reorg-2 off'",
                      self.tide.ok("alerts", "silence", "reorg-2", "forever"))
        self.tide.kill()
        self.start()
        self.assertEqual((self.rule()["silenced"], self.rule()["silenced_until_ms"]), (True, None))
        self.assertIn("silent for ever", self.tide.ok("alerts", "list"))
        self.assertIn("1 rule silenced", self.tide.ok("status"))

    def test_what_is_no_silence(self):
        self.start()
        for length in ("2", "h", "6 blocks", "-2h", "1e99d", "nan", "always", ""):
            with self.subTest(length):
                self.assertIn("such as 2h or 7d",
                              self.refused(2, "alerts", "silence", "reorg-2", "--", length))
        self.refused(2, "alerts", "silence", "reorg-2")
        self.assertIn("did you mean", self.refused(1, "alerts", "silence", "reorg-3", "2h"))
        self.assertFalse(self.rule()["silenced"])


class Hostile(Alerts):
    def send(self, data):
        """What the socket answers to these bytes; None: nothing."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as s:
            s.settimeout(30)
            s.connect(self.tide.path("control.sock"))
            got = b""
            try:
                s.sendall(data)
                s.shutdown(socket.SHUT_WR)
            except (BrokenPipeError, ConnectionResetError):
                pass
            try:
                while part := s.recv(1 << 16):
                    got += part
            except ConnectionResetError:
                pass
        return json.loads(got) if got else None

    def test_requests(self):
        self.start()
        ten_years = 10 * 366 * 86400 * 1000
        before = self.tide.control("alerts")["rules"]
        for request, expected in [
            (b"{}", "command: expected a text"),
            (b'{"command":7}', "command: expected a text"),
            (b'{"command":["silence"]}', "command: expected a text"),
            (b'{"command":"explode"}', "unknown command \"explode\": expected one of status"),
            (b'{"command":"%s"}' % (b"x" * 4000), "unknown command"),
            (b'{"command":"acknowledge"}', "alert: expected a text"),
            (b'{"command":"acknowledge","alert":null}', "alert: expected a text"),
            (b'{"command":"acknowledge","alert":""}', "alert: expected a text"),
            (b'{"command":"acknowledge","alert":"%s"}' % (b"y" * 48), "alert: expected a text"),
            (b'{"command":"acknowledge","alert":"a\\u001b[2Jb"}', "alert: expected a text"),
            (b'{"command":"acknowledge","alert":"reorg-2","by":"me"}', "unknown argument \"by\""),
            (b'{"command":"story","alert":"\' OR 1=1"}', "alert: expected a text"),
            (b'{"command":"story","alert":{"a":1}}', "alert: expected a text"),
            (b'{"command":"silence","rule":"reorg-2"}', "for_ms: expected a whole number"),
            (b'{"command":"silence","rule":"reorg-2","for_ms":"2h"}', "for_ms: expected"),
            (b'{"command":"silence","rule":"reorg-2","for_ms":1.5}', "for_ms: expected"),
            (b'{"command":"silence","rule":"reorg-2","for_ms":-1}', "for_ms: expected"),
            (b'{"command":"silence","rule":"reorg-2","for_ms":%d}' % (ten_years + 1), "for_ms: "),
            (b'{"command":"silence","rule":"reorg-2","for_ms":9223372036854775807}', "for_ms: exp"),
            (b'{"command":"silence","rule":"reorg-2","for_ms":9223372036854775808}', "one line"),
            (b'{"command":"silence","rule":"nobody","for_ms":1}', "there is no rule nobody"),
            (b'{"command":"status","%s":1}' % (b"z" * 3000), "unknown argument"),
            (b'{"command":"status","command":"alerts"}', "one line with a JSON object"),
            (b'{"command":"stat\\u0000us"}', "one line with a JSON object"),
            (b'{"command":"\xff\xfe"}', "one line with a JSON object"),
            (b"[" * 4000, "one line with a JSON object"),
            (b'["status"]', "one line with a JSON object"),
            (b'{"command":"status"} {"command":"status"}', "one line with a JSON object"),
            (b"\0" * 100, "one line with a JSON object"),
            (b"", "one line with a JSON object"),
            (b"a" * 4096, "less than 4096 bytes"),
        ]:
            with self.subTest(request[:60]):
                answer = self.send(request + b"\n")
                self.assertEqual(list(answer), ["error"])
                self.assertIn(expected, answer["error"])
                self.assertLess(len(answer["error"]), 256)
        for data in (b'{"command":"status"}', b"", b"q" * 1_000_000):  # no line, or no end of it
            self.send(data)
        # What was refused has changed nothing; what follows a line is not looked at.
        self.assertEqual(self.tide.control("alerts")["rules"], before)
        self.assertIn("rules", self.send(b'{"command":"alerts"}\n' + b"garbage" * 100))

    def test_many_who_say_nothing(self):
        self.start()
        crowd = []
        for _ in range(40):
            s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            s.settimeout(30)
            self.addCleanup(s.close)
            try:
                s.connect(self.tide.path("control.sock"))
                s.send(b'{"comm')
            except OSError:  # turned away
                pass
            crowd.append(s)
        for s in crowd:
            s.close()
        self.assertTrue(self.tide.json("status", "--json")["running"])  # waits for its turn
        self.reorg()
        self.wait_states("raised")
        self.assertEqual(os.stat(self.tide.path("control.sock")).st_mode & 0o777, 0o660)
        self.assertEqual(self.tide.stop(), 0)


if __name__ == "__main__":
    hashtide_test.main()
