#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Goal: started in the background by hand, the monitor answers, and each signal that a shell or a
# supervisor sends ends it with exit code 0.

set -eu

dir=$(mktemp -d)
pid=
trap '[ -z "$pid" ] || kill -9 "$pid" 2>/dev/null || :; rm -rf "$dir"' EXIT
tide() { "$HASHTIDE_BIN" --network=tidenet --datadir="$dir/data" "$@"; }
fail() {
    echo "FAIL: $1" >&2
    cat "$dir/log" >&2
    exit 1
}

for signal in TERM INT; do
    # A shell lets its background jobs ignore SIGINT; env gives the signal back where it can.
    if [ "$signal" = INT ] && env --default-signal=INT true 2>/dev/null; then
        env --default-signal=INT "$HASHTIDE_BIN" --network=tidenet --datadir="$dir/data" run \
            --connect=0 2>"$dir/log" &
    elif [ "$signal" = INT ]; then
        continue
    else
        "$HASHTIDE_BIN" --network=tidenet --datadir="$dir/data" run --connect=0 2>"$dir/log" &
    fi
    pid=$!
    tries=0
    until tide status --json 2>/dev/null | grep -q '"running": true'; do
        tries=$((tries + 1))
        [ "$tries" -lt 600 ] || fail "no answer within a minute"
        kill -0 "$pid" 2>/dev/null || fail "it ended by itself"
        sleep 0.1
    done
    if tide run --connect=0 2>"$dir/second"; then fail "a second instance runs beside the first"; fi
    [ "$(wc -l <"$dir/second")" -eq 1 ] || fail "the refusal is not one line"
    kill -"$signal" "$pid"
    wait "$pid" || fail "SIG$signal: exit code $?"
    pid=
done

tide status | grep -q 'not running' || fail "status does not say that nothing runs"
