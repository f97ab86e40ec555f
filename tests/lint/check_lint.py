#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Goal of this test: check_source.py finds a fault of each kind, and none in a clean tree."""

import os
import subprocess
import sys
import tempfile

CHECK = os.path.join(os.path.dirname(os.path.abspath(__file__)), "check_source.py")
SPDX = "// SPDX-License-Identifier: GPL-3.0-or-later\n"

HEADER = SPDX + """\
#ifndef HASHTIDE_CHAIN_FOO_H
#define HASHTIDE_CHAIN_FOO_H

#include "chain/bar.h"

#include <stdint.h>

int foo_read(int read, uint32_t time);
#endif
"""
BAR = SPDX + """\
#ifndef HASHTIDE_CHAIN_BAR_H
#define HASHTIDE_CHAIN_BAR_H
#endif
"""
SOURCE = SPDX + """\
/* printf( in a comment is nobody's business */
#include "config.h"

#include "chain/foo.h"

#include "chain/bar.h"

#include <stddef.h>

static const char *const NAMES[] = {"time(NULL)", "it's"};

int foo_read(int read, uint32_t time)
{
    return read + (int)time + (NAMES[0] == NULL);
}
"""
CLEAN = {"chain/foo.h": HEADER, "chain/bar.h": BAR, "chain/foo.c": SOURCE}


def source(old, new):
    assert old in SOURCE
    return {"chain/foo.c": SOURCE.replace(old, new)}


FAULTS = {
    "no SPDX line": {"chain/foo.c": SOURCE.replace(SPDX, "")},
    "trailing blanks": source("{\n", "{ \n"),
    "a tab": source("    return", "\treturn"),
    "a long line": source("{\n    return", "{\n    // " + "long" * 25 + "\n    return"),
    "no final newline": {"chain/foo.c": SOURCE.rstrip()},
    "foreign guard": {"chain/bar.h": BAR.replace("CHAIN_BAR", "BAR")},
    "no config.h": source('#include "config.h"\n', ""),
    "own header not second": source('#include "chain/foo.h"\n\n#include "chain/bar.h"',
                                    '#include "chain/bar.h"\n\n#include "chain/foo.h"'),
    "config.h in a header": {"chain/bar.h": BAR.replace("#endif", '#include "config.h"\n#endif')},
    "project after system": source("#include <stddef.h>",
                                   '#include <stddef.h>\n\n#include "chain/bar.h"'),
    "short include path": source('"chain/bar.h"', '"bar.h"'),
    "upward knowledge": {"monitor/up.h": BAR.replace("CHAIN_BAR", "MONITOR_UP"),
                         **source('"chain/bar.h"', '"monitor/up.h"')},
    "uv.h outside its room": source("<stddef.h>", "<uv.h>"),
    "sqlite3.h outside its room": source("<stddef.h>", "<sqlite3.h>"),
    "internal header abroad": {
        "chain/foo_internal.h": BAR.replace("BAR", "FOO_INTERNAL"),
        "monitor/app.c": SPDX + '#include "config.h"\n\n#include "chain/foo_internal.h"\n'},
    "a clock in chain": source("return read", "return (int)time(NULL)"),
    "output in chain": source("return read", 'printf("%d", read);\n    return read'),
    "an unsafe call": source("return read", "strcpy(a, b);\n    return read"),
    "a mutable global": source("int foo_read(", "static int calls;\n\nint foo_read("),
    "a mutable pointer table": source("*const NAMES", "*NAMES"),
    "unfinished": source("    return", "    // TO" + "DO: more\n    return"),
    "a machine's path": source('"it\'s"', '"/ho' + 'me/somebody/data"'),
}


def complaints(changes):
    with tempfile.TemporaryDirectory() as top:
        for path, text in {**CLEAN, **changes}.items():
            os.makedirs(os.path.join(top, os.path.dirname(path)), exist_ok=True)
            with open(os.path.join(top, path), "w", encoding="utf-8") as file:
                file.write(text)
        done = subprocess.run([sys.executable, "-B", CHECK, top], capture_output=True, text=True,
                              check=False)
        return done.returncode, done.stdout + done.stderr


def main():
    failures = 0
    code, text = complaints({})
    if code != 0:
        print("the clean tree is complained about:\n" + text)
        failures += 1
    for name, changes in FAULTS.items():
        code, text = complaints(changes)
        # One fault, one complaint: more would mean that a rule fires on what is not its affair.
        if code != 1 or " 1 complaints" not in text:
            print(f"{name}: exit {code}\n{text}")
            failures += 1
    print(f"{len(FAULTS)} planted faults, {failures} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
