#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules of style that a compiler does not check.

Each rule is a function that takes a Source and yields (line number, complaint). They guard the
direction of knowledge between the folders, the places where the outside world may be touched, and
the handful of habits that CONTRIBUTING.md names.

    check_source.py [FOLDER]     check the tree there (default: $HASHTIDE_SRCDIR, else here)
"""

import os
import re
import sys

# Who may know whom: a folder may include itself and what stands before it.
LAYERS = ["chain", "analysis", "alerts", "monitor"]
PURE = {"chain", "analysis", "alerts"}
# Outside libraries that only some rooms may see; everything else talks to these.
ROOMS = {
    "uv.h": ("monitor/net/", "monitor/deliver/"),
    "sqlite3.h": ("monitor/store/",),
    "curl/curl.h": ("monitor/deliver/",),
    "microhttpd.h": ("monitor/web/",),
}
TREES = LAYERS + ["tests"]
TEXT_SUFFIXES = (".c", ".h", ".py", ".sh", ".mk", ".am", ".ac", ".md", ".js", ".json", ".service",
                 ".example", ".1", ".5")
SKIPPED_FOLDERS = {"node_modules", "autom4te.cache", "build-aux", "corpus", "__pycache__"}
COLUMNS = 100

OUTSIDE_CALLS = """
    printf fprintf vprintf vfprintf puts fputs putchar fputc putc perror scanf fscanf
    fopen fdopen freopen fclose fread fwrite fseek ftell fflush fgets getline open openat close read
    write pread pwrite lseek fsync fdatasync ftruncate stat fstat lstat unlink rename mkdir mmap
    socket connect accept bind listen send recv sendto recvfrom poll select epoll_wait getaddrinfo
    time clock clock_gettime gettimeofday localtime localtime_r sleep usleep nanosleep
    rand srand random srandom drand48 getrandom getentropy arc4random
    getenv setenv exit _exit abort fork signal sigaction syslog pthread_create
""".split()
UNSAFE_CALLS = "strcpy strcat sprintf vsprintf gets strtok alloca atoi atol atoll atof".split()
# Spelled in halves, so that this file passes its own rule.
UNFINISHED = ["TO" + "DO", "FIX" + "ME", "XX" + "X:", "HA" + "CK:"]
FOREIGN_PATH = re.compile(r"(?<![\w.~:/-])/(?:home|root|Users|mnt|srv|work|workspace|builds)/")


class Source:
    """One text file: path from the top, lines, and lines without comments and strings."""

    def __init__(self, top, path):
        self.path = path
        self.top = top
        with open(os.path.join(top, path), encoding="utf-8") as file:
            self.text = file.read()
        self.lines = self.text.split("\n")
        self.is_c = path.endswith((".c", ".h"))
        self.folder = path.split("/", 1)[0] if "/" in path else ""
        self.code = strip_c(self.text).split("\n") if self.is_c else self.lines

    def includes(self):
        for number, line in enumerate(self.lines, 1):
            found = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
            if found:
                yield number, found.group(1) == "<", found.group(2)


def strip_c(text):
    """Blank out comments, strings and character constants, keeping every line where it is."""

    pattern = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)

    def blank(found):
        token = found.group(0)
        if token.startswith("/"):
            return re.sub(r"[^\n]", " ", token)
        return token[0] + " " * (len(token) - 2) + token[-1]

    return pattern.sub(blank, text)


def calls(source, names):
    pattern = re.compile(r"(?<![\w.>])(" + "|".join(names) + r")\s*\(")
    for number, line in enumerate(source.code, 1):
        for found in pattern.finditer(line):
            before = line[:found.start()]
            # `int read(` declares or defines; `x = read(` and `return read(` call.
            if not re.search(r"\w\s+\**$", before) or re.search(r"\breturn\s+$", before):
                yield number, found.group(1)


def rule_whitespace(source):
    """No tabs outside make files, no blanks at line ends, 100 columns, one final newline."""

    make = source.path.endswith((".mk", ".am"))
    prose = source.path.endswith((".md", ".json", ".1", ".5", ".ac")) or make
    for number, line in enumerate(source.lines, 1):
        if line != line.rstrip():
            yield number, "blanks at the end of the line"
        if "\t" in line and not make and not prose:
            yield number, "a tab"
        if len(line) > COLUMNS and not prose:
            yield number, f"{len(line)} columns; {COLUMNS} are allowed"
    if not source.text.endswith("\n") or source.text.endswith("\n\n"):
        yield len(source.lines), "the file must end with exactly one newline"


def rule_license(source):
    """The SPDX line is first in C, and among the first three lines in scripts and make files."""

    if source.is_c and source.lines[0] != "// SPDX-License-Identifier: GPL-3.0-or-later":
        yield 1, "the first line must be the SPDX line"
    if source.path.endswith((".py", ".sh", ".mk", ".am", ".ac")) and \
            not any("SPDX-License-Identifier" in line for line in source.lines[:3]):
        yield 1, "no SPDX line"


def rule_guard(source):
    if not source.path.endswith(".h"):
        return
    guard = "HASHTIDE_" + re.sub(r"[/.]", "_", source.path).upper()
    code = [line.strip() for line in source.code if line.strip()]
    if code[:2] != [f"#ifndef {guard}", f"#define {guard}"] or not code[-1].startswith("#endif"):
        yield 1, f"the include guard must be {guard}, around all of the file"


def rule_includes(source):
    """config.h, own header, project headers by full path, system headers; who may know whom."""

    if not source.is_c:
        return
    listed = list(source.includes())
    project = [name for _, system, name in listed if not system]
    own = source.path[:-2] + ".h"
    if source.path.endswith(".c"):
        if not project or project[0] != "config.h":
            yield 1, 'the first include must be "config.h"'
        elif os.path.exists(os.path.join(source.top, own)) and project[1:2] != [own]:
            yield 1, f'the second include must be the own header, "{own}"'
    elif "config.h" in project:
        yield 1, "a header does not include config.h"
    seen_system = False
    for number, system, name in listed:
        seen_system = seen_system or system
        if system:
            yield from rooms(source, number, name)
            continue
        if seen_system and name.endswith(".h"):
            yield number, f'"{name}" stands after a system header'
        if name != "config.h":
            yield from knowledge(source, number, name)


def rooms(source, number, name):
    allowed = ROOMS.get(name)
    if allowed and not source.path.startswith((*allowed, "tests/")):
        yield number, f"<{name}> belongs in {' and '.join(allowed)} alone"


def knowledge(source, number, name):
    # A table's bytes are made of the table while building.
    file = re.sub(r"^(analysis/data/\w+)\.inc$", r"\1.csv", name)
    if "/" not in name or not os.path.exists(os.path.join(source.top, file)):
        yield number, f'"{name}" must be given by its full path from the top'
        return
    other = name.split("/", 1)[0]
    if source.folder in LAYERS:
        if other not in LAYERS[:LAYERS.index(source.folder) + 1]:
            yield number, f"{source.folder}/ must not know {other}/"
    if name.endswith("_internal.h") and os.path.dirname(name) != os.path.dirname(source.path) \
            and source.folder != "tests":
        yield number, f"{name} never leaves its folder"


def rule_pure(source):
    """chain/, analysis/ and alerts/ touch nothing outside: no files, clocks, sockets."""

    if source.is_c and source.folder in PURE:
        for number, name in calls(source, OUTSIDE_CALLS):
            yield number, f"{name}() touches the outside world, which {source.folder}/ does not"


def rule_unsafe(source):
    if source.is_c:
        for number, name in calls(source, UNSAFE_CALLS):
            yield number, f"{name}() is not used here: it hides errors, or knows no bounds"


def rule_globals(source):
    """No mutable state at file scope in the product: it makes every caller share one fate. What a
    signal handler sets has no other place to be."""

    if source.path.endswith(".c") and source.folder in LAYERS:
        for number, line in enumerate(source.code, 1):
            if not re.match(r"static\s+(?!inline\b|_Thread_local\b)[^()]*?(=|;|\[)", line):
                continue
            if line.startswith("static volatile sig_atomic_t "):
                continue
            left = re.split(r"[=;\[]", line)[0]
            pointers = left.count("*")
            if "const" not in left or (pointers and not re.search(r"\*\s*const\b", left)):
                yield number, "mutable state at file scope"


def rule_unfinished(source):
    for number, line in enumerate(source.lines, 1):
        for word in UNFINISHED:
            if word in line:
                yield number, f"{word.rstrip(':')}: finish it, or open an issue"


def rule_paths(source):
    for number, line in enumerate(source.lines, 1):
        if FOREIGN_PATH.search(line):
            yield number, "a path of somebody's machine"


def sources(top):
    for name in sorted(os.listdir(top)):
        if os.path.isfile(os.path.join(top, name)) and \
                (name.endswith((".md", ".am", ".ac")) or name == "bootstrap"):
            yield Source(top, name)
    for tree in TREES + ["doc", "contrib"]:
        for folder, folders, files in os.walk(os.path.join(top, tree)):
            folders[:] = sorted(set(folders) - SKIPPED_FOLDERS)
            for name in sorted(files):
                if name.endswith(TEXT_SUFFIXES):
                    yield Source(top, os.path.relpath(os.path.join(folder, name), top))


RULES = [rule_whitespace, rule_license, rule_guard, rule_includes, rule_pure, rule_unsafe,
         rule_globals, rule_unfinished, rule_paths]


def main():
    top = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("HASHTIDE_SRCDIR", ".")
    files = 0
    complaints = 0
    for source in sources(top):
        files += 1
        for rule in RULES:
            for number, complaint in rule(source):
                print(f"{source.path}:{number}: {complaint}")
                complaints += 1
    print(f"{files} files, {complaints} complaints")
    return 1 if complaints or files == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
