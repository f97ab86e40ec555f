# SPDX-License-Identifier: GPL-3.0-or-later
"""Black-box tests of the built hashtide: what every test script needs.

A script defines TestCase classes and ends with `hashtide_test.main()`. Its exit
code is Automake's: 0 passed, 1 failed, 77 skipped (nothing at all could run).

Environment:
  HASHTIDE_BIN        the binary (default: hashtide in the current directory)
  HASHTIDE_SHARED     the real data (default: none, tests that need it are skipped)
  HASHTIDE_SANITIZED  1: an instrumented build; deadlines are longer and memory is
                      not measured
  HASHTIDE_SEED       seed of the random choices, to repeat a run
"""

import os
import random
import signal
import sys
import unittest

from hashtide_test.node import (
    BINARY,
    SANITIZED,
    Hashtide,
    TestCase,
    deadline_scale,
    free_port,
    wait_until,
)

# A shell without job control starts background jobs with SIGINT ignored, and a
# child would inherit that; one that is handled here has its default there.
signal.signal(signal.SIGINT, signal.default_int_handler)

__all__ = [
    "BINARY",
    "SANITIZED",
    "Hashtide",
    "TestCase",
    "deadline_scale",
    "free_port",
    "main",
    "seeded",
    "shared_data",
    "wait_until",
]

SKIPPED = 77


def seeded():
    """A random generator whose seed is printed, so that a run can be repeated."""
    seed = int(os.environ.get("HASHTIDE_SEED") or random.SystemRandom().randrange(1 << 32))
    print("seed: %d" % seed, flush=True)
    return random.Random(seed)


def shared_data(*parts):
    """Path of a file of real data; skips the test where it is absent."""
    root = os.environ.get("HASHTIDE_SHARED", "")
    path = os.path.join(root, *parts)
    if not root or not os.path.exists(path):
        raise unittest.SkipTest("no %s: set HASHTIDE_SHARED" % os.path.join(*parts))
    return path


def main():
    # Many runs never start the binary; one that should and can't is a failure.
    if not os.access(BINARY, os.X_OK):
        print("no hashtide at %s: set HASHTIDE_BIN" % BINARY, file=sys.stderr)
        sys.exit(1)
    program = unittest.main(module="__main__", exit=False, verbosity=2)
    result = program.result
    if not result.wasSuccessful():
        sys.exit(1)
    if result.testsRun == len(result.skipped):
        sys.exit(SKIPPED)
    sys.exit(0)
