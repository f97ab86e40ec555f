# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs hashtide: one-shot commands, and a monitor that is started and killed."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

BINARY = os.path.abspath(os.environ.get("HASHTIDE_BIN", "hashtide"))
SANITIZED = os.environ.get("HASHTIDE_SANITIZED", "") == "1"
COMMAND_TIMEOUT = 60
LOG_TAIL = 60  # lines of each log that a failed test shows


def deadline_scale():
    """How much longer than on an optimised build things may take."""
    return 5 if SANITIZED else 1


def wait_until(condition, timeout=30, what="condition", interval=0.02):
    """Polls CONDITION until it gives something true, and returns that."""
    end = time.monotonic() + timeout * deadline_scale()
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError("not within %g s: %s" % (timeout * deadline_scale(), what))
        time.sleep(interval)


def free_port(host="127.0.0.1"):
    """A port nobody listens on now. Another process may take it: only for
    ports that must refuse, never for a server to bind."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as s:
        s.bind((host, 0))
        return s.getsockname()[1]


class Hashtide:
    """One data directory, the commands run on it, and at most one monitor."""

    def __init__(self, root, network="tidenet", options=()):
        self.root = root
        self.network = network
        self.options = list(options)
        self.datadir = os.path.join(root, "data")
        self.process = None
        self.starts = 0
        self.logs = []

    # Where things are

    @property
    def network_dir(self):
        return self.datadir if self.network == "main" else os.path.join(self.datadir, self.network)

    def path(self, name):
        return os.path.join(self.network_dir, name)

    @property
    def headers_file(self):
        return self.path("headers.dat")

    # One-shot commands

    def arguments(self, *args):
        return [
            BINARY,
            "--network=" + self.network,
            "--datadir=" + self.datadir,
            *self.options,
            *args,
        ]

    def command(self, *args, timeout=COMMAND_TIMEOUT, text=True, **kwargs):
        """Runs a command to its end; subprocess's CompletedProcess."""
        return subprocess.run(
            self.arguments(*args),
            stdin=kwargs.pop("stdin", None if "input" in kwargs else subprocess.DEVNULL),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=text,
            timeout=timeout * deadline_scale(),
            **kwargs,
        )

    def ok(self, *args, **kwargs):
        """Standard output of a command that must succeed."""
        done = self.command(*args, **kwargs)
        if done.returncode != 0:
            raise AssertionError(
                "%s: exit %d\n%s%s" % (" ".join(args), done.returncode, done.stdout, done.stderr)
            )
        return done.stdout

    def json(self, *args, **kwargs):
        return json.loads(self.ok(*args, **kwargs))

    def popen(self, *args, **kwargs):
        """A command left running, its output in a log of its own."""
        self.starts += 1
        log = os.path.join(self.root, "log.%d" % self.starts)
        self.logs.append(log)
        with open(log, "wb") as out:
            return subprocess.Popen(
                self.arguments(*args),
                stdin=kwargs.pop("stdin", subprocess.DEVNULL),
                stdout=kwargs.pop("stdout", out),
                stderr=out,
                **kwargs,
            )

    # The monitor

    def start(self, *args, wait=True, **kwargs):
        """Starts `hashtide run` and waits until it answers on its socket."""
        assert self.process is None or self.process.poll() is not None
        if self.network == "main" and not any(arg.startswith("--conf") for arg in args):
            args = ("--price.fetch=0", *args)  # nobody on the web is asked by tests
        self.process = self.popen("run", *args, **kwargs)
        if wait:
            self.wait_running()
        return self

    def wait_running(self, timeout=30):
        def answers():
            if self.process.poll() is not None:
                raise AssertionError(
                    "run ended with %d:\n%s" % (self.process.returncode, self.log_tail())
                )
            return self.control("status") is not None

        wait_until(answers, timeout, "the monitor answers on its control socket")

    def kill(self):
        """kill -9, as power or the kernel would."""
        if self.process and self.process.poll() is None:
            self.process.kill()
        if self.process:
            self.process.wait()

    def stop(self, sig=signal.SIGTERM, timeout=20):
        """Asks the monitor to stop; its exit code."""
        self.process.send_signal(sig)
        return self.process.wait(timeout * deadline_scale())

    def control(self, command, timeout=10, **arguments):
        """The answer of the control socket, None if nobody listens."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as s:
            s.settimeout(timeout * deadline_scale())
            try:
                s.connect(self.path("control.sock"))
            except (FileNotFoundError, ConnectionRefusedError):
                return None
            try:
                s.sendall(json.dumps({"command": command, **arguments}).encode() + b"\n")
                data = b""
                while part := s.recv(1 << 16):
                    data += part
            except (ConnectionResetError, BrokenPipeError):
                return None
            return json.loads(data) if data else None

    def status(self):
        """The running monitor's status."""
        answer = self.control("status")
        if answer is None:
            raise AssertionError("no answer on the control socket:\n" + self.log_tail())
        return answer

    def tip(self):
        tip = self.status()["tip"]
        return tip["height"], tip["hash"]

    def wait_tip(self, height, timeout=30, tip_hash=None):
        """Waits until the monitor's tip has HEIGHT (and TIP_HASH)."""
        seen = []

        def there():
            seen[:] = [self.tip()]
            return seen[0][0] == height and tip_hash in (None, seen[0][1])

        try:
            wait_until(there, timeout, "tip at %d" % height)
        except AssertionError as e:
            raise AssertionError("%s; last seen %s" % (e, seen)) from None

    def wait_synced(self, timeout=30):
        wait_until(lambda: self.status()["synced"], timeout, "synced")

    def log(self):
        """What the last started process has said so far."""
        with open(self.logs[-1], encoding="utf-8", errors="replace") as f:
            return f.read()

    def log_tail(self):
        return "\n".join(self.log().splitlines()[-LOG_TAIL:]) if self.logs else ""

    def wait_log(self, text, timeout=30):
        wait_until(lambda: text in self.log(), timeout, "%r in the log" % text)

    def memory(self):
        """(resident now, resident at its highest) of the monitor, in bytes."""
        values = {}
        with open("/proc/%d/status" % self.process.pid, encoding="ascii") as f:
            for line in f:
                key, _, rest = line.partition(":")
                if key in ("VmRSS", "VmHWM"):
                    values[key] = int(rest.split()[0]) * 1024
        return values["VmRSS"], values["VmHWM"]

    def headers_size(self):
        return os.path.getsize(self.headers_file)

    def close(self):
        self.kill()


class TestCase(unittest.TestCase):
    """Gives each test a directory of its own, and shows the logs of the test's
    monitors when it fails."""

    maxDiff = None

    def run(self, result=None):
        self.root = tempfile.mkdtemp(prefix="tide-")
        self.nodes = []
        failed_before = len(result.failures) + len(result.errors) if result else 0
        try:
            return super().run(result)
        finally:
            for node in self.nodes:
                node.close()
            if result and len(result.failures) + len(result.errors) > failed_before:
                self._show_logs()
            shutil.rmtree(self.root, ignore_errors=True)

    def _show_logs(self):
        for node in self.nodes:
            for log in node.logs:
                with open(log, encoding="utf-8", errors="replace") as f:
                    lines = f.read().splitlines()
                print("--- %s: %s" % (self.id(), log), file=sys.stderr)
                print("\n".join(lines[-LOG_TAIL:]), file=sys.stderr)

    def node(self, network="tidenet", *options):
        root = os.path.join(self.root, "%d" % len(self.nodes))
        os.mkdir(root)
        node = Hashtide(root, network, options)
        self.nodes.append(node)
        return node

    def write(self, name, data):
        """A file of the test; its path."""
        path = os.path.join(self.root, name)
        with open(path, "wb") as f:
            f.write(data if isinstance(data, bytes) else data.encode())
        return path
