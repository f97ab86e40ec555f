#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Goal: on a machine without any network the monitor of the real chain starts, says that it finds no
# peers, keeps trying, and stops cleanly on Ctrl-C. It runs in a network namespace of its own, which
# has no way out, so that no address outside is ever tried.

set -eu

if ! unshare -n true 2>/dev/null; then
    echo "SKIP: no network namespaces here"
    exit 77
fi
dir=$(mktemp -d)
pid=
trap '[ -z "$pid" ] || kill -9 "$pid" 2>/dev/null || :; rm -rf "$dir"' EXIT
fail() {
    echo "FAIL: $1" >&2
    cat "$dir/log" >&2
    exit 1
}

# unshare replaces itself by the monitor, so the job's number is the monitor's.
env --default-signal=INT unshare -n "$HASHTIDE_BIN" run --datadir="$dir/data" 2>"$dir/log" &
pid=$!
tries=0
until grep -q 'no peers.*trying' "$dir/log"; do
    tries=$((tries + 1))
    [ "$tries" -lt 900 ] || fail "nothing is said about peers"
    kill -0 "$pid" 2>/dev/null || fail "it ended by itself"
    sleep 0.1
done
"$HASHTIDE_BIN" status --datadir="$dir/data" >"$dir/status" || fail "status does not answer"
[ "$(wc -L <"$dir/status")" -le 80 ] || fail "status is wider than 80 columns"
kill -INT "$pid"
wait "$pid" || fail "exit code $? on Ctrl-C"
pid=
