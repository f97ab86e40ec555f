# SPDX-License-Identifier: GPL-3.0-or-later
"""Goal: the monitor as a service. It starts alone and without a network, says so,
refuses a second instance, reloads on SIGHUP, outlives a full disk, and ends with
exit code 0 on SIGINT and SIGTERM."""

import os
import resource
import signal
import socket
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import hashtide_test
from hashtide_test import TestCase, chain, free_port, peer, wait_until

OFFLINE = ("--dnsseed=0", "--connect=0")


class SlowBulkPeer(peer.BulkPeer):
    """Takes its time for each message of headers."""

    pause = 0.1

    def on_getheaders(self, conn, request):
        time.sleep(self.pause)
        super().on_getheaders(conn, request)


class Service(TestCase):
    def test_stops_on_signals(self):
        for sig in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(signal=sig.name):
                node = self.node().start(*OFFLINE)
                self.assertEqual(node.stop(sig), 0)
                self.assertFalse(os.path.exists(node.path("control.sock")))

    def test_drains_what_it_has(self):
        made = chain.Chain("tidenet").extend(100)
        with peer.ScriptedPeer(made) as server:
            node = self.node().start(server.connect)
            node.wait_tip(100)
            self.assertEqual(node.stop(), 0)
        self.assertEqual(node.json("status", "--json")["tip"]["height"], 100)

    def test_stops_and_goes_on_in_the_middle_of_a_download(self):
        bulk = chain.BulkChain(60_000)
        with SlowBulkPeer(bulk) as server:
            node = self.node().start("--dnsseed=0", server.connect)
            reached = 0
            for _ in range(3):
                wait_until(lambda: node.tip()[0] > reached, 30, "it downloads")
                status = node.status()
                self.assertFalse(status["synced"])
                if status["changes"]["falls"] is not None:  # nothing is said of blocks not seen
                    self.assertGreater(
                        status["analysis"]["height"] + 200, status["tip"]["height"]
                    )
                self.assertLessEqual(max(map(len, node.ok("status").splitlines())), 80)
                reached = node.tip()[0]
                self.assertLess(reached, bulk.count)
                self.assertEqual(node.stop(), 0)
                self.assertGreaterEqual(node.json("status", "--json")["tip"]["height"], reached)
                node.start("--dnsseed=0", server.connect)
            server.pause = 0
            node.wait_tip(bulk.count, 60, chain.display(bulk.tip))
            node.wait_synced()
            self.assertEqual(node.headers_size(), 80 + 80 * (bulk.count + 1))

    def test_places_that_cannot_be_used(self):
        node = self.node()
        with open(node.datadir, "w", encoding="ascii") as f:
            f.write("a file\n")
        for args in (("run", *OFFLINE), ("status",), ("sync", "--connect=127.0.0.1:1")):
            with self.subTest(command=args[0]):
                done = node.command(*args)
                self.assertEqual(done.returncode, 1)
                self.assertIn(node.datadir, done.stderr)
                self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)

    def test_path_too_long_for_a_sockets_address(self):
        node = self.node()
        node.datadir = os.path.join(self.root, "x" * 120)
        node.start(*OFFLINE, wait=False)
        node.wait_log("tip: height 0")
        wait_until(lambda: node.json("status", "--json")["running"])
        self.assertEqual(node.stop(), 0)
        self.assertNotIn("control.sock", os.listdir(os.path.join(node.datadir, "tidenet")))

    def test_without_a_network_it_says_so_and_keeps_trying(self):
        # Without seeds to ask and with nobody known there is nobody to find.
        node = self.node().start("--dnsseed=0")
        wait_until(lambda: "peers" in node.log(), 60, "a line that says that there are no peers")
        self.assertIsNone(node.process.poll())
        self.assertEqual(node.status()["peers"], [])
        self.assertFalse(node.status()["synced"])
        self.assertEqual(node.stop(signal.SIGINT), 0)

    def test_unreachable_peer_is_retried(self):
        port = free_port()
        node = self.node().start("--connect=127.0.0.1:%d" % port)
        time.sleep(1)
        self.assertIsNone(node.process.poll())
        self.assertEqual(node.stop(), 0)

    def test_second_instance_is_refused(self):
        made = chain.Chain("tidenet").extend(5)
        node = self.node().start(*OFFLINE)
        path = self.write("chain", made.records())
        for args in (("run", *OFFLINE), ("sync", "--connect=127.0.0.1:1"), ("import", path)):
            with self.subTest(command=args[0]):
                done = node.command(*args)
                self.assertEqual(done.returncode, 1, done.stderr)
                self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
        # What only reads works beside it.
        self.assertTrue(node.json("status", "--json")["running"])
        node.ok("export", "headers", "--output", os.path.join(self.root, "out"))
        self.assertEqual(node.stop(), 0)
        node.ok("import", path)

    def test_lock_of_a_killed_instance_is_free(self):
        node = self.node().start(*OFFLINE)
        node.kill()
        self.assertTrue(os.path.exists(node.path("control.sock")))
        self.assertFalse(node.json("status", "--json")["running"])
        node.start(*OFFLINE)
        self.assertTrue(node.json("status", "--json")["running"])
        self.assertEqual(node.stop(), 0)

    def test_socket_is_for_owner_and_group(self):
        node = self.node().start(*OFFLINE)
        self.assertEqual(os.stat(node.path("control.sock")).st_mode & 0o777, 0o660)

    def test_hangup_reloads(self):
        conf = self.write("hashtide.conf", "loglevel=info\n")
        node = self.node("tidenet", "--conf=" + conf).start(*OFFLINE)
        before = node.log()
        with open(conf, "w", encoding="ascii") as f:
            f.write("loglevel=debug\n")
        node.process.send_signal(signal.SIGHUP)
        wait_until(lambda: len(node.log()) > len(before), 20, "a word about the reload")
        # A file that is wrong is said, and what was in force stays in force.
        before = node.log()
        with open(conf, "w", encoding="ascii") as f:
            f.write("frobnicate=1\n")
        node.process.send_signal(signal.SIGHUP)
        wait_until(lambda: conf + ":1" in node.log()[len(before) :], 20, "the bad line")
        self.assertTrue(node.status()["running"])
        self.assertEqual(node.stop(), 0)

    def test_hangup_sets_change_detection_anew(self):
        conf = self.write("hashtide.conf", "change.false_alarms_per_year=2\n")
        made = chain.Chain("tidenet").extend(300)
        with peer.ScriptedPeer(made) as server:
            node = self.node("tidenet", "--conf=" + conf).start(server.connect)
            wait_until(lambda: "hash rate: " in node.log(), 30, "the hash rate in the log")
            status = node.status()
            self.assertTrue(status["hashrate"]["nowcast"]["live"])
            self.assertGreater(status["silence"]["seconds"], 0)
            self.assertEqual(status["silence"]["since"], "header")
            self.assertEqual(status["analysis"]["false_alarms_per_year"], 2)
            with open(conf, "w", encoding="ascii") as f:
                f.write("change.daily_sd=1.5%\n")
            node.process.send_signal(signal.SIGHUP)
            wait_until(lambda: "looking through 301 blocks again" in node.log(), 20, "the reload")
            wait_until(lambda: node.status()["analysis"]["daily_sd"] == 0.015, 20, "new settings")
            self.assertEqual(node.status()["analysis"]["false_alarms_per_year"], 1)
            self.assertEqual(node.stop(), 0)

    def test_hangup_changes_the_peers(self):
        made = chain.Chain("tidenet").extend(10)
        longer = made.fork(10).extend(5)
        with peer.ScriptedPeer(made) as one, peer.ScriptedPeer(longer) as two:
            conf = self.write("hashtide.conf", "connect=%s\n" % one.address)
            node = self.node("tidenet", "--conf=" + conf).start()
            node.wait_tip(10)
            with open(conf, "w", encoding="ascii") as f:
                f.write("connect=%s\n" % two.address)
            node.process.send_signal(signal.SIGHUP)
            node.wait_tip(15)
            one.wait_no_connection()
            (seen,) = node.status()["peers"]
            self.assertEqual(seen["address"], two.address)

    def test_control_socket_survives_nonsense(self):
        node = self.node().start(*OFFLINE)
        for data in (b"\n", b"{\n", b'{"command":"frobnicate"}\n', b"x" * 100000, b"\0\xff\n", b""):
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as s:
                s.settimeout(30)
                s.connect(node.path("control.sock"))
                try:
                    s.sendall(data)
                    s.shutdown(socket.SHUT_WR)
                    while part := s.recv(1 << 16):
                        self.assertLess(len(part), 1 << 16)
                except (BrokenPipeError, ConnectionResetError):
                    pass
        # Somebody who connects and says nothing does not keep others waiting.
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as s:
            s.connect(node.path("control.sock"))
            self.assertTrue(node.status()["running"])

    def test_status_screen_of_a_running_monitor(self):
        made = chain.Chain("tidenet").extend(2500)
        with peer.ScriptedPeer(made) as server:
            node = self.node().start(server.connect)
            node.wait_tip(2500)
            node.wait_synced()
            screen = node.ok("status")
            self.assertLessEqual(max(map(len, screen.splitlines())), 80, screen)
            self.assertLessEqual(len(screen.splitlines()), 24, screen)
            self.assertNotIn("not running", screen)
            status = node.json("status", "--json")
            self.assertTrue(status["running"] and status["synced"])
            (seen,) = status["peers"]
            self.assertEqual(seen["height"], 2500)
            self.assertEqual(seen["hash"], chain.display(made.tip))
            self.assertEqual(seen["subversion"], "/scripted:1.0/")
            self.assertIn(str(server.port), seen["address"])


class FullDisk(TestCase):
    """A file may grow no more (RLIMIT_FSIZE: EFBIG, which stands for a full disk
    where a test can't mount one) or the filesystem is full (ENOSPC, as root)."""

    def follow(self, node, squeeze, relieve, *options):
        made = chain.Chain("tidenet").extend(300)
        with peer.ScriptedPeer(made) as server:
            node.start(server.connect, *options)
            node.wait_tip(300)
            node.wait_synced()
            said = len(node.log())
            squeeze()
            made.extend(400)
            server.announce(1)

            def complains():
                server.announce(1)
                return node.status()["store"].get("trouble")

            wait_until(complains, 30, "status speaks of the store's trouble", 0.3)
            self.assertLessEqual(node.tip()[0], 700)
            self.assertGreater(len(node.log()), said)
            self.assertIsNone(node.process.poll())
            relieve()

            def recovered():
                return node.tip()[0] == 700 and not node.status()["store"].get("trouble")

            wait_until(recovered, 60, "it goes on when there is room", 0.2)
            self.assertEqual(node.stop(), 0)
        self.assertEqual(node.json("status", "--json")["tip"]["hash"], chain.display(made.tip))

    def test_file_size_limit(self):
        node = self.node()
        _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)

        def limit(size):
            resource.prlimit(node.process.pid, resource.RLIMIT_FSIZE, (size, hard))

        # The log shares the limit: its file must have room still.
        self.follow(
            node, lambda: limit(node.headers_size() + 80 * 100), lambda: limit(hard)
        )

    def test_full_filesystem(self):
        if os.geteuid() != 0:
            self.skipTest("mounting a small filesystem needs root")
        node = self.node()
        os.mkdir(node.datadir)
        mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", node.datadir]
        if subprocess.run(mount, capture_output=True, check=False).returncode != 0:
            self.skipTest("no mounting in here")
        ballast = os.path.join(node.datadir, "ballast")

        def fill():
            with open(ballast, "wb", buffering=0) as f:
                for size in (65536, 4096, 1):
                    try:
                        while True:
                            f.write(bytes(size))
                    except OSError:
                        pass

        try:
            self.follow(node, fill, lambda: os.unlink(ballast))
        finally:
            node.kill()
            subprocess.run(["umount", node.datadir], check=True)

    def test_import_on_a_full_disk(self):
        node = self.node()
        path = self.write("chain", chain.Chain("tidenet").extend(400).records())
        _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)

        def limit():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (80 * 200, hard))

        done = node.command("import", path, preexec_fn=limit)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
        self.assertEqual(node.json("import", "--json", path)["tip"]["height"], 400)


if __name__ == "__main__":
    hashtide_test.main()
