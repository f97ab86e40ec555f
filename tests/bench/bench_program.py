#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the whole program costs on a tidenet chain of 950,000 headers: import,
reopening, exports, a sync from a loopback peer in CPU time, and the resident memory of
the monitor. The yardstick is OpenSSL's hashing of as many headers, as bench_chain
measures it; the bars are those the project has set itself.

    bench_program.py [--blocks N]
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

from hashtide_test import Hashtide, chain, peer

BENCH_CHAIN = os.path.join(os.environ.get("HASHTIDE_BUILDDIR", "."), "tests/bench/bench_chain")

HERE = os.path.dirname(os.path.abspath(__file__))
SCRIPT = os.path.join(HERE, "..", "..", "doc", "examples", "calm.script")

EXPORTS = [
    "blocks",
    "intervals",
    "hashrate",
    "hashrate --step=block",
    "volatility",
    "changes",
    "forecasts",
]


def yardstick():
    """Seconds that OpenSSL needs for one header; None where it can't be known."""
    if not os.access(BENCH_CHAIN, os.X_OK):
        return None
    said = subprocess.run([BENCH_CHAIN], capture_output=True, text=True, check=True).stdout
    found = re.search(r"^OpenSSL.*?([0-9.]+) ns/header", said, re.MULTILINE)
    return float(found.group(1)) * 1e-9 if found else None


def cost(node, *args):
    """(wall seconds, CPU seconds) of a command."""
    began = time.monotonic()
    process = node.popen(*args)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        said = node.log_tail()
        raise SystemExit("hashtide %s: exit %d\n%s" % (args[0], process.returncode, said))
    return time.monotonic() - began, usage.ru_utime + usage.ru_stime


def anonymous(pid):
    with open("/proc/%d/status" % pid, encoding="ascii") as f:
        return int(re.search(r"RssAnon:\s+(\d+)", f.read()).group(1)) * 1024


def backtest_real(root):
    """The bar of `backtest`: real headers, the rules that are built in."""
    shared = os.environ.get("HASHTIDE_SHARED", "")
    headers = os.path.join(shared, "headers", "mainnet-822528-830592.bin")
    if not shared or not os.path.exists(headers):
        print("backtest, real headers            no headers: set HASHTIDE_SHARED")
        return
    os.mkdir(os.path.join(root, "real"))
    node = Hashtide(os.path.join(root, "real"), network="main")
    cost(node, "import", "--anchor=822528", headers)
    wall, cpu = cost(node, "backtest", "-o", "/dev/null")
    same = node.ok("backtest", "--json") == node.ok("backtest", "--json")
    print("backtest, 8,065 real headers      %7.3f s, wall %.3f s (bar 1); twice the same bytes: %s"
          % (cpu, wall, "yes" if same else "NO"))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--blocks", type=int, default=950_000)
    blocks = parser.parse_args().blocks
    openssl = yardstick()
    with tempfile.TemporaryDirectory(prefix="tide-") as root:
        node = Hashtide(root)
        path = os.path.join(root, "chain")
        _, cpu = cost(node, "simulate", "--blocks", str(blocks), "--seed", "1", "-o", path)
        print("%d headers; CPU time unless it says otherwise" % blocks)
        print("simulate                          %7.3f s" % cpu)
        _, cpu = cost(node, "simulate", "--blocks", str(blocks), "--script", SCRIPT, "-o",
                      "/dev/null", "--truth", "/dev/null")
        print("simulate by a script, with truth  %7.3f s (bar 60)" % cpu)
        if openssl:
            print("OpenSSL, hashing alone            %7.3f s" % (openssl * blocks))

        wall, imported = cost(node, "import", path)
        line = "import                            %7.3f s, wall %.3f s" % (imported, wall)
        if openssl:
            line += ": %.2f x OpenSSL's rate (bar 0.5)" % (openssl * blocks / imported)
        print(line)

        wall, cpu = cost(node, "export", "headers", "--to=0")
        line = "reopening, all verified           %7.3f s, wall %.3f s" % (cpu, wall)
        if openssl:
            line += ": %.2f x OpenSSL's rate (bar 1.0)" % (openssl * blocks / cpu)
        print(line)

        wall, cpu = cost(node, "status", "--json")
        print("status: reopens, looks at it all  %7.3f s, wall %.3f s" % (cpu, wall))
        for dataset in EXPORTS:
            wall, cpu = cost(node, "export", *dataset.split(), "-o", "/dev/null")
            print("export %-26s %7.3f s, wall %.3f s" % (dataset, cpu, wall))

        year = "--from=%d" % max(0, blocks - 52_560)
        wall, cpu = cost(node, "backtest", year, "-o", "/dev/null")
        print("backtest of the last year         %7.3f s, wall %.3f s" % (cpu, wall))
        backtest_real(root)

        began = time.monotonic()
        node.start("--connect=0", "--dnsseed=0")
        started = time.monotonic() - began
        memory = anonymous(node.process.pid)
        print("run: until it answers             %7.3f s wall" % started)
        print("run: anonymous resident memory    %7.1f MB (bar 40)" % (memory / 1e6))
        node.stop()

        with open(path, "rb") as f:
            bulk = chain.BulkChain.of_file(f.read())
        os.mkdir(os.path.join(root, "2"))
        other = Hashtide(os.path.join(root, "2"))
        with peer.BulkPeer(bulk) as server:
            wall, cpu = cost(other, "sync", server.connect)
        print(
            "sync from a loopback peer         %7.3f s, wall %.3f s: %.2f x import (bar 2)"
            % (cpu, wall, cpu / imported)
        )


if __name__ == "__main__":
    main()
