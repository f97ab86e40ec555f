# SPDX-License-Identifier: GPL-3.0-or-later
"""Goal: the command line. What is wrong in a call or in a configuration file is
said in one line that names the place and what was expected, with exit code 2;
help is there at every level."""

import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import hashtide_test
from hashtide_test import BINARY, TestCase, chain
from hashtide_test.protocol import sha256d

COMMANDS = (
    "run",
    "sync",
    "import",
    "export",
    "status",
    "alerts",
    "config",
    "version",
    "simulate",
    "keygen",
    "verify",
    "calibrate",
    "compare",
)
SECOND_WORDS = {"alerts": "metrics", "config": "check"}
WIDTH = 80


def call(*args, **kwargs):
    return subprocess.run(
        [BINARY, *args],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        **kwargs,
    )


class CommandLine(TestCase):
    def assertUsage(self, done, *words):
        """Exit code 2, nothing on stdout, one line on stderr that holds WORDS."""
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertEqual(done.stdout, "")
        lines = done.stderr.splitlines()
        self.assertTrue(lines, "no message")
        self.assertTrue(lines[0].startswith("hashtide: "), lines[0])
        for word in words:
            self.assertIn(word, done.stderr)

    def test_unknown_command(self):
        self.assertUsage(call("frobnicate"), "frobnicate")

    def test_no_command(self):
        self.assertEqual(call().returncode, 2)

    def test_unknown_option(self):
        self.assertUsage(call("--frobnicate", "version"), "--frobnicate")
        for command in COMMANDS:
            if command in SECOND_WORDS or command == "export":
                continue
            with self.subTest(command=command):
                self.assertUsage(call(command, "--frobnicate"), "--frobnicate")
        self.assertUsage(call("config", "check", "--frobnicate"), "--frobnicate")
        self.assertUsage(call("export", "headers", "--frobnicate"), "--frobnicate")

    def test_missing_argument(self):
        self.assertUsage(call("import"))
        self.assertUsage(call("export"))
        self.assertUsage(call("export", "no-such-dataset"), "no-such-dataset")
        self.assertUsage(call("status", "unexpected"), "unexpected")
        self.assertUsage(call("export", "headers", "--from=5", "--to=4"), "--from=5")

    def test_bad_values(self):
        node = self.node()
        for option, bad in (
            ("network", "nonet"),
            ("connect", "127.0.0.1:99999"),
            ("maxoutbound", "-1"),
            ("maxoutbound", "many"),
            ("minimumchainwork", "xyz"),
            ("onlynet", "carrier-pigeon"),
            ("anchor", "12345"),
            ("dnsseed", "perhaps"),
            ("proxy", "127.0.0.1:99999"),
            ("timeout", "0x"),
        ):
            with self.subTest(option=option, value=bad):
                given = "--%s=%s" % (option, bad)
                done = call("--network=main", "--datadir=" + node.datadir, "config", "check", given)
                self.assertUsage(done, option)
        self.assertFalse(os.path.exists(node.datadir))

    def test_options_before_and_after(self):
        node = self.node()
        before = call("--network=tidenet", "--datadir", node.datadir, "config", "check")
        after = call("config", "check", "--datadir=" + node.datadir, "--network", "tidenet")
        self.assertEqual(before.returncode, 0, before.stderr)
        self.assertEqual(after.returncode, 0, after.stderr)
        self.assertEqual(before.stdout, after.stdout)
        self.assertIn("tidenet", before.stdout)

    def test_version(self):
        done = call("version")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r"hashtide \d+\.\d+")

    def test_help(self):
        top = call("--help")
        self.assertEqual(top.returncode, 0, top.stderr)
        for command in COMMANDS:
            self.assertIn(command, top.stdout)
            with self.subTest(command=command):
                words = (command, SECOND_WORDS[command]) if command in SECOND_WORDS else (command,)
                done = call(*words, "--help")
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertIn(command, done.stdout)
                for line in (top.stdout + done.stdout).splitlines():
                    self.assertLessEqual(len(line), WIDTH, line)


class ConfigFile(TestCase):
    def check(self, text, *args):
        conf = self.write("hashtide.conf", text)
        node = self.node("tidenet")
        return conf, call("--datadir=" + node.datadir, "--conf=" + conf, "config", "check", *args)

    def test_good(self):
        _, done = self.check("# a comment\n\nnetwork=regtest\nmaxoutbound = 3\nconnect=127.0.0.1\n")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("regtest", done.stdout)
        self.assertIn("maxoutbound", done.stdout)

    def test_alerts(self):
        """Rules of the file stand beside those built in, each told in a sentence."""
        conf, done = self.check(
            "[alert mine]\nmetric=sync.peers\nraise=below 2\nclear=above 4\nsinks=ops\n"
            "[sink ops]\ntype=syslog\n[alert few-peers]\nenabled=0\n",
            "--json",
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        alerts = {alert["name"]: alert for alert in json.loads(done.stdout)["alerts"]}
        self.assertGreater(len(alerts), 15)
        self.assertEqual(alerts["mine"]["origin"], conf + ":1")
        told = alerts["mine"]["explanation"]
        self.assertIn("the number of peers (sync.peers) is 2 or less", told)
        self.assertIn("goes to ops", told)
        self.assertFalse(alerts["few-peers"]["enabled"])
        self.assertEqual(alerts["reorg-2"]["origin"], "built in")
        _, done = self.check("")
        self.assertIn("[alert reorg-2]", done.stdout)
        for line in done.stdout.splitlines():
            if line.startswith("  "):
                self.assertLessEqual(len(line), WIDTH, line)

    def test_bad_alerts(self):
        """Each mistake: the line at fault, the rule, and what was expected."""
        for line, at, words in (
            ("metric=sync.peer", 3, "did you mean sync.peers?"),
            ("metric=sync.peers", 2, "expected raise="),
            ("metric=sync.peers\nraise=below many", 4, "expected above or below and a level"),
            ("metric=sync.peers\nraise=below 3\nclear=above 2", 5, "expected a level above it"),
            ("metric=sync.peers\nraise=below 3\nclear=above 4\nsinks=ops", 6, "[sink ops]"),
            ("metric=sync.peers\n[alert x]", 4, "already in line 2"),
            ("metric=sync.peers\n[alert x y]", 4, "expected [alert NAME]"),
            ("colour=red\nmetric=sync.peers", 3, "unknown key colour: expected metric, bound"),
        ):
            with self.subTest(line=line):
                conf, done = self.check("# first\n[alert x]\n%s\n" % line)
                self.assertEqual(done.returncode, 2, done.stderr)
                self.assertEqual(done.stdout, "")
                place = "hashtide: %s:%d: " % (conf, at)
                self.assertTrue(done.stderr.startswith(place), done.stderr)
                self.assertIn("alert x", done.stderr)
                self.assertIn(words, done.stderr)
                self.assertEqual(len(done.stderr.splitlines()), 1)

    def test_bad_lines(self):
        for line in (
            "nonsense",
            "frobnicate=1",
            "maxoutbound=lots",
            "network=nonet",
            "minimumchainwork=qq",
            "=1",
            "[unclosed",
            "onlynet=pigeon",
        ):
            with self.subTest(line=line):
                conf, done = self.check("# first\nmaxoutbound=4\n%s\n" % line)
                self.assertEqual(done.returncode, 2, done.stderr)
                self.assertIn("%s:3" % conf, done.stderr)
                self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)

    def test_all_commands_refuse_it(self):
        conf = self.write("hashtide.conf", "frobnicate=1\n")
        node = self.node("tidenet", "--conf=" + conf)
        for command in ("run", "sync", "status"):
            done = node.command(command)
            self.assertEqual(done.returncode, 2, command)
            self.assertIn(conf + ":1", done.stderr)

    def test_missing_file(self):
        done = call("--conf=/nonexistent/hashtide.conf", "config", "check")
        self.assertEqual(done.returncode, 2)
        self.assertIn("/nonexistent/hashtide.conf", done.stderr)

    def test_command_line_wins(self):
        _, done = self.check("network=regtest\n", "--network=tidenet")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("tidenet", done.stdout)
        self.assertNotIn("regtest", done.stdout)


class Status(TestCase):
    def test_without_a_store(self):
        done = self.node().command("status")
        self.assertEqual(done.returncode, 1)
        self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)

    def test_screen_and_json(self):
        node = self.node()
        node.ok("simulate", "--blocks", "3000", "--seed", "1", "--output", self.root + "/chain")
        node.ok("import", self.root + "/chain")
        screen = node.ok("status")
        lines = screen.splitlines()
        self.assertLessEqual(max(map(len, lines)), WIDTH, screen)
        self.assertLessEqual(len(lines), 24, screen)
        self.assertNotIn("\t", screen)
        self.assertNotIn("\x1b", screen)
        self.assertIn("not running", screen)
        self.assertIn("3000", screen.replace(",", "").replace(" ", ""))
        status = node.json("status", "--json")
        self.assertEqual(status["network"], "tidenet")
        self.assertFalse(status["running"])
        self.assertFalse(status["synced"])
        self.assertEqual(status["tip"]["height"], 3000)
        for field, digits in (("hash", 64), ("bits", 8), ("chainwork", 64)):
            self.assertRegex(status["tip"][field], "^[0-9a-f]{%d}$" % digits)
        self.assertEqual(status["store"]["base_height"], 0)
        self.assertEqual(status["store"]["headers"], 3001)
        self.assertEqual(status["store"]["branches"], 1)
        self.assertEqual(status["peers"], [])
        for window in ("w144", "w504", "w1008", "w2016", "nowcast"):
            rate = status["hashrate"][window]
            self.assertLess(0, rate["lo95"])
            self.assertLess(rate["lo95"], rate["ehs"])
            self.assertLess(rate["ehs"], rate["hi95"])
        self.check_figures(status)

    def check_figures(self, status):
        """The engine's figures, of a store that nobody follows."""
        nowcast = status["hashrate"]["nowcast"]
        self.assertEqual((nowcast["height"], nowcast["live"]), (3000, False))
        self.assertEqual(status["hashrate"]["core"]["blocks"], 120)
        self.assertLess(0, status["hashrate"]["core"]["ehs"])
        self.assertIsNone(status["silence"]["p"])
        self.assertIn("not known", status["silence"]["reason"])
        sd = status["volatility"]
        self.assertLessEqual(sd["lo95"], sd["daily_sd"])
        self.assertLessEqual(sd["daily_sd"], sd["hi95"])
        self.assertAlmostEqual(sd["luck_sd"], 0.237, 3)
        self.assertIsNone(sd["by_epoch"]["net_sd"])
        self.assertTrue(sd["by_epoch"]["reason"])
        self.assertGreaterEqual(status["changes"]["falls"], 0)
        retarget = status["retarget"]
        self.assertEqual(retarget["height"], 4032)
        self.assertEqual(retarget["done"] + retarget["to_come"], 2015)
        self.assertLess(retarget["ratio_lo95"], retarget["ratio"])
        self.assertLess(retarget["ratio"], retarget["ratio_hi95"])
        self.assertLess(retarget["seconds_lo95"], retarget["seconds_hi95"])
        self.assertEqual(status["analysis"]["false_alarms_per_year"], 1)
        self.assertIsNone(status["analysis"]["daily_sd"])

    def test_too_little_is_said_to_be_so(self):
        node = self.node()
        node.ok("simulate", "--blocks", "1", "--output", self.root + "/chain")
        node.ok("import", self.root + "/chain")
        status = node.json("status", "--json")
        self.assertIsNone(status["volatility"]["daily_sd"])
        self.assertTrue(status["volatility"]["reason"])
        self.assertTrue(status["hashrate"]["w144"]["reason"])
        self.assertEqual(status["changes"]["falls"], 0)
        self.assertEqual(status["retarget"]["past"]["epochs"], 0)
        self.assertNotIn("volatility", node.ok("status"))


class Simulate(TestCase):
    def test_keeps_the_rules(self):
        """Another implementation of the rules agrees with every header."""
        path = os.path.join(self.root, "chain")
        self.node().ok(
            "simulate", "--blocks", "9000", "--growth", "900", "--seed", "3", "--output", path
        )
        with open(path, "rb") as f:
            data = f.read()
        raws = [data[i : i + 80] for i in range(0, len(data), 80)]
        self.assertEqual(len(raws), 9001)
        checked = chain.Chain("tidenet")
        self.assertEqual(raws[0], checked.raw[0])
        for raw in raws[1:]:
            self.assertEqual(raw[4:36], checked.tip)
            self.assertEqual(chain.header_bits(raw), checked.next_bits())
            self.assertGreater(chain.header_time(raw), checked.median_time_past())
            self.assertLessEqual(
                int.from_bytes(sha256d(raw), "little"), chain.target_of(chain.header_bits(raw))
            )
            checked.append(raw)
        self.assertLess(chain.target_of(checked.next_bits()), chain.target_of(chain.LIMIT_BITS))

    def test_same_seed_same_bytes(self):
        node = self.node()
        outputs = []
        for i, seed in enumerate(("7", "7", "8")):
            path = os.path.join(self.root, "sim%d" % i)
            node.ok("simulate", "--blocks", "2500", "--seed", seed, "--output", path)
            with open(path, "rb") as f:
                outputs.append(f.read())
        self.assertEqual(outputs[0], outputs[1])
        self.assertNotEqual(outputs[0], outputs[2])
        self.assertEqual(len(outputs[0]) % 80, 0)
        out = self.node()
        done = json.loads(out.ok("import", "--json", os.path.join(self.root, "sim0")))
        self.assertEqual(done["tip"]["height"], 2500)
        self.assertEqual(done["rejected_count"], 0)


if __name__ == "__main__":
    hashtide_test.main()
