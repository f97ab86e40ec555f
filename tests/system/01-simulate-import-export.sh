#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Goal: a chain goes from one command to the next through a pipe, and comes out as it went in.

set -eu

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
tide() { "$HASHTIDE_BIN" --network=tidenet --datadir="$dir/data" "$@"; }
fail() {
    echo "FAIL: $1" >&2
    exit 1
}

tide simulate --blocks 5000 --seed 42 | tee "$dir/chain" | gzip | tide import - ||
    fail "a piped chain is not imported"
[ "$(wc -c <"$dir/chain")" -eq $((5001 * 80)) ] || fail "not genesis and 5000 headers"

tide export headers --format raw | cmp - "$dir/chain" || fail "export differs from the import"
tide export headers --format raw --gzip | gzip -dc | cmp - "$dir/chain" || fail "and packed too"
tide export headers --format raw |
    "$HASHTIDE_BIN" --network=tidenet --datadir="$dir/copy" import - ||
    fail "an export is not importable"
tide import "$dir/chain" | grep -q '^0 accepted, 5001 duplicate' || fail "a second import adds some"

[ "$(tide export blocks | wc -l)" -eq 5002 ] || fail "export blocks: a line per block and one more"
tide status | grep -q '5,000' || fail "status does not show the height"
