#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Goal of this test: the manual leaves nothing out. Every command, every option,
every key and every line of a script that the program knows stands in a manual
page, and the pages name no option that it does not know."""

import json
import os
import re
import subprocess
import sys
import tempfile

TOP = os.environ.get("HASHTIDE_SRCDIR", ".")
BINARY = os.environ["HASHTIDE_BIN"]
# Of the program itself, and of the systemd unit's words.
GLOBAL_OPTIONS = {"help", "version", "conf"}


def ask(*args):
    return subprocess.run([BINARY, *args], capture_output=True, text=True, check=True).stdout


def page(name):
    with open(os.path.join(TOP, "doc", name), encoding="utf-8") as file:
        return file.read()


def commands():
    """Names as the table of commands in --help has them."""
    table = ask("--help").split("Commands:\n", 1)[1].split("\n\n", 1)[0]
    return [re.match(r"  (\S+(?: \S+)*?)  ", line).group(1) for line in table.splitlines()]


def options(command):
    found = ask(*command.split(), "--help").split("\nOptions:\n")
    return set(re.findall(r"^  (?:-\w, )?--([\w.-]+)", found[1], re.M)) if len(found) > 1 else set()


def configuration_in_force():
    return json.loads(ask("--datadir=/nonexistent", "config", "check", "--json"))


def known_keys():
    return {entry["key"] for entry in configuration_in_force()["settings"]}


def rule_keys():
    """The keys of a rule, as the message about an unknown one lists them."""
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as file:
        file.write("[alert x]\nmetric=sync.peers\nnonsense=1\n")
        file.flush()
        done = subprocess.run([BINARY, "config", "check", "--conf=" + file.name],
                              capture_output=True, text=True, check=False)
    return re.findall(r"\w+", done.stderr.split("expected ", 1)[1].replace(" or ", ", "))


def sink_keys():
    """The same of a sink."""
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as file:
        file.write("[sink x]\nnonsense=1\n")
        file.flush()
        done = subprocess.run([BINARY, "config", "check", "--conf=" + file.name],
                              capture_output=True, text=True, check=False)
    return re.findall(r"[\w-]+", done.stderr.split("expected ", 1)[1].replace(" or ", ", "))


def complaints_about_sinks(configuration):
    configuration = configuration.split(".Sh SINKS\n", 1)[1]
    with open(os.path.join(TOP, "contrib", "hashtide.conf.example"), encoding="utf-8") as file:
        example = file.read().split("#[sink ", 1)[1]
    for key in sink_keys():
        if not re.search(r"^\.It Ic %s Ns = Ns" % key, configuration, re.M):
            yield "hashtide.conf.5 has no key %s of sinks" % key
        if not re.search(r"^#%s=" % key, example, re.M):
            yield "the example has no key %s of sinks" % key


def complaints_about_rules(configuration):
    with open(os.path.join(TOP, "contrib", "hashtide.conf.example"), encoding="utf-8") as file:
        example = file.read()
    for key in rule_keys():
        if not re.search(r"^\.It Ic %s Ns = Ns" % key, configuration, re.M):
            yield "hashtide.conf.5 has no key %s of rules" % key
        if not re.search(r"^#%s=" % key, example, re.M):
            yield "the example has no key %s of rules" % key
    for rule in configuration_in_force()["alerts"]:
        if not re.search(r"^\.It Cm %s$" % rule["name"], configuration, re.M):
            yield "hashtide.conf.5 has no rule %s" % rule["name"]


def script_words():
    """What a line of a script may begin with, as the program says to one who errs."""
    done = subprocess.run([BINARY, "simulate", "--script", "-", "-o", "/dev/null"],
                          input="zzzzzzzzzz", capture_output=True, text=True, check=False)
    return re.search(r"expected (.*), or at ", done.stderr).group(1).split(", ")


def ledger_columns():
    """Columns as a ledger that is written has them."""
    return ask("--datadir=/nonexistent", "ledger", "list", "--csv").splitlines()[0].split(",")


def claim_metrics():
    """Metrics of claims as the program's table has them."""
    with open(os.path.join(TOP, "analysis", "claims.c"), encoding="utf-8") as file:
        table = file.read().split("} metrics[CLAIM_METRICS] = {", 1)[1].split("};", 1)[0]
    return re.findall(r'= {\s*"([a-z_.]+)"', table)


def complaints():
    program = page("hashtide.1")
    configuration = page("hashtide.conf.5")
    keys = known_keys()
    known = GLOBAL_OPTIONS | keys | {"key", "nodnsseed"}
    for key in sorted(keys - {"conf"}):
        if not re.search(r"^\.It Ic %s(?= )" % re.escape(key), configuration, re.M):
            yield "hashtide.conf.5 has no key %s" % key
    yield from complaints_about_rules(configuration)
    yield from complaints_about_sinks(configuration)
    for command in commands():
        if not re.search(r"^\.It Cm %s\b" % command, program, re.M):
            yield "hashtide.1 has no command %s" % command
        for option in sorted(options(command)):
            known.add(option)
            if not re.search(r"^\.It .*Fl -%s(?![\w-])" % option, program, re.M):
                yield "hashtide.1 has no option --%s of %s" % (option, command)
    script = page("hashtide-script.5")
    for word in script_words():
        if not re.search(r"^\.It Cm (at Ar WHEN Cm )?%s\b" % word, script, re.M):
            yield "hashtide-script.5 has no line %s" % word
    ledger = page("hashtide-ledger.5")
    for column in ledger_columns():
        if not re.search(r"^\.It Cm %s\b" % column, ledger, re.M):
            yield "hashtide-ledger.5 has no column %s" % column
    claims = page("hashtide-claims.5")
    for metric in claim_metrics():
        if not re.search(r"^\.It Cm %s$" % re.escape(metric), claims, re.M):
            yield "hashtide-claims.5 has no metric %s" % metric
    pages = program + configuration + script + ledger + claims
    for option in sorted(set(re.findall(r"Fl -(\w[\w.-]*)", pages)) - known):
        yield "the manual has an option that there is not: --%s" % option


def main():
    found = list(complaints())
    for complaint in found:
        print(complaint)
    print("%d commands, %d keys, %d complaints" % (len(commands()), len(known_keys()), len(found)))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
