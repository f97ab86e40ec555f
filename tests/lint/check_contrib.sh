#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Goal of this test: the example configuration holds nothing that the program would refuse, neither
# as it is nor with any of the lines that it proposes, and it proposes every key there is.

set -u

example=${HASHTIDE_SRCDIR:?}/contrib/hashtide.conf.example
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
failed=0

refuses() {
    ! "${HASHTIDE_BIN:?}" config check --datadir="$folder" --conf="$1" >"$folder/out" 2>&1
}

if refuses "$example"; then
    cat "$folder/out"
    failed=1
fi
sed -n 's/^#\([a-z._]*=.*\)/\1/p' "$example" >"$folder/proposed"
while read -r line; do
    echo "$line" >"$folder/one.conf"
    if refuses "$folder/one.conf"; then
        echo "the example proposes $line"
        cat "$folder/out"
        failed=1
    fi
done <"$folder/proposed"

# Not in an example: where the file itself is, and what loglevel and network already say.
"$HASHTIDE_BIN" config check --datadir="$folder" | sed -n 's/^\([a-z._]*\)=.*/\1/p' |
    grep -vx -e conf -e debug >"$folder/keys"
while read -r key; do
    if ! grep -q "^$key=" "$folder/proposed"; then
        echo "the example has no $key"
        failed=1
    fi
done <"$folder/keys"

echo "$(wc -l <"$folder/proposed") lines proposed, $(wc -l <"$folder/keys") keys"
[ -s "$folder/proposed" ] && [ -s "$folder/keys" ] && exit $failed
exit 1
