# SPDX-License-Identifier: GPL-3.0-or-later
"""A real full node, npm's bcoin, on regtest in a process of its own."""

import json
import os
import select
import subprocess
import unittest

from hashtide_test.node import deadline_scale

BCOIN = os.environ.get("HASHTIDE_BCOIN", "")
NODE = os.environ.get("NODE", "node")
SCRIPT = os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "..", "bcoin", "bcoin_node.js"
)
ANSWER_TIMEOUT = 60


def require_bcoin():
    if not BCOIN or not os.path.isdir(BCOIN) or NODE == "no":
        raise unittest.SkipTest("no bcoin at %r: set HASHTIDE_BCOIN and NODE" % BCOIN)


class BcoinNode:
    """Started by its creation; each method is one request and its answer."""

    def __init__(self, port=0, blocks=()):
        require_bcoin()
        self.process = subprocess.Popen(
            [NODE, SCRIPT, BCOIN, str(port)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=dict(os.environ, NODE_BACKEND="js"),
        )
        hello = self._answer()
        self.port = hello["port"]
        self.genesis = hello["genesis"]
        if blocks:
            self._ask({"do": "load", "blocks": list(blocks)})

    @property
    def connect(self):
        return "--connect=127.0.0.1:%d" % self.port

    def mine(self, blocks, fork_from=None):
        """Mines on the tip, or a branch that leaves the best chain after the
        height FORK_FROM; the tip after it, (height, hash)."""
        request = {"do": "mine", "blocks": blocks}
        if fork_from is not None:
            request["from"] = fork_from
        return self._tip(self._ask(request))

    def tip(self):
        return self._tip(self._ask({"do": "tip"}))

    def hashes(self, first):
        return self._ask({"do": "hashes", "from": first})["hashes"]

    def dump(self):
        return self._ask({"do": "dump"})["blocks"]

    def kill(self):
        self.process.kill()
        self._reap()

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self._reap()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    @staticmethod
    def _tip(answer):
        return answer["height"], answer["hash"]

    def _reap(self):
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()

    def _ask(self, request):
        self.process.stdin.write(json.dumps(request).encode() + b"\n")
        self.process.stdin.flush()
        answer = self._answer()
        if "error" in answer:
            raise AssertionError("bcoin: " + answer["error"])
        return answer

    def _answer(self):
        # One answer per request: nothing is ever left in the pipe's buffer.
        timeout = ANSWER_TIMEOUT * deadline_scale()
        ready, _, _ = select.select([self.process.stdout], [], [], timeout)
        if not ready:
            raise AssertionError("bcoin does not answer")
        line = self.process.stdout.readline()
        if not line:
            raise AssertionError("bcoin ended with %s" % self.process.wait())
        return json.loads(line)
